package trustserver

import (
	"crypto/ed25519"
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// signingKey is one of the server's own keys.
type signingKey struct{ private ed25519.PrivateKey }

var _ trustdata.SigningKey = (*signingKey)(nil)

func (k *signingKey) Public() trustdata.PublicKey {
	return trustdata.PublicKey{Type: trustdata.KeyED25519, Value: k.private.Public().(ed25519.PublicKey)}
}

func (k *signingKey) Sign(message []byte) (trustdata.Signature, error) {
	return trustdata.Signature{Method: "eddsa", Bytes: ed25519.Sign(k.private, message)}, nil
}

// Key is what GET <role>.key answers: the key of this server that the repository's root
// lists for role, else a new one. Before the first publish each call makes another.
func (s *Server) Key(gun trustdata.GUN, role trustdata.Role) (trustdata.PublicKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cur := s.repos[gun].current(trustdata.RoleRoot); cur != nil {
		root, err := notary.ParseRoot(cur.data)
		if err != nil {
			return trustdata.PublicKey{}, fmt.Errorf("stored root of %q: %w", gun, err)
		}
		for _, id := range root.Body.Roles[role].KeyIDs {
			if key := s.keys[id]; key != nil {
				return key.Public(), nil
			}
		}
	}
	return s.newKey()
}

// NewKey is what POST <role>.key answers: a key that no root lists yet.
func (s *Server) NewKey() (trustdata.PublicKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newKey()
}

func (s *Server) newKey() (trustdata.PublicKey, error) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return trustdata.PublicKey{}, fmt.Errorf("failed to make a key: %w", err)
	}
	key := &signingKey{private}
	s.keys[key.Public().ListedID()] = key
	return key.Public(), nil
}

// signers are this server's keys among those that root lists for role; ok is false when
// they are too few to sign.
func (s *Server) signers(root *notary.File[notary.Root], role trustdata.Role) (held []notary.Signer, ok bool) {
	listed := root.Body.Roles[role]
	for _, id := range listed.KeyIDs {
		if key := s.keys[id]; key != nil {
			held = append(held, notary.Signer{Key: key, Listed: id})
		}
	}
	return held, len(held) > 0 && len(held) >= listed.Threshold
}
