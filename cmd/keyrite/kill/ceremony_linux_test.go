package kill

import (
	"os"
	"path/filepath"
	"strings"

	"keyrite/trustdata"
)

// step is a step of a ceremony, which takes place on two machines: the steps before it are
// done in every world, since a journal that waits belongs to its place and cannot be copied.
type step struct {
	at  int
	all [][]string // each step as it is typed
}

// The steps of a ceremony.
const (
	prepareStep = iota
	signStep
	publishStep
)

// ceremonies are each step of one that makes a root key, on the offline machine, and of one
// that makes a key on the online machine.
func ceremonies() (all []change) {
	for _, c := range []struct {
		role trustdata.Role
		on   []trustdata.GUN
	}{{trustdata.RoleRoot, []trustdata.GUN{web, api}}, {trustdata.RoleTargets, only(web)}} {
		prepare := words("ceremony prepare --role %s --to {stick} --json", c.role)
		for _, g := range c.on {
			prepare = append(prepare, string(g))
		}
		steps := [][]string{append(prepare, quick), append(words("ceremony sign {prepared} --to {stick} --tofu --json"), quick),
			words("ceremony publish {signed} --json")}
		for at, name := range []string{"prepare", "sign", "publish"} {
			all = append(all, change{name: "ceremony of a " + string(c.role) + " key, " + name, given: "an offline root key",
				args: steps[at], on: c.on, ceremony: &step{at, steps}, holds: guarded})
		}
	}
	return all
}

// rootAway takes the root key to a machine of its own.
func rootAway(w *world) {
	from, to := filepath.Join(w.trust(), "private"), filepath.Join(w.away().trust(), "private")
	w.ok(os.MkdirAll(to, 0o700))
	w.ok(os.Rename(filepath.Join(from, w.root+".key"), filepath.Join(to, w.root+".key")))
}

// away is the offline machine: where it would ask a server, nobody answers.
func (w *world) away() *world {
	a := *w
	a.folder, a.url = filepath.Join(w.folder, "away"), "http://127.0.0.1:1"
	return &a
}

// on is the machine on which a step takes place.
func (w *world) on(at int) *world {
	if at == signStep {
		return w.away()
	}
	return w
}

// earlier does the steps that come before the one that is killed, and later those after it.
func (s *step) earlier(w *world) {
	for at := range s.at {
		w.on(at).must(s.all[at]...)
	}
}

func (s *step) later(w *world) {
	for at := s.at + 1; at < len(s.all); at++ {
		w.on(at).must(s.all[at]...)
	}
}

// goesOn asks the step again, in one of the ways in which a person might, and then goes
// through the rest of the ceremony.
func (p *point) goesOn() {
	switch p.ceremony.at {
	case prepareStep:
		p.preparesAgain()
	case signStep:
		p.signsAgain()
	case publishStep:
		p.publishesAgain()
	}
	p.whole("asking again")
	p.ceremony.later(p.world)
}

// preparesAgain types the same once more, and goes on with a ceremony that waits; every
// other point gives that one up.
func (p *point) preparesAgain() {
	if p.choice%2 == 1 {
		p.giveUp(p.world, 0)
	}
	_, all, code := p.try(p.args...)
	if code == 0 {
		return
	}
	waiting := p.unfinished()
	if len(waiting) != 1 || !strings.Contains(all, "--again "+waiting[0].ID) {
		p.t.Errorf("prepared again: exit %d, and %+v is unfinished\n%s", code, waiting, all)
		return
	}
	p.must("ceremony", "prepare", "--again", waiting[0].ID, "--to", stick)
}

// signsAgain types the same once more. Every other point gives up first, which is refused
// where a signed file may be with somebody else already.
func (p *point) signsAgain() {
	if p.choice%2 == 1 {
		p.giveUp(p.away(), 2)
	}
	p.away().must(p.args...)
}

// publishesAgain types the same once more. Some points first go on with the operation as
// with any other, and some give it up and hold another ceremony.
func (p *point) publishesAgain() {
	switch open := p.unfinished(); {
	case len(open) == 0:
	case p.choice%4 == 1:
		p.try("rotate", "--resume", open[0].ID, "--yes")
	case p.choice%4 == 3 && len(open[0].GUNs.Unknown)+len(open[0].GUNs.Done) == 0:
		p.giveUp(p.world, 0)
		p.whole("giving up")
		p.must(p.ceremony.all[prepareStep]...)
		p.away().must(p.ceremony.all[signStep]...)
	}
	_, all, code := p.try(p.ceremony.all[publishStep]...)
	if code != 0 && !strings.Contains(all, "was published already") {
		p.t.Errorf("published again: exit %d\n%s", code, all)
	}
}

// giveUp gives up what is unfinished on a machine. It may be refused with that code.
func (p *point) giveUp(on *world, refused int) {
	for _, op := range on.unfinished() {
		if _, all, code := on.try("rotate", "--abandon", op.ID, "--yes"); code != 0 && code != refused {
			p.t.Errorf("giving up: exit %d\n%s", code, all)
		}
	}
}

// guarded holds what a ceremony is for: the root keys are on the offline machine and open,
// none comes to the other one, and at the end nothing waits on either.
func guarded(p *point, when string) {
	roots := map[string]bool{p.root: true}
	for _, line := range p.view()[web] {
		if id, ok := strings.CutPrefix(line, "key of root: "); ok {
			roots[id] = true
		}
	}
	for id := range roots {
		data, err := os.ReadFile(filepath.Join(p.away().trust(), "private", id+".key"))
		if err != nil || !opens(p.t, data, trustdata.KeyID(id)) {
			p.t.Errorf("root key %s is not on the offline machine, or does not open: %v", id, err)
		}
		if _, err := os.Stat(filepath.Join(p.trust(), "private", id+".key")); err == nil {
			p.t.Errorf("root key %s has come to the online machine", id)
		}
	}
	if left := p.away().unfinished(); when == theEnd && len(left) > 0 {
		p.t.Errorf("on the offline machine it stays unfinished: %+v", left)
	}
}
