package interop_test

import (
	"path/filepath"
	"slices"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

// A signer's key is exchanged in one upload: the stock client with its old cache and one
// with none list the same tags, docker names the new key, and the new key signs on.
func TestKeyriteRotatesASignersKey(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	alice := n.Delegate(app, "alice", "targets/alice", "targets/releases")
	n.Sign(app, "v0", digest1, 1, "targets/alice", "targets/releases")
	k := n.Keyrite()
	for _, tag := range []string{"v1", "v2"} {
		before, old := tree(t, n.TrustDir), n.Clone()
		want := old.List(app)
		r := interop.JSON[rotateJSON](k, "rotate", app, "targets/alice", "--yes", "--kdf-iterations", "2048")
		if !r.Verified || !slices.Equal(r.OldKeys, []string{alice}) || n.HasKey(alice) || !n.HasKey(r.NewKeys[0]) {
			t.Errorf("%+v", r)
		}
		nothingLost(t, before, tree(t, n.TrustDir))
		sees(t, s, n, old, want)
		alice = r.NewKeys[0]
		if in, ok := s.DockerTrustInspect(t, app); ok && !slices.Equal(interop.KeyIDs(in.Signers, "alice"), []string{alice}) {
			t.Errorf("docker sees %v", in.Signers)
		}
		n.Sign(app, tag, digest2, 2, "targets/alice", "targets/releases")
	}
	agree(t, s, k, n)
}

// Another holder's key comes in first, its holder signs again with the stock client, and
// then the old key goes. At every step all clients list the same.
func TestKeyriteHandsASignersRoleOver(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	alice := n.Delegate(app, "alice", "targets/alice", "targets/releases")
	n.Sign(app, "v0", digest1, 1, "targets/alice", "targets/releases")
	k, holder := n.Keyrite(), n.Fresh()
	public := t.TempDir()
	hk := holder.Keyrite()
	next := interop.JSON[[]keyJSON](hk, "keys", "generate", "alice2", "--dir", public, "--kdf-iterations", "2048")[0].KeyID
	want, old := n.List(app), n.Clone()
	r := interop.JSON[rotateJSON](k, "rotate", app, "targets/alice", "--public-key", filepath.Join(public, "alice2.pub"), "--yes")
	if !r.Verified || len(r.OldKeys) != 0 || !slices.Equal(r.NewKeys, []string{next}) {
		t.Errorf("%+v", r)
	}
	sees(t, s, n, old, want)
	gone := []string{"rotate", app, "targets/alice", "--remove-only", "--old-key", alice, "--yes"}
	if r := k.Try(gone...); r.Code != 1 {
		t.Errorf("the old key goes before the new one has signed: exit %d\n%s", r.Code, r.Output())
	}
	holder.Run("witness", app, "targets/alice", "targets/releases", "-p")
	old = n.Clone()
	if r := interop.JSON[rotateJSON](k, gone...); !r.Verified || len(r.NewKeys) != 0 || n.HasKey(alice) {
		t.Errorf("%+v", r)
	}
	sees(t, s, n, old, want)
	holder.Sign(app, "v1", digest2, 2, "targets/alice", "targets/releases")
	if got := n.List(app); len(got) != 2 {
		t.Errorf("tags %v", got)
	}
}
