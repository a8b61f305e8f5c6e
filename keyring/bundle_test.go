package keyring_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/keyring/keyringtest"
)

const exported = "testdata/bundle/notary-export.pem"

func read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What notary exports of its own files comes in as the very files.
func TestBundleOfNotary(t *testing.T) {
	dir := newDir(t)
	blocks, skipped, err := keyring.ParseBundle(read(t, exported))
	if err != nil || len(blocks) != 6 || len(skipped) != 0 {
		t.Fatalf("%d blocks, skipped %q, %v", len(blocks), skipped, err)
	}
	passphrases := map[string]string{}
	for _, f := range fixtures(t) {
		passphrases[f["file"]] = f["passphrase"]
	}
	for _, b := range blocks {
		name := "notary/" + string(b.KeyID) + ".key"
		file, err := b.File(b.Header)
		if want := read(t, filepath.Join("testdata", name)); err != nil || !bytes.Equal(file, want) {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, file, want)
		}
		id, added, err := dir.Import(t.Context(), file, keyringtest.Passphrase(passphrases[name]))
		if err != nil || id != b.KeyID || !added {
			t.Errorf("%s: %s, %v, %v", name, id, added, err)
		}
		// And the way back gives notary's bundle.
		again, err := keyring.Export(t.Context(), dir, id)
		if err != nil || !bytes.Contains(read(t, exported), again) {
			t.Errorf("%s exported: %v\n%s", name, err, again)
		}
	}
}

// Each file that another program made comes in by its one block.
func TestBundlesOfOnePlainFile(t *testing.T) {
	for _, f := range fixtures(t) {
		if f["expect"] != "open" || strings.HasPrefix(f["file"], "legacy/") {
			continue
		}
		t.Run(f["file"], func(t *testing.T) {
			blocks, _, err := keyring.ParseBundle(read(t, filepath.Join("testdata", f["file"])))
			if err != nil || len(blocks) != 1 || blocks[0].KeyID != "" || blocks[0].Encrypted != (f["passphrase"] != "") || blocks[0].Header.Role != f["role"] {
				t.Fatalf("%+v, %v", blocks, err)
			}
			k, err := blocks[0].Open(keyringtest.Passphrase(f["passphrase"]))
			if err != nil || string(k.KeyID()) != f["id"] {
				t.Fatalf("%v, %v", k, err)
			}
			if !blocks[0].Encrypted {
				return
			}
			file, err := blocks[0].File(keyring.Header{Role: "alice"})
			if err != nil {
				t.Fatal(err)
			}
			store := keyring.NewMem()
			if id, added, err := store.Import(t.Context(), file, keyringtest.Passphrase(f["passphrase"])); string(id) != f["id"] || !added || err != nil {
				t.Errorf("Import: %s, %v, %v", id, added, err)
			}
			// A passphrase is changed whatever the old encryption was, and the key stays.
			if _, err := store.Passwd(t.Context(), k, keyringtest.Passphrase("another"), keyringtest.Fast, keyringtest.Day); err != nil {
				t.Fatal(err)
			}
			again, err := store.Open(t.Context(), k.KeyID(), keyringtest.Passphrase("another"))
			if err != nil || again.KeyID() != k.KeyID() {
				t.Error(err)
			}
			if raw, err := store.Raw(t.Context(), k.KeyID()); err != nil || !strings.HasPrefix(string(raw), "-----BEGIN ENCRYPTED PRIVATE KEY-----\nrole: alice\n\n") {
				t.Errorf("%v\n%s", err, raw)
			}
		})
	}
}

func TestBundlePaths(t *testing.T) {
	k := keyringtest.Key(t)
	id := string(k.KeyID())
	for path, want := range map[string]keyring.Header{
		id:                                       {},
		id + ".key":                              {},
		id + "_targets":                          {Role: "targets"},
		id + "_alice_x":                          {Role: "alice"},
		"root_keys/" + id:                        {Role: "root"},
		"root_keys/" + id + "_root":              {Role: "root"},
		"private/root_keys/" + id:                {Role: "root"},
		"tuf_keys/a.example/b/" + id:             {GUN: "a.example/b"},
		`tuf_keys\a.example\b\` + id:             {GUN: "a.example/b"},
		"tuf_keys/a.example/" + id + "_snapshot": {Role: "snapshot", GUN: "a.example"},

		"x": {Role: "refused"}, "../" + id: {Role: "refused"}, "../../tmp/" + id: {Role: "refused"}, "/" + id: {Role: "refused"},
		"sub/" + id: {Role: "refused"}, "tuf_keys/../" + id: {Role: "refused"}, strings.ToUpper(id): {Role: "refused"},
		"tuf_keys//" + id: {Role: "refused"}, id + "/": {Role: "refused"}, `..\` + id: {Role: "refused"}, "C:/" + id: {Role: "refused"},
	} {
		block, _ := pem.Decode(keyringtest.File(t, k, keyring.Header{Role: "x"}))
		block.Headers = map[string]string{"path": path}
		blocks, _, err := keyring.ParseBundle(pem.EncodeToMemory(block))
		if want.Role == "refused" {
			if !errors.Is(err, keyring.ErrDamaged) || !strings.Contains(err.Error(), "names no key") {
				t.Errorf("%q: %+v, %v", path, blocks, err)
			}
			continue
		}
		if err != nil || len(blocks) != 1 || blocks[0].KeyID != k.KeyID() || blocks[0].Header != want {
			t.Errorf("%q: %+v, %v; want %+v", path, blocks, err, want)
		}
	}
}

func TestBundleKeepsHeadersOverPath(t *testing.T) {
	k := keyringtest.Key(t)
	block, _ := pem.Decode(keyringtest.File(t, k, keyring.Header{Role: "targets", GUN: "a.example/b"}))
	block.Headers["path"] = "tuf_keys/c.example/d/" + string(k.KeyID()) + "_snapshot"
	blocks, _, err := keyring.ParseBundle(pem.EncodeToMemory(block))
	if err != nil || blocks[0].Header != (keyring.Header{Role: "targets", GUN: "a.example/b"}) {
		t.Errorf("%+v, %v", blocks, err)
	}
}

func TestBundleOfAnotherKey(t *testing.T) {
	k, other := keyringtest.Key(t), keyringtest.Key(t)
	block, _ := pem.Decode(keyringtest.File(t, k, keyring.Header{Role: "root"}))
	block.Headers["path"] = string(other.KeyID())
	blocks, _, err := keyring.ParseBundle(pem.EncodeToMemory(block))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blocks[0].Open(keyringtest.Passphrase("passphrase")); !errors.Is(err, keyring.ErrMismatch) {
		t.Errorf("Open: %v", err)
	}
}

func TestBundlesThatAreRefused(t *testing.T) {
	k := keyringtest.Key(t)
	good := string(keyringtest.File(t, k, keyring.Header{Role: "root"}))
	openssl := string(read(t, "testdata/openssl/b33b422ee4598a643ab88c79597ed87bd04fa6c646992be1c437dc1061960231.key"))
	for name, c := range map[string]struct {
		text string
		is   error
		says string
	}{
		"empty":             {"", keyring.ErrDamaged, "no private key"},
		"not PEM":           {"hello", keyring.ErrDamaged, "no private key"},
		"a certificate":     {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", keyring.ErrDamaged, "no private key"},
		"last one cut":      {good + good[:len(good)/2], keyring.ErrDamaged, "cut short"},
		"first one spoiled": {strings.Replace(good, "role", "!!!!", 1)[:60] + good, keyring.ErrDamaged, "cut short"},
		"unknown block":     {good + "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", keyring.ErrDamaged, "block 2"},
		"role upwards":      {strings.Replace(good, "role: root", "role: ../../x", 1), keyring.ErrDamaged, "the role"},
		"other cipher":      {string(read(t, "testdata/openssl/aes128.pem")), errors.ErrUnsupported, "cipher"},
		"other derivation":  {string(read(t, "testdata/openssl/scrypt.pem")), errors.ErrUnsupported, "derivation"},
		"too large":         {strings.Repeat("\n", 1<<20) + good, keyring.ErrDamaged, "larger"},
	} {
		blocks, _, err := keyring.ParseBundle([]byte(c.text))
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || blocks != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	parameters := "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
	blocks, skipped, err := keyring.ParseBundle([]byte("Bag Attributes\n" + parameters + openssl))
	if err != nil || len(blocks) != 1 || !slices.Equal(skipped, []string{"EC PARAMETERS"}) {
		t.Errorf("beside EC PARAMETERS: %+v, %q, %v", blocks, skipped, err)
	}
}

func FuzzParseBundle(f *testing.F) {
	for _, one := range fixtures(f) {
		f.Add(read(f, filepath.Join("testdata", one["file"])))
	}
	f.Add(read(f, exported))
	f.Fuzz(func(t *testing.T, data []byte) {
		blocks, _, err := keyring.ParseBundle(data)
		if err == nil && len(blocks) == 0 {
			t.Error("neither a block nor an error")
		}
		for _, b := range blocks {
			file, err := b.File(keyring.Header{Role: "alice"})
			if err != nil {
				t.Fatal(err)
			}
			if info := keyring.Inspect(file); info.Encrypted && (info.Problem != "" || info.Role != "alice") {
				t.Errorf("the file of a block is %+v", info)
			}
		}
	})
}
