package interop_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// newSigner makes a signer's key with keyrite, and gives the file of its public half.
func newSigner(t *testing.T, k *interop.Keyrite, name string) (public string) {
	t.Helper()
	dir := t.TempDir()
	k.Run("keys", "generate", name, "--dir", dir, "--kdf-iterations", "2048")
	return filepath.Join(dir, name+".pub")
}

// roleNames are the delegations as the stock client lists them.
func roleNames(n *interop.Notary) (names []string) {
	for _, d := range n.Delegations(app) {
		names = append(names, d.Role)
	}
	slices.Sort(names)
	return names
}

// Signers come and go, and clients with the cache of before and without any, the stock
// client's own verbs and docker see it so. Who comes back gets none of the old tags.
func TestKeyriteSigners(t *testing.T) {
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
			s := interop.StartServer(t, interop.ServerOptions{TLS: true, MariaDB: tt.db})
			n := s.Notary(t)
			tt.build(n, app)
			n.Sign(app, "admin", digest3, 33)
			comeAndGo(t, s, n)
		})
	}
}

func comeAndGo(t *testing.T, s *interop.Server, n *interop.Notary) {
	k := n.Keyrite()
	alice, bob := newSigner(t, k, "alice"), newSigner(t, k, "bob")
	old := n.Fresh()
	old.List(app)
	done := func(what string, want []string, args ...string) changeJSON {
		t.Helper()
		got := interop.JSON[changeJSON](k, append([]string{"signer"}, append(args, "--yes")...)...)
		if !got.Published || !got.Verified {
			t.Errorf("%s: %+v", what, got)
		}
		if d := gocmp.Diff(want, roleNames(n)); d != "" {
			t.Errorf("%s: %s", what, d)
		}
		if d := gocmp.Diff(old.List(app), n.Fresh().List(app)); d != "" {
			t.Errorf("%s: the clients disagree: %s", what, d)
		}
		agree(t, s, k, n)
		return got
	}
	done("alice", []string{"targets/alice", "targets/releases"}, "add", app, "alice", "--key", alice)
	n.Sign(app, "by-alice", digest1, 1, "targets/alice", "targets/releases")
	done("bob", []string{"targets/alice", "targets/bob", "targets/releases"}, "add", app, "bob", "--key", bob)
	sign(k, "by-both", digest2, 2)
	names := func(tags []interop.SignedTag) (all []string) {
		for _, tag := range tags {
			all = append(all, tag.Name)
		}
		return all
	}
	done("without alice", []string{"targets/bob", "targets/releases"}, "remove", app, "alice")
	if d := gocmp.Diff([]string{"admin", "by-alice", "by-both"}, names(old.List(app))); d != "" {
		t.Errorf("what was released is gone: %s", d)
	}
	done("without bob", nil, "remove", app, "bob")
	if d := gocmp.Diff([]string{"admin"}, names(old.List(app))); d != "" {
		t.Errorf("nobody is left who signed the rest: %s", d)
	}
	again := done("alice again", []string{"targets/alice", "targets/releases"}, "add", app, "alice", "--key", alice)
	if d := gocmp.Diff([]string{"admin"}, names(n.Fresh().List(app))); d != "" {
		t.Errorf("old tags came back: %s; %+v", d, again)
	}
	sign(k, "new", digest2, 2)
	n.Sign(app, "stock", digest1, 1, "targets/alice", "targets/releases")
	if d := gocmp.Diff([]string{"admin", "new", "stock"}, names(old.List(app))); d != "" {
		t.Errorf("after signing on: %s", d)
	}
}

// The trap itself, so that it is known whether it still is there: with the stock client the
// old tags of a delegation come back with its key.
func TestStockClientBringsOldTagsBack(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	n.InitServerSnapshot(app)
	k := n.Keyrite()
	alice := newSigner(t, k, "alice")
	k.Run("signer", "add", app, "alice", "--key", alice, "--yes")
	sign(k, "old", digest1, 1)
	stock := n.Clone()
	stock.Run("delegation", "remove", "-p", app, "targets/alice", "-y")
	stock.Run("delegation", "add", "-p", app, "targets/alice", alice, "--all-paths")
	if got := n.Fresh().Run("list", app, "-r", "targets/alice"); !strings.Contains(got.Stdout, "old") {
		t.Errorf("the old tags stay away by now\n%s", got.Output())
	}
}

// docker's own "signer remove" says that it removes and leaves everything as it is; keyrite's
// does what it says. Docker's "signer add" and keyrite's come to the same.
func TestDockerRemovesNoSigner(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	k := n.Keyrite()
	alice, bob := newSigner(t, k, "alice"), newSigner(t, k, "bob")
	k.Run("signer", "add", app, "alice", "--key", alice, "--yes")
	added, ok := s.DockerTrust(t, n, "signer", "add", "--key", bob, "bob", app)
	if !ok {
		return
	}
	roles := []string{"targets/alice", "targets/bob", "targets/releases"}
	if d := gocmp.Diff(roles, roleNames(n.Fresh())); added.Code != 0 || d != "" {
		t.Fatalf("docker signer add: exit %d %s\n%s", added.Code, d, added.Output())
	}
	seen := interop.JSON[inspectJSON](k, "inspect", app).Roles
	for _, role := range seen {
		if role.Role == "targets/releases" && len(role.Keys) != 2 {
			t.Errorf("%+v", role)
		}
	}
	sign(k, "v1", digest1, 1)
	r, _ := s.DockerTrust(t, n, "signer", "remove", "--force", "bob", app)
	if d := gocmp.Diff(roles, roleNames(n.Fresh())); r.Code != 0 || d != "" {
		t.Errorf("docker removes signers by now: exit %d %s\n%s", r.Code, d, r.Output())
	}
	k.Run("signer", "remove", app, "bob", "--yes")
	in, _ := s.DockerTrustInspect(t, app)
	if len(in.Signers) != 1 || in.Signers[0].Name != "alice" {
		t.Errorf("docker lists %+v", in.Signers)
	}
}
