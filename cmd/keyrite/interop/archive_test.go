package interop_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// A delegation whose file nobody is trusted to have signed is archived too, and refused
// again when it is read.
func TestKeyriteArchivesWhatItRefuses(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{})
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	n.Sign(app, "v1", digest1, 1)
	n.Delegate(app, "alice", "targets/x")
	n.Sign(app, "old", digest2, 2, "targets/x")
	n.Run("delegation", "remove", app, "targets/x", "-y")
	n.Run("publish", app)
	n.Delegate(app, "bob", "targets/x")
	k, to := n.Keyrite(), filepath.Join(t.TempDir(), "archives")
	type answer struct {
		Verified bool      `json:"verified"`
		Tags     []tagJSON `json:"tags"`
		Problems []string  `json:"problems"`
	}
	ask := func(args ...string) (a answer) {
		t.Helper()
		r := k.Try(append([]string{"--json", "tags", app}, args...)...)
		if err := json.Unmarshal([]byte(r.Stdout), &a); err != nil {
			t.Fatalf("exit %d: %v\n%s", r.Code, err, r.Output())
		}
		return a
	}
	live := ask()
	if len(live.Problems) != 1 || !strings.Contains(live.Problems[0], "targets/x") || len(live.Tags) != 1 {
		t.Fatalf("live: %+v", live)
	}
	saved := interop.JSON[[]archiveJSON](k, "archive", app, "--to", to)
	s.Kill()
	if d := gocmp.Diff(live, ask("--from-archive", to)); d != "" {
		t.Error("live (-) and from the archive (+):", d)
	}
	if kept := tree(t, saved[0].Path)["targets/x.json"]; !strings.Contains(kept, `"old"`) {
		t.Errorf("the refused file is not kept: %q", kept)
	}
}
