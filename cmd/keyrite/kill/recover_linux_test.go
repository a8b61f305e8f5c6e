package kill

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
)

// theEnd is the last moment of a point.
const theEnd = "the end"

// recovers holds what follows a fault: nothing is lost, the next start finds out how
// things are and comes to an end, and the change can be made anew where it was not made.
// Everything is then as after a change that nothing has disturbed.
func (p *point) recovers(from string) {
	p.whole(from)
	if p.ceremony != nil {
		p.goesOn()
	} else {
		p.settle()
	}
	after := p.view()
	p.together(after)
	left := slices.DeleteFunc(slices.Clone(p.change.on), func(g trustdata.GUN) bool { return p.done(after, g) })
	for _, g := range left {
		if d := cmp.Diff(p.was[g], after[g]); d != "" {
			p.t.Errorf("%s is neither changed nor as it was:\n%s", g, d)
		}
	}
	switch {
	case p.ceremony != nil && len(left) > 0:
		p.t.Errorf("the ceremony has come to its end, and %q is as it was", left)
	case len(left) > 0:
		p.must(p.args...)
	case len(p.change.on) == 0:
		p.retired()
	}
	p.whole(theEnd)
	if d := cmp.Diff(p.end, p.view().since(p.was)); d != "" {
		p.t.Errorf("it has not come to where it leads undisturbed:\n%s", d)
	}
	if left := p.unfinished(); len(left) > 0 {
		p.t.Errorf("it stays unfinished: %+v", left)
	}
	for path := range p.keyFiles() {
		if strings.Contains(path, "/pending/") {
			p.t.Errorf("%s still waits", path)
		}
	}
}

// settle does what a person would who was told of it: go on, or give up. Every other point
// is given up where nothing was sent.
func (p *point) settle() {
	found := p.unfinished()
	for _, op := range found {
		acts := []string{"--resume", "--abandon"}
		if p.choice%2 == 1 && len(op.GUNs.Unknown)+len(op.GUNs.Done) == 0 {
			acts = []string{"--abandon"}
		}
		for i, act := range acts {
			is := func(o operation) bool { return o.ID == op.ID }
			if i > 0 && !slices.ContainsFunc(p.unfinished(), is) {
				break
			}
			_, all, code := p.try("rotate", act, op.ID, "--yes", quick)
			if code != 0 && act == "--abandon" {
				p.t.Errorf("%s: exit %d\n%s", act, code, all)
			}
			p.whole(act)
		}
	}
	if len(found) == 0 {
		return
	}
	if left := p.unfinished(); len(left) > 0 {
		p.t.Errorf("it stays unfinished: %+v", left)
	}
}

// operation is a row of "keyrite rotations".
type operation struct {
	ID, State string
	GUNs      struct {
		Done, Unknown []string
		ToDo          []string `json:"to_do"`
	}
}

func (w *world) unfinished() []operation {
	w.t.Helper()
	var all []operation
	w.ok(json.Unmarshal([]byte(w.must("rotations", "--json")), &all))
	return slices.DeleteFunc(all, func(o operation) bool { return len(o.GUNs.Unknown)+len(o.GUNs.ToDo) == 0 })
}

// retired holds that retiring comes to its end, and has an end: the file is where it is
// kept, and the verb has nothing against being repeated.
func (p *point) retired() {
	p.must(p.args...)
	if _, err := os.Stat(filepath.Join(p.trust(), "retired", p.root+".key")); err != nil {
		p.t.Error(err)
	}
}

// done reports whether a repository is as after the change.
func (p *point) done(now view, g trustdata.GUN) bool {
	return cmp.Equal(p.end[g], now.since(p.was)[g])
}

// together holds that several repositories have all come to the same root key, or are as
// they were.
func (p *point) together(now view) {
	roots := map[string]bool{}
	for _, g := range p.change.on {
		for _, line := range now[g] {
			if key, ok := strings.CutPrefix(line, "key of root: "); ok && p.done(now, g) {
				roots[key] = true
			}
		}
	}
	if len(roots) > 1 {
		p.t.Errorf("several new root keys: %v", roots)
	}
}
