package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
)

// repairFlags are those of keyrite repair.
type repairFlags struct {
	drop    []string
	keepAll bool
}

// given reports whether somebody has said which tags stay.
func (f repairFlags) given() bool { return f.keepAll || len(f.drop) > 0 }

func (c *cli) repairCommand() *cobra.Command {
	var f repairFlags
	var many chosen
	cmd := &cobra.Command{
		Use: "repair GUN", Short: "Sign again what has expired, after a look at each tag that it vouches for",
		Long: "Sign again what has expired: root, targets, delegations, and the snapshot where its key is here. Docker and\n" +
			"notary cannot, since they must read before they write. Everything but the dates is verified as ever. To\n" +
			"sign an old file is to vouch again for all that it says, so each tag is asked about; --drop takes tags\n" +
			"out and keeps the others, --keep-all keeps them all. --yes alone keeps them all too, and says in the\n" +
			"result that nobody has looked at them. A root certificate that has ended cannot be repaired by anybody.",
		Args: func(cmd *cobra.Command, args []string) error {
			if many.several() {
				return usageArgs(cobra.NoArgs)(cmd, args)
			}
			return usageArgs(cobra.ExactArgs(1))(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if many.several() {
				return c.repairMany(cmd.Context(), many, f)
			}
			return c.repair(cmd.Context(), args[0], f)
		},
	}
	cmd.Flags().StringArrayVar(&f.drop, "drop", nil, "no longer vouch for `TAG` (repeatable), and for all others")
	cmd.Flags().BoolVar(&f.keepAll, "keep-all", false, "vouch for every tag again")
	many.on(cmd)
	return cmd
}

// repairMany is repair for several repositories. Their tags are too many to be asked about
// one by one here: somebody has looked at them, or it is recorded that nobody has.
func (c *cli) repairMany(ctx context.Context, many chosen, f repairFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if len(f.drop) > 0 {
		return usagef("--drop names the tags of one repository: repair that one alone")
	}
	if !f.keepAll && !c.flags.yes && !c.flags.dryRun {
		return fmt.Errorf("repairing several repositories vouches for all their tags again, which somebody must look at (--dry-run lists them); --keep-all says so: %w", errUnanswered)
	}
	again := "keyrite repair"
	if f.keepAll {
		again += " --keep-all"
	}
	return c.editMany(ctx, many, again, func(r *rotation.Rotator) func(context.Context, trustdata.GUN) (*rotation.Edit, error) {
		return func(ctx context.Context, gun trustdata.GUN) (*rotation.Edit, error) {
			e, err := r.PlanRepair(ctx, rotation.RepairRequest{GUN: gun})
			if err == nil && !f.keepAll && len(e.Vouched) > 0 {
				e.Waived = append(e.Waived, "review")
			}
			return e, err
		}
	})
}

func (c *cli) repair(ctx context.Context, typed string, f repairFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if f.keepAll && len(f.drop) > 0 {
		return usagef("--keep-all and --drop exclude each other")
	}
	s, gun, err := c.changing(ctx, "repairing", typed)
	if err != nil {
		return err
	}
	r, err := s.rotator(keyring.DefaultIterations)
	if err != nil {
		return err
	}
	e, err := r.PlanRepair(ctx, rotation.RepairRequest{GUN: gun, Drop: f.drop})
	if errors.Is(err, rotation.ErrNothing) {
		return c.nothing(gun, err)
	}
	if err == nil && !c.flags.dryRun && !f.given() && len(e.Vouched) > 0 {
		e, err = c.review(ctx, r, e)
	}
	if err != nil {
		return c.unverified(gun, s.explain(ctx, err))
	}
	for _, what := range e.Waived {
		if err := s.state.Activity().Append(state.Act{What: e.Kind, On: string(gun), Result: "waived", Detail: what}); err != nil {
			return fmt.Errorf("nothing was sent, because what was waived could not be recorded: %w", err)
		}
	}
	return c.applyEdit(ctx, s, r, e, string(gun))
}

// review asks of each tag whether it is vouched for again, and plans anew without those that
// are not. --yes keeps them all, as a waiver.
func (c *cli) review(ctx context.Context, r *rotation.Rotator, e *rotation.Edit) (*rotation.Edit, error) {
	if c.flags.yes {
		e.Waived = append(e.Waived, "review")
		return e, nil
	}
	if !c.canPrompt() {
		return nil, fmt.Errorf("repairing %q vouches for %s again, which somebody must look at: --keep-all keeps them, --drop TAG takes one out: %w", e.GUN, trustdata.Plural(len(e.Vouched), "tag", "tags"), errUnanswered)
	}
	in := bufio.NewReader(c.in)
	var drop []string
	for i, v := range e.Vouched {
		// One question, written at once: nobody's answer comes between its parts.
		answer, err := c.ask(ctx, in, fmt.Sprintf("%d of %d: %s. Keep it? y, n (drop it), or all (keep it and the rest): ", i+1, len(e.Vouched), v.Sentence()))
		if err != nil {
			return nil, err
		}
		switch answer {
		case "y", "yes":
			continue
		case "n", "no":
			if !slices.Contains(drop, v.Tag) {
				drop = append(drop, v.Tag)
			}
			continue
		case "all":
		default:
			return nil, fmt.Errorf("%q is no answer; nothing has changed: %w", answer, errUnanswered)
		}
		break
	}
	if len(drop) == 0 {
		return e, nil
	}
	return r.PlanRepair(ctx, rotation.RepairRequest{GUN: e.GUN, Drop: drop})
}
