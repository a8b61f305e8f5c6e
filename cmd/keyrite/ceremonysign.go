package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	shown "keyrite/ui/ceremony"
)

// signFlags are those of keyrite ceremony sign.
type signFlags struct {
	rotateFlags
	dir, sum string
	roots    []string
	tofu     bool
}

func (c *cli) ceremonySignCommand() *cobra.Command {
	var f signFlags
	cmd := &cobra.Command{
		Use: "sign FILE --to DIR", Short: "Sign what a ceremony asks for, on the machine that has the root key; no network is asked",
		Long: "Sign what a ceremony asks for, on the machine that has the root key. It asks no network. The roots in the\n" +
			"file must lead on from the one that this machine knows; where it knows none, somebody must name one. A new root\n" +
			"key is made here, and comes into private/ once the signed file is written and read back. The same command once\n" +
			"more writes the same file: nothing is signed twice.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.ceremonySign(cmd.Context(), args[0], f) },
	}
	cmd.Flags().StringVar(&f.dir, "to", "", "the folder that the signed file and the record go to: `DIR`")
	cmd.Flags().StringVar(&f.sum, "sha256", "", "the file's SHA-256 as the machine that prepared it showed it: `HEX`")
	cmd.Flags().StringArrayVar(&f.roots, "root-sha256", nil, "where nothing is known of a repository: the SHA-256 of one of its root.json, `GUN=HEX` (repeatable)")
	cmd.Flags().BoolVar(&f.tofu, "tofu", false, "where nothing is known of a repository: believe the file (trust on first use); the record says so")
	cmd.Flags().StringVar(&f.backupTo, "backup-to", "", "before anything is signed, back up all keys, old and new, into `DIR` and read that back")
	cmd.Flags().StringArrayVarP(&f.recipients, "recipient", "r", nil, "age `RECIPIENT` of that backup (repeatable)")
	cmd.Flags().IntVar(&f.iterations, "kdf-iterations", keyring.DefaultIterations, "PBKDF2 rounds that lock a new key (at least 2048)")
	return cmd
}

// offlineRotator is one that asks nobody, whatever it is told.
func (s *session) offlineRotator(iterations int) (*rotation.Rotator, error) {
	r, err := s.rotator(iterations)
	if err != nil {
		return nil, err
	}
	refuse := errors.New("a ceremony's offline machine asks no server")
	none := func(context.Context, trustdata.GUN) (*remote.Result, error) { return nil, refuse }
	r.Fetch, r.Fresh = none, none
	r.Known = func(context.Context, *remote.Result, trustdata.ListedID) (*remote.Result, error) { return nil, refuse }
	r.Server = func(trustdata.GUN) (rotation.TrustServer, error) { return nil, refuse }
	return r, nil
}

func (c *cli) ceremonySign(ctx context.Context, file string, f signFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if _, err := c.rotationFlags(f.rotateFlags); err != nil {
		return err
	}
	if f.dir == "" && !c.flags.dryRun {
		return usagef("say where the signed file goes: --to DIR")
	}
	b, err := ceremony.ReadFile(absolute(file))
	if err != nil {
		return c.damagedBundle(file, err)
	}
	trust, err := ceremonyTrust(b, f)
	if err != nil {
		return err
	}
	s, r, release, err := c.settled(ctx, func(s *session) (*rotation.Rotator, error) { return s.offlineRotator(f.iterations) })
	if err != nil {
		return err
	}
	defer release()
	trust.Local = s.local
	plan, err := c.planSigning(ctx, r, b, trust)
	if err != nil {
		return c.notBelieved(file, b, s.explain(ctx, err))
	}
	if c.flags.dryRun {
		return c.emitPlan(planJSON{ID: b.ID, Kind: b.Kind, Steps: shown.SigningSteps(plan), Needs: plan.Need, Changes: list(plan.Changes), WillNotFollow: plan.WillNotFollow}, shown.SigningPage(plan))
	}
	return c.signPlanned(ctx, s, r, plan, f)
}

// notBelieved prints what exit code 3 promises to JSON readers.
func (c *cli) notBelieved(file string, b *ceremony.Bundle, err error) error {
	if !c.flags.json || !errors.Is(err, trustdata.ErrVerify) {
		return err
	}
	return errors.Join(err, c.emitJSON(bundleJSON{File: absolute(file), SHA256: digest(b.SHA256), Problems: []string{trustdata.VisibleError(err)},
		Stage: b.Stage(), Prepared: &b.Prepared, Roots: rootsOf(b), Signed: b.Signed}))
}

// ceremonyTrust reads what the command line says of a file and of roots.
func ceremonyTrust(b *ceremony.Bundle, f signFlags) (rotation.CeremonyTrust, error) {
	t := rotation.CeremonyTrust{Given: map[trustdata.GUN]string{}, FirstUse: f.tofu}
	if f.sum != "" {
		sum, err := sha256Of(f.sum)
		if err != nil {
			return t, err
		}
		if sum != b.SHA256 {
			return t, fmt.Errorf("%w: its SHA-256 is %s, and not the one that --sha256 names", rotation.ErrCeremony, b.SHA256)
		}
	}
	for _, typed := range f.roots {
		name, sum, named := strings.Cut(typed, "=")
		if !named {
			if len(b.Repositories) > 1 {
				return t, usagef("the file is for %d repositories: --root-sha256 GUN=HEX", len(b.Repositories))
			}
			name, sum = string(b.Repositories[0].GUN), typed
		}
		if b.Repository(trustdata.GUN(name)) == nil {
			return t, usagef("--root-sha256: the file is not for %q", name)
		}
		given, err := sha256Of(sum)
		if err != nil {
			return t, err
		}
		t.Given[trustdata.GUN(name)] = given
	}
	return t, nil
}

// sha256Of reads 64 hex digits, with "sha256:" before them and spaces between them or not.
func sha256Of(typed string) (string, error) {
	sum := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(typed, "sha256:"), " ", ""))
	if b, err := hex.DecodeString(sum); err != nil || len(b) != 32 {
		return "", usagef("%q is no SHA-256 of 64 hex digits", typed)
	}
	return sum, nil
}

// signPlanned carries a plan out: confirmation, keys, backup, and the files.
func (c *cli) signPlanned(ctx context.Context, s *session, r *rotation.Rotator, plan *rotation.SigningPlan, f signFlags) error {
	out := signedJSON{}
	write := func(b *ceremony.Bundle) error { return c.writeSigned(b, f.dir, &out) }
	if plan.Signed != nil {
		c.say("this file was signed here before; the very same is written once more")
		notes, err := r.SignedAgain(ctx, plan, write)
		return c.signed(plan.Signed, &out, notes, err)
	}
	recipients, err := c.rotationRecipients(ctx, f.rotateFlags)
	if err != nil {
		return err
	}
	waived, err := c.confirmSigning(ctx, plan, f)
	if err != nil {
		return err
	}
	open, err := c.satisfy(ctx, s, plan.Need)
	if err != nil {
		return err
	}
	defer open.wipe()
	prep, err := r.PrepareSigning(ctx, plan, open.signing(), open.newPass())
	if err != nil {
		return err
	}
	if _, err := c.beforeSending(ctx, s, r, prep, f.backupTo, recipients, waived); err != nil {
		return err
	}
	b, notes, err := r.SignCeremony(ctx, plan, prep, open.signing(), "keyrite "+version(), write)
	return c.signed(b, &out, notes, err)
}

func (c *cli) signed(b *ceremony.Bundle, out *signedJSON, notes []string, err error) error {
	if err != nil {
		return err
	}
	for _, note := range notes {
		c.say("%s", trustdata.Visible(note))
	}
	return c.emit(out, shown.SignedPage(out.File, out.RecordText, b))
}
