package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui/change"
)

func (c *cli) deleteCommand() *cobra.Command {
	var archiveTo string
	cmd := &cobra.Command{
		Use: "delete GUN", Short: "Delete a repository's trust data from its server: every signature of every tag",
		Long: "Delete a repository's trust data from its server: every version of its metadata, and with it the signature\n" +
			"of every tag. --dry-run lists them, and what clients will do. The evidence is archived first (--archive-to),\n" +
			"or somebody says why not; with --yes doing without is noted in the result. It is done once the server, asked\n" +
			"again, says that it has nothing. No private key is touched. This machine goes on remembering the root, so that\n" +
			"a repository which comes up anew under the same name is noticed; keyrite init --anew founds one on purpose.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.delete(cmd.Context(), args[0], archiveTo) },
	}
	cmd.Flags().StringVar(&archiveTo, "archive-to", "", "keep the evidence in an archive below `DIR` first")
	return cmd
}

func (c *cli) delete(ctx context.Context, typed, archiveTo string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, gun, err := c.changing(ctx, "deleting a repository", typed)
	if err != nil {
		return err
	}
	r, err := s.rotator(0)
	if err != nil {
		return err
	}
	plan, err := r.PlanDelete(ctx, gun)
	if err != nil {
		return err
	}
	if c.flags.dryRun {
		return c.emitPlan(plan, change.PlanPage(change.Plan{Kind: plan.Kind, GUN: gun, Changes: plan.Changes, WillNotFollow: plan.WillNotFollow, Steps: plan.Steps}))
	}
	release, err := c.begin(ctx, s, r)
	if err != nil {
		return err
	}
	defer release()
	waived, err := c.confirmDelete(ctx, plan, archiveTo)
	if err != nil {
		return err
	}
	kept := ""
	if archiveTo != "" {
		saved, err := s.archive(ctx, gun, absolute(archiveTo))
		if err != nil {
			return fmt.Errorf("nothing was deleted, because the evidence could not be archived: %w", err)
		}
		kept = saved.Path
	}
	for _, what := range waived {
		if err := s.waive(plan.Kind, string(gun), what); err != nil {
			return fmt.Errorf("nothing was deleted, because what was waived could not be recorded: %w", err)
		}
	}
	res, err := r.ApplyDelete(ctx, plan, waived, c.stepping)
	if err != nil {
		return err
	}
	res.Archive = kept
	for _, note := range res.Notes {
		c.say("%s", trustdata.Visible(note))
	}
	return c.emit(res, change.DeletedPage(res))
}

// confirmDelete asks for the repository's name, and why there is no archive where none is
// asked for. It gives what is waived.
func (c *cli) confirmDelete(ctx context.Context, plan *rotation.Deletion, archiveTo string) ([]string, error) {
	if c.flags.requireBackup && archiveTo == "" {
		return nil, fmt.Errorf("deleting a repository without its evidence: %w: name a folder with --archive-to", errRequired)
	}
	if c.flags.yes {
		if archiveTo == "" {
			return []string{"archive"}, nil
		}
		return nil, nil
	}
	if !c.canPrompt() {
		return nil, fmt.Errorf("deleting %q wants a confirmation; --yes answers it: %w", plan.GUN, errUnanswered)
	}
	for _, line := range slices.Concat(plan.Changes, plan.WillNotFollow) {
		fmt.Fprintf(c.err, "  %s\n", trustdata.Visible(line))
	}
	in := bufio.NewReader(c.in)
	var waived []string
	if archiveTo == "" {
		reason, err := c.ask(ctx, in, "No evidence would be left. Type why, or nothing to stop: ")
		if err != nil || reason == "" {
			return nil, errors.Join(fmt.Errorf("stopped before anything changed: %w", errUnanswered), err)
		}
		waived = append(waived, "archive: "+reason)
	}
	typed, err := c.ask(ctx, in, fmt.Sprintf("Type %s to delete its trust data: ", plan.GUN))
	if err != nil {
		return nil, err
	}
	if typed != string(plan.GUN) {
		return nil, fmt.Errorf("that is not %q; nothing has changed: %w", plan.GUN, errUnanswered)
	}
	return waived, nil
}
