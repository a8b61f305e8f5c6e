package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/state"
	"keyrite/trustdata/tufrepo"
)

// tufVerbs are the verbs that work on a TUF 1.0 repository in a GUN's place.
var tufVerbs = []string{"tags", "inspect", "verify", "rotate", "repos"}

// checkTUF refuses --tuf where it would be ignored, or has no root to start from.
func (c *cli) checkTUF(cmd *cobra.Command) error {
	switch {
	case c.flags.tuf == "" && c.flags.tufRoot == "":
		return nil
	case c.flags.tuf == "" || c.flags.tufRoot == "":
		return usagef("--tuf URL|DIR and --tuf-root FILE go together: the first names the metadata, the second the root.json to start from")
	case cmd.Flags().Changed("from-archive"):
		return usagef("--from-archive and --tuf exclude each other")
	case cmd != c.root && (cmd.Parent() != c.root || !slices.Contains(tufVerbs, cmd.Name())):
		return usagef("--tuf names a TUF 1.0 repository, which only the console and %s can work on", strings.Join(tufVerbs, ", "))
	}
	return nil
}

// oneGUN is the check of the arguments of a verb that takes a GUN, which --tuf replaces.
func (c *cli) oneGUN(cmd *cobra.Command, args []string) error {
	if c.flags.tuf == "" {
		return usageArgs(cobra.ExactArgs(1))(cmd, args)
	}
	if len(args) != 0 {
		return usagef("%s --tuf takes no GUN: the repository is %q", cmd.CommandPath(), c.flags.tuf)
	}
	return nil
}

// first is the first argument, "" where there is none.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// tufBase names the TUF repository in the place of a GUN.
func (c *cli) tufBase() string {
	if tufrepo.IsURL(c.flags.tuf) {
		return strings.TrimRight(c.flags.tuf, "/")
	}
	return absolute(c.flags.tuf)
}

// tufFlags are the flags that name the repository, as a shell takes them.
func (c *cli) tufFlags() string {
	return fmt.Sprintf("--tuf %q --tuf-root %q", c.tufBase(), absolute(c.flags.tufRoot))
}

// isTUF reports whether gun is the repository that --tuf names.
func (s *session) isTUF(gun trustdata.GUN) bool {
	return s.cli.flags.tuf != "" && string(gun) == s.cli.tufBase()
}

// tufCollection is the verified view of the repository that --tuf names. Offline a server
// is not asked; a folder needs none.
func (s *session) tufCollection(ctx context.Context, offline bool) (*trustdata.Collection, error) {
	o, err := s.tufOptions()
	if err != nil {
		return nil, err
	}
	o.Offline = offline
	res, err := tufrepo.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return res.Collection, nil
}

// tufOptions are how that repository is opened. What was seen of such repositories is
// remembered apart from what was seen of GUNs.
func (s *session) tufOptions() (tufrepo.Options, error) {
	root, err := readRoot(s.cli.flags.tufRoot)
	if err != nil {
		return tufrepo.Options{}, err
	}
	seen, err := state.OpenStore(filepath.Join(s.paths.state, "tuf"), s.cli.now)
	if err != nil {
		return tufrepo.Options{}, err
	}
	o := tufrepo.Options{Base: s.cli.tufBase(), Root: root, State: seen, Now: s.cli.now,
		Cache: tufrepo.NewCache(filepath.Join(s.paths.cache, "tuf"))}
	if tufrepo.IsURL(o.Base) {
		ep, err := s.access.Site("TUF repository", o.Base)
		if err != nil {
			return o, err
		}
		o.Client = ep.Client
	}
	return o, nil
}

func readRoot(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("root.json to start from: %w", err)
	}
	defer f.Close()
	limit := notary.Limit(trustdata.RoleRoot)
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(raw)) > limit {
		err = fmt.Errorf("is longer than %d bytes", limit)
	}
	if err != nil {
		return nil, fmt.Errorf("root.json to start from, %q: %w", path, err)
	}
	return raw, nil
}
