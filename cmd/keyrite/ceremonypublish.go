package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	shown "keyrite/ui/ceremony"
)

func (c *cli) ceremonyPublishCommand() *cobra.Command {
	return &cobra.Command{
		Use: "publish FILE", Short: "Send what was signed at a ceremony, from the machine that prepared it",
		Long: "Send what was signed at a ceremony, from the machine that prepared it. The file must be signed for exactly what\n" +
			"was prepared here, and the server must still have the root that it follows. What goes with the new root is\n" +
			"signed now, with the keys of this machine; tags that were signed meanwhile stay. What an earlier run has sent is\n" +
			"settled first: only the same bytes are ever sent again.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.ceremonyPublish(cmd.Context(), args[0]) },
	}
}

func (c *cli) ceremonyPublish(ctx context.Context, file string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if c.flags.offline {
		return usagef("publishing asks the server, and is not possible with --offline")
	}
	b, err := ceremony.ReadFile(absolute(file))
	if err != nil {
		return c.damagedBundle(file, err)
	}
	s, r, release, err := c.settled(ctx, rotating(keyring.DefaultIterations))
	if err != nil {
		return err
	}
	defer release()
	plan, err := r.PlanPublishing(ctx, b, s.atOnce(false))
	if err != nil {
		return err
	}
	if len(plan.Again) > 0 && !c.flags.dryRun {
		if plan, err = c.settleCeremony(ctx, s, r, b, plan); err != nil || plan == nil {
			return err
		}
	}
	if len(plan.GUNs()) == 0 && len(plan.Left) > 0 {
		return c.noneLeft(ctx, s, plan.Left)
	}
	c.sayLeftOut(plan.Left)
	if c.flags.dryRun {
		return c.emitPlan(planJSON{ID: b.ID, Kind: b.Kind, Steps: shown.PublishingSteps, Needs: plan.Need, Changes: list(plan.Changes), WillNotFollow: plan.WillNotFollow}, shown.PublishingPage(plan))
	}
	return c.publishCeremony(ctx, s, r, plan)
}

// settleCeremony asks what became of what an earlier run has sent, and sends the same bytes
// again where they are not there. It gives the plan of the rest, nil where nothing is left.
func (c *cli) settleCeremony(ctx context.Context, s *session, r *rotation.Rotator, b *ceremony.Bundle, plan *rotation.PublishingPlan) (*rotation.PublishingPlan, error) {
	if _, err := c.recovered(r.Again(ctx, plan.Op, c.batchStep)); err != nil {
		return nil, err
	}
	op, err := r.Journal.Reload(plan.Op.ID)
	if err != nil {
		return nil, err
	}
	if !op.Unsent() {
		return nil, c.emitOperation(ctx, op, nil)
	}
	return r.PlanPublishing(ctx, b, s.atOnce(false))
}

func (c *cli) publishCeremony(ctx context.Context, s *session, r *rotation.Rotator, plan *rotation.PublishingPlan) error {
	guns := plan.GUNs()
	word := fmt.Sprintf("%d repositories", len(guns))
	if len(guns) == 1 {
		word = string(guns[0])
	}
	if err := c.confirm(ctx, slices.Concat(plan.Changes, plan.WillNotFollow), word, "publishing"); err != nil {
		return err
	}
	open, err := c.satisfy(ctx, s, plan.Need)
	if err != nil {
		return err
	}
	defer open.wipe()
	outcomes, err := r.PublishCeremony(ctx, plan, open.signing(), s.atOnce(false), c.batchStep)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		if o.Result != nil {
			for _, note := range slices.Concat(o.Result.PinsToChange, o.Result.Notes) {
				c.say("%s", trustdata.Visible(note))
			}
		}
	}
	op, err := r.Journal.Reload(plan.Op.ID)
	if err != nil {
		return err
	}
	return c.emitOperation(ctx, op, outcomes)
}
