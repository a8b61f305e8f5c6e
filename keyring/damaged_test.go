package keyring_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/keyring/keyringtest"
	"keyrite/trustdata"
)

// reheader replaces the headers of a key file, or its type.
func reheader(t *testing.T, file []byte, blockType string, headers map[string]string) []byte {
	t.Helper()
	block, _ := pem.Decode(file)
	if block == nil {
		t.Fatal("no PEM")
	}
	return pem.EncodeToMemory(&pem.Block{Type: blockType, Headers: headers, Bytes: block.Bytes})
}

// rounds puts another number of rounds into a key file of 2,048.
func rounds(t *testing.T, file []byte, der ...byte) []byte {
	t.Helper()
	block, _ := pem.Decode(file)
	old := []byte{0x02, 0x02, 0x08, 0x00}
	i := bytes.Index(block.Bytes, old)
	if i < 0 || len(der) != len(old) {
		t.Fatal("no number of rounds to replace")
	}
	copy(block.Bytes[i:], der)
	return pem.EncodeToMemory(block)
}

const encrypted = "ENCRYPTED PRIVATE KEY"

func TestDamagedFilesAreRows(t *testing.T) {
	k := keyringtest.Key(t)
	good := keyringtest.File(t, k, keyring.Header{Role: "root"})
	text := string(good)
	end := strings.Index(text, "-----END")
	for name, c := range map[string]struct {
		data    []byte
		problem string
	}{
		"empty":              {nil, "the file is empty"},
		"blank":              {[]byte("\n\n"), "not PEM"},
		"text":               {[]byte("hello"), "not PEM"},
		"DER":                {[]byte{0x30, 0x81, 0xee}, "not PEM"},
		"half":               {good[:len(good)/2], "cut short"},
		"no END":             {good[:end], "cut short"},
		"half an END":        {good[:end+8], "cut short"},
		"base64 damaged":     {[]byte(strings.Replace(text, "MI", "M!", 1)), "cannot be read"},
		"text before":        {append([]byte("note\n"), good...), "text before"},
		"BOM":                {append([]byte("\ufeff"), good...), "text before"},
		"text after":         {append(bytes.Clone(good), "note\n"...), "text after"},
		"two blocks":         {append(bytes.Clone(good), good...), "2 PEM blocks"},
		"unknown type":       {reheader(t, good, "OPENSSH PRIVATE KEY", nil), `"OPENSSH PRIVATE KEY"`},
		"public key":         {reheader(t, good, "PUBLIC KEY", nil), `"PUBLIC KEY"`},
		"certificate":        {reheader(t, good, "CERTIFICATE", nil), `"CERTIFICATE"`},
		"encrypted as plain": {reheader(t, good, "PRIVATE KEY", nil), "no private key"},
		"oversized":          {append(bytes.Clone(good), bytes.Repeat([]byte("\n"), 70_000)...), "larger than"},
		"escape in type":     {reheader(t, good, "X\x1b[2J", nil), `\x1b`},
		"role upwards":       {reheader(t, good, encrypted, map[string]string{"role": "../../x"}), `"../../x"`},
		"role of escapes":    {reheader(t, good, encrypted, map[string]string{"role": "a\x1b[2J"}), `\x1b`},
		"GUN upwards":        {reheader(t, good, encrypted, map[string]string{"role": "targets", "gun": "../../../tmp/reverse"}), "GUN"},
		"no rounds":          {rounds(t, good, 0x02, 0x02, 0x00, 0x00), "no encrypted key"},
		"negative rounds":    {rounds(t, good, 0x02, 0x02, 0x80, 0x00), "stretched -32768 times"},
		"DER cut":            {pem.EncodeToMemory(&pem.Block{Type: encrypted, Bytes: []byte{0x30, 0x81, 0xee, 0x30}}), "no encrypted key"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := newDir(t)
			other := keyringtest.Key(t)
			if err := dir.Put(t.Context(), string(other.KeyID()), keyringtest.File(t, other, keyring.Header{Role: "targets"})); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir.Path(), "private", string(k.KeyID())+".key")
			if err := os.WriteFile(file, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			rows, err := dir.List(t.Context())
			if err != nil || len(rows) != 2 {
				t.Fatalf("%d rows, %v", len(rows), err)
			}
			row := rows[1]
			if rows[0].Path == file {
				row = rows[0]
			}
			if row.KeyID != k.KeyID() || row.Path != file || !strings.Contains(row.Problem, c.problem) || strings.ContainsAny(row.Problem, "\n\x1b") {
				t.Errorf("row = %+v, want the problem %q", row, c.problem)
			}
			_, err = dir.Open(t.Context(), k.KeyID(), keyringtest.Passphrase("passphrase"))
			if !errors.Is(err, keyring.ErrDamaged) || !strings.Contains(err.Error(), file) {
				t.Errorf("Open: %v, want ErrDamaged and the file's name", err)
			}
			if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, c.data) {
				t.Errorf("the file was changed, %v", err)
			}
			if _, err := dir.Open(t.Context(), other.KeyID(), keyringtest.Passphrase("passphrase")); err != nil {
				t.Errorf("the other key: %v", err)
			}
		})
	}
}

// 2^31 rounds would take a quarter of an hour.
func TestAbsurdRoundsCostNothing(t *testing.T) {
	k := keyringtest.Key(t)
	block, _ := pem.Decode(keyringtest.File(t, k, keyring.Header{Role: "root"}))
	// INTEGER 2048 has two bytes of content, and 2^31 five: the four lengths around it grow.
	der := bytes.Replace(block.Bytes, []byte{0x02, 0x02, 0x08, 0x00}, []byte{0x02, 0x05, 0x00, 0x80, 0x00, 0x00, 0x00}, 1)
	der = bytes.Replace(der, []byte{0x30, 0x81, 0xee, 0x30, 0x49}, []byte{0x30, 0x81, 0xf1, 0x30, 0x4c}, 1)
	der = bytes.Replace(der, []byte{0x30, 0x3c, 0x30, 0x1b}, []byte{0x30, 0x3f, 0x30, 0x1e}, 1)
	der = bytes.Replace(der, []byte{0x30, 0x0e, 0x04, 0x08}, []byte{0x30, 0x11, 0x04, 0x08}, 1)
	file := pem.EncodeToMemory(&pem.Block{Type: encrypted, Headers: map[string]string{"role": "root"}, Bytes: der})
	info := keyring.Inspect(file)
	if !strings.Contains(info.Problem, "2147483648 times") || info.Role != "root" {
		t.Errorf("info = %+v", info)
	}
	if _, _, err := keyring.Decode(file, keyringtest.Passphrase("passphrase")); !errors.Is(err, keyring.ErrDamaged) {
		t.Errorf("Decode: %v", err)
	}
}

// There is no checksum: a flipped bit of the ciphertext, the IV or the salt looks like a
// wrong passphrase, or gives another key, or leaves the key as it was where the bit
// means nothing; it never gives a key of the same name that differs.
func TestFlippedBits(t *testing.T) {
	dir := newDir(t)
	k := keyringtest.Key(t)
	good := keyringtest.File(t, k, keyring.Header{Role: "root"})
	block, _ := pem.Decode(good)
	file := filepath.Join(dir.Path(), "private", string(k.KeyID())+".key")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i := range block.Bytes {
		bad := bytes.Clone(block.Bytes)
		bad[i] ^= 0x10
		data := pem.EncodeToMemory(&pem.Block{Type: encrypted, Headers: map[string]string{"role": "root"}, Bytes: bad})
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := dir.Open(t.Context(), k.KeyID(), keyringtest.Passphrase("passphrase"))
		switch {
		case err == nil:
			if got.KeyID() != k.KeyID() {
				t.Fatalf("byte %d: another key under this name", i)
			}
		case errors.Is(err, keyring.ErrPassphrase):
			wrong++
			if !strings.HasSuffix(err.Error(), "wrong passphrase or damaged file") {
				t.Errorf("byte %d: %v", i, err)
			}
		case !errors.Is(err, keyring.ErrDamaged) && !errors.Is(err, keyring.ErrMismatch) && !errors.Is(err, errors.ErrUnsupported):
			t.Errorf("byte %d: %v", i, err)
		}
	}
	if wrong < 100 {
		t.Errorf("only %d of %d flips were taken for a wrong passphrase", wrong, len(block.Bytes))
	}
}

func TestNamesThatAreNoKeyID(t *testing.T) {
	dir := newDir(t)
	k := keyringtest.Key(t)
	id := string(k.KeyID())
	data := keyringtest.File(t, k, keyring.Header{Role: "root"})
	names := map[string]string{
		"x.key": "no key ID", strings.ToUpper(id) + ".key": "no key ID", id + "_root.key": "no key ID", ".key": "no key ID",
		"root_keys/x_root.key": "no key ID", "sub/" + id + ".key": "no client looks", "\x1b[2J.key": "no key ID",
	}
	for name := range names {
		file := filepath.Join(dir.Path(), "private", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := dir.List(t.Context())
	if err != nil || len(rows) != len(names) {
		t.Fatalf("%d rows, %v; want %d", len(rows), err, len(names))
	}
	for _, row := range rows {
		name, err := filepath.Rel(filepath.Join(dir.Path(), "private"), row.Path)
		if err != nil || !strings.Contains(row.Problem, names[name]) {
			t.Errorf("%q: %q, want %q", name, row.Problem, names[name])
		}
	}
	if _, err := dir.Open(t.Context(), k.KeyID(), keyringtest.Passphrase("passphrase")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open: %v", err)
	}
}

func TestPlainKeyUnderAnotherName(t *testing.T) {
	dir := trustDir(t, "openssl", "private")
	store, err := keyring.OpenDir(dir, keyring.DirOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const plain = "b33b422ee4598a643ab88c79597ed87bd04fa6c646992be1c437dc1061960231"
	other := trustdata.KeyID(strings.Repeat("ab", 32))
	private := filepath.Join(dir, "private")
	if err := os.Rename(filepath.Join(private, plain+".key"), filepath.Join(private, string(other)+".key")); err != nil {
		t.Fatal(err)
	}
	rows, err := store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.KeyID == other && row.Problem != keyring.ErrMismatch.Error() {
			t.Errorf("row = %+v", row)
		}
	}
	if _, err := store.Open(t.Context(), other, keyring.Passphrase{}); !errors.Is(err, keyring.ErrMismatch) {
		t.Errorf("Open: %v", err)
	}
}

func FuzzInspect(f *testing.F) {
	for _, entry := range fixtures(f) {
		data, err := os.ReadFile(filepath.Join("testdata", entry["file"]))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		info := keyring.Inspect(data)
		if info.Problem == "" && bytes.Count(data, []byte("-----BEGIN ")) != 1 {
			t.Errorf("accepted: %q", data)
		}
		if info.KDFIterations > 50_000_000 {
			t.Errorf("%d rounds", info.KDFIterations)
		}
		if !info.Encrypted && info.Problem == "" && info.Algorithm == "" {
			t.Error("a plain key without an algorithm")
		}
	})
}
