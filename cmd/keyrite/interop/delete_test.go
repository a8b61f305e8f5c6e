package interop_test

import (
	"path/filepath"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

// Deleting a repository: a client with none of it finds nothing, one with a copy goes on
// listing it, and refuses what is founded anew, as the plan says. The archive stays.
func TestKeyriteDeletes(t *testing.T) {
	eachServer(t, func(t *testing.T, n *interop.Notary) {
		n.InitServerSnapshot(app)
		n.Sign(app, "v1", digest1, 1)
		k, old, to := n.Keyrite(), n.Clone(), filepath.Join(t.TempDir(), "kept")
		want := len(old.List(app))
		before := tree(t, n.TrustDir)
		r := interop.JSON[struct {
			Deleted, Verified bool
			Tags              int
		}](k, "delete", app, "--archive-to", to, "--yes")
		if !r.Deleted || !r.Verified || r.Tags != want {
			t.Errorf("%+v", r)
		}
		if got := tree(t, n.TrustDir); len(got) != len(before) {
			t.Errorf("the trust directory has %d files, before %d", len(got), len(before))
		}
		if got := n.Fresh().Try("list", app); got.Code == 0 {
			t.Errorf("a fresh client lists it still:\n%s", got.Output())
		}
		if got := old.List(app); len(got) != want {
			t.Errorf("a client with a copy lists %v", got)
		}
		if tags := interop.JSON[tagsJSON](k, "tags", app, "--from-archive", to).Tags; len(tags) != want {
			t.Errorf("the archive has %+v", tags)
		}
		if r := k.Try("init", app, "--yes"); r.Code == 0 {
			t.Errorf("founded anew without a word:\n%s", r.Output())
		}
		again := n.Fresh()
		again.InitServerSnapshot(app)
		if got := old.Try("list", app); got.Code == 0 {
			t.Errorf("a client with a copy takes the new one:\n%s", got.Output())
		}
		if r := k.Try("tags", app); r.Code != 3 {
			t.Errorf("keyrite takes the new one: exit %d\n%s", r.Code, r.Output())
		}
	})
}
