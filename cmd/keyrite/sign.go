package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/rotation"
)

func (c *cli) signCommand() *cobra.Command {
	var digest string
	var length int64
	cmd := &cobra.Command{
		Use: "sign GUN:TAG", Short: "Sign a tag for what the registry serves now, or for a digest that is given",
		Long: "Sign a tag. Without --digest the registry is asked what it serves, and that is shown before anything is\n" +
			"signed. The tag is written to the roles that docker writes: targets where there are no delegations, else\n" +
			"every direct delegation that admits the tag and whose key is here.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.sign(cmd.Context(), args[0], strings.TrimPrefix(digest, "sha256:"), length)
		},
	}
	cmd.Flags().StringVar(&digest, "digest", "", "sign for this `DIGEST` (sha256:HEX) instead of what the registry serves")
	cmd.Flags().Int64Var(&length, "length", 0, "the manifest's size in `BYTES`, with --digest")
	return cmd
}

func (c *cli) revokeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke GUN:TAG", Short: "Take the signatures of a tag away, in every role whose key is here",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.revoke(cmd.Context(), args[0]) },
	}
}

func (c *cli) sign(ctx context.Context, typed, digest string, length int64) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	name, tag := trustdata.SplitTag(typed)
	if tag == "" {
		return usagef("%q names no tag: write GUN:TAG", typed)
	}
	if (digest == "") != (length == 0) {
		return usagef("--digest and --length go together")
	}
	s, gun, err := c.changing(ctx, "signing", name)
	if err != nil {
		return err
	}
	target := rotation.Target{Digest: digest, Length: length}
	if digest == "" {
		if target, err = s.served(ctx, gun, tag); err != nil {
			return err
		}
	}
	r, err := s.rotator(keyring.DefaultIterations)
	if err != nil {
		return err
	}
	e, err := r.PlanSign(ctx, gun, []rotation.TagTarget{{Tag: tag, Target: target}})
	if errors.Is(err, rotation.ErrNothing) {
		return c.nothing(gun, err)
	}
	if err != nil {
		return c.unverified(gun, s.explain(ctx, err))
	}
	return c.applyEdit(ctx, s, r, e, tag)
}

// errNotServed is what the lack of a tag in the registry Is.
var errNotServed = errors.New("is not served by the registry")

// served is what the registry serves for a tag.
func (s *session) served(ctx context.Context, gun trustdata.GUN, tag string) (rotation.Target, error) {
	client, err := s.registryOf(gun)
	if err != nil {
		return rotation.Target{}, err
	}
	d, err := client.Resolve(ctx, tag)
	if errors.Is(err, registry.ErrNotFound) {
		return rotation.Target{}, fmt.Errorf("tag %q of %q %w", tag, gun, errNotServed)
	}
	if err != nil {
		return rotation.Target{}, err
	}
	return rotation.Target{Digest: d.Digest, Length: d.Length}, nil
}

func (c *cli) revoke(ctx context.Context, typed string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	name, tag := trustdata.SplitTag(typed)
	if tag == "" {
		return usagef("%q names no tag: write GUN:TAG", typed)
	}
	s, gun, err := c.changing(ctx, "revoking", name)
	if err != nil {
		return err
	}
	r, err := s.rotator(keyring.DefaultIterations)
	if err != nil {
		return err
	}
	e, err := r.PlanRevoke(ctx, gun, []string{tag})
	if err != nil {
		return c.unverified(gun, s.explain(ctx, err))
	}
	return c.applyEdit(ctx, s, r, e, tag)
}

// nothing is the result of asking for what is so already: nothing is sent, for an empty
// publish would only raise versions. What stays although it should not is said with it.
func (c *cli) nothing(gun trustdata.GUN, why error, stays ...string) error {
	c.say("%s", trustdata.VisibleError(why))
	return c.emitChange(&rotation.EditResult{GUN: gun, Changed: []trustdata.Role{}, Versions: map[trustdata.Role]int64{}, Verified: true, WillNotFollow: stays}, nil)
}
