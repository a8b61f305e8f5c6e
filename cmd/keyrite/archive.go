package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/trustdata/archive"
	"keyrite/trustdata/state"
	shown "keyrite/ui/archive"
)

func (c *cli) archiveCommand() *cobra.Command {
	var to string
	var tuf tufExport
	cmd := &cobra.Command{
		Use: "archive GUN... --to DIR", Short: "Save a repository's raw metadata with every root version, verified, before its server closes",
		Long: "Save the raw evidence of repositories: every root version that the server still has, the current metadata\n" +
			"of every role, and a transcript of what was verified. tags and inspect read it with --from-archive, without\n" +
			"any server, and verify it anew as of the time of the archive.\n\n" +
			"With --as-tuf what docker resolves is signed anew as a TUF 1.0 repository, with the keys of this machine\n" +
			"that --tuf-keys names. The same once more signs its next version, which its timestamp wants every two weeks.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if tuf.dir != "" || len(tuf.keys) > 0 {
				return c.archiveAsTUF(cmd.Context(), args, to, tuf)
			}
			return c.archive(cmd.Context(), args, to)
		},
	}
	cmd.Flags().StringVar(&tuf.dir, "as-tuf", "", "write one repository to `DIR` as a TUF 1.0 repository")
	cmd.Flags().StringSliceVar(&tuf.keys, "tuf-keys", nil, "`ROLE=KEYID,...`: which keys sign it (root only the first time, targets, snapshot, timestamp)")
	cmd.Flags().StringVar(&to, "to", "", "the folder that archives go to: `DIR`")
	return cmd
}

func (c *cli) archive(ctx context.Context, typed []string, to string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if to == "" {
		return usagef("say where the archive goes: --to DIR")
	}
	if c.flags.offline {
		return usagef("archiving asks the server, and is not possible with --offline")
	}
	s, err := c.openView()
	if err != nil {
		return err
	}
	saved := []archive.Saved{}
	var failed error
	for _, name := range typed {
		one, err := c.archiveOne(ctx, s, name, absolute(to))
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%q: %w", name, err))
			continue
		}
		saved = append(saved, *one)
	}
	if len(saved) > 0 {
		if err := c.emit(saved, shown.Page(saved)); err != nil {
			return err
		}
	}
	return failed
}

func (c *cli) archiveOne(ctx context.Context, s *session, typed, to string) (*archive.Saved, error) {
	gun, err := s.resolve(ctx, typed)
	if err != nil {
		return nil, err
	}
	return s.archive(ctx, gun, to)
}

// archive reads a repository from its server and keeps its evidence below the folder to.
func (s *session) archive(ctx context.Context, gun trustdata.GUN, to string) (*archive.Saved, error) {
	res, err := s.fetcher().Fetch(ctx, gun)
	if err != nil {
		return nil, err
	}
	client, err := s.trustServer(gun)
	if err != nil {
		return nil, err
	}
	saved, err := archive.Save(ctx, to, "keyrite "+version(), res, client, s.cli.now())
	if err != nil {
		return nil, err
	}
	if err := s.state.Activity().Append(state.Act{What: "archive", On: string(gun), Result: "done", Detail: saved.Path}); err != nil {
		s.note("this could not be recorded: " + err.Error())
	}
	return saved, nil
}

// view is the verified view of a GUN: from the archive in dir where that is named, else
// from the server or the cache.
func (s *session) view(ctx context.Context, gun trustdata.GUN, dir string) (*trustdata.Collection, error) {
	if dir == "" {
		return s.collection(ctx, gun)
	}
	a, err := archive.Read(ctx, absolute(dir), gun)
	if err != nil {
		return nil, err
	}
	s.note(fmt.Sprintf("from the archive, verified as of %s by the archive's own word", a.Manifest.VerifiedAt.UTC().Format("2006-01-02 15:04 UTC")))
	return a.Collection, nil
}
