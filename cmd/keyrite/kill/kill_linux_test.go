package kill

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
	"keyrite/trustdata"
)

var (
	every  = flag.Bool("every", false, "kill at every point, and list them")
	sample = flag.Int("sample", 320, "at how many points to kill, over all kinds of change")
)

func TestMain(m *testing.M) {
	runTracer()
	flag.Parse()
	code := m.Run()
	interop.RemoveBinary()
	os.Exit(code)
}

// change is one kind of change, as somebody types it.
type change struct {
	name string
	// before makes the world in which it can be made.
	before []string
	args   []string
	on     []trustdata.GUN
}

const quick = "--kdf-iterations=2048"

// firstRoot stands for the ID of the root key that the repositories were founded on.
const firstRoot = "{root}"

var changes = []change{
	{"rotate targets", nil, []string{"rotate", string(web), "targets", quick}, []trustdata.GUN{web}},
	{"rotate root", nil, []string{"rotate", string(web), "root", quick}, []trustdata.GUN{web}},
	{"add a targets key", nil, []string{"rotate", string(web), "targets", "--add-only", quick}, []trustdata.GUN{web}},
	{"rotate root, same key", nil, []string{"rotate", string(web), "root", "--same-key"}, []trustdata.GUN{web}},
	{"rotate snapshot to here", nil, []string{"rotate", string(web), "snapshot", "--to", "local", quick}, []trustdata.GUN{web}},
	{"rotate snapshot to the server", []string{"rotate", string(web), "snapshot", "--to", "local", "--yes", quick},
		[]string{"rotate", string(web), "snapshot", "--to", "server"}, []trustdata.GUN{web}},
	{"rotate timestamp", nil, []string{"rotate", string(web), "timestamp"}, []trustdata.GUN{web}},
	{"rotate root of three", nil, []string{"rotate", "root", "--gun", string(web), "--gun", string(api), "--gun", string(jobs), quick}, []trustdata.GUN{web, api, jobs}},
	{"sign", nil, []string{"sign", string(web) + ":2.0", "--digest", digest, "--length", "528"}, []trustdata.GUN{web}},
	{"revoke", nil, []string{"revoke", string(web) + ":1.0"}, []trustdata.GUN{web}},
	{"init", nil, []string{"init", string(fresh), quick}, []trustdata.GUN{fresh}},
	{"retire", []string{"rotate", "root", "--root-key", firstRoot, "--yes", quick}, []string{"retire", firstRoot}, nil},
}

// TestKilled kills each kind of change at each of its points, or at an even sample.
func TestKilled(t *testing.T) {
	ready, total := make([]*world, len(changes)), 0
	points, was := make([][]string, len(changes)), make([]view, len(changes))
	base := founded(t)
	for i, c := range changes {
		ready[i] = base
		if c.before != nil {
			ready[i] = base.copy(t)
			ready[i].must(c.before...)
		}
		dry := ready[i].copy(t)
		trace := dry.traced(0, append(c.args, "--yes")...)
		if trace.Code != 0 {
			t.Fatalf("%s: exit %d\n%s", c.name, trace.Code, trace.output)
		}
		points[i], was[i] = trace.Calls, ready[i].view()
		total += len(trace.Calls)
	}
	take := 1
	if !*every {
		take = max(1, total / *sample)
	}
	n, killed := 0, make([]int, len(changes))
	t.Run("at", func(t *testing.T) {
		for i, c := range changes {
			for at := range points[i] {
				if n++; n%take != 0 {
					continue
				}
				number := n / take
				killed[i]++
				t.Run(fmt.Sprintf("%s/%d %s", strings.ReplaceAll(c.name, " ", "_"), at+1, points[i][at]), func(t *testing.T) {
					t.Parallel()
					p := &point{world: ready[i].copy(t), change: c, number: number, was: was[i]}
					p.kill(at + 1)
				})
			}
		}
	})
	sum := 0
	for i, c := range changes {
		sum += killed[i]
		t.Logf("%-30s killed at %4d of %4d points", c.name, killed[i], len(points[i]))
		if *every {
			t.Logf("%s", strings.Join(points[i], ", "))
		}
	}
	t.Logf("%-30s killed at %4d of %4d points", "all", sum, total)
	if sum < min(300, total, *sample) {
		t.Errorf("killed at %d points only", sum)
	}
}

// point is one kill and what comes after.
type point struct {
	*world
	change
	number int
	was    view
	files  map[string]string // the key files of the beginning
}

func (p *point) kill(at int) {
	p.files = p.keyFiles()
	trace := p.traced(at, append(p.args, "--yes")...)
	if !trace.Killed && trace.Code != 0 {
		p.t.Fatalf("it was not killed, and ended with %d\n%s", trace.Code, trace.output)
	}
	p.recovers("the kill")
}

// recovers holds what follows a fault: nothing is lost, the next start finds out how
// things are and comes to an end, and the change can be made anew where it was not made.
func (p *point) recovers(from string) {
	p.whole(from)
	p.settle()
	after := p.view()
	if len(p.change.on) > 1 {
		p.together(after)
	}
	for _, g := range p.change.on {
		if p.done(after, g) {
			continue
		}
		if d := cmp.Diff(p.was[g], after[g]); d != "" {
			p.t.Errorf("%s is neither changed nor as it was:\n%s", g, d)
		}
		p.again()
		break
	}
	if len(p.change.on) == 0 {
		p.retired()
	}
	p.whole("the end")
}

// settle does what a person would who was told of it: go on, or give up. Every other point
// is given up where nothing was sent.
func (p *point) settle() {
	for _, op := range p.unfinished() {
		acts := []string{"--resume", "--abandon"}
		if p.number%2 == 1 && len(op.GUNs.Unknown)+len(op.GUNs.Done) == 0 {
			acts = []string{"--abandon"}
		}
		for _, act := range acts {
			left := p.unfinished()
			if !slices.ContainsFunc(left, func(o operation) bool { return o.ID == op.ID }) {
				break
			}
			_, all, code := p.try("rotate", act, op.ID, "--yes", quick)
			if code != 0 && act == "--abandon" {
				p.t.Errorf("%s: exit %d\n%s", act, code, all)
			}
			p.whole(act)
		}
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

func (p *point) unfinished() []operation {
	p.t.Helper()
	var all []operation
	if err := json.Unmarshal([]byte(p.must("rotations", "--json")), &all); err != nil {
		p.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(o operation) bool { return len(o.GUNs.Unknown)+len(o.GUNs.ToDo) == 0 })
}

// again makes the change anew, which must work as if nothing had been.
func (p *point) again() {
	before := p.view()
	if _, all, code := p.try(append(p.args, "--yes")...); code != 0 {
		p.t.Errorf("made anew: exit %d\n%s", code, all)
	}
	after := p.view()
	for _, g := range p.change.on {
		if cmp.Equal(before[g], after[g]) {
			p.t.Errorf("made anew, %s is as before", g)
		}
	}
}

// retired holds that retiring comes to its end, and has an end: the file is where it is
// kept, and the verb has nothing against being repeated.
func (p *point) retired() {
	p.must(append(p.args, "--yes")...)
	if _, err := os.Stat(filepath.Join(p.trust(), "retired", p.root+".key")); err != nil {
		p.t.Error(err)
	}
}

// done reports whether a repository has changed in what the change is about.
func (p *point) done(now view, g trustdata.GUN) bool { return !cmp.Equal(p.was[g], now[g]) }

// together holds that several repositories have all come to the same root key, or are as
// they were.
func (p *point) together(now view) {
	roots := map[string]bool{}
	for _, g := range p.change.on {
		for _, line := range now[g] {
			if key, ok := strings.CutPrefix(line, "root: "); ok && p.done(now, g) {
				roots[strings.Fields(key)[0]] = true
			}
		}
	}
	if len(roots) > 1 {
		p.t.Errorf("several new root keys: %v", roots)
	}
}

// keyFiles are the key files of the trust directory, by path.
func (w *world) keyFiles() map[string]string {
	w.t.Helper()
	files := map[string]string{}
	for _, folder := range []string{"private", "pending/*", "trash/*", "retired", "retired/*"} {
		found, err := filepath.Glob(filepath.Join(w.trust(), folder, "*.key"))
		if err != nil {
			w.t.Fatal(err)
		}
		for _, path := range found {
			data, err := os.ReadFile(path)
			if err != nil {
				w.t.Fatal(err)
			}
			files[path] = string(data)
		}
	}
	return files
}

// whole holds what must be so at every moment: no key file of the beginning is lost, the
// keys that the server lists are here, and everybody can verify every repository.
func (p *point) whole(when string) {
	p.t.Helper()
	now := map[string]bool{}
	here := map[trustdata.KeyID]bool{}
	for path, data := range p.keyFiles() {
		now[data] = true
		id, err := trustdata.ParseKeyID(strings.TrimSuffix(filepath.Base(path), ".key"))
		here[id] = here[id] || err == nil && opens(p.t, []byte(data), id)
	}
	for path, data := range p.files {
		if !now[data] {
			p.t.Errorf("after %s the file %s is nowhere", when, path)
		}
	}
	for _, g := range []trustdata.GUN{web, api, jobs, fresh} {
		if len(p.server.Files(g)) > 0 {
			p.usable(when, g, here)
		}
	}
}

func (p *point) usable(when string, g trustdata.GUN, here map[trustdata.KeyID]bool) {
	p.t.Helper()
	res, err := p.fetch("", g)
	if err != nil {
		p.t.Fatalf("after %s a client that knows nothing cannot verify %s: %v", when, g, err)
	}
	if _, err := p.fetch(filepath.Join(p.folder, "old"), g); err != nil {
		p.t.Errorf("after %s a client that knew it before cannot verify %s: %v", when, g, err)
	}
	for _, role := range res.Collection.Roles {
		for _, k := range role.Keys {
			if (role.Role == trustdata.RoleRoot || role.Role == trustdata.RoleTargets) && !here[k.KeyID] {
				p.t.Errorf("after %s the server lists the key %s for %s of %s, and it is nowhere", when, k.KeyID.Short(), role.Role, g)
			}
		}
	}
	if p.number%10 == 0 {
		if r := interop.NewNotary(p.t, p.url, "").Try("list", string(g)); r.Code != 0 {
			p.t.Errorf("after %s the stock client cannot list %s: %s", when, g, r.Output())
		}
	}
}
