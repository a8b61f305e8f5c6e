package keyring

import (
	"encoding/pem"
	"reflect"
	"testing"

	"keyrite/trustdata"
)

// What the short way reads, the long way must read alike, whatever single byte is changed
// or cut off; and the short way must be taken for what is usual.
func TestUsualSealed(t *testing.T) {
	k, err := Generate(trustdata.KeyECDSA)
	if err != nil {
		t.Fatal(err)
	}
	text, err := Encode(k, NewPassphrase([]byte("passphrase")), Header{Role: "root"}, Format{Iterations: MinIterations})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if _, ok := usualSealed(block.Bytes); !ok {
		t.Fatal("the short way does not read what Encode writes")
	}
	agree := func(raw []byte) (short bool) {
		got, ok := usualSealed(raw)
		if !ok {
			return false
		}
		if want, err := fullSealed(raw); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%x: %+v, but %+v, %v", raw, got, want, err)
		}
		return true
	}
	short := 0
	for i := range block.Bytes {
		agree(block.Bytes[:i])
		for change := range 255 {
			raw := append([]byte(nil), block.Bytes...)
			raw[i] ^= byte(change + 1)
			if agree(raw) {
				short++
			}
		}
	}
	if short == 0 {
		t.Error("no changed salt or ciphertext was read the short way")
	}
}
