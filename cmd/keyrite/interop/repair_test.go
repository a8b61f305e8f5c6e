package interop_test

import (
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
	"keyrite/trustdata"
)

// expired is what has ended of a repository, and what of it keyrite must sign.
type expired struct {
	build func(n *interop.Notary, gun string)
	roles []trustdata.Role
	want  []string
	db    bool
	// readable says that the stock client reads on, without what the role vouches for.
	readable bool
}

// What has expired at the real server, which the stock client can neither read nor mend:
// keyrite signs it again, and clients that saw it before, clients that see it for the first
// time, docker, and the stock client's next publish take it.
func TestKeyriteRepairs(t *testing.T) {
	t.Parallel()
	server, local := (*interop.Notary).InitServerSnapshot, (*interop.Notary).Init
	all := []trustdata.Role{"root", "targets", "targets/alice", "targets/releases"}
	for name, tt := range map[string]expired{
		"targets":              {server, []trustdata.Role{"targets"}, []string{"targets"}, false, false},
		"targets, on MariaDB":  {server, []trustdata.Role{"targets"}, []string{"targets"}, true, false},
		"root":                 {server, []trustdata.Role{"root"}, []string{"root"}, false, false},
		"a delegation":         {server, []trustdata.Role{"targets/releases"}, []string{"targets/releases"}, false, true},
		"everything":           {server, all, []string{"root", "targets", "targets/alice", "targets/releases"}, false, false},
		"everything, MariaDB":  {server, all, []string{"root", "targets", "targets/alice", "targets/releases"}, true, false},
		"with local snapshot":  {local, append(slices.Clone(all), "snapshot"), []string{"root", "snapshot", "targets", "targets/alice", "targets/releases"}, false, false},
		"local snapshot alone": {local, []trustdata.Role{"snapshot"}, []string{"snapshot"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repairs(t, interop.StartServer(t, interop.ServerOptions{TLS: true, MariaDB: tt.db}), tt)
		})
	}
}

func repairs(t *testing.T, s *interop.Server, tt expired) {
	n := s.Notary(t)
	tt.build(n, app)
	n.Delegate(app, "alice", "targets/alice", "targets/releases")
	n.Sign(app, "admin", digest2, 22)
	n.Sign(app, "v1", digest1, 11, "targets/alice", "targets/releases")
	before := n.Fresh().List(app)
	n.LetEnd(app, tt.roles...)
	old, fresh := n.Clone(), n.Fresh()
	bites(t, n, fresh, tt)
	k := n.Keyrite()
	if r := k.Try("inspect", app); r.Code != 3 && !slices.Contains(tt.roles, trustdata.RoleSnapshot) || r.Code == 0 {
		t.Errorf("exit %d\n%s", r.Code, r.Output())
	}
	plan := interop.JSON[planJSON](k, "repair", app, "--dry-run").Plan
	if said := strings.Join(plan.Changes, "\n"); slices.Contains(tt.roles, "targets") && !strings.Contains(said, "admin is vouched for again by targets: sha256:"+digest2) {
		t.Errorf("the plan says %q", said)
	}
	got := interop.JSON[changeJSON](k, "repair", app, "--keep-all", "--yes")
	if !slices.Equal(got.Changed, tt.want) || !got.Published || !got.Verified {
		t.Errorf("%+v, want %v", got, tt.want)
	}
	for what, client := range map[string]*interop.Notary{"old cache": old, "empty cache": n.Fresh(), "failed before": fresh} {
		if d := gocmp.Diff(before, client.List(app)); d != "" {
			t.Error(what, d)
		}
	}
	agree(t, s, k, n)
	n.Sign(app, "v2", digest3, 33, "targets/alice", "targets/releases")
	n.Sign(app, "admin2", digest3, 33)
	if tags := old.List(app); len(tags) != len(before)+2 {
		t.Errorf("after the stock client went on: %v", tags)
	}
}

// bites proves that the stock client cannot read what has expired, nor publish. (One with a
// cache reads on as long as the server has only an error for it.)
func bites(t *testing.T, n, fresh *interop.Notary, tt expired) {
	t.Helper()
	r := fresh.Try("list", app, "-r", "targets/releases")
	if tt.readable {
		if r.Code != 0 || strings.Contains(r.Stdout, "v1") {
			t.Fatalf("the stock client reads what has expired\n%s", r.Output())
		}
		return
	}
	if r.Code == 0 {
		t.Fatalf("the stock client reads what has expired\n%s", r.Output())
	}
	if r := n.Clone().Try("addhash", "-p", app, "never", "1", "--sha256", digest3); r.Code == 0 {
		t.Fatalf("the stock client can mend it\n%s", r.Output())
	}
}

// --yes alone keeps every tag, and says that nobody has looked at them; a tag that is dropped
// is gone for every client.
func TestKeyriteRepairsWithoutATag(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	n.InitServerSnapshot(app)
	n.Sign(app, "good", digest1, 1)
	n.Sign(app, "stolen", digest2, 2)
	k := n.Keyrite()
	n.LetEnd(app, "targets")
	got := interop.JSON[changeJSON](k, "repair", app, "--drop", "stolen", "--yes")
	if len(got.Waived) != 0 || !got.Verified {
		t.Errorf("%+v", got)
	}
	if tags := n.Fresh().List(app); len(tags) != 1 || tags[0].Name != "good" {
		t.Errorf("tags %v", tags)
	}
	n.LetEnd(app, "targets")
	if got := interop.JSON[changeJSON](k, "repair", app, "--yes"); !slices.Equal(got.Waived, []string{"review"}) || !got.Verified {
		t.Errorf("%+v", got)
	}
	if r := k.Run("--json", "activity"); !strings.Contains(r.Stdout, "review") {
		t.Errorf("the waiver is not in the log\n%s", r.Stdout)
	}
}
