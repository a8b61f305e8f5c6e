package keyring

import (
	"bytes"
	"encoding/pem"
	"reflect"
	"testing"

	"keyrite/trustdata"
)

// usualText is a key file as Encode writes it, without the last line end.
func usualText(t testing.TB, h Header) []byte {
	t.Helper()
	k, err := Generate(trustdata.KeyECDSA)
	if err != nil {
		t.Fatal(err)
	}
	text, err := Encode(k, NewPassphrase([]byte("passphrase")), h, Format{Iterations: MinIterations})
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(text)
}

// agreeOnBlock: what the short way takes, the long way takes whole and alike.
func agreeOnBlock(t *testing.T, text []byte) (short bool) {
	t.Helper()
	got, ok := usualBlock(text)
	if !ok {
		return false
	}
	want, rest := pem.Decode(text)
	if want == nil || len(rest) > 0 || !reflect.DeepEqual(got, want) || bytes.Count(text, []byte("-----BEGIN ")) != 1 {
		t.Errorf("%q:\n%+v, but %+v and %q", text, got, want, rest)
	}
	return true
}

// TestUsualBlock changes, removes and adds single bytes.
func TestUsualBlock(t *testing.T) {
	for _, h := range []Header{{Role: "root"}, {Role: "targets", GUN: "reg.example:5000/app/web"}} {
		text := usualText(t, h)
		if !agreeOnBlock(t, text) {
			t.Fatalf("the short way does not read what Encode writes:\n%s", text)
		}
		short := 0
		for i := range text {
			agreeOnBlock(t, text[:i])
			agreeOnBlock(t, append(bytes.Clone(text[:i]), text[i+1:]...))
			for _, c := range []byte("\n\r\t :-=,A0\x00\x85\xff") {
				changed := bytes.Clone(text)
				changed[i] = c
				if agreeOnBlock(t, changed) {
					short++
				}
				agreeOnBlock(t, append(append(bytes.Clone(text[:i]), c), text[i:]...))
			}
		}
		if short == 0 {
			t.Error("no changed name, value or base64 was read the short way")
		}
	}
}

// FuzzUsualBlock looks for a text that is read in two ways.
func FuzzUsualBlock(f *testing.F) {
	text := usualText(f, Header{Role: "targets", GUN: "reg.example:5000/app/web"})
	f.Add(text)
	f.Add(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")))
	f.Add(bytes.Replace(text, []byte("\n\n"), []byte("\nDEK-Info: a,b\n\n"), 1))
	f.Fuzz(func(t *testing.T, text []byte) { agreeOnBlock(t, text) })
}
