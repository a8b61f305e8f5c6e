package access

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// ErrOtherServer is a server that shows another key when something is sent to it than it
// did when it was read.
var ErrOtherServer = errors.New("its key is not the one it had when it was read, so nothing was sent")

// Peers remembers which keys servers showed in TLS while they were read. A change is sent
// only to a server with one of these keys: what was read, judged and signed would else go
// to another. A server whose key was changed on purpose is read again first.
type Peers struct {
	mu   sync.Mutex
	keys map[string]map[[sha256.Size]byte]bool // by host
}

// read keeps the key of a server that is read.
func (p *Peers) read(host string, state tls.ConnectionState) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys == nil {
		p.keys = map[string]map[[sha256.Size]byte]bool{}
	}
	if p.keys[host] == nil {
		p.keys[host] = map[[sha256.Size]byte]bool{}
	}
	p.keys[host][keyOf(state)] = true
	return nil
}

// write refuses a server that was read with other keys only.
func (p *Peers) write(host string, state tls.ConnectionState) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if seen := p.keys[host]; len(seen) > 0 && !seen[keyOf(state)] {
		return fmt.Errorf("%q: %w", host, ErrOtherServer)
	}
	return nil
}

func keyOf(state tls.ConnectionState) [sha256.Size]byte {
	if len(state.PeerCertificates) == 0 {
		return [sha256.Size]byte{}
	}
	return sha256.Sum256(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
}

// changes reports whether a request may change something on the server.
func changes(req *http.Request) bool {
	return req.Method != http.MethodGet && req.Method != http.MethodHead
}
