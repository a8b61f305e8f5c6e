package backup

import (
	"context"
	"errors"
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
	"keyrite/trustdata/state"
)

// backedUp is a rig with old layouts and a retired key, and its backup.
func backedUp(t *testing.T) (r *rig, file string, ids []Identity) {
	t.Helper()
	r = newRig(t)
	legacy, pem := makeKey(t, keyring.Header{Role: "root"}, "phrase-root")
	r.hold("private/root_keys/"+string(legacy)+"_root.key", strings.Replace(string(pem), "role: root\n\n", "", 1))
	retired, pem := makeKey(t, keyring.Header{Role: "root"}, "phrase-root")
	r.hold("retired/"+string(retired)+".key", string(pem))
	r.ids = append(r.ids, legacy, retired)
	r.put(t)
	id, to := newIdentity(t)
	return r, r.create(t, CreateOptions{Recipients: []Recipient{to}}).File, own(id)
}

func planRestore(t testing.TB, file string, ids []Identity, to string, opt RestoreOptions) *RestorePlan {
	t.Helper()
	opt.Now = testTime
	p, err := PlanRestore(context.Background(), file, ids, openDir(t, to), opt)
	check(t, err)
	return p
}

// files are the tree's regular files with their content, all of mode 0600, in folders 0700.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name, value := range tree(t, dir) {
		text, regular := strings.CutPrefix(value, "-rw------- ")
		if regular {
			all[name] = text
		} else if value != "drwx------" && value != "-rw-------" {
			t.Errorf("%q is %q", name, value)
		}
	}
	return all
}

func TestRestoreIntoNothing(t *testing.T) {
	r, file, ids := backedUp(t)
	to := filepath.Join(t.TempDir(), "new", "trust")
	p := planRestore(t, file, ids, to, RestoreOptions{Passphrases: r.passphrases})
	if _, err := os.Lstat(to); err == nil {
		t.Fatal("planning made the folder")
	}
	got, err := p.Apply(context.Background(), nil)
	check(t, err)
	if diff := cmp.Diff(r.files, files(t, to)); diff != "" {
		t.Error("restored (-want +got):\n", diff)
	}
	want := slices.Sorted(slices.Values(r.ids))
	if restored := slices.Sorted(slices.Values(got.Restored)); !cmp.Equal(restored, want) || !got.OK || !cmp.Equal(got.Metadata, []trustdata.GUN{testGUN}) {
		t.Errorf("result %+v", got)
	}
	if opened := slices.ContainsFunc(p.Rows, func(row RestoreRow) bool { return row.Role == "alice" && row.Opened }); !opened {
		t.Error("no row says that a key was opened")
	}
	if why, tried := got.Tried[r.ids[0]]; !tried || why != "" {
		t.Errorf("a key whose passphrase was given: tried %v, %q", tried, why)
	}
	key, err := openDir(t, to).Open(context.Background(), r.ids[0], keyring.NewPassphrase([]byte("phrase-root")))
	check(t, err)
	key.Wipe()

	// A second time there is nothing to do.
	before := tree(t, to)
	again, err := planRestore(t, file, ids, to, RestoreOptions{}).Apply(context.Background(), nil)
	check(t, err)
	if len(again.Same) != len(r.ids) || len(again.Restored) != 0 || !again.OK {
		t.Errorf("second restore %+v", again)
	}
	if diff := cmp.Diff(before, tree(t, to)); diff != "" {
		t.Error("the second restore changed:\n", diff)
	}
}

// What is known of a key that was written depends on its passphrase: none, one that opens
// it, or a wrong one.
func TestRestoreSaysWhatWasTried(t *testing.T) {
	r, file, ids := backedUp(t)
	for name, c := range map[string]struct {
		ask   Passphrases
		tried bool
		why   string
	}{
		"none":  {nil, false, ""},
		"right": {r.passphrases, true, ""},
		"wrong": {func(Key) (keyring.Passphrase, bool) { return keyring.NewPassphrase([]byte("no such phrase")), true }, true, "the backup opens, but the passphrase that is given for this key does not open it"},
	} {
		got, err := planRestore(t, file, ids, filepath.Join(t.TempDir(), "trust"), RestoreOptions{Passphrases: c.ask}).Apply(context.Background(), nil)
		check(t, err)
		if why, tried := got.Tried[r.ids[0]]; tried != c.tried || why != c.why || len(got.Restored) != len(r.ids) {
			t.Errorf("%s: tried %v, %q", name, tried, why)
		}
	}
}

func TestRestoreOverADifferentKey(t *testing.T) {
	r, file, ids := backedUp(t)
	name := "private/" + string(r.ids[1]) + ".key"
	setUp := func(t *testing.T) string {
		to := filepath.Join(t.TempDir(), "trust")
		writeFile(t, filepath.Join(to, name), "the one here")
		return to
	}
	t.Run("refused", func(t *testing.T) {
		to := setUp(t)
		before := tree(t, to)
		p := planRestore(t, file, ids, to, RestoreOptions{})
		_, err := p.Apply(context.Background(), nil)
		if !errors.Is(err, ErrDiffers) {
			t.Errorf("error %v", err)
		}
		wantError(t, err, name, "nothing was restored")
		if diff := cmp.Diff(before, tree(t, to)); diff != "" {
			t.Error("changed:\n", diff)
		}
	})
	replaced := func(t *testing.T, p *RestorePlan, to string) {
		got, err := p.Apply(context.Background(), nil)
		check(t, err)
		kept := "trash/2026-11-22/" + string(r.ids[1]) + ".key"
		want := maps.Clone(r.files)
		want[kept] = "the one here"
		if diff := cmp.Diff(want, files(t, to)); diff != "" {
			t.Error("restored (-want +got):\n", diff)
		}
		if !cmp.Equal(got.Replaced, r.ids[1:2]) || !cmp.Equal(got.Trashed, []string{filepath.Join(to, kept)}) {
			t.Errorf("result %+v", got)
		}
	}
	t.Run("replaced", func(t *testing.T) {
		to := setUp(t)
		replaced(t, planRestore(t, file, ids, to, RestoreOptions{Replace: true}), to)
	})
	t.Run("replaced by decision", func(t *testing.T) {
		to := setUp(t)
		p := planRestore(t, file, ids, to, RestoreOptions{})
		check(t, p.Decide(name, ActionReplace))
		replaced(t, p, to)
	})
	t.Run("left by decision", func(t *testing.T) {
		to := setUp(t)
		p := planRestore(t, file, ids, to, RestoreOptions{Replace: true})
		check(t, p.Decide(name, ActionRefuse))
		got, err := p.Apply(context.Background(), nil)
		check(t, err)
		want := maps.Clone(r.files)
		want[name] = "the one here"
		if diff := cmp.Diff(want, files(t, to)); diff != "" {
			t.Error("restored (-want +got):\n", diff)
		}
		if len(got.Refused) != 1 || got.Refused[0].Path != name || len(got.Replaced) != 0 {
			t.Errorf("result %+v", got)
		}
	})
	t.Run("a decision where there is none", func(t *testing.T) {
		p := planRestore(t, file, ids, setUp(t), RestoreOptions{})
		for path, action := range map[string]Action{"private/" + string(r.ids[0]) + ".key": ActionReplace, name: ActionAdd, "x": ActionReplace} {
			if err := p.Decide(path, action); err == nil {
				t.Errorf("%q: %q was taken for a decision", path, action)
			}
		}
	})
}

func TestRestoreKeepsOwnMetadata(t *testing.T) {
	r, file, ids := backedUp(t)
	meta := "tuf/" + testGUN + "/metadata/"
	tests := []struct {
		name  string
		here  map[string]string
		added bool
	}{
		{"a newer timestamp", map[string]string{meta + "timestamp.json": "newer"}, false},
		{"a file that the backup has not", map[string]string{meta + "targets/bob.json": "{}"}, false},
		{"part of the backup's", map[string]string{meta + "root.json": r.files[meta+"root.json"]}, true},
		{"another repository's", map[string]string{"tuf/" + testGUN + "/sub/metadata/root.json": "{}"}, true},
		{"folders alone", map[string]string{"tuf/" + testGUN + "/changelist/x.change": "{}"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "trust")
			for name, text := range tt.here {
				writeFile(t, filepath.Join(to, name), text)
			}
			got, err := planRestore(t, file, ids, to, RestoreOptions{}).Apply(context.Background(), nil)
			check(t, err)
			want := maps.Clone(r.files)
			if !tt.added {
				maps.DeleteFunc(want, func(name, _ string) bool { return strings.HasPrefix(name, "tuf/") })
			}
			maps.Copy(want, tt.here)
			if diff := cmp.Diff(want, files(t, to)); diff != "" {
				t.Error("restored (-want +got):\n", diff)
			}
			if (len(got.Kept) == 0) != tt.added || (len(got.Metadata) == 1) != tt.added {
				t.Errorf("metadata %v, kept %v", got.Metadata, got.Kept)
			}
		})
	}
}

func TestRestoreLeavesOldLayoutsAlone(t *testing.T) {
	r, file, ids := backedUp(t)
	legacy := "private/root_keys/" + string(r.ids[3]) + "_root.key"
	to := filepath.Join(t.TempDir(), "trust")
	// The root key lies here in the old layout; the key of the old layout lies here in the new one.
	_, other := makeKey(t, keyring.Header{Role: "root"}, "x")
	here := map[string]string{
		"private/root_keys/" + string(r.ids[0]) + "_root.key": r.files["private/"+string(r.ids[0])+".key"],
		"private/" + string(r.ids[3]) + ".key":                string(other),
	}
	for name, text := range here {
		writeFile(t, filepath.Join(to, name), text)
	}
	got, err := planRestore(t, file, ids, to, RestoreOptions{Replace: true}).Apply(context.Background(), nil)
	check(t, err)
	if !cmp.Equal(got.Same, r.ids[:1]) || len(got.Refused) != 1 || got.Refused[0].Path != legacy {
		t.Errorf("result %+v", got)
	}
	for name, text := range here {
		if files(t, to)[name] != text {
			t.Errorf("%q was changed", name)
		}
	}
}

func TestRestoreOfUnusableFiles(t *testing.T) {
	r := newRig(t)
	r.hold("private/"+strings.Repeat("d", 64)+".key", "cut off")
	r.hold("private/mine.key", r.files["private/"+string(r.ids[0])+".key"])
	r.put(t)
	id, to := newIdentity(t)
	file := r.create(t, CreateOptions{Recipients: []Recipient{to}, Identities: own(id)}).File
	dir := filepath.Join(t.TempDir(), "trust")
	got, err := planRestore(t, file, own(id), dir, RestoreOptions{}).Apply(context.Background(), nil)
	check(t, err)
	if len(got.Restored) != 3 || len(got.Refused) != 2 {
		t.Errorf("result %+v", got)
	}
}

func TestRestoreStops(t *testing.T) {
	r, file, ids := backedUp(t)
	name := "private/" + string(r.ids[1]) + ".key"
	tests := []struct {
		name   string
		change func(t *testing.T, file, to string)
		want   error
	}{
		{"a key came", func(t *testing.T, _, to string) { writeFile(t, filepath.Join(to, name), "new") }, ErrChanged},
		{"metadata came", func(t *testing.T, _, to string) {
			writeFile(t, filepath.Join(to, "tuf", testGUN, "metadata/root.json"), "new")
		}, ErrChanged},
		{"the backup was changed", func(t *testing.T, file, _ string) {
			data, err := os.ReadFile(file)
			check(t, err)
			data[len(data)-1] ^= 1
			writeFile(t, file, string(data))
		}, ErrChanged},
		{"the backup is gone", func(t *testing.T, file, _ string) { check(t, os.Remove(file)) }, fs.ErrNotExist},
		{"the folder is in use", func(t *testing.T, _, to string) {
			check(t, os.MkdirAll(to, 0o700))
			lock, err := state.Lock(to)
			check(t, err)
			t.Cleanup(func() { check(t, lock.Unlock()) })
		}, state.ErrLocked},
		{"private is a file", func(t *testing.T, _, to string) { writeFile(t, filepath.Join(to, "private"), "") }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			check(t, err)
			mine := filepath.Join(t.TempDir(), "mine.age")
			writeFile(t, mine, string(data))
			to := filepath.Join(t.TempDir(), "trust")
			p := planRestore(t, mine, ids, to, RestoreOptions{})
			tt.change(t, mine, to)
			check(t, os.MkdirAll(to, 0o700))
			before := tree(t, to)
			_, err = p.Apply(context.Background(), nil)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if diff := cmp.Diff(before, tree(t, to)); diff != "" {
				t.Error("changed:\n", diff)
			}
		})
	}
}

// A restore that is stopped in the middle takes back what it wrote, and puts back what it
// had moved to the trash.
func TestRestoreTakesBack(t *testing.T) {
	r, file, ids := backedUp(t)
	to := filepath.Join(t.TempDir(), "trust")
	for _, id := range r.ids[:3] {
		writeFile(t, filepath.Join(to, "private", string(id)+".key"), "the one here")
	}
	before := tree(t, to)
	for stop := 1; ; stop++ {
		p := planRestore(t, file, ids, to, RestoreOptions{Replace: true})
		ctx, cancel := context.WithCancel(context.Background())
		steps := 0
		_, err := p.Apply(ctx, func(Step) {
			if steps++; steps == stop {
				cancel()
			}
		})
		cancel()
		if err == nil {
			if stop <= len(r.files) {
				t.Errorf("only %d steps", steps)
			}
			return
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at step %d: %v", stop, err)
		}
		if diff := cmp.Diff(before, tree(t, to)); diff != "" {
			t.Fatalf("stopped at step %d, left:\n%s", stop, diff)
		}
	}
}

// What comes while a restore is under way is neither replaced nor taken back, and nothing of
// the restore stays.
func TestRestoreMeetsAnother(t *testing.T) {
	r, file, ids := backedUp(t)
	key := "private/" + string(r.ids[1]) + ".key"
	for _, name := range []string{key, "tuf/" + testGUN + "/metadata/root.json", "retired/" + string(r.ids[4]) + ".key", "private/root_keys"} {
		for _, text := range []string{"theirs", r.files[name]} {
			if text == "" {
				continue
			}
			to := filepath.Join(t.TempDir(), "trust")
			p := planRestore(t, file, ids, to, RestoreOptions{})
			_, err := p.Apply(context.Background(), func(s Step) {
				if s.Done == s.Total {
					writeFile(t, filepath.Join(to, name), text)
				}
			})
			if err == nil || strings.HasSuffix(name, ".key") && !errors.Is(err, ErrChanged) {
				t.Errorf("%s: error %v", name, err)
			}
			if got := files(t, to); !maps.Equal(got, map[string]string{name: text}) {
				t.Errorf("%s: there is %q", name, slices.Sorted(maps.Keys(got)))
			}
		}
	}
}

func TestRestoreReadOnly(t *testing.T) {
	_, file, ids := backedUp(t)
	dir, err := keyring.OpenDir(t.TempDir(), keyring.DirOptions{ReadOnly: true})
	check(t, err)
	p, err := PlanRestore(context.Background(), file, ids, dir, RestoreOptions{Now: testTime})
	check(t, err)
	_, err = p.Apply(context.Background(), nil)
	if !errors.Is(err, keyring.ErrReadOnly) {
		t.Errorf("error %v", err)
	}
}

// A link in the place of a folder leads nowhere.
func TestRestoreFollowsNoLinkOut(t *testing.T) {
	_, file, ids := backedUp(t)
	to, out := filepath.Join(t.TempDir(), "trust"), t.TempDir()
	for _, link := range []string{"private", "tuf", "retired"} {
		check(t, os.RemoveAll(to))
		check(t, os.MkdirAll(to, 0o700))
		check(t, os.Symlink(out, filepath.Join(to, link)))
		p, err := PlanRestore(context.Background(), file, ids, openDir(t, to), RestoreOptions{Replace: true, Now: testTime})
		if err == nil {
			_, err = p.Apply(context.Background(), nil)
		}
		if err == nil {
			t.Errorf("%s: no error", link)
		}
		if got := tree(t, out); len(got) != 1 {
			t.Errorf("%s: written outside: %v", link, got)
		}
		if got := tree(t, to); len(got) != 2 {
			t.Errorf("%s: left behind: %v", link, got)
		}
	}
}
