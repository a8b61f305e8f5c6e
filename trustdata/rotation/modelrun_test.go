package rotation_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/trustdata/trustserver"
)

var sprintf = fmt.Sprintf

// facts are what has happened so far. No program knows them.
type facts struct {
	runs int
	// held are the key files of the beginning, made those that were staged since.
	held, made map[trustdata.KeyID][]byte
	// trusted are the keys that a root of the server has listed at any time.
	trusted map[trustdata.KeyID]bool
	sent    []sending
	// late is an upload that is on its way still.
	late       *sending
	landedLate bool
	// other says that somebody else has published.
	other bool
	// landed are the hashes of the anchors of our uploads that the server took.
	landed map[string]bool
}

func (f facts) clone() facts {
	f.held, f.made, f.trusted, f.landed = maps.Clone(f.held), maps.Clone(f.made), maps.Clone(f.trusted), maps.Clone(f.landed)
	f.sent = slices.Clone(f.sent)
	return f
}

// sending is one upload as it came to the server.
type sending struct {
	run     int
	op      string
	gun     trustdata.GUN
	version int64
	hash    string
	files   map[trustdata.Role][]byte
}

// run is one run of the program over a state.
type run struct {
	m *model
	// turn is the program's or the server's. They never work at the same time, but a
	// connection that is cut says so to nobody.
	turn    sync.Mutex
	server  *trustserver.Server
	facts   facts
	path    []string
	script  []int
	choices []int // how many ways there were at each point

	dir     *keyring.Dir
	state   *state.Store
	cache   *remote.Cache
	journal *rotation.Journal
	// ended is how many operations had ended before.
	ended int
	// dead is the program, down the network. quiet is while the checks ask the server.
	dead, down, quiet bool
	// asked is set by the first request of a question; looked has the versions asked for.
	asked  bool
	looked map[string]bool
	err    error
}

// run passes once over a state, with the choices of script and then no misfortune.
func (m *model) run(from frozen, act string, script []int) *run {
	m.runs++
	m.thaw(from)
	r := &run{m: m, server: from.server.Copy(), facts: from.facts.clone(), script: script,
		path: append(slices.Clone(from.path), act), looked: map[string]bool{}}
	r.facts.runs++
	m.web.run = r
	r.open()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.err = r.act(act)
	}()
	<-ended
	r.turn.Lock()
	r.quiet = true
	r.turn.Unlock()
	r.after()
	m.must(r.journal.Close())
	return r
}

func (r *run) open() {
	var err error
	r.dir, err = keyring.OpenDir(filepath.Join(r.m.home, "trust"), keyring.DirOptions{Create: true})
	r.m.must(err)
	r.state, err = state.OpenStore(filepath.Join(r.m.home, "state"), r.writing)
	r.m.must(err)
	r.cache = remote.NewCache(filepath.Join(r.m.home, "cache"))
	r.journal, err = rotation.OpenJournal(filepath.Join(r.m.home, "state"), r.writing)
	r.m.must(err)
	past, err := r.journal.Past()
	r.m.must(err)
	r.ended = len(past)
}

func (r *run) freeze() frozen {
	return frozen{files: r.m.disk(), server: r.server, facts: r.facts, path: r.path}
}

// at is a point at which something may go wrong: the first way is that nothing does. The
// program ends here if it is dead.
func (r *run) at(point string, ways ...string) string {
	if r.quiet {
		return ways[0]
	}
	r.check(point)
	n := len(r.choices)
	r.choices = append(r.choices, len(ways))
	if n >= len(r.script) || r.script[n] == 0 {
		return ways[0]
	}
	way := ways[r.script[n]]
	r.path = append(r.path, sprintf("  %s: %s", point, way))
	return way
}

// step is a point in the program itself, before something durable.
func (r *run) step(point string) {
	r.turn.Lock()
	defer r.turn.Unlock()
	if r.dead || r.at(point, "goes on", "dies") == "dies" {
		r.dead = true
		runtime.Goexit()
	}
}

// writing is the clock of the logs: each line that they write asks it for the time.
func (r *run) writing() time.Time {
	if !r.quiet {
		r.step("a line of a log")
	}
	return r.m.web.now()
}

// rotator is the program, with a point before everything that it does to the disk.
func (r *run) rotator() *rotation.Rotator {
	known := &remote.Fetcher{Config: r.m.web.config, Cache: r.cache, State: r.state, Now: r.m.web.now}
	fresh := &remote.Fetcher{Config: r.m.web.config, Now: r.m.web.now}
	rot := &rotation.Rotator{
		Fetch: r.question(known.Fetch), Fresh: r.question(fresh.Fetch), Known: knownBefore(known),
		Server: func(g trustdata.GUN) (rotation.TrustServer, error) {
			ep, err := r.m.web.config.TrustServer(g)
			return &looking{remote.New(ep, g).NoCache(), r}, err
		},
		Keys: &mortal{r.dir, r}, State: r.state, Journal: r.journal, Place: r.dir.Path(),
		StillListed: func(context.Context, trustdata.KeyID, trustdata.GUN) ([]trustdata.GUN, error) { return nil, nil },
		Now:         r.m.web.now, Format: quick,
	}
	if r.m.mutate != nil {
		r.m.mutate(rot, r)
	}
	return rot
}

type fetch = func(context.Context, trustdata.GUN) (*remote.Result, error)

func (r *run) question(f fetch) fetch {
	return func(ctx context.Context, g trustdata.GUN) (*remote.Result, error) {
		r.anew()
		return f(ctx, g)
	}
}

// anew begins a question: its first request is a point.
func (r *run) anew() {
	r.turn.Lock()
	defer r.turn.Unlock()
	r.asked = false
}

// looking is the trust server as the program asks it.
type looking struct {
	*remote.Client
	run *run
}

func (l *looking) ByVersion(ctx context.Context, role trustdata.Role, version, limit int64) ([]byte, error) {
	l.run.anew()
	return l.Client.ByVersion(ctx, role, version, limit)
}

// mortal is a store whose user may die before each change.
type mortal struct {
	keyring.Store
	run *run
}

func (s *mortal) Stage(ctx context.Context, op string, k *keyring.PrivateKey, p keyring.Passphrase, h keyring.Header, f keyring.Format) (keyring.Staged, error) {
	s.run.step("stage")
	staged, err := s.Store.Stage(ctx, op, k, p, h, f)
	if err == nil {
		s.run.turn.Lock()
		defer s.run.turn.Unlock()
		s.run.facts.made[staged.KeyID] = s.run.read(staged.Path)
	}
	return staged, err
}

func (s *mortal) Promote(ctx context.Context, op string, id trustdata.KeyID) error {
	s.run.step("promote")
	return s.Store.Promote(ctx, op, id)
}

func (s *mortal) Discard(ctx context.Context, op string, id trustdata.KeyID, now time.Time) (string, error) {
	s.run.step("discard")
	return s.Store.Discard(ctx, op, id, now)
}

func (s *mortal) Trash(ctx context.Context, id trustdata.KeyID, now time.Time) (string, error) {
	s.run.step("trash")
	return s.Store.Trash(ctx, id, now)
}

// act is what the verbs do.
func (r *run) act(act string) error {
	ctx, rot := context.Background(), r.rotator()
	if act == "rotate" {
		return r.rotate(ctx, rot)
	}
	unfinished, err := r.journal.Unfinished()
	if err != nil {
		return err
	}
	if _, err := rot.Recover(ctx); err != nil {
		return err
	}
	for _, op := range unfinished {
		if op, err = r.journal.Reload(op.ID); err != nil {
			return err
		}
		if act == "abandon" {
			_, err = rot.GiveUp(ctx, op)
		} else {
			err = r.resume(ctx, rot, op)
		}
		if err != nil {
			return err
		}
	}
	return err
}

func (r *run) rotate(ctx context.Context, rot *rotation.Rotator) error {
	var reqs []rotation.Request
	for _, g := range r.m.guns {
		reqs = append(reqs, rotation.Request{GUN: g, Role: r.m.role})
	}
	b, err := rot.PlanBatch(ctx, reqs, 1)
	if err != nil {
		return err
	}
	for _, left := range b.Left {
		return left.Why
	}
	if _, err := rot.Recover(ctx); err != nil {
		return err
	}
	return r.publish(ctx, rot, b)
}

func (r *run) resume(ctx context.Context, rot *rotation.Rotator, op *rotation.Operation) error {
	if _, err := rot.Again(ctx, op, func(trustdata.GUN, string) {}); err != nil || op.Ended() {
		return err
	}
	b, err := rot.PlanResume(ctx, op, 1)
	if err != nil || len(b.Plans) == 0 {
		return err
	}
	return r.publish(ctx, rot, b)
}

func (r *run) publish(ctx context.Context, rot *rotation.Rotator, b *rotation.Batch) error {
	keys := rotation.Keys{}
	for _, n := range b.Needs() {
		if n.New {
			continue
		}
		var store keyring.Store = r.dir
		if n.Staged != "" {
			store = rotation.WithStaged{Store: r.dir, Op: n.Staged}
		}
		k, err := store.Open(ctx, n.KeyID, keyring.NewPassphrase([]byte(pass)))
		if err != nil {
			return err
		}
		keys[n.KeyID] = k
	}
	prep, err := rot.PrepareBatch(ctx, b, keys, keyring.NewPassphrase([]byte(pass)))
	if err != nil {
		return err
	}
	out, err := rot.PublishBatch(ctx, prep, keys, 1, func(trustdata.GUN, string) {})
	for _, o := range out {
		if err == nil {
			err = o.Err
		}
	}
	return err
}
