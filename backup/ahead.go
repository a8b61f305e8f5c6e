package backup

import (
	"io"

	"keyrite/trustdata"
)

// ahead reads on while what it has read is being looked at: decrypting and comparing are
// about as much work. It gives what the reader below gives, in that order, its error last.
type ahead struct {
	full, free chan []byte
	stopped    chan struct{}
	ended      chan struct{}
	err        error // set before full is closed
	whole      []byte
	rest       []byte
}

// How far is read ahead: of what is decrypted, and of what a medium gives in larger
// pieces.
const (
	aheadChunk  = 64 << 10 // what age decrypts at a time
	aheadMost   = 4
	aheadMedium = 8
)

func readAhead(r io.Reader, most int) *ahead {
	a := &ahead{full: make(chan []byte, most), free: make(chan []byte, most), stopped: make(chan struct{}), ended: make(chan struct{})}
	for range most {
		a.free <- make([]byte, aheadChunk)
	}
	go trustdata.Guarded(func() { a.run(r) })()
	return a
}

func (a *ahead) run(r io.Reader) {
	defer close(a.ended)
	defer close(a.full)
	for {
		select {
		case buf := <-a.free:
			n, err := 0, error(nil)
			for n < aheadChunk && err == nil {
				var more int
				more, err = r.Read(buf[n:aheadChunk])
				n += more
			}
			a.full <- buf[:n] // there is room for all that there are
			if err != nil {
				a.err = err
				return
			}
		case <-a.stopped:
			return
		}
	}
}

func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.whole != nil {
			a.free <- a.whole
			a.whole = nil
		}
		next, ok := <-a.full
		if !ok {
			return 0, a.err
		}
		a.whole, a.rest = next, next
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// stop ends the reading; nothing is read below after that.
func (a *ahead) stop() {
	close(a.stopped)
	<-a.ended
}
