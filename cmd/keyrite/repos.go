package main

import (
	"context"
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

// checkWorkers bounds the repositories that are asked for at once.
const checkWorkers = 8

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
	held, err := s.held(ctx)
	if err != nil {
		return err
	}
	guns, err := s.known(ctx)
	if err != nil {
		return err
	}
	rows := make([]repos.Repo, len(guns))
	out := make([]repoJSON, len(guns))
	s.each(ctx, guns, !check, func(i int, res *remote.Result, err error) {
		rows[i] = repos.NewRepo(guns[i], res, held, err)
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

// each reads every GUN, a few at a time, and hands each result to done, in any order but
// never two at once. Offline ones are read from the cache.
func (s *session) each(ctx context.Context, guns []trustdata.GUN, offline bool, done func(i int, res *remote.Result, err error)) {
	f := s.fetcher()
	f.Offline = f.Offline || offline
	var wg sync.WaitGroup
	var mu sync.Mutex
	slots := make(chan struct{}, checkWorkers)
	for i, gun := range guns {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			res, err := f.Fetch(ctx, gun)
			mu.Lock()
			defer mu.Unlock()
			done(i, res, err)
		})
	}
	wg.Wait()
}
