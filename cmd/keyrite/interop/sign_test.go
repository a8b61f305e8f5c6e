package interop_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

func given(digest string, length int64) []string {
	return []string{"--digest", "sha256:" + digest, "--length", strconv.FormatInt(length, 10)}
}

func sign(k *interop.Keyrite, tag, digest string, length int64) changeJSON {
	return interop.JSON[changeJSON](k, append([]string{"sign", app + ":" + tag, "--yes"}, given(digest, length)...)...)
}

// agree compares all that keyrite says of the repository with what the stock client says,
// and with docker where it is.
func agree(t *testing.T, s *interop.Server, k *interop.Keyrite, n *interop.Notary) {
	t.Helper()
	tags, roles := interop.JSON[tagsJSON](k, "tags", app), interop.JSON[inspectJSON](k, "inspect", app).Roles
	if !tags.Verified || tags.Source != "live" {
		t.Errorf("source %q, verified %v", tags.Source, tags.Verified)
	}
	tagsAgree(t, tags.Tags, n)
	rolesAgree(t, roles, n)
	if docker, ok := s.DockerTrustInspect(t, app); ok {
		dockerTagsAgree(t, tags.Tags, docker)
		dockerKeysAgree(t, roles, docker)
	}
}

// signedRepository is how a repository comes to be, and what signing changes in it.
type signedRepository struct {
	build func(n *interop.Notary)
	roles []string // that a tag is written to
	snap  bool     // its key is here
}

// Signing and revoking, with and without delegations, as docker looks tags up.
func TestKeyriteSignsAndRevokes(t *testing.T) {
	t.Parallel()
	founded := signedRepository{func(n *interop.Notary) {
		n.Keyrite().Run("init", app, "--new-root", "--yes", "--kdf-iterations", "2048")
	}, []string{"targets"}, false}
	delegated := signedRepository{func(n *interop.Notary) {
		n.Init(app)
		n.Delegate(app, "alice", "targets/alice", "targets/releases")
	}, []string{"targets/alice", "targets/releases"}, true}
	tests := map[string]struct {
		signedRepository
		db bool
	}{
		"founded by keyrite": {founded, false},
		"no delegations":     {signedRepository{func(n *interop.Notary) { n.InitServerSnapshot(app) }, []string{"targets"}, false}, false},
		"local snapshot":     {signedRepository{func(n *interop.Notary) { n.Init(app) }, []string{"targets"}, true}, false},
		"delegations": {signedRepository{func(n *interop.Notary) {
			n.InitServerSnapshot(app)
			n.Delegate(app, "alice", "targets/alice", "targets/releases")
		}, []string{"targets/alice", "targets/releases"}, false}, false},
		"delegations, local snapshot":             {delegated, false},
		"founded by keyrite, on MariaDB":          {founded, true},
		"delegations, local snapshot, on MariaDB": {delegated, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signAndRevoke(t, interop.StartServer(t, interop.ServerOptions{TLS: true, MariaDB: tt.db}), tt.signedRepository)
		})
	}
}

// signAndRevoke does what a signer does. After each act clients with the cache of before
// and without any list the same.
func signAndRevoke(t *testing.T, s *interop.Server, repository signedRepository) {
	n := s.Notary(t)
	if err := os.MkdirAll(n.TrustDir, 0o700); err != nil {
		t.Fatal(err)
	}
	repository.build(n)
	k, old := n.Keyrite(), n.Fresh()
	old.List(app)
	done := func(what string, got changeJSON) {
		t.Helper()
		if !slices.Equal(got.Changed, repository.roles) || !got.Published || !got.Verified || (got.Versions["snapshot"] > 0) != repository.snap {
			t.Errorf("%s: %+v", what, got)
		}
		if d := gocmp.Diff(old.List(app), n.Fresh().List(app)); d != "" {
			t.Errorf("%s: the clients disagree: %s", what, d)
		}
		agree(t, s, k, n)
	}
	done("sign", sign(k, "v1", digest1, 11))
	done("sign another", sign(k, "v2", digest2, 22))
	done("sign for something else", sign(k, "v1", digest3, 33))
	if v := interop.JSON[verifyJSON](k, "verify", app+":v1"); v.Digest != "sha256:"+digest3 {
		t.Errorf("%+v", v)
	}
	done("revoke", interop.JSON[changeJSON](k, "revoke", app+":v1", "--yes"))
	if r := k.Try("verify", app+":v1"); r.Code != 3 {
		t.Errorf("a revoked tag verifies: exit %d\n%s", r.Code, r.Output())
	}
	n.Sign(app, "stock", digest1, 1, repository.roles...)
	if tags := old.List(app); len(tags) != 2 {
		t.Errorf("after the stock client has signed on: %v", tags)
	}
}

// Digest and length come from the registry, whatever was signed before.
func TestKeyriteSignsWhatTheRegistryServes(t *testing.T) {
	t.Parallel()
	s, reg := interop.StartServer(t, interop.ServerOptions{}), interop.StartRegistry(t)
	n, gun := s.Notary(t), reg.Host+"/team/app"
	n.InitServerSnapshot(gun)
	k := n.Keyrite()
	k.Args = append(k.Args, "--registry", reg.URL)
	first, second := reg.Push("team/app", "v1", "one"), reg.Push("team/app", "other", "two")
	plan := interop.JSON[planJSON](k, "sign", gun+":v1", "--dry-run").Plan
	if all := strings.Join(plan.Changes, "\n"); !strings.Contains(all, first.Digest) || !strings.Contains(all, strconv.FormatInt(first.Length, 10)+" bytes") {
		t.Errorf("the plan does not show what is signed: %q", all)
	}
	want := func(image interop.Image) {
		t.Helper()
		interop.JSON[changeJSON](k, "sign", gun+":v1", "--yes")
		tags := interop.JSON[tagsJSON](k, "tags", gun, "--compare").Tags
		i := slices.IndexFunc(tags, func(g tagJSON) bool { return g.Name == "v1" })
		if i < 0 || tags[i].Digest != image.Digest || tags[i].Length != image.Length || tags[i].State != "signed" {
			t.Errorf("tags %+v, want %s of %d bytes", tags, image.Digest, image.Length)
		}
	}
	want(first)
	reg.Tag("team/app", "v1", second)
	want(second)
	if r := k.Try("--json", "sign", gun+":never", "--yes"); r.Code != 1 || r.Stdout != "" {
		t.Errorf("a tag that is not there: exit %d\n%s", r.Code, r.Output())
	}
}

// What a delegate with a key elsewhere vouches for stays, and that is said.
func TestKeyriteRevokesWhatItCan(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	n.InitServerSnapshot(app)
	n.Delegate(app, "alice", "targets/alice", "targets/releases")
	other := n.Clone()
	other.Delegate(app, "bob", "targets/bob")
	other.Sign(app, "v1", digest1, 1, "targets/alice", "targets/bob", "targets/releases")
	k := n.Keyrite()
	plan := interop.JSON[planJSON](k, "revoke", app+":v1", "--dry-run").Plan
	if len(plan.WillNotFollow) != 1 || !strings.Contains(plan.WillNotFollow[0], "targets/bob goes on vouching for v1") {
		t.Errorf("%+v", plan)
	}
	got := interop.JSON[changeJSON](k, "revoke", app+":v1", "--yes")
	if d := gocmp.Diff([]string{"targets/alice", "targets/releases"}, got.Changed); d != "" {
		t.Error(d)
	}
	if r := k.Try("verify", app+":v1"); r.Code != 3 {
		t.Errorf("docker would still pull it: exit %d\n%s", r.Code, r.Output())
	}
	tagsAgree(t, interop.JSON[tagsJSON](k, "tags", app).Tags, n)
	if r := k.Try("revoke", app+":v1", "--yes"); r.Code != 1 || !strings.Contains(r.Stderr, "targets/bob") {
		t.Errorf("revoked again: exit %d\n%s", r.Code, r.Output())
	}
}

// A delegation that was deleted and made again with another key: the stock client begins
// at version 1 and is refused, keyrite goes on above the old version with nothing of the
// old content.
func TestKeyriteSignsInRecreatedDelegation(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		build func(n *interop.Notary, gun string)
		db    bool
	}{
		"server snapshot":             {(*interop.Notary).InitServerSnapshot, false},
		"local snapshot":              {(*interop.Notary).Init, false},
		"server snapshot, on MariaDB": {(*interop.Notary).InitServerSnapshot, true},
		"local snapshot, on MariaDB":  {(*interop.Notary).Init, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := interop.StartServer(t, interop.ServerOptions{MariaDB: tt.db}).Notary(t)
			tt.build(n, app)
			n.Delegate(app, "alice", "targets/x")
			n.Sign(app, "old", digest1, 1, "targets/x")
			n.Sign(app, "older", digest1, 1, "targets/x")
			n.Run("delegation", "remove", app, "targets/x", "-y")
			n.Run("publish", app)
			n.Delegate(app, "bob", "targets/x")
			stock := n.Clone()
			if r := stock.Try("addhash", "-p", app, "new", "2", "--sha256", digest2, "-r", "targets/x"); r.Code == 0 {
				t.Error("the stock client can do it by now; see what it wrote")
			}
			got := sign(n.Keyrite(), "new", digest2, 2)
			if got.Versions["targets/x"] != 3 || !got.Verified {
				t.Errorf("%+v", got)
			}
			want := []interop.SignedTag{{Name: "new", Digest: digest2, Length: 2, Role: "targets/x"}}
			if d := gocmp.Diff(want, n.Fresh().List(app)); d != "" {
				t.Error(d)
			}
			n.Sign(app, "next", digest1, 1, "targets/x")
		})
	}
}

// What goes wrong leaves everything as it was; what is so already is never sent.
func TestKeyriteSignsOrNot(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{})
	front := interop.StartFront(t, s.URL, s.CA)
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	n.Sign(app, "v1", digest1, 1)
	k := n.Keyrite()
	k.Args = append(k.Args, "--server", front.URL)
	posts := func() (count int) {
		for _, asked := range front.Requests() {
			if strings.HasPrefix(asked, "POST ") {
				count++
			}
		}
		return count
	}
	same := sign(k, "v1", digest1, 1)
	if len(same.Changed) != 0 || same.Published || posts() != 0 {
		t.Errorf("signed so already: %+v, %d uploads", same, posts())
	}
	if r := k.Try("revoke", app+":never", "--yes"); r.Code != 1 || posts() != 0 {
		t.Errorf("revoking what is not signed: exit %d, %d uploads\n%s", r.Code, posts(), r.Output())
	}
	try := func(what string, code int, env ...string) {
		t.Helper()
		before, tags := tree(t, n.TrustDir), n.Fresh().List(app)
		bad := *k
		bad.Env = append(slices.Clone(k.Env), env...)
		r := bad.Try(append([]string{"--json", "sign", app + ":v2", "--yes"}, given(digest2, 2)...)...)
		if r.Code != code || r.Stdout != "" || r.Stderr == "" {
			t.Errorf("%s: exit %d, want %d; stdout %q, stderr %q", what, r.Code, code, r.Stdout, r.Stderr)
		}
		if d := gocmp.Diff(before, tree(t, n.TrustDir)); d != "" {
			t.Errorf("%s: the trust directory has changed: %s", what, d)
		}
		if d := gocmp.Diff(tags, n.Fresh().List(app)); d != "" {
			t.Errorf("%s: the tags have changed: %s", what, d)
		}
	}
	try("wrong passphrase", 1, "NOTARY_TARGETS_PASSPHRASE=not this one at all")
	if posts() != 0 {
		t.Error("something was sent although no key was open")
	}
	front.Answer(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusForbidden)
		}
		return r.Method == http.MethodPost
	})
	try("forbidden", 1)
	front.Answer(nil)
	front.After(func(r *http.Request) bool { return r.Method != http.MethodPost })
	if got := sign(k, "v2", digest2, 2); !got.Published || !got.Verified {
		t.Errorf("the answer is lost: %+v", got)
	}
	if tags := n.Fresh().List(app); len(tags) != 2 {
		t.Errorf("tags %v", tags)
	}
}

// Everything of a repository, with three roots and delegations, after its server is gone.
func TestKeyriteReadsAnArchive(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{})
	n := s.Notary(t)
	n.InitServerSnapshot(app) // root versions 1 and 2
	n.Run("key", "rotate", app, "root")
	n.Sign(app, "admin", digest3, 3)
	n.Delegate(app, "alice", "targets/alice", "targets/releases")
	n.Sign(app, "v1", digest1, 1, "targets/alice", "targets/releases")
	k, to := n.Keyrite(), filepath.Join(t.TempDir(), "archives")
	tags, roles := interop.JSON[tagsJSON](k, "tags", app), interop.JSON[inspectJSON](k, "inspect", app)
	saved := interop.JSON[[]archiveJSON](k, "archive", app, "--to", to)
	if len(saved) != 1 || saved[0].Roots != 3 || saved[0].Tags != len(tags.Tags) || len(saved[0].Missing) != 0 || !saved[0].Verified {
		t.Fatalf("%+v", saved)
	}
	if again := interop.JSON[[]archiveJSON](k, "archive", app, "--to", to); len(again) != 1 || again[0].Roots != 3 {
		t.Errorf("the very same evidence once more: %+v", again)
	}
	n.Sign(app, "v2", digest2, 2, "targets/alice", "targets/releases")
	if r := k.Try("archive", app, "--to", to); r.Code != 1 {
		t.Errorf("archived over an archive of another state: exit %d\n%s", r.Code, r.Output())
	}
	s.Kill()
	if r := k.Try("tags", app); r.Code != 1 {
		t.Errorf("the server is still there: exit %d\n%s", r.Code, r.Output())
	}
	// Another machine, which knows neither server nor repository.
	elsewhere := interop.NewKeyrite(t)
	later := interop.JSON[tagsJSON](elsewhere, "tags", app, "--from-archive", to)
	if later.Source != "archive" || !later.Verified {
		t.Errorf("source %q, verified %v", later.Source, later.Verified)
	}
	if d := gocmp.Diff(tags.Tags, later.Tags); d != "" {
		t.Error("tags live (-) and from the archive (+):", d)
	}
	if d := gocmp.Diff(roles, interop.JSON[inspectJSON](k, "inspect", app, "--from-archive", to)); d != "" {
		t.Error("roles live (-) and from the archive (+):", d)
	}
	words, err := os.ReadFile(filepath.Join(saved[0].Path, "transcript.txt"))
	if err != nil || !strings.Contains(string(words), digest1) || !strings.Contains(string(words), "targets/alice") {
		t.Errorf("transcript: %v\n%s", err, words)
	}
	for name, data := range tree(t, saved[0].Path) {
		if name == "transcript.txt" {
			continue
		}
		bad := filepath.Join(t.TempDir(), "bad")
		if err := os.CopyFS(bad, os.DirFS(to)); err != nil {
			t.Fatal(err)
		}
		flipped := []byte(data)
		flipped[len(flipped)/2] ^= 1
		if err := os.WriteFile(filepath.Join(bad, filepath.Base(saved[0].Path), name), flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := elsewhere.Try("tags", app, "--from-archive", bad); r.Code != 3 {
			t.Errorf("%s changed: exit %d\n%s", name, r.Code, r.Output())
		}
	}
}

// The snapshot's key is elsewhere and the server does not have it: the server refuses, and
// nothing changes.
func TestKeyriteSignsWithoutTheSnapshotKey(t *testing.T) {
	eachServer(t, func(t *testing.T, n *interop.Notary) {
		n.Init(app)
		n.Sign(app, "v1", digest1, 1)
		before := n.Fresh().List(app)
		if err := os.Rename(n.KeyFile(n.KeyID("snapshot", app)), filepath.Join(t.TempDir(), "snapshot.key")); err != nil {
			t.Fatal(err)
		}
		r := n.Keyrite().Try(append([]string{"--json", "sign", app + ":v2", "--yes"}, given(digest2, 2)...)...)
		if r.Code != 1 || r.Stdout != "" || !strings.Contains(r.Stderr, "snapshot key") {
			t.Errorf("exit %d\n%s", r.Code, r.Output())
		}
		if d := gocmp.Diff(before, n.Fresh().List(app)); d != "" {
			t.Error(d)
		}
	})
}
