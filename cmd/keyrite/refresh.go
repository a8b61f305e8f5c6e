package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

func (c *cli) refreshCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "refresh GUN [ROLE...]", Short: "Sign roles again before they end, with the content that they have",
		Long: "Sign roles again with the content that they have, one version up and with a new end: those that are named,\n" +
			"or every one whose keys are here and that ends within 180 days, the time from which on docker and notary\n" +
			"want the root key at each publish. A root certificate stays as it is: rotating the root key renews it.\n" +
			"Roles that are due and whose keys are elsewhere are named. The server signs the timestamp by itself, and\n" +
			"the snapshot where it holds its key. What has ended already is for keyrite repair.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.refresh(cmd.Context(), args[0], args[1:], all)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every role whose keys are here, whenever it ends")
	return cmd
}

func (c *cli) refresh(ctx context.Context, typed string, roles []string, all bool) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if all && len(roles) > 0 {
		return usagef("--all and the name of a role exclude each other")
	}
	req := rotation.RefreshRequest{All: all}
	for _, name := range roles {
		role, err := trustdata.ParseRole(name)
		if err != nil {
			return usage(err)
		}
		req.Roles = append(req.Roles, role)
	}
	s, gun, err := c.changing(ctx, "refreshing", typed)
	if err != nil {
		return err
	}
	req.GUN = gun
	r, err := s.rotator(keyring.DefaultIterations)
	if err != nil {
		return err
	}
	e, err := r.PlanRefresh(ctx, req)
	var none *rotation.NothingDueError
	if errors.As(err, &none) {
		return c.nothing(gun, err, none.Stays...)
	}
	if err != nil {
		return c.unverified(gun, s.explain(ctx, err))
	}
	return c.applyEdit(ctx, s, r, e, string(gun))
}
