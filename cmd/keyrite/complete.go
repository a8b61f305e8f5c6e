package main

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"keyrite/backup"
	"keyrite/trustdata"
)

// completed is what a completion offers: the words, and what a shell does beside them.
type completed = func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective)

// completeAll gives every verb and flag of a tree the completion that follows from the word
// by which its help names the value: GUN, ID, ROLE, FILE, DIR. What is offered comes from the
// disk; completing asks no server.
func (c *cli) completeAll(cmd *cobra.Command) {
	if words := strings.Fields(cmd.Use)[1:]; cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = c.completeArgs(cmd.Name(), words)
	}
	own := func(f *pflag.Flag) {
		name, _ := pflag.UnquoteUsage(f)
		if complete := c.completeWord(f.Name, name); complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // fails only where it was done before
		}
	}
	cmd.Flags().VisitAll(own)
	if cmd == c.root {
		cmd.PersistentFlags().VisitAll(own)
	}
	for _, sub := range cmd.Commands() {
		c.completeAll(sub)
	}
}

// completeArgs completes the arguments that a verb's use names, in their order; the last
// word serves for all that follow it where it is repeated.
func (c *cli) completeArgs(verb string, words []string) completed {
	if end := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") }); end >= 0 {
		words = words[:end] // flags complete themselves
	}
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		i := len(args)
		if i >= len(words) {
			i = len(words) - 1
			if i < 0 || !strings.Contains(words[i], "...") {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
		}
		complete := c.completeWord(verb, words[i])
		if complete == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, typed)
	}
}

// completeWord is the completion of a value that is called so, nil for one that nothing is
// known of. Some verbs and flags mean other IDs than those of keys.
func (c *cli) completeWord(of, word string) completed {
	switch of {
	case "rotations", "resume", "abandon":
		return c.completing((*session).completeOperations)
	case "sheet", "operation":
		return c.completing((*session).completeSets)
	}
	switch strings.Trim(strings.TrimSuffix(strings.Trim(word, "[]"), "..."), "[]") {
	case "GUN":
		return c.completing((*session).completeGUNs)
	case "GUN:TAG", "IMAGE":
		return c.completing((*session).completeTags)
	case "ID":
		return c.completing((*session).completeKeys)
	case "ROLE":
		return c.completing((*session).completeRoles)
	case "DIR":
		return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
	case "FILE":
		return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		}
	}
	return nil
}

// completing opens what words come from. What cannot be opened offers nothing: a shell has no
// place for a sentence.
func (c *cli) completing(words func(*session, context.Context, []string, string) ([]cobra.Completion, error)) completed {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		const nothing = cobra.ShellCompDirectiveNoFileComp
		c.flags.offline = true
		if c.useConfig(cmd) != nil {
			return nil, nothing
		}
		s, err := c.openView()
		if err != nil {
			return nil, nothing
		}
		s.note = func(string) {}
		all, err := words(s, cmd.Context(), args, typed)
		if err != nil {
			return nil, nothing
		}
		all = slices.DeleteFunc(all, func(w cobra.Completion) bool { return !strings.HasPrefix(w, typed) || !typeable(w) })
		return all, nothing
	}
}

// typeable reports whether a completion, which may hold a description after a tab, can stand
// on a command line as it is: names come from files and servers.
func typeable(w cobra.Completion) bool {
	word, about, _ := strings.Cut(w, "\t")
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`).MatchString(word) && trustdata.Visible(about) == about
}

func (s *session) completeGUNs(ctx context.Context, _ []string, _ string) (all []cobra.Completion, err error) {
	guns, err := s.known(ctx)
	for _, gun := range guns {
		all = append(all, string(gun))
	}
	return all, err
}

// completeTags offers repositories until one is named, and then its signed tags as they are
// cached.
func (s *session) completeTags(ctx context.Context, args []string, typed string) ([]cobra.Completion, error) {
	guns, err := s.completeGUNs(ctx, args, typed)
	if err != nil {
		return nil, err
	}
	var all []cobra.Completion
	for _, gun := range guns {
		if !strings.HasPrefix(typed, gun+":") {
			all = append(all, gun+":")
			continue
		}
		col, err := s.readWith(ctx, s.fetcher(), trustdata.GUN(gun))
		if err != nil {
			continue // nothing of it is cached that verifies
		}
		for _, t := range col.Tags {
			all = append(all, gun+":"+t.Name)
		}
	}
	return slices.Compact(all), nil
}

// completeOperations offers the changes that have not ended.
func (s *session) completeOperations(context.Context, []string, string) (all []cobra.Completion, err error) {
	journal, err := s.journal()
	if err != nil {
		return nil, err
	}
	defer journal.Close()
	open, err := journal.Unfinished()
	for _, op := range open {
		all = append(all, op.ID)
	}
	return all, err
}

// completeSets offers the sets of backups that were written from here.
func (s *session) completeSets(context.Context, []string, string) (all []cobra.Completion, err error) {
	records, err := s.backupRecords()
	if err != nil {
		return nil, err
	}
	defer records.Close()
	for _, c := range records.Copies(s.cli.now(), backup.DefaultIntervals) {
		if c.Operation != "" && !slices.Contains(all, c.Operation) {
			all = append(all, c.Operation)
		}
	}
	return all, nil
}

func (s *session) completeKeys(ctx context.Context, _ []string, _ string) ([]cobra.Completion, error) {
	infos, err := s.keys.List(ctx)
	var all []cobra.Completion
	for _, k := range infos {
		if k.KeyID != "" {
			all = append(all, cobra.CompletionWithDesc(string(k.KeyID), strings.TrimSpace(trustdata.Visible(k.Role+" "+string(k.GUN)))))
		}
	}
	return all, err
}

// completeRoles offers the roles of a repository that stands before, and else those that
// every one has.
func (s *session) completeRoles(ctx context.Context, args []string, _ string) (all []cobra.Completion, err error) {
	roles := slices.Clone(trustdata.BaseRoles)
	if len(args) > 0 {
		if col, err := s.readWith(ctx, s.fetcher(), trustdata.GUN(args[0])); err == nil {
			for _, r := range col.Roles {
				roles = append(roles, r.Role)
			}
		}
	}
	for _, r := range roles {
		if !slices.Contains(all, string(r)) {
			all = append(all, string(r))
		}
	}
	return all, nil
}
