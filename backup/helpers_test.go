package backup

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"keyrite/keyring"
	"keyrite/trustdata"
)

var testTime = time.Date(2026, 11, 22, 9, 53, 12, 0, time.UTC)

const testGUN = "registry.example:5000/acme/web"

// rig is a trust directory with a bit of everything, and what was put into it.
type rig struct {
	dir   string
	keys  *keyring.Dir
	ids   []trustdata.KeyID // root, targets, delegation
	files map[string]string // what a backup must hold
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{dir: filepath.Join(t.TempDir(), "trust"), files: map[string]string{}}
	for _, h := range []keyring.Header{{Role: "root"}, {Role: "targets", GUN: testGUN}, {Role: "alice"}} {
		id, pem := makeKey(t, h, "phrase-"+h.Role)
		r.ids = append(r.ids, id)
		r.hold("private/"+string(id)+".key", string(pem))
	}
	meta := "tuf/" + testGUN + "/metadata/"
	for _, name := range []string{"root.json", "targets.json", "snapshot.json", "timestamp.json", "targets/releases.json"} {
		r.hold(meta+name, `{"signed":"`+name+`"}`)
	}
	r.put(t)
	for name, text := range map[string]string{
		"trash/2026-01-01/" + string(r.ids[0]) + ".key":   "old",
		"pending/op/" + string(r.ids[0]) + ".key":         "new",
		"tuf/" + testGUN + "/changelist/1234-abcd.change": "staged",
		"tuf/" + testGUN + "/changelist/sneaked.json":     "{}",
		"config.json": `{"auths":{"registry.example":{"auth":"c2VjcmV0"}}}`,
		"tuf/other.example/app/metadata/notes.txt": "left out",
		"private/README": "left out",
	} {
		writeFile(t, filepath.Join(r.dir, name), text)
	}
	r.keys = openDir(t, r.dir)
	return r
}

func (r *rig) hold(name, text string) { r.files[name] = text }

func (r *rig) put(t *testing.T) {
	t.Helper()
	for name, text := range r.files {
		writeFile(t, filepath.Join(r.dir, name), text)
	}
}

func (r *rig) source() Source { return Source{Dirs: []*keyring.Dir{r.keys}, Tool: "keyrite test"} }

func (r *rig) passphrases(k Key) (keyring.Passphrase, bool) {
	return keyring.NewPassphrase([]byte("phrase-" + k.Role)), true
}

func makeKey(t testing.TB, h keyring.Header, phrase string) (trustdata.KeyID, []byte) {
	t.Helper()
	k, err := keyring.Generate(trustdata.KeyECDSA)
	check(t, err)
	pem, err := keyring.Encode(k, keyring.NewPassphrase([]byte(phrase)), h, keyring.Format{Iterations: keyring.MinIterations})
	check(t, err)
	return k.KeyID(), pem
}

func openDir(t testing.TB, dir string) *keyring.Dir {
	t.Helper()
	d, err := keyring.OpenDir(dir, keyring.DirOptions{Create: true})
	check(t, err)
	return d
}

func writeFile(t testing.TB, name, text string) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Dir(name), 0o700))
	check(t, os.WriteFile(name, []byte(text), 0o600))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newIdentity(t testing.TB) (*age.X25519Identity, Recipient) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	check(t, err)
	to, err := ParseRecipients([]string{id.Recipient().String()})
	check(t, err)
	return id, to[0]
}

func own(ids ...age.Identity) []Identity {
	var all []Identity
	for _, id := range ids {
		all = append(all, NewIdentity(id))
	}
	return all
}

// create makes a backup of the rig in a new folder.
func (r *rig) create(t testing.TB, opt CreateOptions) *CreateResult {
	t.Helper()
	if opt.Dir == "" {
		opt.Dir = t.TempDir()
	}
	opt.Now = testTime
	p, err := PlanCreate(context.Background(), r.source(), opt)
	check(t, err)
	result, err := p.Apply(context.Background(), nil)
	check(t, err)
	return result
}

// tree is every file below dir with its content, and every folder, with the modes.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	check(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		value := info.Mode().String()
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			value += " " + string(data)
		}
		all[filepath.ToSlash(rel)] = value
		return nil
	}))
	return all
}

// unpack is what age and tar would give.
func unpack(t testing.TB, file string, id age.Identity) []byte {
	t.Helper()
	f, err := os.Open(file)
	check(t, err)
	defer f.Close()
	plain, err := age.Decrypt(f, id)
	check(t, err)
	data, err := io.ReadAll(plain)
	check(t, err)
	return data
}

// seal encrypts any plaintext into a new file.
func seal(t testing.TB, plain []byte, to age.Recipient) string {
	t.Helper()
	var buf bytes.Buffer
	w, err := age.Encrypt(&buf, to)
	check(t, err)
	_, err = w.Write(plain)
	check(t, err)
	check(t, w.Close())
	name := filepath.Join(t.TempDir(), "made.age")
	check(t, os.WriteFile(name, buf.Bytes(), 0o600))
	return name
}

func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}
