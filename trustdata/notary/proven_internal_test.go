package notary

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"

	"keyrite/trustdata"
)

// TestProven checks a good signature, which is kept, and then each that differs from it in
// one thing: none of them is taken for the one that was proven.
func TestProven(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key := trustdata.PublicKey{Type: trustdata.KeyED25519, Value: public}
	other := trustdata.PublicKey{Type: trustdata.KeyED25519, Value: slices.Clone(public)}
	other.Value[0] ^= 1
	signed := []byte(`{"_type":"Timestamp"}`)
	sig := SignatureEntry{KeyID: key.ListedID(), Method: methodEdDSA, Bytes: ed25519.Sign(private, signed)}
	keys := map[trustdata.ListedID]trustdata.PublicKey{key.ListedID(): key, other.ListedID(): other}
	for range 2 {
		if id, err := verifyListed(keys, sig, newMessage(signed)); err != nil || string(id) != string(sig.KeyID) {
			t.Fatalf("a good signature: %q, %v", id, err)
		}
	}
	if _, kept := proven.find(verdictOf(sig, newMessage(signed))); !kept {
		t.Fatal("a good signature is not kept")
	}
	changed := func(change func(*SignatureEntry)) SignatureEntry {
		s := sig
		s.Bytes = slices.Clone(s.Bytes)
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		sig     SignatureEntry
		message []byte
	}{
		"another message": {sig, []byte(`{"_type":"timestamp"}`)},
		"another byte":    {changed(func(s *SignatureEntry) { s.Bytes[0] ^= 1 }), signed},
		"a byte more":     {changed(func(s *SignatureEntry) { s.Bytes = append(s.Bytes, 0) }), signed},
		"another method":  {changed(func(s *SignatureEntry) { s.Method = methodECDSA }), signed},
		"another key":     {changed(func(s *SignatureEntry) { s.KeyID = other.ListedID() }), signed},
		"no such key":     {changed(func(s *SignatureEntry) { s.KeyID = "0" }), signed},
	} {
		for range 2 { // a bad one is not kept either
			if _, err := verifyListed(keys, c.sig, newMessage(c.message)); err == nil {
				t.Errorf("%s: it is taken for the good one", name)
			}
		}
	}
	keys[key.ListedID()] = other
	if _, err := verifyListed(keys, sig, newMessage(signed)); err == nil {
		t.Error("another key under the same ID is taken for it")
	}
}

func TestProvenIsBounded(t *testing.T) {
	var v verdicts
	name := func(i int) [32]byte { return verdictOf(SignatureEntry{}, newMessage(fmt.Append(nil, i))) }
	for i := range 2*maxVerdicts + 1 {
		v.keep(name(i), "id")
		if len(v.ids) > maxVerdicts {
			t.Fatalf("%d are kept", len(v.ids))
		}
	}
	if _, ok := v.find(name(2 * maxVerdicts)); !ok {
		t.Error("the last one is not kept")
	}
}
