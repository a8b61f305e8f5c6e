package notary

import "strings"

// poolSize is how much a pool takes at once, in bytes.
const poolSize = 32 << 10

// textPool makes many short strings out of few allocations.
type textPool struct{ now strings.Builder }

func (p *textPool) text(b []byte) string {
	if p.now.Cap()-p.now.Len() < len(b) {
		p.now = strings.Builder{}
		p.now.Grow(max(poolSize, len(b)))
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
		p.now = make([]byte, 0, max(poolSize, n))
	}
	start := len(p.now)
	p.now = p.now[:start+n]
	return p.now[start : start+n : start+n]
}
