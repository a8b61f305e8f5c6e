package backup

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// What is read ahead is what there is, with the error that it ends with.
func TestReadAhead(t *testing.T) {
	cut := errors.New("the medium is gone")
	for _, n := range []int{0, 1, aheadChunk - 1, aheadChunk, 3*aheadChunk + 1, 9 * aheadChunk} {
		data := make([]byte, n)
		_, _ = rand.Read(data)
		for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, cut} {
			a := readAhead(io.MultiReader(iotest.HalfReader(bytes.NewReader(data)), iotest.ErrReader(end)), aheadMost)
			got, err := io.ReadAll(a)
			if end == io.EOF {
				end = nil
			}
			if !bytes.Equal(got, data) || err != end {
				t.Errorf("%d bytes: got %d, %v; want %v", n, len(got), err, end)
			}
			a.stop()
		}
	}
}

// Nothing is read any more once it has been stopped, wherever it was.
func TestReadAheadStops(t *testing.T) {
	for _, n := range []int{0, 1, 20 * aheadChunk} {
		below := &counting{}
		a := readAhead(below, aheadMost)
		if _, err := io.CopyN(io.Discard, a, int64(n)); err != nil {
			t.Fatal(err)
		}
		a.stop()
		if n += aheadMost * aheadChunk; below.n > n+aheadChunk {
			t.Errorf("%d bytes were read, more than %d", below.n, n)
		}
	}
}

type counting struct{ n int }

func (c *counting) Read(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}
