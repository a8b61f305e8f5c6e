package notary

import "strings"

// A pool takes this many bytes at first, and twice as many each time, up to the most: most
// files are small.
const (
	poolFirst = 256
	poolMost  = 32 << 10
)

func nextPool(size int) int { return min(max(2*size, poolFirst), poolMost) }

// textPool makes many short strings out of few allocations.
type textPool struct{ now strings.Builder }

func (p *textPool) text(b []byte) string {
	if p.now.Cap()-p.now.Len() < len(b) {
		size := nextPool(p.now.Cap())
		p.now = strings.Builder{}
		p.now.Grow(max(size, len(b)))
	}
	start := p.now.Len()
	p.now.Write(b)
	return p.now.String()[start:]
}

// bytePool is textPool for bytes.
type bytePool struct{ now []byte }

// room gives n bytes, of which nobody else has any.
func (p *bytePool) room(n int) []byte {
	if cap(p.now)-len(p.now) < n {
		p.now = make([]byte, 0, max(nextPool(cap(p.now)), n))
	}
	start := len(p.now)
	p.now = p.now[:start+n]
	return p.now[start : start+n : start+n]
}
