package backup

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	cctv "c2sp.org/CCTV/age"

	"keyrite/keyring"
)

// vector is one file of the age test vectors, and what must come of it.
type vector struct {
	expect     string
	payload    string // SHA-256 of the plaintext, also where only a part of it comes out
	identities []Identity
	armored    bool
	file       []byte
}

// vectors are all of them, with the identities as keyrite reads them.
func vectors(t *testing.T) map[string]vector {
	t.Helper()
	entries, err := fs.ReadDir(cctv.Vectors, ".")
	check(t, err)
	all := map[string]vector{}
	for _, e := range entries {
		data, err := fs.ReadFile(cctv.Vectors, e.Name())
		check(t, err)
		all[e.Name()] = parseVector(t, data)
	}
	return all
}

func parseVector(t *testing.T, data []byte) vector {
	t.Helper()
	var v vector
	packed := false
	for {
		line, rest, ok := bytes.Cut(data, []byte("\n"))
		if data = rest; !ok {
			t.Fatal("a vector without a file")
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := strings.Cut(string(line), ": ")
		switch name {
		case "expect":
			v.expect = value
		case "payload":
			v.payload = value
		case "identity":
			ids, err := ParseIdentities([]byte(value))
			check(t, err)
			v.identities = append(v.identities, ids...)
		case "passphrase":
			id, err := PassphraseIdentity(keyring.NewPassphrase([]byte(value)))
			check(t, err)
			v.identities = append(v.identities, id)
		case "armored":
			v.armored = true
		case "compressed":
			packed = true
		case "file key", "comment":
		default:
			t.Fatalf("a vector with %q", name)
		}
	}
	if packed {
		r, err := zlib.NewReader(bytes.NewReader(data))
		check(t, err)
		data, err = io.ReadAll(r)
		check(t, err)
	}
	if len(v.identities) == 0 { // two files fail before anybody is asked for a key
		id, _ := newIdentity(t)
		v.identities = own(id)
	}
	v.file = data
	return v
}

// opened is what our own read path makes of a vector: in the words of the vectors, with
// the SHA-256 of the plaintext that came out.
func (v vector) opened() (outcome, payload string, err error) {
	plain, err := decrypt(context.Background(), bytes.NewReader(v.file), v.identities)
	if err != nil {
		return v.judge(err, "header failure"), "", err
	}
	data, err := io.ReadAll(plain)
	sum := sha256.Sum256(data)
	if err != nil {
		return v.judge(err, "payload failure"), hex.EncodeToString(sum[:]), err
	}
	return "success", hex.EncodeToString(sum[:]), nil
}

func (v vector) judge(err error, otherwise string) string {
	switch {
	case errors.Is(err, ErrIdentity):
		return "no match"
	case strings.HasSuffix(err.Error(), "bad header MAC"):
		return "HMAC failure"
	case v.armored && notArmor.MatchString(err.Error()):
		return "armor failure"
	}
	return otherwise
}

// notArmor are the errors about the text around an age file.
var notArmor = regexp.MustCompile("invalid armor|as an armored one does|before the armored backup")

func TestVectors(t *testing.T) {
	all := vectors(t)
	if len(all) != 147 {
		t.Errorf("%d vectors, want 147", len(all))
	}
	for name, v := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, payload, err := v.opened()
			if got != v.expect {
				t.Fatalf("%s, want %s: %v", got, v.expect, err)
			}
			if v.payload != "" && payload != v.payload {
				t.Errorf("the plaintext has the SHA-256 %s, want %s", payload, v.payload)
			}
			if got != "success" && got != "no match" && !errors.Is(classify(err), ErrDamaged) {
				t.Errorf("the error is not one of a damaged backup: %v", err)
			}
		})
	}
}
