package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/state"
	"keyrite/ui/keys"
	"keyrite/ui/overview"
)

// overlook is what the overview sees. Judging takes time for every repository, so while
// answers come it is done a few times a second and not for each.
type overlook struct {
	desk *desk

	mu   sync.Mutex
	look audit.Look
	// read says which of the look's repositories were read, from the cache at least.
	read []bool
	// put is what was put off.
	put []state.Snooze
	// told counts the servers' answers for the screen.
	told overview.News
	// dirty says that something came since look was judged last.
	dirty bool
}

var _ overview.Source = (*overlook)(nil)

// Look implements overview.Source: first what is said of keys and backups, then what is
// cached of each repository, then what servers answer.
func (o *overlook) Look(ctx context.Context, how overview.How, emit func(overview.News)) error {
	s := o.desk.session
	look := audit.Look{}
	err := s.here(ctx, &look)
	if err != nil {
		return err
	}
	if look.Within, err = parseDays("--fail-within", usualWithin); err != nil {
		return err
	}
	put, unread := s.state.Snoozes().List()
	if n := o.early(look, put); len(n.Items) > 0 {
		emit(n)
	}
	s.cli.collectAsUsual() // from here on there may be much to read, and nobody waits for a first line
	known, err := s.knownWith(ctx, look.Keys)
	if err != nil {
		return err
	}
	o.begin(look, known, put, how)
	var telling sync.Mutex // what is judged later is told later
	say := func() {
		telling.Lock()
		defer telling.Unlock()
		emit(o.judge())
	}
	say()
	stop := o.tell(say)
	defer stop()
	o.cached(ctx, known)
	s.cli.collectOften()
	if how.Ask && ctx.Err() == nil {
		say()
		o.ask(ctx, known, how)
	}
	stop()
	say()
	s.cli.giveBack(len(known))
	if ctx.Err() == nil && unread != nil {
		return fmt.Errorf("nothing counts as put off: %w", unread)
	}
	return ctx.Err()
}

// early is what there is to see before it is known which repositories there are: nothing
// where a look was begun before, whose news are better.
func (o *overlook) early(look audit.Look, put []state.Snooze) overview.News {
	o.mu.Lock()
	begun := o.read != nil
	o.mu.Unlock()
	if begun {
		return overview.News{}
	}
	look.Partial = true
	return newsOf(look, overview.News{Now: look.Now, Early: true}, put)
}

// begin takes a new look in the place of the last one. What was read before, and what
// registries said, stays until it is read again.
func (o *overlook) begin(look audit.Look, known []trustdata.GUN, put []state.Snooze, how overview.How) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before, read := map[trustdata.GUN]audit.Repository{}, map[trustdata.GUN]bool{}
	for i, r := range o.look.Repositories {
		before[r.GUN], read[r.GUN] = r, o.read[i]
	}
	o.read = make([]bool, len(known))
	for i, gun := range known {
		look.Repositories = append(look.Repositories, before[gun])
		look.Repositories[i].GUN = gun
		o.read[i] = read[gun]
	}
	look.Online = o.look.Online
	o.look, o.put, o.told = look, put, overview.News{Compared: how.Compare, Known: known}
	if how.Ask {
		o.told.Asked = len(known)
	}
}

// cached reads what is cached of each repository, what has expired too, and meanwhile asks
// docker for its version.
func (o *overlook) cached(ctx context.Context, guns []trustdata.GUN) {
	s := o.desk.session
	f := s.fetcher()
	f.Late, f.Offline = true, true
	var asking sync.WaitGroup
	asking.Go(trustdata.Guarded(func() { o.docker(s.cli.dockerVersion(ctx)) }))
	s.sideBySide(true, len(guns), func(i int) func() {
		if ctx.Err() != nil {
			return func() {}
		}
		col, err := s.readWith(ctx, f, guns[i])
		r := s.audited(ctx, guns[i], col, err)
		return func() { o.remembered(i, r) }
	})
	asking.Wait()
	o.desk.learn(guns, usesOf(o.repositories()))
}

func (o *overlook) docker(version string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.look.Machine.Docker, o.dirty = version, true
}

// remembered takes what is cached of a repository, unless it was read from its server before.
func (o *overlook) remembered(i int, r audit.Repository) {
	o.mu.Lock()
	defer o.mu.Unlock()
	old := o.look.Repositories[i]
	if r.Drift = old.Drift; !o.read[i] || old.Source != trustdata.SourceLive || old.ReadAt.Before(r.ReadAt) {
		o.look.Repositories[i] = r
	}
	o.read[i], o.dirty = true, true
}

// repositories are those that were read.
func (o *overlook) repositories() (read []audit.Repository) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, r := range o.look.Repositories {
		if o.read[i] {
			read = append(read, r)
		}
	}
	return read
}

// ask asks for each repository, a few at a time.
func (o *overlook) ask(ctx context.Context, guns []trustdata.GUN, how overview.How) {
	s := o.desk.session
	f := s.fetcher()
	f.Late = true
	defer f.Config.Rest()
	comparing := make(chan struct{}, comparedAtOnce)
	s.sideBySide(false, len(guns), func(i int) func() {
		if ctx.Err() != nil {
			return func() {}
		}
		col, err := s.readWith(ctx, f, guns[i])
		r := s.audited(ctx, guns[i], col, err)
		if how.Compare && err == nil {
			comparing <- struct{}{}
			r.Drift = s.drift(ctx, col)
			<-comparing
		}
		return func() {
			if !errors.Is(err, context.Canceled) || ctx.Err() == nil { // else nobody waits for it any more
				o.answered(i, r, how)
			}
		}
	})
}

// answered takes one answer.
func (o *overlook) answered(i int, r audit.Repository, how overview.How) {
	o.mu.Lock()
	defer o.mu.Unlock()
	old := o.look.Repositories[i]
	r = r.Over(old)
	if !how.Compare {
		r.Drift = old.Drift
	}
	o.look.Repositories[i], o.dirty = r, true
	o.told.Came++
	if r.Err != nil {
		o.told.Failed++
	}
	o.look.Online = o.look.Online || r.Err == nil && r.Source == trustdata.SourceLive
}

// copyOf is the newest copy that has a key, one that was proven before others; nil for none.
func (o *overlook) copyOf(id trustdata.KeyID) (found *backup.Copy) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.look.Copies { // the newest first
		if c.Problem != "" || !slices.Contains(c.Keys, id) {
			continue
		}
		if found == nil || found.ProvenAt.IsZero() && !c.ProvenAt.IsZero() {
			found = &c
		}
	}
	return found
}

// keyFiles are the key files as they were listed last.
func (o *overlook) keyFiles() []keyring.Info {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.look.Keys
}

// learn keeps what was found, where nothing was found before.
func (d *desk) learn(known []trustdata.GUN, uses keys.Uses) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil {
		d.known, d.uses = known, uses
	}
}
