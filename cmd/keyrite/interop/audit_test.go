package interop_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

type auditJSON struct {
	Findings []struct {
		Severity, Code, GUN, Message, Remedy string
		Tags                                 []string
	}
	Checked struct{ Keys, Repositories, Tags int }
	Images  []struct {
		Reference, State, Reason string
		AgeDays                  *int `json:"age_days"`
	}
}

// codes are the severity and code of each finding about some tags.
func (a auditJSON) codes() (all []string) {
	for _, f := range a.Findings {
		if len(f.Tags) > 0 {
			all = append(all, f.Severity+" "+f.Code+" "+strings.Join(f.Tags, ","))
		}
	}
	slices.Sort(all)
	return all
}

// TestAudit has images in a real registry, signed by the stock client and changed behind its
// back, and a list of what is deployed of them.
func TestAudit(t *testing.T) {
	t.Parallel()
	s, reg := interop.StartServer(t, interop.ServerOptions{}), interop.StartRegistry(t)
	n := s.Notary(t)
	gun := reg.Host + "/team/app"
	n.InitServerSnapshot(gun)
	day := 24 * time.Hour
	image := make(map[string]interop.Image)
	for tag, age := range map[string]time.Duration{"signed": 3, "moved": 1, "gone": 1, "platform": 100} {
		image[tag] = reg.PushBuilt("team/app", tag, tag, time.Now().Add(-age*day-time.Hour))
		n.Sign(gun, tag, image[tag].Digest, image[tag].Length)
	}
	other := reg.Push("team/app", "unsigned", "unsigned")
	reg.Tag("team/app", "moved", other)
	reg.Untag("team/app", "gone")
	reg.PushIndex("team/app", "platform", image["platform"])

	k := n.Keyrite()
	k.Args = append(k.Args, "--registry", reg.URL)
	run := func(code int, args ...string) (got auditJSON) {
		t.Helper()
		r := k.Try(append([]string{"--json", "audit"}, args...)...)
		if r.Code != code {
			t.Fatalf("audit %q: exit %d, want %d\n%s", args, r.Code, code, r.Output())
		}
		if err := json.Unmarshal([]byte(r.Stdout), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	compared := []string{"info tag_gone gone", "warning one_platform platform", "warning tag_moved moved", "warning tag_unsigned unsigned"}
	if d := cmp.Diff(compared, run(3, "--compare").codes()); d != "" {
		t.Error("--compare:", d)
	}

	deployed := filepath.Join(k.Home, "deployed")
	lines := []string{gun + ":signed", gun + ":moved", gun + ":gone", gun + ":unsigned", gun + ":never", gun + ":platform",
		gun + "@" + image["signed"].Digest, gun + ":moved@" + image["moved"].Digest, gun + ":signed@" + other.Digest, reg.Host + "/team/none:v1"}
	if err := os.WriteFile(deployed, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(3, "--images", deployed, "--older-than", "30d")
	states := map[string]string{}
	for _, i := range got.Images {
		states[strings.TrimPrefix(i.Reference, reg.Host+"/team/")] = i.State
		if i.Reference == lines[0] && (i.AgeDays == nil || *i.AgeDays != 3) {
			t.Errorf("age of %s: %v, want 3 days", i.Reference, i.AgeDays)
		}
	}
	want := map[string]string{"app:signed": "signed", "app:moved": "moved", "app:gone": "gone", "app:unsigned": "unsigned", "app:never": "unknown", "app:platform": "moved",
		"app@" + image["signed"].Digest: "signed", "app:moved@" + image["moved"].Digest: "signed", "app:signed@" + other.Digest: "moved", "none:v1": "unknown"}
	if d := cmp.Diff(want, states); d != "" {
		t.Error("--images:", d)
	}
	if !slices.Contains(got.codes(), "warning image_old platform") || !slices.Contains(got.codes(), "info image_age_unknown unsigned") {
		t.Errorf("ages: %q", got.codes())
	}
}
