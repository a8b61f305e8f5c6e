package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
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
	FoundIn    []repos.Origin    `json:"found_in"`
}

// reposFlags are what "repos" asks besides this machine.
type reposFlags struct {
	check    bool
	catalogs []string
}

func (c *cli) reposCommand() *cobra.Command {
	var f reposFlags
	cmd := &cobra.Command{
		Use: "repos", Short: "List every repository known here",
		Long: "List every repository known here: from key files, and from the metadata that docker, notary and keyrite keep.\n" +
			"--check asks the trust servers for each, and the trust server in use which others it has. --catalog asks a\n" +
			"registry for every repository that it shows. found_in of the JSON says where each was heard of.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.repos(cmd.Context(), f) },
	}
	cmd.Flags().BoolVar(&f.check, "check", false, "ask the trust servers; without it the cache is shown")
	cmd.Flags().StringArrayVar(&f.catalogs, "catalog", nil, "add what the registry of `HOST` lists (repeatable); --registry says where it is reached")
	return cmd
}

func (c *cli) repos(ctx context.Context, f reposFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if c.flags.offline && (f.check || len(f.catalogs) > 0) {
		return usagef("--offline excludes --check and --catalog")
	}
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	infos, err := s.keys.List(ctx)
	if err != nil {
		return err
	}
	h, err := s.heardWith(ctx, infos)
	if err != nil {
		return err
	}
	for _, host := range f.catalogs {
		guns, note, err := s.catalog(ctx, host)
		if err != nil {
			return err
		}
		if note != "" {
			s.note(note)
		}
		h.add(repos.FromCatalog, guns...)
	}
	rows := s.reposOf(ctx, h, usable(infos), f.check)
	if err := ctx.Err(); err != nil {
		return err
	}
	out := make([]repoJSON, len(rows))
	for i, r := range rows {
		out[i] = newRepoJSON(r)
	}
	return c.emit(out, repos.Page(rows, c.now()))
}

// reposOf reads every repository, from the servers or from the cache.
func (s *session) reposOf(ctx context.Context, h heard, held map[trustdata.KeyID]keyring.Info, check bool) []repos.Repo {
	read := map[trustdata.GUN]repos.Repo{}
	done := func(gun trustdata.GUN, col *trustdata.Collection, err error) {
		read[gun] = repos.NewRepo(gun, col, held, err)
	}
	if check {
		if note := s.survey(ctx, h, func([]trustdata.GUN) {}, done); note != "" {
			s.note(note)
		}
	} else {
		guns := h.guns()
		s.each(ctx, guns, true, func(i int, col *trustdata.Collection, err error) { done(guns[i], col, err) })
	}
	rows := []repos.Repo{}
	for _, gun := range h.guns() {
		r := read[gun]
		r.FoundIn = repos.Origins(h[gun])
		rows = append(rows, r)
	}
	return rows
}

func newRepoJSON(r repos.Repo) repoJSON {
	out := repoJSON{GUN: r.GUN, RootKeyIDs: list(r.RootKeyIDs), RootHeld: r.RootHeld, Problem: r.Problem, FoundIn: list(r.FoundIn)}
	if r.Collection != nil {
		out.Server, out.Source, out.Verified = r.Collection.Server, r.Collection.Source, r.Collection.Verified()
		out.Expires, out.Tags = stamp(r.Collection.Expires()), r.Tags
	}
	return out
}
