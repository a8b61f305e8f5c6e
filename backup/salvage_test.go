package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"keyrite/keyring"
)

// Sizes of a piece of an age file's payload, plain and sealed.
const (
	plainChunk  = 64 << 10
	sealedChunk = plainChunk + 16
)

// longKeys is how many keys are in a longBackup: their manifest fits the first piece, and they
// reach into the third.
const longKeys = 110

// longBackup is a backup over several pieces, and what an independent reading of it says.
type longBackup struct {
	rig     *rig
	id      *age.X25519Identity
	file    string
	data    []byte
	payload int              // where the sealed pieces begin
	ends    map[string]int64 // where each member ends in the plain archive
}

func newLongBackup(t *testing.T, opt CreateOptions) *longBackup {
	t.Helper()
	r := &rig{dir: filepath.Join(t.TempDir(), "trust"), files: map[string]string{}}
	for range longKeys {
		key, pem := makeKey(t, keyring.Header{Role: "targets", GUN: testGUN}, "phrase-targets")
		r.hold("private/"+string(key)+".key", string(pem))
	}
	for _, role := range []string{"root", "snapshot", "targets"} {
		r.hold("tuf/"+testGUN+"/metadata/"+role+".json", strings.Repeat(role, 5000))
	}
	r.put(t)
	r.keys = openDir(t, r.dir)
	id, to := newIdentity(t)
	opt.Recipients = []Recipient{to}
	l := &longBackup{rig: r, id: id, file: r.create(t, opt).File, ends: map[string]int64{}}
	l.read(t)
	return l
}

func (l *longBackup) read(t *testing.T) {
	t.Helper()
	var err error
	l.data, err = os.ReadFile(l.file)
	check(t, err)
	mac := bytes.Index(l.data, []byte("\n--- ")) + 1
	l.payload = mac + bytes.IndexByte(l.data[mac:], '\n') + 1 + 16 // and the nonce
	plain := unpack(t, l.file, l.id)
	if len(l.data)-l.payload != len(plain)+16*((len(plain)+plainChunk-1)/plainChunk) {
		t.Fatal("the payload does not begin where it is looked for")
	}
	at := bytes.NewReader(plain)
	for members := tar.NewReader(at); ; {
		hdr, err := members.Next()
		if err == io.EOF {
			return
		}
		check(t, err)
		begins := at.Size() - int64(at.Len())
		l.ends[hdr.Name] = begins + hdr.Size
	}
}

// before are the files that end before the piece with byte n of the backup; ok says that the
// manifest is one of them.
func (l *longBackup) before(n int) (names []string, ok bool) {
	if n < l.payload {
		return nil, false
	}
	sound := int64((n-l.payload)/sealedChunk) * plainChunk
	for name, end := range l.ends {
		if end <= sound && l.rig.files[name] != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, l.ends[manifestName] <= sound
}

// places are bytes to damage: around the ends of all pieces, and some anywhere.
func (l *longBackup) places() []int {
	all := []int{0, len(l.data) - 1, l.payload - 17, l.payload - 16, l.payload - 1}
	for n := l.payload; n < len(l.data); n += sealedChunk {
		all = append(all, n-1, n, n+1)
	}
	some := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		all = append(all, some.IntN(len(l.data)))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// damages are ways to harm a file at byte n.
var damages = map[string]func(data []byte, n int) []byte{
	"cut": func(data []byte, n int) []byte { return data[:n] },
	"flipped": func(data []byte, n int) []byte {
		data = bytes.Clone(data)
		data[n] ^= 1 << (n % 8)
		return data
	},
}

func inFiles(all map[string]string, names []string) map[string]string {
	in := map[string]string{}
	for _, name := range names {
		in[name] = all[name]
	}
	return in
}

// Wherever a backup is damaged, exactly the files before the damaged piece are whole, and a
// backup whose manifest is not gives nothing. Nothing from behind the damage is written.
func TestSalvageAtEveryPlace(t *testing.T) {
	l := newLongBackup(t, CreateOptions{Operation: "the-set", Copy: 1, Copies: 2})
	if n := (len(l.data) - l.payload) / sealedChunk; n < 3 || l.ends[manifestName] > plainChunk {
		t.Fatalf("%d full pieces and a manifest of %d bytes make no test", n, l.ends[manifestName])
	}
	ids := own(remembering(l.id))
	for how, damage := range damages {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "keyrite.age")
			tried := map[int]bool{} // numbers of whole files that were restored
			for _, n := range l.places() {
				check(t, os.WriteFile(file, damage(l.data, n), 0o600))
				want, any := l.before(n)
				_, err := PlanRestore(context.Background(), file, ids, openDir(t, filepath.Join(dir, "trust")), RestoreOptions{Now: testTime})
				if !errors.Is(err, ErrDamaged) && !(n < l.payload && errors.Is(err, ErrIdentity)) {
					t.Fatalf("byte %d of %d: %v", n, len(l.data), err)
				}
				left := SalvageOf(err)
				if (left != nil) != any {
					t.Fatalf("byte %d: the manifest is whole: %v, and it gives %+v", n, any, left)
				}
				if left == nil {
					if errors.Is(err, ErrDamaged) {
						wantError(t, err, nothingWhole)
					}
					continue
				}
				if got := slices.Sorted(maps.Keys(left.whole)); !slices.Equal(got, want) {
					t.Fatalf("byte %d: whole are\n%q\nand not\n%q", n, got, want)
				}
				l.judge(t, left, want)
				if !tried[len(want)] {
					tried[len(want)] = true
					l.restores(t, file, ids, want)
				}
			}
			if len(tried) < 3 {
				t.Errorf("only %d kinds of damage were restored from", len(tried))
			}
		})
	}
}

// judge checks what is told of a damaged backup.
func (l *longBackup) judge(t *testing.T, left *Salvage, want []string) {
	t.Helper()
	keys := countKeys(want)
	if len(left.Whole) != keys || left.Keys != longKeys || len(left.Lost) != longKeys-keys || left.Operation != "the-set" || left.Counted() != fmt.Sprintf("%d of its %d keys are whole", keys, longKeys) {
		t.Errorf("it tells of %d whole and %d lost keys of %d in %q: %s", len(left.Whole), len(left.Lost), left.Keys, left.Operation, left.Counted())
	}
	for _, k := range left.Whole {
		if !slices.Contains(want, k.Path) || k.KeyID == "" || k.GUN != testGUN {
			t.Errorf("whole: %+v", k)
		}
	}
	for _, k := range left.Lost {
		if slices.Contains(want, k.Path) || k.KeyID == "" || k.Reason == "" {
			t.Errorf("lost: %+v", k)
		}
	}
}

func countKeys(names []string) (n int) {
	for _, name := range names {
		if strings.HasSuffix(name, keySuffix) {
			n++
		}
	}
	return n
}

// restores checks that what is whole is what comes back, but metadata of a repository as a
// whole or not at all.
func (l *longBackup) restores(t *testing.T, file string, ids []Identity, want []string) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "trust")
	p := planRestore(t, file, ids, to, RestoreOptions{Salvage: true})
	if _, err := os.Lstat(to); err == nil || p.Salvage == nil {
		t.Fatal("planning wrote something, or calls the backup sound")
	}
	r, err := p.Apply(context.Background(), nil)
	check(t, err)
	all := len(want) == len(l.rig.files)
	keys := slices.DeleteFunc(slices.Clone(want), func(name string) bool { return !all && !strings.HasSuffix(name, keySuffix) })
	if diff := cmp.Diff(inFiles(l.rig.files, keys), files(t, to)); diff != "" {
		t.Error("restored:\n", diff)
	}
	if r.OK || len(r.Restored)+len(r.Lost) != longKeys || all != (len(r.LostMetadata) == 0) || len(r.Given) != 1 || r.Given[0].Problem == "" {
		t.Errorf("the result is OK %v, %d restored, %d lost, metadata lost %q, %+v", r.OK, len(r.Restored), len(r.Lost), r.LostMetadata, r.Given)
	}
}

// damagedAt writes the backup with the piece damaged that the byte n of the plain archive is in.
func (l *longBackup) damagedAt(t *testing.T, n int64) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "damaged.age")
	at := l.payload + int(n/plainChunk)*sealedChunk + 7
	check(t, os.WriteFile(file, damages["flipped"](l.data, at), 0o600))
	return file
}

// lastKey is the key that comes last in the backup.
func (l *longBackup) lastKey() string {
	var last string
	for name := range l.rig.files {
		if strings.HasSuffix(name, keySuffix) && l.ends[name] > l.ends[last] {
			last = name
		}
	}
	return last
}

func TestVerifyTellsWhatIsWhole(t *testing.T) {
	l := newLongBackup(t, CreateOptions{})
	r, err := Verify(context.Background(), l.damagedAt(t, l.ends[l.lastKey()]), own(l.id), VerifyOptions{Passphrases: l.rig.passphrases})
	if !errors.Is(err, ErrDamaged) || r.OK || r.Decrypted || len(r.Keys) != 0 || r.State != StateUnknown || r.Salvage == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	wantError(t, err, fmt.Sprintf("%d of its %d keys are whole", len(r.Salvage.Whole), longKeys))
	if n := len(r.Salvage.Whole); n == 0 || n == longKeys || len(r.Salvage.LostMetadata) != 1 {
		t.Errorf("%d keys are whole, metadata lost %q", n, r.Salvage.LostMetadata)
	}
}

// What is here already is not lost, and what is here otherwise is left alone.
func TestSalvageBesideWhatIsHere(t *testing.T) {
	l := newLongBackup(t, CreateOptions{})
	file, last := l.damagedAt(t, l.ends[l.lastKey()]), l.lastKey()
	for _, tt := range []struct {
		name, here string
		action     Action
	}{{"the same", l.rig.files[last], ActionSame}, {"another", "another", ActionLost}, {"none", "", ActionLost}} {
		t.Run(tt.name, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "trust")
			if tt.here != "" {
				writeFile(t, filepath.Join(to, last), tt.here)
			}
			p := planRestore(t, file, own(l.id), to, RestoreOptions{Salvage: true, Replace: true})
			row := p.Rows[slices.IndexFunc(p.Rows, func(r RestoreRow) bool { return r.Path == last })]
			if row.Action != tt.action {
				t.Errorf("%q: %s", row.Action, row.Reason)
			}
			_, err := p.Apply(context.Background(), nil)
			check(t, err)
			if files(t, to)[last] != tt.here {
				t.Error("the file that is here was changed")
			}
		})
	}
}

// A copy that is damaged further after the plan was made is not taken.
func TestSalvageOfWhatHasChanged(t *testing.T) {
	l := newLongBackup(t, CreateOptions{})
	file, to := l.damagedAt(t, l.ends[l.lastKey()]), filepath.Join(t.TempDir(), "trust")
	p := planRestore(t, file, own(l.id), to, RestoreOptions{Salvage: true})
	check(t, os.Truncate(file, int64(l.payload+sealedChunk)))
	if _, err := p.Apply(context.Background(), nil); !errors.Is(err, ErrChanged) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Lstat(to); err == nil {
		t.Error("something was written:", tree(t, to))
	}
}

// What can be had again comes after what cannot: damage takes a backup's end.
func TestKeysComeFirst(t *testing.T) {
	r := newRig(t)
	id, to := newIdentity(t)
	src := r.source()
	src.Settings = []byte("[backup]\n")
	src.Metadata = []MetadataFile{{GUN: testGUN, Name: "1.root.json", Read: func() ([]byte, error) { return []byte("{}"), nil }}}
	retired, pem := makeKey(t, keyring.Header{Role: "root"}, "phrase-root")
	writeFile(t, filepath.Join(r.dir, "retired", string(retired)+".key"), string(pem))
	p, err := PlanCreate(context.Background(), src, CreateOptions{Dir: t.TempDir(), Recipients: []Recipient{to}, Identities: own(id), Now: testTime})
	check(t, err)
	var kinds []Kind
	for _, f := range p.Manifest.Files {
		kinds = append(kinds, f.Kind)
	}
	want := []Kind{KindKey, KindRetired, KindSettings, KindMetadata, KindArchive}
	if got := slices.Compact(kinds); !slices.Equal(got, want) {
		t.Errorf("the order is %q", got)
	}
}
