package backup

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
)

// What is written behind is what was given, in pieces of any length.
func TestWriteBehind(t *testing.T) {
	for _, n := range []int{0, 1, behindChunk - 1, behindChunk, 7*behindChunk + 1} {
		for _, piece := range []int{1000, behindChunk, 3*behindChunk + 5} {
			data := make([]byte, n)
			_, _ = rand.Read(data)
			var got bytes.Buffer
			w := writeBehind(&got)
			for rest := data; len(rest) > 0; {
				k := min(piece, len(rest))
				if _, err := w.Write(rest[:k]); err != nil {
					t.Fatal(err)
				}
				rest = rest[k:]
			}
			if err := w.end(); err != nil || !bytes.Equal(got.Bytes(), data) {
				t.Errorf("%d bytes in pieces of %d: %d came, %v", n, piece, got.Len(), err)
			}
		}
	}
}

// A write that fails is told, at the latest at the end, and ends what comes after it.
func TestWriteBehindFails(t *testing.T) {
	full := errors.New("no space left")
	for _, after := range []int{0, 1, 3} {
		w := writeBehind(&failing{after: after, err: full})
		var err error
		for i := 0; err == nil && i < 20; i++ {
			_, err = w.Write(make([]byte, behindChunk))
		}
		if !errors.Is(err, full) {
			t.Errorf("after %d chunks: error %v", after, err)
		}
		if err := w.end(); !errors.Is(err, full) {
			t.Errorf("after %d chunks, at the end: error %v", after, err)
		}
	}
	w := writeBehind(&failing{err: full})
	if _, err := w.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if err := w.end(); !errors.Is(err, full) {
		t.Errorf("at the end: error %v", err)
	}
}

type failing struct {
	after int
	err   error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, f.err
	}
	return len(p), nil
}
