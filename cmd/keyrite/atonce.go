package main

import (
	"context"
	"runtime"
	"sync"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
)

// defaultAtOnce is how many repositories are asked for side by side. The work is waiting
// for servers, so it is many more than there are processors; it stays below what a server
// takes for an attack. maxAtOnce is as many connections as are kept.
const (
	defaultAtOnce = 64
	maxAtOnce     = 128
)

// atOnce is how many repositories are read side by side: what waits for no server is as
// fast as the processors.
func (s *session) atOnce(offline bool) int {
	if offline {
		return runtime.GOMAXPROCS(0)
	}
	if s.cli.config == nil {
		return defaultAtOnce
	}
	n, _ := s.cli.config.Limits.atOnce() // readConfig has checked it
	return n
}

// crew is work side by side, a few pieces at a time.
type crew struct {
	slots   chan struct{}
	running sync.WaitGroup
	telling sync.Mutex
}

func (s *session) crew(offline bool) *crew {
	return &crew{slots: make(chan struct{}, s.atOnce(offline))}
}

// begin calls read for each of n, and what it returns in any order, but never two at once.
// It returns when the last was begun.
func (c *crew) begin(n int, read func(i int) (done func())) {
	for i := range n {
		c.slots <- struct{}{}
		c.running.Go(trustdata.Guarded(func() {
			defer func() { <-c.slots }()
			c.tell(read(i))
		}))
	}
}

// tell calls done while nothing else is told.
func (c *crew) tell(done func()) {
	c.telling.Lock()
	defer c.telling.Unlock()
	done()
}

// sideBySide calls read for each of n, a few at a time, and what it returns in any order,
// but never two at once.
func (s *session) sideBySide(offline bool, n int, read func(i int) (done func())) {
	c := s.crew(offline)
	c.begin(n, read)
	c.running.Wait()
}

// each reads every GUN, a few at a time, and hands each result to done, in any order but
// never two at once. Offline ones are read from the cache.
func (s *session) each(ctx context.Context, guns []trustdata.GUN, offline bool, done func(i int, col *trustdata.Collection, err error)) {
	f := s.fetcher()
	f.Offline = f.Offline || offline
	s.sideBySide(f.Offline, len(guns), func(i int) func() {
		col, err := s.readWith(ctx, f, guns[i])
		return func() { done(i, col, err) }
	})
}

// readWith reads one repository of either dialect.
func (s *session) readWith(ctx context.Context, f *remote.Fetcher, gun trustdata.GUN) (*trustdata.Collection, error) {
	if s.isTUF(gun) {
		return s.tufCollection(ctx, f.Offline)
	}
	res, err := f.Fetch(ctx, gun)
	if err != nil {
		return nil, err
	}
	return res.Collection, nil
}
