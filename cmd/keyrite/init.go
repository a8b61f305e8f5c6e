package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui/change"
)

// initFlags are those of keyrite init.
type initFlags struct {
	rootKey    string
	rootCert   string
	newRoot    bool
	anew       bool
	iterations int
}

func (c *cli) initCommand() *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use: "init GUN", Short: "Found a repository's trust on a root key",
		Long: "Found a repository's trust: a repository key is made here, the server makes and holds the snapshot and\n" +
			"timestamp keys, and a root key vouches for them. The root key that is here is taken; where there are\n" +
			"several, --root-key says which, or a question does. --new-root makes one: it is the most sensitive key,\n" +
			"cannot be recovered, and belongs in two backups.\n\n" +
			"--root-cert takes a certificate that a CA issued for the root key, for clients that pin the CA: the leaf,\n" +
			"named like the repository, then the CA certificates above it. Without it the key signs one of its own.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.init(cmd.Context(), args[0], f) },
	}
	cmd.Flags().StringVar(&f.rootKey, "root-key", "", "found it on the root key with this `ID`")
	cmd.Flags().StringVar(&f.rootCert, "root-cert", "", "certificate chain of the root key in `FILE`, as a CA issued it (PEM)")
	cmd.Flags().BoolVar(&f.anew, "anew", false, "found it although it was seen here before: its root key is lost, or its server was reset")
	cmd.Flags().BoolVar(&f.newRoot, "new-root", false, "make a new root key for it")
	cmd.Flags().IntVar(&f.iterations, "kdf-iterations", keyring.DefaultIterations, "PBKDF2 rounds that lock a new key (at least 2048)")
	return cmd
}

func (c *cli) init(ctx context.Context, typed string, f initFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if f.newRoot && (f.rootKey != "" || f.rootCert != "") {
		return usagef("--new-root excludes --root-key and --root-cert")
	}
	if f.iterations < keyring.MinIterations {
		return usagef("--kdf-iterations %d is below %d", f.iterations, keyring.MinIterations)
	}
	s, gun, err := c.changing(ctx, "founding a repository", typed)
	if err != nil {
		return err
	}
	req, err := c.initRequest(ctx, s, gun, f)
	if err != nil {
		return err
	}
	r, err := s.rotator(f.iterations)
	if err != nil {
		return err
	}
	plan, err := r.PlanInit(ctx, req)
	var choice *rotation.RootChoiceError
	if errors.As(err, &choice) && c.canPrompt() && !c.flags.yes {
		if req.Root, err = c.chooseRoot(ctx, s, choice.Roots); err == nil {
			plan, err = r.PlanInit(ctx, req)
		}
	}
	if err != nil {
		return err
	}
	if c.flags.dryRun {
		return c.emitPlan(plan, change.PlanPage(change.Plan{Kind: plan.Kind, GUN: plan.GUN, Changes: plan.Changes,
			WillNotFollow: plan.WillNotFollow, Steps: plan.Steps, Needs: plan.Need}))
	}
	return c.applyInit(ctx, s, r, plan)
}

func (c *cli) applyInit(ctx context.Context, s *session, r *rotation.Rotator, plan *rotation.Init) error {
	if err := c.ensureTrustDir(s); err != nil {
		return err
	}
	release, err := c.begin(ctx, s, r)
	if err != nil {
		return err
	}
	defer release()
	word := string(plan.GUN)
	if plan.RootKey == "" {
		word = "new root key"
		if err := c.showConsequences(plan.GUN); err != nil {
			return err
		}
	}
	if err := c.confirm(ctx, append(plan.Changes, plan.WillNotFollow...), word, fmt.Sprintf("founding %q", plan.GUN)); err != nil {
		return err
	}
	open, err := c.satisfy(ctx, s, plan.Need)
	if err != nil {
		return err
	}
	defer open.wipe()
	res, err := r.ApplyInit(ctx, plan, open.signing(),
		rotation.InitPassphrases{Root: open.making[trustdata.RoleRoot], Targets: open.making[trustdata.RoleTargets]}, c.stepping)
	if err != nil {
		return c.landed(res, err)
	}
	return c.emitChange(res, append(plan.Changes, "back up the new keys now: keyrite backup create --to DIR -r RECIPIENT"))
}

// ensureTrustDir makes the first trust directory where there is none yet: a new key needs
// a place.
func (c *cli) ensureTrustDir(s *session) error {
	if c.flags.readOnly || len(s.paths.trust) == 0 || !missing(s.paths.trust[0]) {
		return nil
	}
	dir, err := keyring.OpenDir(s.paths.trust[0], keyring.DirOptions{Create: true})
	if err != nil {
		return err
	}
	s.dirs[0], s.keys[0] = dir, dir
	return nil
}
