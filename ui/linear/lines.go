package linear

import (
	"bytes"
	"io"
)

// typedLine is a line that was typed, or the end of the input.
type typedLine struct {
	line []byte
	err  error
}

// longest bounds a line, in bytes; a terminal gives none that is longer.
const longest = 4096

// read sends the lines of in, one whenever somebody waits for one, until done is closed or
// reading fails. A terminal may say that its input ends and still go on, so io.EOF is not
// the end of it. The read that waits when the program is over ends with it.
func read(in io.Reader, out chan<- typedLine, done <-chan struct{}) {
	var kept []byte
	for {
		line, rest, err := nextLine(in, kept)
		kept = rest
		select {
		case out <- typedLine{line, err}:
		case <-done:
			clear(line)
			clear(kept)
			return
		}
		if err != nil && err != io.EOF {
			return
		}
	}
}

// nextLine reads up to the end of a line. What came after it is rest. Its buffers are
// cleared: a line may be a passphrase.
func nextLine(in io.Reader, kept []byte) (line, rest []byte, err error) {
	buf := make([]byte, longest)
	defer clear(buf)
	n := copy(buf, kept)
	clear(kept)
	for {
		if at := bytes.IndexByte(buf[:n], '\n'); at >= 0 {
			return bytes.Clone(buf[:at]), bytes.Clone(buf[at+1 : n]), nil
		}
		if n == len(buf) {
			return bytes.Clone(buf), nil, nil
		}
		var more int
		more, err = in.Read(buf[n:])
		n += more
		if err != nil && bytes.IndexByte(buf[:n], '\n') < 0 {
			return bytes.Clone(buf[:n]), nil, err
		}
	}
}
