package tufrepo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
)

// TestDelegationAttacks: each takes away the role that is attacked and nothing else, and
// what was seen of it is not forgotten. Stock is what go-tuf says of a name that the role signs.
func TestDelegationAttacks(t *testing.T) {
	const role = "alice"
	for _, a := range []struct {
		name   string
		reason trustdata.Reason
		stock  string
		do     func(*world)
	}{
		{"rollback", trustdata.ReasonRollback, "refuses", func(w *world) { w.bump(); w.targets[role].Signed.Version = 1; w.publish() }},
		{"expired", trustdata.ReasonExpired, "refuses", func(w *world) { w.bump(); w.targets[role].Signed.Expires = w.now.Add(-time.Second); w.publish() }},
		{"ends now", trustdata.ReasonExpired, "accepts", func(w *world) { w.bump(); w.targets[role].Signed.Expires = w.now; w.publish() }},
		{"wrong key", trustdata.ReasonSignature, "refuses", func(w *world) { w.keys[role] = []testKey{edKey(w)}; w.bump(); w.publish() }},
		{"no file", trustdata.ReasonMissing, "refuses", func(w *world) { w.bump(); w.publish(); os.Remove(filepath.Join(w.dir, "3.alice.json")) }},
		{"not in the snapshot", trustdata.ReasonMissing, "refuses", func(w *world) {
			w.bump()
			w.publish()
			delete(w.snapshot.Signed.Meta, "alice.json")
			w.publishSnapshot()
		}},
		{"other bytes", trustdata.ReasonChecksum, "refuses", func(w *world) {
			w.bump()
			w.publish()
			w.write("3.alice.json", w.replaceIn(w.read("3.alice.json"), `"a/1"`, `"a/2"`))
		}},
		{"longer", trustdata.ReasonChecksum, "refuses", func(w *world) { w.bump(); w.publish(); w.write("3.alice.json", append(w.read("3.alice.json"), ' ')) }},
		{"null target", trustdata.ReasonFormat, "panics", func(w *world) {
			w.bump()
			w.publish()
			w.writeTargets(role, w.replaceIn(w.read("3.alice.json"), `"a/1":{`, `"x":null,"a/1":{`))
			w.publishSnapshot()
		}},
		{"threshold of nought", trustdata.ReasonFormat, "refuses", delegationThreshold(-1)},
		{"threshold that nobody reaches", trustdata.ReasonFormat, "refuses", delegationThreshold(2)},
		{"another role's file", trustdata.ReasonChecksum, "refuses", func(w *world) { w.bump(); w.publish(); w.write("3.alice.json", w.read("3.bob.json")) }},
	} {
		t.Run(a.name, func(t *testing.T) {
			w := newWorld(t)
			w.delegate("targets", metadata.DelegatedRole{Name: role, Paths: []string{"a/*"}})
			w.delegate("targets", metadata.DelegatedRole{Name: "bob", Paths: []string{"*", "a/*"}})
			w.tag(role, "a/1")
			w.tag("bob", "b")
			w.tag("bob", "a/1")
			w.bump()
			w.publish()
			w.mustOpen()
			if _, err := w.stock("a/1"); err != nil {
				t.Fatal(err)
			}
			a.do(w)
			c := w.mustOpen().Collection
			if _, err := w.stock("a/1"); verdict(err) != a.stock {
				t.Errorf("go-tuf %s it (%v), and did not when this was written", verdict(err), err)
			}
			view, _ := c.Role(role)
			i := slices.IndexFunc(c.Problems, func(p trustdata.Problem) bool { return p.Role == role })
			if view.Problem == "" || i < 0 || c.Problems[i].Reason != a.reason || c.Verified() {
				t.Errorf("role %+v, problems %v, want %s", view, c.Problems, a.reason)
			}
			want := []trustdata.Tag{
				{Name: "1.0", Digest: digestOf("targets", "1.0"), Length: 10, Roles: []trustdata.Role{"targets"}, Signers: []string{trustdata.RepoAdmin}, Pulled: true},
				// alice comes before bob and may say something else of a/1.
				{Name: "a/1", Digest: digestOf("bob", "a/1"), Length: 6, Roles: []trustdata.Role{"bob"}, Signers: []string{"bob"}},
				{Name: "b", Digest: digestOf("bob", "b"), Length: 4, Roles: []trustdata.Role{"bob"}, Signers: []string{"bob"}, Pulled: true},
			}
			if fmt.Sprint(c.Tags) != fmt.Sprint(want) {
				t.Errorf("tags %v\nwant %v", c.Tags, want)
			}
			// The role's own version is as it was: its good file of version 2 still counts.
			seen, err := recall(w.state, w.dir)
			if err == nil {
				err = seen.recallVersions(w.root)
			}
			if err != nil || seen.versions[role] != 2 {
				t.Errorf("remembered %v, %v", seen.versions, err)
			}
		})
	}
}

func delegationThreshold(n int) func(*world) {
	return func(w *world) {
		w.bump()
		w.targets["targets"].Signed.Delegations.Roles[0].Threshold = n
		w.publish()
	}
}

// TestRoleNames: what a name must not be is refused, although its file is there under the
// escaped name. go-tuf escapes every name, and so takes any but those of the base roles.
func TestRoleNames(t *testing.T) {
	for _, bad := range []string{
		"../../escape", "..", ".", "a/../b", "/etc/passwd", "a//b", `..\b`, "%2e%2e/x", "a\x00b", "a\nb", "a\u202eb", "a?b", "a#b", "C:x",
		"", "root", "snapshot", "timestamp", "targets", strings.Repeat("a", 129), ".hidden", "a\x1b[2J",
	} {
		t.Run(fmt.Sprintf("%.20q", bad), func(t *testing.T) {
			w := newWorld(t)
			outside := filepath.Join(filepath.Dir(w.dir), "escape.json")
			k := edKey(t)
			w.targets["targets"].Signed.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{k.id: k.listed},
				Roles: []metadata.DelegatedRole{{Name: bad, KeyIDs: []string{k.id}, Threshold: 1, Paths: []string{"*"}}}}
			role := metadata.Targets(w.now.AddDate(1, 0, 0))
			role.Signed.Targets["x"], _ = metadata.TargetFile().FromBytes("x", []byte("x"))
			raw := sign(w, role, []testKey{k})
			if !trustdata.Role(bad).IsBase() {
				w.write(fileName(bad, 1, true), raw)
			}
			if err := os.WriteFile(outside, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			w.snapshot.Signed.Meta[bad+".json"] = w.metaOf(1, raw)
			w.publish()
			c := w.mustOpen().Collection
			if i := slices.IndexFunc(c.Problems, func(p trustdata.Problem) bool { return string(p.Role) == bad && p.Reason == trustdata.ReasonFormat }); i < 0 {
				t.Errorf("problems %v", c.Problems)
			}
			if len(c.Tags) != 1 {
				t.Errorf("tags %v", c.Tags)
			}
			want := "accepts"
			if trustdata.Role(bad).IsBase() {
				want = "refuses"
			}
			if _, err := w.stock("x"); verdict(err) != want {
				t.Errorf("go-tuf %s it (%v), and did not when this was written", verdict(err), err)
			}
		})
	}
}

// TestFastForward: versions pushed up by stolen online keys are forgotten when root
// replaces these, and by nothing else. go-tuf recovers too: a cached file that the new key
// did not sign counts for nothing.
func TestFastForward(t *testing.T) {
	w := newWorld(t)
	w.timestamp.Signed.Version, w.snapshot.Signed.Version = 1<<31-1, 1<<31-1
	w.publishSnapshot()
	w.mustOpen()
	stock := func(when, want string) {
		t.Helper()
		if _, err := w.stock(); verdict(err) != want {
			t.Errorf("%s: go-tuf %s it (%v), and did not when this was written", when, verdict(err), err)
		}
	}
	stock("the push", "accepts")
	w.timestamp.Signed.Version, w.snapshot.Signed.Version = 2, 2
	w.replaceKey("targets", edKey(t))
	w.publish()
	w.refused("timestamp", trustdata.ReasonRollback)
	stock("old versions", "refuses")
	w.replaceKey("timestamp", edKey(t))
	w.publish()
	stock("a new timestamp key", "accepts")
	if c := w.mustOpen().Collection; c.Roles[3].Version != 2 {
		t.Errorf("timestamp %+v", c.Roles[3])
	}
	w.timestamp.Signed.Version = 1
	w.publishTimestamp()
	w.refused("timestamp", trustdata.ReasonRollback)
}

// TestEndlessRoots: a run follows so many roots, and does not take the one it came to for
// the newest as go-tuf does.
func TestEndlessRoots(t *testing.T) {
	w := newWorld(t)
	for range maxRoots + 3 {
		w.root.Signed.Version++
		w.writeRoot(w.keys["root"])
	}
	w.publish()
	w.refused("root", trustdata.ReasonChain)
	w.firstRoot = w.read("4.root.json")
	if c := w.mustOpen().Collection; c.Roles[0].Version != maxRoots+4 {
		t.Errorf("root version %d", c.Roles[0].Version)
	}
}

// TestLadder: two roles on each of many levels, each listing both of the next: 2^n ways.
func TestLadder(t *testing.T) {
	w := newWorld(t)
	parents := []string{"targets"}
	for level := range 12 {
		here := []string{fmt.Sprintf("l%d", level), fmt.Sprintf("r%d", level)}
		for _, p := range parents {
			for _, name := range here {
				w.delegate(p, metadata.DelegatedRole{Name: name, Paths: []string{"*"}})
			}
		}
		parents = here
	}
	w.publish()
	start := time.Now()
	c := w.mustOpen().Collection
	if len(c.Tags) != 1 || time.Since(start) > 20*time.Second || len(c.Problems) == 0 {
		t.Errorf("%d tags, %d problems after %s", len(c.Tags), len(c.Problems), time.Since(start))
	}
}

// TestJump: versions that grow as no hand signs them are named, and not refused; those of
// the roles that a clock signs may.
func TestJump(t *testing.T) {
	w := newWorld(t)
	w.delegate("targets", metadata.DelegatedRole{Name: "alice", Paths: []string{"*"}})
	w.publish()
	w.mustOpen()
	w.targets["targets"].Signed.Version += trustdata.UnusualJump - 1
	w.targets["alice"].Signed.Version += trustdata.UnusualJump
	w.snapshot.Signed.Version += 5000
	w.timestamp.Signed.Version += 5000
	w.publish()
	c := w.mustOpen().Collection
	if len(c.Problems) != 1 || c.Problems[0].Role != "alice" || !strings.Contains(c.Problems[0].Detail, "from version 1, which was seen last, to 1001") || !c.Verified() {
		t.Errorf("problems %v", c.Problems)
	}
	if c = w.mustOpen().Collection; len(c.Problems) != 0 {
		t.Errorf("the second time: %v", c.Problems)
	}
}
