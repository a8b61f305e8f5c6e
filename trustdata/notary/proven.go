package notary

import (
	"crypto/sha256"
	"io"
	"sync"

	"keyrite/trustdata"
)

// proven are the signatures that were found valid lately. That a key has signed some bytes
// never ceases to be so, and one change of a repository asks it several times: of what is
// read, of what is about to be sent, and of what is read back, by each kind of client.
// Whether a key may sign at all, and whether a file is in date, is judged each time.
var proven verdicts

// maxVerdicts bounds how many are kept: those of some hundreds of repositories.
const maxVerdicts = 8192

// verdicts maps valid signatures to the canonical ID of the key.
type verdicts struct {
	mu  sync.Mutex
	ids map[[sha256.Size]byte]trustdata.KeyID
}

// verdictOf names one signature: by the ID of the key's content, which is checked to be
// that, the method, the signature, and the message.
func verdictOf(sig SignatureEntry, m message) (name [sha256.Size]byte) {
	h := sha256.New()
	h.Write(m.digest[:])
	io.WriteString(h, string(sig.KeyID)) // of one length, as is the sum
	io.WriteString(h, sig.Method+"\x00")
	h.Write(sig.Bytes)
	h.Sum(name[:0])
	return name
}

// find gives the ID of the key whose valid signature is known by that name.
func (v *verdicts) find(name [sha256.Size]byte) (trustdata.KeyID, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	id, ok := v.ids[name]
	return id, ok
}

// keep notes a valid signature, in the place of all others where they are too many.
func (v *verdicts) keep(name [sha256.Size]byte, id trustdata.KeyID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ids == nil || len(v.ids) >= maxVerdicts {
		v.ids = map[[sha256.Size]byte]trustdata.KeyID{}
	}
	v.ids[name] = id
}
