package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// untar gives the files of a plain archive.
func untar(t *testing.T, plain []byte) map[string]string {
	t.Helper()
	files := map[string]string{}
	for r := tar.NewReader(bytes.NewReader(plain)); ; {
		hdr, err := r.Next()
		if err == io.EOF {
			return files
		}
		check(t, err)
		data, err := io.ReadAll(r)
		check(t, err)
		if hdr.Typeflag == tar.TypeReg {
			files[hdr.Name] = string(data)
		}
	}
}

func TestManifestIsSignedByAKeyThatIsOpen(t *testing.T) {
	r := newRig(t)
	id, to := newIdentity(t)
	only := func(role string) Passphrases {
		return func(k Key) (keyring.Passphrase, bool) {
			p, _ := r.passphrases(k)
			return p, k.Role == role
		}
	}
	wrong := func(Key) (keyring.Passphrase, bool) { return keyring.NewPassphrase([]byte("wrong")), true }
	for _, tt := range []struct {
		name string
		ask  Passphrases
		want trustdata.KeyID
	}{
		{"nobody asks", nil, ""}, {"none is known", only("nobody"), ""}, {"all are wrong", wrong, ""},
		{"all are known", r.passphrases, r.ids[0]}, {"the signer's alone", only("alice"), r.ids[2]}, {"the repository's alone", only("targets"), r.ids[1]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			made := r.create(t, CreateOptions{Recipients: []Recipient{to}, Identities: own(id), Passphrases: tt.ask})
			v, err := Verify(context.Background(), made.File, own(id), VerifyOptions{})
			check(t, err)
			if made.SignedBy != tt.want || v.SignedBy != tt.want {
				t.Errorf("signed by %q as written and %q as verified, want %q", made.SignedBy, v.SignedBy, tt.want)
			}
			if _, there := untar(t, unpack(t, made.File, id))[signatureName]; there != (tt.want != "") {
				t.Errorf("%q is there: %v", signatureName, there)
			}
		})
	}
}

// A key that has no passphrase of its own is open anyway.
func TestManifestIsSignedByABareKey(t *testing.T) {
	r := newRig(t)
	bare, plain := bareKey(t)
	writeFile(t, filepath.Join(r.dir, "private", string(bare)+".key"), plain)
	id, to := newIdentity(t)
	made := r.create(t, CreateOptions{Recipients: []Recipient{to}, Identities: own(id)})
	if made.SignedBy != bare {
		t.Errorf("signed by %q, want %q", made.SignedBy, bare)
	}
}

// bareKey is a key without a passphrase, which keyrite never writes.
func bareKey(t *testing.T) (trustdata.KeyID, string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(k)
	check(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	read, _, err := keyring.Decode(text, keyring.NewPassphrase(nil))
	check(t, err)
	return read.KeyID(), string(text)
}

func TestBadSignatures(t *testing.T) {
	r := newRig(t)
	id, to := newIdentity(t)
	made := r.create(t, CreateOptions{Recipients: []Recipient{to}, Passphrases: r.passphrases})
	files := untar(t, unpack(t, made.File, id))
	manifest, sig := files[manifestName], files[signatureName]
	var m Manifest
	check(t, json.Unmarshal([]byte(manifest), &m))
	build := func(manifest string, second ...member) []byte {
		members := append([]member{file(manifestName, manifest)}, second...)
		for _, f := range m.Files {
			members = append(members, file(f.Path, files[f.Path]))
		}
		return archive(t, members...)
	}
	edited := func(change func(*manifestSignature)) string {
		var s manifestSignature
		check(t, json.Unmarshal([]byte(sig), &s))
		change(&s)
		b, err := json.Marshal(s)
		check(t, err)
		return string(b)
	}
	stranger, err := keyring.Generate(trustdata.KeyECDSA)
	check(t, err)
	strange, err := signatureOf(stranger, []byte(manifest))
	check(t, err)
	if v, err := Verify(context.Background(), seal(t, build(manifest, file(signatureName, sig)), id.Recipient()), own(id), VerifyOptions{}); err != nil || v.SignedBy != r.ids[0] {
		t.Fatalf("the harmless one is refused: %+v, %v", v, err)
	}
	for _, tt := range []struct {
		name  string
		plain []byte
		want  string
	}{
		{"an edited manifest", build(strings.Replace(manifest, "keyrite test", "keyrite Test", 1), file(signatureName, sig)), "its manifest is not the one that the key " + string(r.ids[0]) + " signed"},
		{"another signature", build(manifest, file(signatureName, edited(func(s *manifestSignature) { s.Signature[9] ^= 1 }))), "is not the one that the key"},
		{"another method", build(manifest, file(signatureName, edited(func(s *manifestSignature) { s.Method = "none" }))), "is not the one that the key"},
		{"an unknown key", build(manifest, file(signatureName, string(strange))), "signed by the key " + string(stranger.KeyID()) + ", which is not in the backup"},
		{"an unknown key under a known ID", build(manifest, file(signatureName, strings.Replace(string(strange), string(stranger.KeyID()), string(r.ids[0]), 1))), "the public key is another one"},
		{"no key ID", build(manifest, file(signatureName, "{}")), "names no key"},
		{"no JSON", build(manifest, file(signatureName, "hello")), "cannot be read as a signature"},
		{"a huge one", build(manifest, file(signatureName, strings.Repeat(" ", maxSignature+1))), "signature is larger"},
		{"a link", build(manifest, file(signatureName, "").with(func(h *tar.Header) { h.Typeflag, h.Linkname = tar.TypeSymlink, "manifest.json" })), "a link"},
		{"two", build(manifest, file(signatureName, sig), file(signatureName, sig)), "elsewhere than behind the manifest, or twice"},
		{"before the manifest", archive(t, file(signatureName, sig), file(manifestName, manifest)), "first member"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refuses(t, seal(t, tt.plain, id.Recipient()), id, ErrDamaged, tt.want)
		})
	}
}
