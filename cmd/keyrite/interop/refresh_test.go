package interop_test

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// Every role is signed again with what it says, and clients with the cache of before and
// without any, the stock client's next publish and docker take it.
func TestKeyriteRefreshes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		build func(n *interop.Notary, gun string)
		want  []string
		db    bool
	}{
		"server snapshot":             {(*interop.Notary).InitServerSnapshot, []string{"root", "targets", "targets/alice", "targets/releases"}, false},
		"local snapshot":              {(*interop.Notary).Init, []string{"root", "targets", "targets/alice", "targets/releases", "snapshot"}, false},
		"server snapshot, on MariaDB": {(*interop.Notary).InitServerSnapshot, []string{"root", "targets", "targets/alice", "targets/releases"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := interop.StartServer(t, interop.ServerOptions{TLS: true, MariaDB: tt.db})
			n := s.Notary(t)
			tt.build(n, app)
			n.Delegate(app, "alice", "targets/alice", "targets/releases")
			n.Sign(app, "v1", digest1, 11, "targets/alice", "targets/releases")
			n.Sign(app, "admin", digest2, 22)
			k, old := n.Keyrite(), n.Fresh()
			before := old.List(app)
			if got := interop.JSON[changeJSON](k, "refresh", app, "--yes"); len(got.Changed) != 0 || got.Published {
				t.Errorf("nothing was due: %+v", got)
			}
			was := interop.JSON[inspectJSON](k, "inspect", app).Roles
			got := interop.JSON[changeJSON](k, "refresh", app, "--all", "--yes")
			if !slices.Equal(got.Changed, tt.want) || !got.Published || !got.Verified {
				t.Errorf("%+v, want %v", got, tt.want)
			}
			for i, is := range interop.JSON[inspectJSON](k, "inspect", app).Roles {
				if slices.Contains(tt.want, is.Role) && (is.Version != was[i].Version+1 || got.Versions[is.Role] != is.Version) {
					t.Errorf("%s: version %d to %d, said %d", is.Role, was[i].Version, is.Version, got.Versions[is.Role])
				}
			}
			for what, client := range map[string]*interop.Notary{"old cache": old, "empty cache": n.Fresh()} {
				if d := gocmp.Diff(before, client.List(app)); d != "" {
					t.Error(what, d)
				}
			}
			agree(t, s, k, n)
			n.Sign(app, "v2", digest3, 33, "targets/alice", "targets/releases")
			n.Run("key", "rotate", app, "targets")
			if tags := old.List(app); len(tags) != len(before)+1 {
				t.Errorf("after the stock client went on: %v", tags)
			}
		})
	}
}
