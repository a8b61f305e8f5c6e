package tufrepo

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
)

// TestEveryDelegatorVouches: a role that one parent's keys have signed does not count
// through another parent with other keys. go-tuf keeps a role that it has loaded by its
// name, and then takes it through any parent.
func TestEveryDelegatorVouches(t *testing.T) {
	w := newWorld(t)
	w.delegate("targets", metadata.DelegatedRole{Name: "alice", Paths: []string{"a/*"}})
	w.delegate("targets", metadata.DelegatedRole{Name: "bob", Paths: []string{"b/*"}})
	w.delegate("alice", metadata.DelegatedRole{Name: "shared", Paths: []string{"a/*"}})
	foreign := edKey(t)
	w.targets["bob"].Signed.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{foreign.id: foreign.listed},
		Roles: []metadata.DelegatedRole{{Name: "shared", KeyIDs: []string{foreign.id}, Threshold: 1, Paths: []string{"b/*"}}}}
	w.tag("shared", "a/1")
	w.tag("shared", "b/1")
	w.publish()
	c := w.mustOpen().Collection
	if got := names(c); !slices.Contains(got, "a/1") || slices.Contains(got, "b/1") {
		t.Errorf("tags %q", got)
	}
	i := slices.IndexFunc(c.Problems, func(p trustdata.Problem) bool { return p.Role == "bob" && p.Reason == trustdata.ReasonSignature })
	if i < 0 || !strings.Contains(c.Problems[i].Detail, `delegation to "shared" does not hold`) {
		t.Errorf("problems %v", c.Problems)
	}
	if _, err := w.stock("b/1"); verdict(err) != "refuses" {
		t.Errorf("go-tuf %s b/1 alone: %v", verdict(err), err)
	}
	if _, err := w.stock("a/1", "b/1"); verdict(err) != "accepts" {
		t.Errorf("go-tuf %s b/1 after a/1 (%v), and did not when this was written", verdict(err), err)
	}
}

// TestCachedRoleNewDelegator: the parent gives a role another key while its file stays as
// it was. What is cached counts no longer, whether the file that is served is signed anew or not.
func TestCachedRoleNewDelegator(t *testing.T) {
	s := newSite(t, false)
	s.mustLook(false)
	s.stockServed(t, "2.0", "accepts")
	before := s.targets["targets"].Signed.Delegations
	k := edKey(t)
	before.Keys[k.id], before.Roles[0].KeyIDs = k.listed, []string{k.id}
	signedByOld := s.read("2.team%2Falice.json")
	for _, m := range []int64{s.targets["targets"].Signed.Version, s.snapshot.Signed.Version} {
		if m != 2 {
			t.Fatal("another version than the role's")
		}
	}
	s.targets["targets"].Signed.Version, s.snapshot.Signed.Version, s.timestamp.Signed.Version = 3, 3, 3
	s.publish()
	s.write("2.team%2Falice.json", signedByOld)
	c := s.mustLook(false).Collection
	if view, _ := c.Role("team/alice"); view.Problem == "" || slices.Contains(names(c), "2.0") {
		t.Errorf("the old key still counts: %+v, tags %q", view, names(c))
	}
	s.stockServed(t, "2.0", "refuses")

	s.keys["team/alice"] = []testKey{k}
	s.publish()
	if c := s.mustLook(false).Collection; !c.Verified() || !slices.Contains(names(c), "2.0") {
		t.Errorf("problems %v, tags %q", c.Problems, names(c))
	}
	s.stockServed(t, "2.0", "accepts")
}

// stockServed is the stock client's verdict on one name.
func (s *site) stockServed(t *testing.T, name, want string) {
	t.Helper()
	if _, err := s.stock(name); verdict(err) != want {
		t.Errorf("go-tuf %s %q (%v), and did not when this was written", verdict(err), name, err)
	}
}

// TestDeepDelegation: so many levels are followed, and what lies deeper is said to be
// beyond. go-tuf visits one role more than that and then finds nothing, without a word.
func TestDeepDelegation(t *testing.T) {
	w := newWorld(t)
	parent := "targets"
	for level := 1; level <= maxDepth+3; level++ {
		name := fmt.Sprintf("level%d", level)
		w.delegate(parent, metadata.DelegatedRole{Name: name, Paths: []string{"*"}})
		w.tag(name, fmt.Sprintf("at%d", level))
		parent = name
	}
	w.publish()
	c := w.mustOpen().Collection
	last, beyond := fmt.Sprintf("at%d", maxDepth), fmt.Sprintf("at%d", maxDepth+1)
	if got := names(c); !slices.Contains(got, last) || slices.Contains(got, beyond) {
		t.Errorf("tags %q", got)
	}
	if view, _ := c.Role(trustdata.Role(fmt.Sprintf("level%d", maxDepth+1))); !strings.Contains(view.Problem, "more delegations than are followed") {
		t.Errorf("role %+v", view)
	}
	if _, err := w.stock(last); err != nil {
		t.Errorf("go-tuf does not find %s: %v", last, err)
	}
	if _, err := w.stock(beyond); verdict(err) != "refuses" {
		t.Errorf("go-tuf %s %s", verdict(err), beyond)
	}
}
