package main

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/ui/repos"
)

type repoJSON struct {
	GUN        trustdata.GUN     `json:"gun"`
	Server     string            `json:"server"`
	Source     trustdata.Source  `json:"source"`
	Verified   bool              `json:"verified"`
	Expires    *time.Time        `json:"expires"`
	Tags       int               `json:"tags"`
	RootKeyIDs []trustdata.KeyID `json:"root_key_ids"`
	RootHeld   bool              `json:"root_held"`
	Problem    string            `json:"problem"`
}

// defaultAtOnce is how many repositories are asked for side by side. The work is waiting
// for servers, so it is many more than there are processors; it stays below what a server
// takes for an attack. maxAtOnce is as many connections as are kept.
const (
	defaultAtOnce = 64
	maxAtOnce     = 128
)

func (c *cli) reposCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use: "repos", Short: "List every repository known here",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.repos(cmd.Context(), check) },
	}
	cmd.Flags().BoolVar(&check, "check", false, "ask the trust servers; without it the cache is shown")
	return cmd
}

func (c *cli) repos(ctx context.Context, check bool) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if check && c.flags.offline {
		return usagef("--check and --offline exclude each other")
	}
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	infos, err := s.keys.List(ctx)
	if err != nil {
		return err
	}
	held := usable(infos)
	guns, err := s.knownWith(ctx, infos)
	if err != nil {
		return err
	}
	rows := make([]repos.Repo, len(guns))
	out := make([]repoJSON, len(guns))
	s.each(ctx, guns, !check, func(i int, col *trustdata.Collection, err error) {
		rows[i] = repos.NewRepo(guns[i], col, held, err)
	})
	for i, r := range rows {
		out[i] = newRepoJSON(r)
	}
	if err := c.emit(out, repos.Page(rows, c.now())); err != nil {
		return err
	}
	return ctx.Err()
}

func newRepoJSON(r repos.Repo) repoJSON {
	out := repoJSON{GUN: r.GUN, RootKeyIDs: list(r.RootKeyIDs), RootHeld: r.RootHeld, Problem: r.Problem}
	if r.Collection != nil {
		out.Server, out.Source, out.Verified = r.Collection.Server, r.Collection.Source, r.Collection.Verified()
		out.Expires, out.Tags = stamp(r.Collection.Expires()), len(r.Collection.Tags)
	}
	return out
}

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

// sideBySide calls read for each of n, a few at a time, and what it returns in any order,
// but never two at once.
func (s *session) sideBySide(offline bool, n int, read func(i int) (done func())) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	slots := make(chan struct{}, s.atOnce(offline))
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			done := read(i)
			mu.Lock()
			defer mu.Unlock()
			done()
		})
	}
	wg.Wait()
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
