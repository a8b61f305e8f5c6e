package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/keyring"
	"keyrite/trustdata"
)

func TestArchiveHoldsTheTrustDirectory(t *testing.T) {
	r := newRig(t)
	r.hold("private/root_keys/"+strings.Repeat("a", 64)+"_root.key", "not a key at all")
	r.hold("retired/"+strings.Repeat("b", 64)+".key", "nor this")
	r.put(t)
	id, to := newIdentity(t)
	src := r.source()
	src.Metadata = []MetadataFile{
		{testGUN, "2.root.json", func() ([]byte, error) { return []byte("second root"), nil }},
		{testGUN, "targets/" + strings.Repeat("long-", 45) + ".json", func() ([]byte, error) { return []byte("{}"), nil }},
	}
	p, err := PlanCreate(context.Background(), src, CreateOptions{Dir: t.TempDir(), Recipients: []Recipient{to}, Identities: own(id), Now: testTime})
	check(t, err)
	result, err := p.Apply(context.Background(), nil)
	check(t, err)
	want := maps.Clone(r.files)
	want["archive/registry.example%3A5000/acme/web/2.root.json"] = "second root"
	want["archive/registry.example%3A5000/acme/web/targets/"+strings.Repeat("long-", 45)+".json"] = "{}"

	got, first := map[string]string{}, ""
	for tr := tar.NewReader(bytes.NewReader(unpack(t, result.File, id))); ; {
		hdr, err := tr.Next()
		if err == io.EOF {
			break
		}
		check(t, err)
		if first == "" {
			first = hdr.Name
		}
		if hdr.Typeflag == tar.TypeDir {
			if hdr.Mode != 0o700 {
				t.Errorf("folder %q has mode %o", hdr.Name, hdr.Mode)
			}
			continue
		}
		if hdr.Mode != 0o600 || hdr.Typeflag != tar.TypeReg {
			t.Errorf("file %q has mode %o, type %c", hdr.Name, hdr.Mode, hdr.Typeflag)
		}
		data, err := io.ReadAll(tr)
		check(t, err)
		got[hdr.Name] = string(data)
	}
	if first != "manifest.json" {
		t.Errorf("the first member is %q", first)
	}
	delete(got, "manifest.json")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("members (-want +got):\n", diff)
	}
	if len(result.Keys) != 5 || !cmp.Equal(result.Metadata, []trustdata.GUN{testGUN}) {
		t.Errorf("result has keys %v and metadata %v", result.Keys, result.Metadata)
	}
	for _, said := range []string{"README", "notes.txt", "of no use"} {
		if !slices.ContainsFunc(result.Warnings, func(w string) bool { return strings.Contains(w, said) }) {
			t.Errorf("no warning says %q: %q", said, result.Warnings)
		}
	}
}

func TestStates(t *testing.T) {
	r := newRig(t)
	id, to := newIdentity(t)
	_, second := newIdentity(t)
	pass := keyring.NewPassphrase([]byte("a long one for the safe"))
	phrase, err := PassphraseRecipient(pass, 5)
	check(t, err)
	some := func(k Key) (keyring.Passphrase, bool) {
		p, _ := r.passphrases(k)
		return p, k.Role != "alice"
	}
	tests := []struct {
		name    string
		opt     CreateOptions
		state   State
		drilled int
		waived  []string
	}{
		{"no identity", CreateOptions{Recipients: []Recipient{to}}, StateReadBack, 0, []string{"proof"}},
		{"waiver passed on once", CreateOptions{Recipients: []Recipient{to}, Waived: []string{"second_copy", "proof"}}, StateReadBack, 0, []string{"second_copy", "proof"}},
		{"several recipients, an identity of one", CreateOptions{Recipients: []Recipient{second, to}, Identities: own(id)}, StateProven, 0, []string{"proof:" + second.LastGroup()}},
		{"passphrase proves itself", CreateOptions{Recipients: []Recipient{phrase}}, StateProven, 0, []string{}},
		{"some keys opened", CreateOptions{Recipients: []Recipient{to}, Identities: own(id), Passphrases: some}, StateProven, 2, []string{}},
		{"all keys opened", CreateOptions{Recipients: []Recipient{to}, Identities: own(id), Passphrases: r.passphrases}, StateDrilled, 3, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := r.create(t, tt.opt)
			if got.State != tt.state || got.Drilled != tt.drilled || !cmp.Equal(got.Waived, tt.waived) {
				t.Errorf("state %q, drilled %d, waived %q", got.State, got.Drilled, got.Waived)
			}
			names, err := filepath.Glob(filepath.Join(filepath.Dir(got.File), "*"))
			check(t, err)
			hidden, err := filepath.Glob(filepath.Join(filepath.Dir(got.File), ".*"))
			check(t, err)
			for i := range names {
				names[i] = filepath.Base(names[i])
			}
			if diff := cmp.Diff([]string{"RESTORE.txt", "keyrite-2026-11-22T095312Z.age", "keyrite-2026-11-22T095312Z.age.sha256"}, names); diff != "" || len(hidden) > 0 {
				t.Error("folder (-want +got):\n", diff, hidden)
			}
		})
	}
}

func TestBesideNamesNoKey(t *testing.T) {
	r := newRig(t)
	_, to := newIdentity(t)
	result := r.create(t, CreateOptions{Recipients: []Recipient{to}})
	for _, name := range result.Beside {
		data, err := os.ReadFile(name)
		check(t, err)
		for _, secret := range []string{string(r.ids[0]), r.ids[0].Short(), testGUN, to.Text} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s names %q", filepath.Base(name), secret)
			}
		}
	}
	sums, err := os.ReadFile(result.File + ".sha256")
	check(t, err)
	if want := strings.TrimPrefix(result.SHA256, "sha256:") + "  " + filepath.Base(result.File) + "\n"; string(sums) != want {
		t.Errorf("sums file is %q, want %q", sums, want)
	}
}

func TestAnotherRestoreTextStays(t *testing.T) {
	r := newRig(t)
	_, to := newIdentity(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "RESTORE.txt"), "somebody else's")
	result := r.create(t, CreateOptions{Dir: dir, Recipients: []Recipient{to}})
	if data, _ := os.ReadFile(filepath.Join(dir, "RESTORE.txt")); string(data) != "somebody else's" {
		t.Errorf("RESTORE.txt was replaced by %q", data)
	}
	if want := result.File + ".RESTORE.txt"; result.Beside[0] != want {
		t.Errorf("instructions are in %q, want %q", result.Beside[0], want)
	}
}

func TestPlanCreateRefuses(t *testing.T) {
	r := newRig(t)
	_, to := newIdentity(t)
	phrase, err := PassphraseRecipient(keyring.NewPassphrase([]byte("secret")), 5)
	check(t, err)
	taken := t.TempDir()
	writeFile(t, filepath.Join(taken, "set.age"), "there")
	sums := t.TempDir()
	writeFile(t, filepath.Join(sums, "set.age.sha256"), "there")
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, "")
	link := filepath.Join(t.TempDir(), "link")
	check(t, os.Symlink(r.dir, link))
	tests := []struct {
		name string
		opt  CreateOptions
		want string
	}{
		{"no recipient", CreateOptions{Dir: t.TempDir()}, "no recipient"},
		{"passphrase mixed", CreateOptions{Dir: t.TempDir(), Recipients: []Recipient{to, phrase}}, "stands alone"},
		{"name taken", CreateOptions{Dir: taken, Name: "set", Recipients: []Recipient{to}}, "never replaced"},
		{"sums taken", CreateOptions{Dir: sums, Name: "set", Recipients: []Recipient{to}}, "never replaced"},
		{"name with a colon", CreateOptions{Dir: taken, Name: "a:b", Recipients: []Recipient{to}}, "no name for a backup"},
		{"name that leads out", CreateOptions{Dir: taken, Name: "../a", Recipients: []Recipient{to}}, "no name for a backup"},
		{"no folder", CreateOptions{Recipients: []Recipient{to}}, "no name for a backup"},
		{"folder is a file", CreateOptions{Dir: file, Recipients: []Recipient{to}}, "not a folder"},
		{"parent missing", CreateOptions{Dir: filepath.Join(t.TempDir(), "a", "b"), Recipients: []Recipient{to}}, "no such file"},
		{"in the trust directory", CreateOptions{Dir: filepath.Join(r.dir, "backups"), Recipients: []Recipient{to}}, "lies in the trust directory"},
		{"in it by a link", CreateOptions{Dir: link, Recipients: []Recipient{to}}, "lies in the trust directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := tree(t, r.dir)
			tt.opt.Now = testTime
			_, err := PlanCreate(context.Background(), r.source(), tt.opt)
			wantError(t, err, tt.want)
			if diff := cmp.Diff(before, tree(t, r.dir)); diff != "" {
				t.Error("the trust directory changed:\n", diff)
			}
		})
	}
}

func TestNothingToBackUp(t *testing.T) {
	_, to := newIdentity(t)
	src := Source{Dirs: []*keyring.Dir{openDir(t, filepath.Join(t.TempDir(), "none"))}}
	_, err := PlanCreate(context.Background(), src, CreateOptions{Dir: t.TempDir(), Recipients: []Recipient{to}, Now: testTime})
	wantError(t, err, "no key to back up")
}

func TestTwoTrustDirectories(t *testing.T) {
	a, b := newRig(t), newRig(t)
	_, to := newIdentity(t)
	src := Source{Dirs: []*keyring.Dir{a.keys, b.keys}}
	plan := func() (*CreatePlan, error) {
		return PlanCreate(context.Background(), src, CreateOptions{Dir: t.TempDir(), Recipients: []Recipient{to}, Now: testTime})
	}
	p, err := plan()
	check(t, err)
	if len(p.Keys()) != 6 {
		t.Errorf("%d keys, want 6", len(p.Keys()))
	}
	same := "private/" + string(a.ids[0]) + ".key"
	writeFile(t, filepath.Join(b.dir, same), b.files["private/"+string(b.ids[0])+".key"])
	_, err = plan()
	wantError(t, err, "differ", string(a.ids[0]))

	writeFile(t, filepath.Join(b.dir, same), strings.Replace(a.files[same], "role: root", "role: root\nx: y", 1))
	p, err = plan()
	check(t, err)
	if len(p.Keys()) != 6 || !slices.ContainsFunc(p.Manifest.LeftOut, func(l LeftOut) bool { return strings.Contains(l.Reason, "other headers") }) {
		t.Errorf("%d keys, left out %v", len(p.Keys()), p.Manifest.LeftOut)
	}
}

// A source that is exchanged between plan and writing, and a run that is stopped, leave
// nothing behind.
func TestApplyStops(t *testing.T) {
	_, to := newIdentity(t)
	key := func(r *rig) string { return filepath.Join(r.dir, "private", string(r.ids[0])+".key") }
	tests := []struct {
		name   string
		change func(*rig)
		want   error
	}{
		{"changed, same size", func(r *rig) {
			data, _ := os.ReadFile(key(r))
			data[len(data)/2] ^= 1
			writeFile(t, key(r), string(data))
		}, ErrChanged},
		{"longer", func(r *rig) { writeFile(t, key(r), r.files["private/"+string(r.ids[0])+".key"]+"\n") }, ErrChanged},
		{"shorter", func(r *rig) { writeFile(t, key(r), "x") }, ErrChanged},
		{"gone", func(r *rig) { check(t, os.Remove(key(r))) }, ErrChanged},
		{"a link now", func(r *rig) {
			check(t, os.Rename(key(r), key(r)+".old"))
			check(t, os.Symlink(key(r)+".old", key(r)))
		}, ErrChanged},
		{"cancelled", nil, context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, dir := newRig(t), filepath.Join(t.TempDir(), "made")
			p, err := PlanCreate(context.Background(), r.source(), CreateOptions{Dir: dir, Recipients: []Recipient{to}, Now: testTime})
			check(t, err)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if tt.change != nil {
				tt.change(r)
			} else {
				cancel()
			}
			_, err = p.Apply(ctx, nil)
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Error("the folder was left behind:", tree(t, dir))
			}
		})
	}
}

func TestNameTakenAfterThePlan(t *testing.T) {
	r, dir := newRig(t), t.TempDir()
	_, to := newIdentity(t)
	p, err := PlanCreate(context.Background(), r.source(), CreateOptions{Dir: dir, Recipients: []Recipient{to}, Now: testTime})
	check(t, err)
	writeFile(t, p.File, "somebody else's")
	_, err = p.Apply(context.Background(), nil)
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v, want %v", err, fs.ErrExist)
	}
	want := map[string]string{".": "drwxr-xr-x", filepath.Base(p.File): "-rw------- somebody else's"}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Error("folder (-want +got):\n", diff)
	}
}

// An identity that opens for none of the recipients is a failure, not a lower state:
// whoever gave it believes that it would. It is found before anything is written.
func TestWrongIdentityAtHand(t *testing.T) {
	r, dir := newRig(t), t.TempDir()
	_, to := newIdentity(t)
	other, _ := newIdentity(t)
	_, err := PlanCreate(context.Background(), r.source(), CreateOptions{Dir: dir, Recipients: []Recipient{to}, Identities: own(other), Now: testTime})
	if !errors.Is(err, ErrIdentity) || len(tree(t, dir)) != 1 {
		t.Errorf("error %v, left %v", err, tree(t, dir))
	}
}

// A medium that changes what was written is caught before the backup has its name.
func TestReadBackCatchesALyingMedium(t *testing.T) {
	r, dir := newRig(t), t.TempDir()
	_, to := newIdentity(t)
	p, err := PlanCreate(context.Background(), r.source(), CreateOptions{Dir: dir, Recipients: []Recipient{to}, Now: testTime})
	check(t, err)
	lied := false
	_, err = p.Apply(context.Background(), func(s Step) {
		parts, _ := filepath.Glob(filepath.Join(dir, ".*.part"))
		if s.Phase == PhaseRead || lied || len(parts) != 1 || s.Done != s.Total {
			return
		}
		lied = true
		// What was written up to here is lost; the rest goes on at its offset.
		check(t, os.Truncate(parts[0], 0))
		check(t, os.Rename(parts[0], parts[0]+".gone"))
		check(t, os.WriteFile(parts[0], []byte("nothing of it"), 0o600))
	})
	if !lied {
		t.Fatal("the fault did not bite")
	}
	wantError(t, err, "the medium does not keep data")
	for name := range tree(t, dir) {
		if !strings.HasSuffix(name, ".gone") && name != "." {
			t.Errorf("%q was left behind", name)
		}
	}
}

func ExampleStep() {
	var p Progress = func(s Step) { fmt.Println(s.Phase, s.Done, s.Total) }
	p.step(PhaseRead, 1, 2)
	Progress(nil).step(PhaseRead, 2, 2)
	// Output: read back 1 2
}
