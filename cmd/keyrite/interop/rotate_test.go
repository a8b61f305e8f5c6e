package interop_test

import (
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// Each rotation in turn, on one repository. After each, clients with the old cache and
// with none list the same tags, and the stock client publishes with the new keys.
func TestKeyriteRotates(t *testing.T) {
	steps := []struct {
		role string
		args []string
		old  bool // the old key is kept in private/
		here bool // the new key is in private/
	}{
		{"targets", nil, false, true},
		{"snapshot", []string{"--to", "local"}, false, true},
		{"snapshot", nil, false, true},
		{"snapshot", []string{"--to", "server"}, false, false},
		{"timestamp", nil, false, false},
		{"root", nil, true, true},
		{"targets", nil, false, true},
		{"root", nil, true, true},
	}
	eachServer(t, func(t *testing.T, n *interop.Notary) {
		n.InitServerSnapshot(app)
		n.Sign(app, "v0", digest1, 1)
		k := n.Keyrite()
		for i, step := range steps {
			before, old := tree(t, n.TrustDir), n.Clone()
			want := old.List(app)
			args := append([]string{"rotate", app, step.role, "--yes", "--kdf-iterations", "2048"}, step.args...)
			r := interop.JSON[rotateJSON](k, args...)
			if r.GUN != app || r.Role != step.role || !r.Verified || r.Published == nil || !*r.Published || len(r.OldKeys) != 1 || len(r.NewKeys) != 1 {
				t.Fatalf("%q: %+v", args, r)
			}
			for who, c := range map[string]*interop.Notary{"with the old cache": old, "fresh": n.Fresh()} {
				if d := gocmp.Diff(want, c.List(app)); d != "" {
					t.Errorf("%q: a client %s lists other tags: %s", args, who, d)
				}
			}
			if n.HasKey(r.NewKeys[0]) != step.here {
				t.Errorf("%q: the new key in private/: %v", args, !step.here)
			}
			nothingLost(t, before, tree(t, n.TrustDir))
			if id := r.OldKeys[0]; step.old && !n.HasKey(id) {
				t.Errorf("%q: the old key %s has left private/", args, id)
			}
			n.Sign(app, "v"+string(rune('1'+i)), digest2, 2)
		}
	})
}

// A key made with keyrite's default cost opens in the stock client.
func TestNotaryOpensKeysOfTheDefaultCost(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	n.InitServerSnapshot(app)
	k := n.Keyrite()
	r := interop.JSON[rotateJSON](k, "rotate", app, "targets", "--yes")
	for _, key := range interop.JSON[[]keyJSON](k, "keys", "list") {
		if key.KeyID == r.NewKeys[0] && key.KDFIterations != 600_000 {
			t.Errorf("the new key is locked with %d rounds", key.KDFIterations)
		}
	}
	n.Sign(app, "v1", digest1, 1)
}

// The faults that cost the stock client its key (TestNotaryLosesTheTargetsKey), and some
// more: whatever happens, no file is lost, and the stock client publishes as before.
func TestKeyriteKeepsTheTargetsKey(t *testing.T) {
	post := func(r *http.Request) bool { return r.Method == http.MethodPost }
	answer := func(status int) func(*interop.Front, *interop.Keyrite) {
		return func(f *interop.Front, _ *interop.Keyrite) {
			f.Answer(func(w http.ResponseWriter, r *http.Request) bool {
				if post(r) {
					w.WriteHeader(status)
				}
				return post(r)
			})
		}
	}
	tests := map[string]struct {
		fault   func(f *interop.Front, k *interop.Keyrite)
		code    int
		pending int // new keys that wait because nobody knows whether the change has landed
	}{
		"wrong root passphrase": {func(_ *interop.Front, k *interop.Keyrite) {
			k.Env = append(k.Env, "NOTARY_ROOT_PASSPHRASE=not the root passphrase")
		}, 1, 0},
		"the new passphrase is too short": {func(_ *interop.Front, k *interop.Keyrite) {
			k.Env = append(k.Env, "NOTARY_TARGETS_PASSPHRASE=tiny pw")
		}, 1, 0},
		"no passphrase and no terminal": {func(_ *interop.Front, k *interop.Keyrite) { k.Env = nil }, 4, 0},
		"the POST breaks off": {func(f *interop.Front, _ *interop.Keyrite) {
			f.Before(func(r *http.Request) bool { return !post(r) })
		}, 1, 1},
		"the POST is forbidden":    {answer(http.StatusForbidden), 1, 0},
		"the POST is answered 503": {answer(http.StatusServiceUnavailable), 1, 1},
		"the server is gone from the POST on": {func(f *interop.Front, _ *interop.Keyrite) {
			gone := false
			f.Before(func(r *http.Request) bool { gone = gone || post(r); return !gone })
		}, 1, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := interop.StartServer(t, interop.ServerOptions{})
			front := interop.StartFront(t, s.URL, s.CA)
			n := s.Notary(t)
			n.InitServerSnapshot(app)
			n.Sign(app, "v1", digest1, 1)
			before, key := tree(t, n.TrustDir), n.KeyID("targets", app)
			k := n.Keyrite()
			k.Args = append(k.Args, "--server", front.URL)
			tt.fault(front, k)

			r := k.Try("--json", "rotate", app, "targets", "--yes", "--kdf-iterations", "2048")
			if r.Code != tt.code || r.Stdout != "" || strings.Count(r.Stderr, "\n") == 0 {
				t.Errorf("exit %d, want %d; stdout %q, stderr %q", r.Code, tt.code, r.Stdout, r.Stderr)
			}
			after := tree(t, n.TrustDir)
			nothingLost(t, before, after)
			if !n.HasKey(key) {
				t.Error("the old targets key has left private/")
			}
			if got := below(after, "pending/"); len(got) != tt.pending {
				t.Errorf("pending: %q, want %d", got, tt.pending)
			}
			if d := gocmp.Diff(below(before, "private/"), below(after, "private/")); d != "" {
				t.Error("private/ has changed:", d)
			}
			n.Sign(app, "v2", digest2, 2)
			if got := n.Fresh().List(app); len(got) != 2 {
				t.Errorf("after the failed rotation: %v", got)
			}
		})
	}
}

// The server has taken the change and its answer is lost: keyrite looks, and goes on.
func TestKeyriteSurvivesALostAnswer(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{})
	front := interop.StartFront(t, s.URL, s.CA)
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	n.Sign(app, "v1", digest1, 1)
	front.After(func(r *http.Request) bool { return r.Method != http.MethodPost })
	k := n.Keyrite()
	k.Args = append(k.Args, "--server", front.URL)
	r := interop.JSON[rotateJSON](k, "rotate", app, "targets", "--yes", "--kdf-iterations", "2048")
	if !r.Verified || r.Published == nil || !*r.Published || !n.HasKey(r.NewKeys[0]) {
		t.Errorf("%+v", r)
	}
	n.Sign(app, "v2", digest2, 2)
}

// With the server really killed the key must be there all the same; nothing can be
// published any more, because the server kept everything in memory.
func TestKeyriteKeepsTheKeyOfAKilledServer(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{})
	front := interop.StartFront(t, s.URL, s.CA)
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	before := tree(t, n.TrustDir)
	front.Before(func(r *http.Request) bool {
		if r.Method == http.MethodPost {
			s.Kill()
		}
		return true
	})
	k := n.Keyrite()
	k.Args = append(k.Args, "--server", front.URL)
	if r := k.Try("rotate", app, "targets", "--yes", "--kdf-iterations", "2048"); r.Code != 1 {
		t.Errorf("exit %d\n%s", r.Code, r.Output())
	}
	after := tree(t, n.TrustDir)
	if d := gocmp.Diff(below(before, "private/"), below(after, "private/")); d != "" {
		t.Error("private/ has changed:", d)
	}
	nothingLost(t, before, after)
}

// tree reads every file below dir, by its path from there.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		files[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// below lists the files in a folder of a tree, in order.
func below(files map[string]string, folder string) []string {
	var names []string
	for name := range files {
		if strings.HasPrefix(name, folder) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// nothingLost checks that each key file is where it was or in the trash, byte for byte,
// and that docker's and notary's cached metadata is as it was.
func nothingLost(t *testing.T, before, after map[string]string) {
	t.Helper()
	for name, data := range before {
		if after[name] == data {
			continue
		}
		trashed := strings.HasPrefix(name, "private/") && slices.ContainsFunc(below(after, "trash/"), func(at string) bool {
			return path.Base(at) == path.Base(name) && after[at] == data
		})
		if !trashed {
			t.Errorf("%s is gone or changed, and not in the trash", name)
		}
	}
}
