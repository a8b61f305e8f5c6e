package backup

import (
	"bufio"
	"io"

	"keyrite/trustdata"
)

// behind writes while the next is made: putting an archive together and encrypting it are
// about as much work. A failed write is told by the next one, or by the end.
type behind struct {
	*bufio.Writer
	pass *passer
}

// passer hands whole chunks to the goroutine that writes them.
type passer struct {
	full  chan []byte
	free  chan []byte
	ended chan struct{}
	err   error // the first write that failed; read it after ended is closed
}

const (
	behindChunk = 64 << 10 // what age encrypts at a time
	behindMost  = 4
)

func writeBehind(w io.Writer) *behind {
	p := &passer{full: make(chan []byte, behindMost), free: make(chan []byte, behindMost), ended: make(chan struct{})}
	for range behindMost {
		p.free <- make([]byte, behindChunk)
	}
	go trustdata.Guarded(func() { p.run(w) })()
	return &behind{bufio.NewWriterSize(p, behindChunk), p}
}

func (p *passer) run(w io.Writer) {
	defer close(p.ended)
	for chunk := range p.full {
		if _, err := w.Write(chunk); err != nil {
			p.err = err
			return
		}
		p.free <- chunk[:behindChunk]
	}
}

// Write takes at most a chunk, which is what the buffer before it holds, or cuts what is longer.
func (p *passer) Write(data []byte) (n int, err error) {
	for n < len(data) {
		select {
		case <-p.ended:
			return n, p.err
		case chunk := <-p.free:
			chunk = chunk[:copy(chunk, data[n:])]
			p.full <- chunk // there is room for all that there are
			n += len(chunk)
		}
	}
	return n, nil
}

// end writes what is left and waits for it. It is called once, whatever came before.
func (b *behind) end() error {
	flushed := b.Flush()
	close(b.pass.full)
	<-b.pass.ended
	if b.pass.err != nil {
		return b.pass.err
	}
	return flushed
}
