package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"keyrite/keyring"
)

// tail is a member that fills several pieces, to damage what comes behind all others.
var tail = file("tuf/"+testGUN+"/metadata/targets.json", strings.Repeat("x", 3*plainChunk))

// breakEnd damages the last piece of a file.
func breakEnd(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	check(t, err)
	data[len(data)-1] ^= 1
	check(t, os.WriteFile(file, data, 0o600))
}

// Of an archive that was made to do harm nothing is salvaged, however it is damaged besides.
func TestSalvageTakesNothingHostile(t *testing.T) {
	id, _ := newIdentity(t)
	keyID, pem := makeKey(t, keyring.Header{Role: "targets", GUN: testGUN}, "x")
	otherID, other := makeKey(t, keyring.Header{Role: "root"}, "x")
	key, another := file("private/"+string(keyID)+".key", string(pem)), file("private/"+string(otherID)+".key", string(other))
	good := manifestOf(t, nil, key, another, tail)
	lying := func(change func(*Manifest)) []member {
		return []member{manifestOf(t, change, key, another, tail), key, another}
	}
	as := func(change func(*tar.Header)) []member { return []member{good, key, another.with(change)} }
	tests := []struct {
		name    string
		members []member
		want    string
	}{
		{"nothing wrong", []member{good, key, another}, ""},
		{"slip, not listed", []member{good, key, another, file("../x", "x")}, "not a name"},
		{"slip, listed", []member{manifestOf(t, nil, key, another, file("../x.key", "x"), tail), key, another}, "not a name"},
		{"absolute", []member{good, key, another, file("/etc/cron.d/x", "x")}, "not a name"},
		{"link", as(func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, "/etc/passwd", 0 }), "a link"},
		{"device", as(func(h *tar.Header) { h.Typeflag, h.Size = tar.TypeBlock, 0 }), "a device"},
		{"setuid", as(func(h *tar.Header) { h.Mode = 0o4600 }), "mode"},
		{"twice", []member{good, key, key, another}, "twice"},
		{"not listed", []member{good, key, another, file("private/"+strings.Repeat("c", 64)+".key", "x")}, "does not list"},
		{"another hash", lying(func(m *Manifest) { m.Files[1].SHA256 = strings.Repeat("0", 64) }), "should have"},
		{"another size", lying(func(m *Manifest) { m.Files[1].Size++ }), "bytes and should have"},
		{"another role", lying(func(m *Manifest) { m.Files[1].Role = "targets" }), "says role"},
		{"another repository", lying(func(m *Manifest) { m.Files[1].GUN = "evil.example/x" }), "says role"},
		{"a bomb, listed", lying(func(m *Manifest) { m.Files[2].Size = 1 << 50 }), "size"},
		{"signed by a stranger", []member{good, file(signatureName, `{"key_id":"`+strings.Repeat("a", 64)+`"}`), key, another}, "not in the backup"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := seal(t, archive(t, append(tt.members, tail)...), id.Recipient())
			breakEnd(t, name)
			to := filepath.Join(t.TempDir(), "trust")
			p, err := PlanRestore(context.Background(), name, own(id), openDir(t, to), RestoreOptions{Now: testTime, Salvage: true})
			if tt.want == "" {
				check(t, err)
				if p.Count(ActionAdd) != 2 || p.Count(ActionLost) != 1 {
					t.Errorf("the harmless archive gives %+v", p.Rows)
				}
				return
			}
			if !errors.Is(err, ErrDamaged) || SalvageOf(err) != nil {
				t.Errorf("error %v", err)
			}
			wantError(t, err, tt.want)
			if _, err := os.Lstat(to); err == nil {
				t.Error("the restore left something:", tree(t, to))
			}
		})
	}
}

// A key that opens and is another than its name says is no salvage either.
func TestSalvageOpensKeys(t *testing.T) {
	id, _ := newIdentity(t)
	keyID, _ := makeKey(t, keyring.Header{Role: "root"}, "x")
	_, other := makeKey(t, keyring.Header{Role: "root"}, "x")
	key := file("private/"+string(keyID)+".key", string(other))
	name := seal(t, archive(t, manifestOf(t, nil, key, tail), key, tail), id.Recipient())
	breakEnd(t, name)
	ask := func(Key) (keyring.Passphrase, bool) { return keyring.NewPassphrase([]byte("x")), true }
	for _, tt := range []struct {
		name string
		ask  Passphrases
		want bool
	}{{"closed", nil, true}, {"opened", ask, false}} {
		t.Run(tt.name, func(t *testing.T) {
			to := openDir(t, filepath.Join(t.TempDir(), "trust"))
			_, err := PlanRestore(context.Background(), name, own(id), to, RestoreOptions{Now: testTime, Salvage: true, Passphrases: tt.ask})
			if (err == nil) != tt.want || !tt.want && (!errors.Is(err, ErrDamaged) || SalvageOf(err) != nil) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A member that claims a terabyte in front of the damage, and a passphrase that would take
// hours, stop a salvage as they stop everything.
func TestSalvageStopsAtBombs(t *testing.T) {
	id, _ := newIdentity(t)
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	good := manifestOf(t, nil, tail)
	check(t, w.WriteHeader(&good.Header))
	_, err := w.Write([]byte(good.data))
	check(t, errors.Join(err, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: tail.Name, Mode: 0o600, Size: 1 << 40})))
	buf.Write(make([]byte, 5*plainChunk))
	name := seal(t, buf.Bytes(), id.Recipient())
	breakEnd(t, name)
	_, err = PlanRestore(context.Background(), name, own(id), openDir(t, filepath.Join(t.TempDir(), "trust")), RestoreOptions{Now: testTime, Salvage: true})
	wantError(t, err, "extended header \"size\"")
	if SalvageOf(err) != nil {
		t.Error("it is salvaged")
	}

	weak, err := age.NewScryptRecipient("x")
	check(t, err)
	weak.SetWorkFactor(2)
	key := file(tail.Name, tail.data)
	name = seal(t, archive(t, good, key), weak)
	data, err := os.ReadFile(name)
	check(t, err)
	check(t, os.WriteFile(name, bytes.Replace(data[:len(data)-9], []byte(" 2\n"), []byte(" 30\n"), 1), 0o600))
	phrase, err := PassphraseIdentity(keyring.NewPassphrase([]byte("x")))
	check(t, err)
	_, err = PlanRestore(context.Background(), name, own(phrase), openDir(t, filepath.Join(t.TempDir(), "trust")), RestoreOptions{Now: testTime, Salvage: true})
	wantError(t, err, "work factor too large", nothingWhole)
	if SalvageOf(err) != nil {
		t.Error("it is salvaged")
	}
}
