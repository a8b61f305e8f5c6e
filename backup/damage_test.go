package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/google/go-cmp/cmp"

	"keyrite/keyring"
)

// small is a rig with one key alone, whose backup is short enough for sweeps.
func small(t *testing.T) (data []byte, file string, id age.Identity) {
	t.Helper()
	r := &rig{dir: filepath.Join(t.TempDir(), "trust"), files: map[string]string{}}
	key, pem := makeKey(t, keyring.Header{Role: "root"}, "phrase-root")
	r.hold("private/"+string(key)+".key", string(pem))
	r.put(t)
	r.keys = openDir(t, r.dir)
	x, to := newIdentity(t)
	file = r.create(t, CreateOptions{Recipients: []Recipient{to}}).File
	data, err := os.ReadFile(file)
	check(t, err)
	check(t, os.Remove(file+".sha256")) // the inside alone is to speak
	return data, file, x
}

// refuses checks that neither Verify nor a restore takes the file, and that a restore
// leaves no trace.
func refuses(t *testing.T, file string, id age.Identity, want error, parts ...string) {
	t.Helper()
	refusesInto(t, filepath.Join(t.TempDir(), "trust"), file, id, want, parts...)
}

func refusesInto(t *testing.T, to, file string, id age.Identity, want error, parts ...string) {
	t.Helper()
	ctx := context.Background()
	r, err := Verify(ctx, file, own(id), VerifyOptions{})
	if !errors.Is(err, want) {
		t.Fatalf("verify: error %v, want %v", err, want)
	}
	wantError(t, err, parts...)
	if r != nil && (r.OK || r.Decrypted || len(r.Keys) > 0 || r.State != StateUnknown || len(r.Problems) == 0) {
		t.Errorf("verify tells of a damaged backup: %+v", r)
	}
	_, err = PlanRestore(ctx, file, own(id), openDir(t, to), RestoreOptions{Now: testTime})
	if !errors.Is(err, want) {
		t.Errorf("restore: error %v, want %v", err, want)
	}
	if _, err := os.Lstat(to); err == nil {
		t.Error("the restore left something:", tree(t, to))
	}
}

func TestTruncatedAnywhere(t *testing.T) {
	data, file, id := small(t)
	if r, err := Verify(context.Background(), file, own(id), VerifyOptions{}); err != nil || !r.OK {
		t.Errorf("the whole file: %+v, %v", r, err)
	}
	id = remembering(id)
	sweep(t, len(data), func(t *testing.T, dir string, n int) {
		file := filepath.Join(dir, "keyrite.age")
		check(t, os.WriteFile(file, data[:n], 0o600))
		refusesInto(t, filepath.Join(dir, "trust"), file, id, ErrDamaged)
	})
}

func TestFlippedAnywhere(t *testing.T) {
	data, _, id := small(t)
	id = remembering(id)
	sweep(t, len(data), func(t *testing.T, dir string, n int) {
		file, bad := filepath.Join(dir, "keyrite.age"), bytes.Clone(data)
		bad[n] ^= 1 << (n % 8)
		check(t, os.WriteFile(file, bad, 0o600))
		r, err := Verify(context.Background(), file, own(id), VerifyOptions{})
		// A flip in the recipient's stanza looks like a file for another recipient.
		if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrIdentity) || r != nil && r.OK {
			t.Fatalf("byte %d of %d flipped: %+v, %v", n, len(data), r, err)
		}
	})
}

// sweep calls each with every number below size, and with one of several folders. Most of
// the time it waits for the disk, which backups are read from past the cache.
func sweep(t *testing.T, size int, each func(t *testing.T, dir string, n int)) {
	const parts = 4
	for part := range parts {
		t.Run(fmt.Sprintf("part %d", part), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for n := part; n < size; n += parts {
				each(t, dir, n)
			}
		})
	}
}

// memory is an identity that does not compute a second time what the same stanzas hold:
// in a sweep nearly all headers are the same.
type memory struct {
	age.Identity
	mu    sync.Mutex
	known map[string]unwrapped
}

type unwrapped struct {
	key []byte
	err error
}

func remembering(id age.Identity) age.Identity {
	return &memory{Identity: id, known: make(map[string]unwrapped)}
}

func (m *memory) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	var held strings.Builder
	for _, s := range stanzas {
		fmt.Fprintf(&held, "%q %q %x\n", s.Type, s.Args, s.Body)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u, ok := m.known[held.String()]
	if !ok {
		u.key, u.err = m.Identity.Unwrap(stanzas)
		m.known[held.String()] = u
	}
	return bytes.Clone(u.key), u.err
}

func TestTrailingBytes(t *testing.T) {
	data, file, id := small(t)
	for name, tail := range map[string][]byte{"a zero": {0}, "text": []byte("more"), "a second backup": data} {
		t.Run(name, func(t *testing.T) {
			check(t, os.WriteFile(file, append(bytes.Clone(data), tail...), 0o600))
			refuses(t, file, id, ErrDamaged)
		})
	}
}

// Plaintext of the chunks before the damaged one comes out of age first.
func TestLateChunkDamaged(t *testing.T) {
	r := newRig(t)
	r.hold("tuf/"+testGUN+"/metadata/targets.json", strings.Repeat("x", 300<<10))
	r.put(t)
	id, to := newIdentity(t)
	file := r.create(t, CreateOptions{Recipients: []Recipient{to}}).File
	check(t, os.Remove(file+".sha256"))
	data, err := os.ReadFile(file)
	check(t, err)
	data[len(data)-5] ^= 1
	check(t, os.WriteFile(file, data, 0o600))
	plain, err := age.Decrypt(bytes.NewReader(data), id)
	check(t, err)
	if got, err := io.ReadAll(plain); err == nil || len(got) < 200<<10 {
		t.Fatalf("the fault does not bite: %d bytes, %v", len(got), err)
	}
	refuses(t, file, id, ErrDamaged)
}

func TestSumsFile(t *testing.T) {
	_, file, id := small(t)
	ids := own(id)
	sums := file + ".sha256"
	wrong := strings.Repeat("0", 64) + "  " + filepath.Base(file) + "\n"
	tests := []struct {
		name, text string
		ids        []Identity
		sums       Sums
		state      State
		want       error
	}{
		{"none, no identity", "", nil, "", "", ErrIdentity},
		{"none", "", ids, SumsNone, StateProven, nil},
		{"wrong", wrong, ids, SumsDiffer, StateUnknown, ErrDamaged},
		{"wrong, no identity", wrong, nil, SumsDiffer, StateUnknown, ErrDamaged},
		{"nonsense", "hello", ids, SumsInvalid, StateUnknown, ErrDamaged},
		{"right", "=", ids, SumsOK, StateProven, nil},
		{"right, no identity", "=", nil, SumsOK, StateReadBack, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_ = os.Remove(sums)
			if tt.text == "=" {
				hash, err := hashAt(context.Background(), file)
				check(t, err)
				tt.text = string(sumsLine(hash, filepath.Base(file)))
			}
			if tt.text != "" {
				writeFile(t, sums, tt.text)
			}
			r, err := Verify(context.Background(), file, tt.ids, VerifyOptions{})
			if !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if tt.sums == "" {
				return
			}
			if r.Sums != tt.sums || r.State != tt.state || r.OK != (err == nil) {
				t.Errorf("sums %q, state %q, ok %v", r.Sums, r.State, r.OK)
			}
		})
	}
}

func TestWrongIdentity(t *testing.T) {
	data, file, _ := small(t)
	other, _ := newIdentity(t)
	refuses(t, file, other, ErrIdentity, "X25519")
	phrase, err := PassphraseIdentity(keyring.NewPassphrase([]byte("nothing")))
	check(t, err)
	refuses(t, file, phrase, ErrIdentity, "X25519")
	check(t, os.WriteFile(file, data, 0o600))
	_, err = Verify(context.Background(), file, own(), VerifyOptions{})
	if !errors.Is(err, ErrIdentity) {
		t.Errorf("no identity: %v", err)
	}
}

func TestPassphraseBackup(t *testing.T) {
	r := newRig(t)
	phrase, err := PassphraseRecipient(keyring.NewPassphrase([]byte("for the safe")), 5)
	check(t, err)
	file := r.create(t, CreateOptions{Recipients: []Recipient{phrase}}).File
	right, err := PassphraseIdentity(keyring.NewPassphrase([]byte("for the safe")))
	check(t, err)
	if v, err := Verify(context.Background(), file, own(right), VerifyOptions{}); err != nil || v.State != StateProven {
		t.Errorf("right passphrase: %+v, %v", v, err)
	}
	wrong, err := PassphraseIdentity(keyring.NewPassphrase([]byte("for the sofa")))
	check(t, err)
	refuses(t, file, wrong, ErrIdentity, "passphrase")
}

func TestScryptBomb(t *testing.T) {
	r, err := age.NewScryptRecipient("x")
	check(t, err)
	r.SetWorkFactor(2)
	file := seal(t, []byte("x"), r)
	data, err := os.ReadFile(file)
	check(t, err)
	head, rest, _ := bytes.Cut(data, []byte("\n-> scrypt "))
	salt, rest, _ := bytes.Cut(rest, []byte(" 2\n"))
	bomb := bytes.Join([][]byte{head, []byte("\n-> scrypt "), salt, []byte(" 30\n"), rest}, nil)
	check(t, os.WriteFile(file, bomb, 0o600))
	id, err := PassphraseIdentity(keyring.NewPassphrase([]byte("x")))
	check(t, err)
	refuses(t, file, id, ErrDamaged, "work factor too large")
}

func TestHeaderThatNeverEnds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "long.age")
	check(t, os.WriteFile(file, append([]byte(ageIntro+"\n-> X25519 "), bytes.Repeat([]byte("a"), 3<<20)...), 0o600))
	id, _ := newIdentity(t)
	refuses(t, file, id, ErrDamaged, "header is larger")
}

func TestArmored(t *testing.T) {
	data, file, id := small(t)
	var buf bytes.Buffer
	w := armor.NewWriter(&buf)
	_, err := w.Write(data)
	check(t, errors.Join(err, w.Close()))
	check(t, os.WriteFile(file, buf.Bytes(), 0o600))
	if r, err := Verify(context.Background(), file, own(id), VerifyOptions{}); err != nil || !r.OK {
		t.Errorf("armored: %+v, %v", r, err)
	}
	check(t, os.WriteFile(file, append([]byte("Hello,\n"), buf.Bytes()...), 0o600))
	refuses(t, file, id, ErrDamaged)
}

func TestNotARegularFile(t *testing.T) {
	_, file, id := small(t)
	link := filepath.Join(t.TempDir(), "link.age")
	check(t, os.Symlink(file, link))
	for _, name := range []string{link, t.TempDir(), filepath.Join(t.TempDir(), "missing.age"), "/dev/zero"} {
		if r, err := Verify(context.Background(), name, own(id), VerifyOptions{}); err == nil || r != nil {
			t.Errorf("%q: %+v, %v", name, r, err)
		}
	}
}

// member is one member of a tar archive that was made by hand.
type member struct {
	tar.Header
	data string
}

func file(name, data string) member {
	return member{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(data))}, data}
}

func folder(name string) member {
	return member{tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o700}, ""}
}

func (m member) with(change func(*tar.Header)) member { change(&m.Header); return m }

func archive(t testing.TB, members ...member) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, m := range members {
		check(t, w.WriteHeader(&m.Header))
		if m.Size > 0 {
			_, err := io.WriteString(w, m.data)
			check(t, err)
		}
	}
	check(t, w.Close())
	return buf.Bytes()
}

// manifestOf lists files truly, whatever their names are.
func manifestOf(t testing.TB, change func(*Manifest), members ...member) member {
	t.Helper()
	m := &Manifest{Format: 1, Tool: "keyrite test", Created: testTime}
	for _, f := range members {
		kind, err := kindOf(f.Name)
		if err != nil {
			kind = KindKey
		}
		m.Files = append(m.Files, describe(f.Name, kind, []byte(f.data)))
		if kind == KindMetadata {
			path := describePath(f.Name, kind)
			m.Files[len(m.Files)-1].Role, m.Files[len(m.Files)-1].GUN = path.Role, path.GUN
			m.Files[len(m.Files)-1].Problem = ""
		}
	}
	if change != nil {
		change(m)
	}
	data, err := json.Marshal(m)
	check(t, err)
	return file("manifest.json", string(data))
}

func TestHostileArchives(t *testing.T) {
	id, _ := newIdentity(t)
	keyID, pem := makeKey(t, keyring.Header{Role: "targets", GUN: testGUN}, "x")
	name := "private/" + string(keyID) + ".key"
	key := file(name, string(pem))
	meta := file("tuf/"+testGUN+"/metadata/root.json", "{}")
	good := manifestOf(t, nil, key, meta)
	folders := []member{folder("private/"), folder("tuf/"), folder("tuf/registry.example:5000/"), folder("tuf/registry.example:5000/acme/"),
		folder("tuf/" + testGUN + "/"), folder("tuf/" + testGUN + "/metadata/")}
	with := func(more ...member) []member {
		return append(append([]member{good}, folders...), append([]member{key, meta}, more...)...)
	}
	listed := func(bad member) []member { return []member{manifestOf(t, nil, key, bad), key, bad} }
	lying := func(change func(*Manifest)) []member {
		return []member{manifestOf(t, change, key, meta), key, meta}
	}
	as := func(change func(*tar.Header)) []member { return []member{good, key.with(change), meta} }

	if f := seal(t, archive(t, with()...), id.Recipient()); true {
		if r, err := Verify(context.Background(), f, own(id), VerifyOptions{}); err != nil || !r.OK {
			t.Fatalf("the harmless archive is refused: %v", err)
		}
	}
	link := func(kind byte) func(*tar.Header) {
		return func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = kind, "/etc/passwd", 0 }
	}
	tests := []struct {
		name    string
		members []member
		want    string
	}{
		{"empty", nil, "holds nothing"},
		{"no manifest", []member{key, meta}, "first member"},
		{"manifest second", []member{key, good, meta}, "first member"},
		{"two manifests", with(good), "twice"},
		{"manifest a link", []member{good.with(link(tar.TypeSymlink))}, "a link"},
		{"manifest is no JSON", []member{file("manifest.json", "{")}, "manifest cannot be read"},
		{"manifest without format", []member{file("manifest.json", "{}")}, "no format"},
		{"manifest of another type", []member{file("manifest.json", `{"format":"1"}`)}, "manifest cannot be read"},
		{"parent", with(file("../x", "x")), `"../x" is not a name`},
		{"parent, listed", listed(file("../x", "x")), `"../x" is not a name`},
		{"parent within, listed", listed(file("private/../../x.key", "x")), "not a name"},
		{"absolute, listed", listed(file("/etc/cron.d/x.key", "x")), "not a name"},
		{"backslash, listed", listed(file(`private/..\x.key`, "x")), "not a name"},
		{"drive, listed", listed(file(`C:\x.key`, "x")), "not a name"},
		{"dot, listed", listed(file("./"+name, "x")), "not a name"},
		{"escape in a name, listed", listed(file("private/\x1b[2J.key", "x")), "not a name"},
		{"bidi in a name, listed", listed(file("private/\u202egpj.key", "x")), "not a name"},
		{"not a kind of file, listed", listed(file("private/run.sh", "x")), "not a name"},
		{"other folder, listed", listed(file("trash/2026-01-01/x.key", "x")), "not a name"},
		{"pending, listed", listed(file("pending/op/x.key", "x")), "not a name"},
		{"credentials, listed", listed(file("config.json", "x")), "not a name"},
		{"change list, listed", listed(file("tuf/"+testGUN+"/changelist/x.change", "x")), "not a name"},
		{"repository with dots, listed", listed(file("tuf/a/../b/metadata/root.json", "{}")), "not a name"},
		{"not listed", with(file("private/"+strings.Repeat("c", 64)+".key", "x")), "does not list"},
		{"folder not listed", with(folder("retired/")), "not a name"},
		{"missing", []member{good, key}, "is missing"},
		{"twice", with(key), "twice"},
		{"folder twice", append([]member{good, folders[0], folders[0]}, key, meta), "twice"},
		{"listed twice", []member{manifestOf(t, nil, key, key), key}, "twice"},
		{"case clash", listed(file("private/"+strings.ToUpper(string(keyID))+".key", "x")), "case alone"},
		{"a file as a folder", []member{manifestOf(t, nil, key, file(name+"/x.key", "x")), key}, "as a file and as a folder"},
		{"symlink", as(link(tar.TypeSymlink)), "a link"},
		{"symlink as the folder", []member{good, folders[0].with(link(tar.TypeSymlink)), key, meta}, "a link"},
		{"hard link", as(link(tar.TypeLink)), "a link"},
		{"character device", as(func(h *tar.Header) { h.Typeflag, h.Size = tar.TypeChar, 0 }), "a device"},
		{"block device", as(func(h *tar.Header) { h.Typeflag, h.Size = tar.TypeBlock, 0 }), "a device"},
		{"pipe", as(func(h *tar.Header) { h.Typeflag, h.Size = tar.TypeFifo, 0 }), "a pipe"},
		{"a folder as the file", as(func(h *tar.Header) { h.Typeflag, h.Size = tar.TypeDir, 0 }), "a folder"},
		{"setuid", as(func(h *tar.Header) { h.Mode = 0o4600 }), "mode"},
		{"open to others", as(func(h *tar.Header) { h.Mode = 0o644 }), "mode"},
		{"folder open to others", []member{good, folders[0].with(func(h *tar.Header) { h.Mode = 0o755 }), key, meta}, "mode"},
		{"extended header", as(func(h *tar.Header) {
			h.Format = tar.FormatPAX
			h.PAXRecords = map[string]string{"SCHILY.xattr.user.x": "y"}
		}), "extended header"},
		{"another size", lying(func(m *Manifest) { m.Files[1].Size++ }), "bytes and should have"},
		{"another hash", lying(func(m *Manifest) { m.Files[1].SHA256 = strings.Repeat("0", 64) }), "should have"},
		{"another key hash", lying(func(m *Manifest) { m.Files[0].SHA256 = strings.Repeat("0", 64) }), "should have"},
		{"a hash that is none", lying(func(m *Manifest) { m.Files[0].SHA256 = "x" }), "SHA-256"},
		{"negative size", lying(func(m *Manifest) { m.Files[0].Size = -1 }), "size"},
		{"huge size", lying(func(m *Manifest) { m.Files[0].Size = 1 << 50 }), "size"},
		{"another key ID", lying(func(m *Manifest) { m.Files[0].KeyID = "x" }), "said to be the key"},
		{"another role", lying(func(m *Manifest) { m.Files[0].Role = "root" }), "says role"},
		{"another repository", lying(func(m *Manifest) { m.Files[0].GUN = "evil.example/x" }), "says role"},
		{"metadata of another repository", lying(func(m *Manifest) { m.Files[1].GUN = "evil.example/x" }), "said to belong"},
		{"another kind", lying(func(m *Manifest) { m.Files[0].Kind = KindMetadata }), "is said to be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			refuses(t, seal(t, archive(t, tt.members...), id.Recipient()), id, ErrDamaged, tt.want)
		})
	}
	t.Run("bytes behind the end", func(t *testing.T) {
		refuses(t, seal(t, append(archive(t, with()...), "x"...), id.Recipient()), id, ErrDamaged, "behind the end")
	})
	t.Run("zeros without end", func(t *testing.T) {
		refuses(t, seal(t, append(archive(t, with()...), make([]byte, 1<<20)...), id.Recipient()), id, ErrDamaged, "behind the end")
	})
	t.Run("no tar", func(t *testing.T) {
		refuses(t, seal(t, bytes.Repeat([]byte("no tar "), 1000), id.Recipient()), id, ErrDamaged)
	})
	t.Run("a newer format", func(t *testing.T) {
		newer := []member{file("manifest.json", `{"format":3,"tool":"keyrite 9.1","files":"unknown"}`)}
		refuses(t, seal(t, archive(t, newer...), id.Recipient()), id, ErrNewer, "keyrite 9.1")
	})
}

// A sparse member claims a terabyte in a few bytes.
func TestSparseMember(t *testing.T) {
	id, _ := newIdentity(t)
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	m := file("manifest.json", "{}")
	check(t, w.WriteHeader(&m.Header))
	_, err := io.WriteString(w, m.data)
	check(t, errors.Join(err, w.Close()))
	raw := buf.Bytes()
	raw[156] = 'S' // old GNU sparse: the real size stands at 483
	copy(raw[257:], "ustar  \x00")
	copy(raw[386:], "00000000000\x0000000000002\x00")
	copy(raw[483:], "20000000000\x00")
	sum := 0
	copy(raw[148:156], "        ")
	for _, b := range raw[:512] {
		sum += int(b)
	}
	copy(raw[148:156], []byte{byte('0' + sum>>15&7), byte('0' + sum>>12&7), byte('0' + sum>>9&7), byte('0' + sum>>6&7), byte('0' + sum>>3&7), byte('0' + sum&7), 0, ' '})
	hdr, err := tar.NewReader(bytes.NewReader(raw)).Next()
	if err != nil || hdr.Size < 1<<30 {
		t.Fatalf("the fault does not bite: %+v, %v", hdr, err)
	}
	refuses(t, seal(t, raw, id.Recipient()), id, ErrDamaged)
}

func TestVerifyOpensKeys(t *testing.T) {
	r := newRig(t)
	id, to := newIdentity(t)
	made := r.create(t, CreateOptions{Recipients: []Recipient{to}})
	wrong := func(k Key) (keyring.Passphrase, bool) {
		if k.Role == "root" {
			return keyring.NewPassphrase([]byte("wrong")), true
		}
		return r.passphrases(k)
	}
	for _, tt := range []struct {
		name    string
		ask     Passphrases
		drilled int
		state   State
	}{{"none known", nil, 0, StateProven}, {"one wrong", wrong, 2, StateProven}, {"all", r.passphrases, 3, StateDrilled}} {
		t.Run(tt.name, func(t *testing.T) {
			before := tree(t, filepath.Dir(made.File))
			v, err := Verify(context.Background(), made.File, own(id), VerifyOptions{Passphrases: tt.ask})
			check(t, err)
			if !v.OK || v.Drilled != tt.drilled || v.State != tt.state || v.SHA256 != made.SHA256 || !v.Created.Equal(testTime) || len(v.Keys) != 3 {
				t.Errorf("%+v", v)
			}
			if diff := cmp.Diff(before, tree(t, filepath.Dir(made.File))); diff != "" {
				t.Error("verifying changed the folder:\n", diff)
			}
		})
	}
}

// An encrypted file that holds another key than its name says is found when it is opened.
func TestKeyUnderAnotherName(t *testing.T) {
	r := newRig(t)
	id, to := newIdentity(t)
	swapped := filepath.Join(r.dir, "private", string(r.ids[1])+".key")
	writeFile(t, swapped, strings.Replace(r.files["private/"+string(r.ids[0])+".key"], "role: root", "role: targets", 1))
	file := r.create(t, CreateOptions{Recipients: []Recipient{to}}).File
	_, err := Verify(context.Background(), file, own(id), VerifyOptions{})
	check(t, err)
	phrase := func(Key) (keyring.Passphrase, bool) { return keyring.NewPassphrase([]byte("phrase-root")), true }
	_, err = Verify(context.Background(), file, own(id), VerifyOptions{Passphrases: phrase})
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v", err)
	}
	wantError(t, err, string(r.ids[0]), string(r.ids[1]))
}
