package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

func (c *cli) refreshCommand() *cobra.Command {
	var all bool
	var many chosen
	cmd := &cobra.Command{
		Use: "refresh GUN [ROLE...]", Short: "Sign roles again before they end, with the content that they have",
		Long: "Sign roles again with the content that they have, one version up and with a new end: those that are named,\n" +
			"or every one whose keys are here and that ends within 180 days, the time from which on docker and notary\n" +
			"want the root key at each publish. A root certificate stays as it is: rotating the root key renews it.\n" +
			"Roles that are due and whose keys are elsewhere are named. The server signs the timestamp by itself, and\n" +
			"the snapshot where it holds its key. What has ended already is for keyrite repair.",
		Args: func(cmd *cobra.Command, args []string) error {
			if many.several() {
				return nil
			}
			return usageArgs(cobra.MinimumNArgs(1))(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if many.several() {
				return c.refreshMany(cmd.Context(), many, args, all)
			}
			return c.refresh(cmd.Context(), args[0], args[1:], all)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every role whose keys are here, whenever it ends")
	many.on(cmd)
	return cmd
}

// refreshMany is refresh for several repositories.
func (c *cli) refreshMany(ctx context.Context, many chosen, roles []string, all bool) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	req, err := refreshRequest(roles, all)
	if err != nil {
		return err
	}
	return c.editMany(ctx, many, refreshAgain(roles, all), func(r *rotation.Rotator) func(context.Context, trustdata.GUN) (*rotation.Edit, error) {
		return refreshing(r, req)
	})
}

// refreshAgain is the command that does what an operation has left, but for its repositories.
func refreshAgain(roles []string, all bool) string {
	again := strings.Join(append([]string{"keyrite refresh"}, roles...), " ")
	if all {
		again += " --all"
	}
	return again
}

// refreshing plans the same for any repository.
func refreshing(r *rotation.Rotator, req rotation.RefreshRequest) func(context.Context, trustdata.GUN) (*rotation.Edit, error) {
	return func(ctx context.Context, gun trustdata.GUN) (*rotation.Edit, error) {
		one := req
		one.GUN = gun
		return r.PlanRefresh(ctx, one)
	}
}

// refreshRequest is what is asked for, without its repository.
func refreshRequest(roles []string, all bool) (rotation.RefreshRequest, error) {
	req := rotation.RefreshRequest{All: all}
	if all && len(roles) > 0 {
		return req, usagef("--all and the name of a role exclude each other")
	}
	for _, name := range roles {
		role, err := trustdata.ParseRole(name)
		if err != nil {
			return req, usage(err)
		}
		req.Roles = append(req.Roles, role)
	}
	return req, nil
}

func (c *cli) refresh(ctx context.Context, typed string, roles []string, all bool) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	req, err := refreshRequest(roles, all)
	if err != nil {
		return err
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
