package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/trustdata/tufrepo"
	"keyrite/ui/rotate"
)

// rotateArgs is the check of the arguments of rotate: with --tuf the role alone.
func (c *cli) rotateArgs(cmd *cobra.Command, args []string, f rotateFlags) error {
	switch {
	case f.resume+f.abandon != "":
		return usageArgs(cobra.NoArgs)(cmd, args)
	case f.several() && c.flags.tuf == "":
		return usageArgs(cobra.MaximumNArgs(1))(cmd, args)
	}
	if c.flags.tuf == "" {
		return usageArgs(cobra.ExactArgs(2))(cmd, args)
	}
	if len(args) != 1 {
		return usagef("%s --tuf takes the role alone, root or targets: the repository is %q", cmd.CommandPath(), c.flags.tuf)
	}
	return nil
}

// tufRotation is the rotation of one local TUF repository on its way.
type tufRotation struct {
	*session
	options tufrepo.Options
	plan    *tufrepo.Rotation
	// shown is the plan as every other rotation's is shown and confirmed.
	shown *rotation.Plan
	flags rotateFlags
}

// rotateTUF replaces the root or targets key of the local repository that --tuf names.
func (c *cli) rotateTUF(ctx context.Context, typedRole string, f rotateFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	switch {
	case tufrepo.IsURL(c.flags.tuf):
		return usagef("%q is a server, and only local repositories can be written", c.flags.tuf)
	case f.to != "":
		return usagef("--to is for trust servers: the keys of a local TUF repository are all here")
	case f.sameKey || f.legacy || f.key != "" || f.rootCert != "" || f.publicKey != "" || f.addOnly || f.removeOnly || f.threshold != 0:
		return usagef("--same-key, --legacy, --key, --root-cert, --public-key, --add-only, --remove-only and --threshold are for Notary repositories, not for those of TUF 1.0")
	case f.iterations < keyring.MinIterations:
		return usagef("--kdf-iterations %d is below %d", f.iterations, keyring.MinIterations)
	}
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	t := &tufRotation{session: s, flags: f}
	if t.options, err = s.tufOptions(); err != nil {
		return err
	}
	if c.flags.dryRun || c.flags.readOnly {
		if err := t.look(ctx, trustdata.Role(typedRole)); err != nil {
			return c.unverified(trustdata.GUN(t.options.Base), err)
		}
		if c.flags.dryRun {
			return c.emitPlan(tufPlanJSON(t.shown), rotate.PlanPage(t.shown))
		}
		return fmt.Errorf("rotating changes keys: %w", keyring.ErrReadOnly)
	}
	unlock, err := s.keys.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := t.finish(); err != nil {
		return err
	}
	waiting, err := s.strayOf(ctx, func(keyring.Staged) bool { return true })
	if err != nil {
		return err
	}
	for _, k := range waiting {
		t.note(rotation.Recovered{Stray: k}.Sentences()[0])
	}
	if err := t.look(ctx, trustdata.Role(typedRole)); err != nil {
		return c.unverified(trustdata.GUN(t.options.Base), err)
	}
	return t.apply(ctx)
}

// finish completes what an earlier rotation decided.
func (t *tufRotation) finish() error {
	done, err := tufrepo.Finish(t.options.Base)
	if err != nil {
		return fmt.Errorf("an earlier rotation of %q cannot be finished: %w", t.options.Base, err)
	}
	if done {
		t.note("an earlier rotation of " + t.options.Base + " was cut short; it is finished now")
	}
	return nil
}

// look verifies the repository and plans.
func (t *tufRotation) look(ctx context.Context, role trustdata.Role) error {
	base := trustdata.GUN(t.options.Base)
	res, err := tufrepo.Open(ctx, t.options)
	if err != nil {
		return err
	}
	held, err := t.held(ctx)
	if err != nil {
		return err
	}
	t.plan, err = tufrepo.PlanRotation(res, t.options, role, trustdata.KeyID(t.flags.oldKey),
		func(id trustdata.KeyID) bool { _, ok := held[id]; return ok })
	if errors.Is(err, tufrepo.ErrRequest) {
		return usage(err)
	}
	if err != nil {
		return fmt.Errorf("%q: %w", base, err)
	}
	t.shown = &rotation.Plan{ID: t.cli.now().UTC().Format("20060102T150405Z") + rotation.FolderOp, Kind: "rotate", Request: rotation.Request{GUN: base, Role: t.plan.Role},
		Server: t.options.Base, Dialect: trustdata.DialectTUF, Command: fmt.Sprintf("keyrite rotate %s %s", t.cli.tufFlags(), t.plan.Role), Changes: t.plan.Changes, OldKeys: []trustdata.KeyID{t.plan.Old}, RootVersion: t.plan.RootVersion,
		Steps: []string{"make the new key and lock it with its passphrase", "sign, and verify with go-tuf as clients will after each step",
			"write the new files beside the old ones, then give each its name", "read the repository back from its first root and verify it"},
		WillNotFollow: []string{}}
	for _, n := range t.plan.Needs {
		t.shown.Need = append(t.shown.Need, rotation.Need{KeyID: n.KeyID, Role: n.Role, GUN: base, Why: n.Why})
	}
	t.shown.Need = append(t.shown.Need, rotation.Need{Role: t.plan.Role, GUN: base, New: true,
		Why: fmt.Sprintf("the new %s key is made here and locked with this passphrase", t.plan.Role.Title())})
	return nil
}

func (t *tufRotation) apply(ctx context.Context) error {
	c := t.cli
	recipients, err := c.rotationRecipients(ctx, t.flags)
	if err != nil {
		return err
	}
	waived, err := c.confirmRotation(ctx, confirmationOf(t.shown, t.flags))
	if err != nil {
		return err
	}
	open, err := c.satisfy(ctx, t.session, t.shown.Need)
	if err != nil {
		return err
	}
	defer open.wipe()
	next, staged, err := t.make(ctx, open.making[t.plan.Role])
	if err != nil {
		return err
	}
	defer next.Wipe()
	change, also, err := t.prepare(ctx, open, next, staged, recipients)
	waived = append(waived, also...)
	for _, what := range waived {
		err = errors.Join(err, t.waive(t.shown.Kind, string(t.shown.GUN), what))
	}
	if err != nil {
		_, discarding := t.keys.Discard(ctx, t.shown.ID, staged.KeyID, c.now())
		return errors.Join(fmt.Errorf("nothing was written: %w", err), discarding)
	}
	if err := t.promote(ctx, staged.KeyID); err != nil {
		return err
	}
	return t.write(ctx, change, staged.KeyID, waived)
}

// make makes the new key in pending/, locked with pass.
func (t *tufRotation) make(ctx context.Context, pass keyring.Passphrase) (*keyring.PrivateKey, keyring.Staged, error) {
	next, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		return nil, keyring.Staged{}, err
	}
	staged, err := t.keys.Stage(ctx, t.shown.ID, next, pass, keyring.Header{Role: string(t.plan.Role)}, keyring.Format{Iterations: t.flags.iterations})
	if err != nil {
		next.Wipe()
		return nil, keyring.Staged{}, fmt.Errorf("the new %s key was not made: %w", t.plan.Role.Title(), err)
	}
	return next, staged, nil
}

// promote brings the new key into private/ before anything lists it: whatever the moment,
// it is not lost.
func (t *tufRotation) promote(ctx context.Context, id trustdata.KeyID) error {
	if err := t.keys.Promote(ctx, t.shown.ID, id); err != nil {
		return fmt.Errorf("nothing was written, and the new key stays in pending/: %w", err)
	}
	return nil
}

// prepare signs, rehearses and backs up, all before the repository is touched.
func (t *tufRotation) prepare(ctx context.Context, open *opened, next *keyring.PrivateKey, staged keyring.Staged, recipients []backup.Recipient) (*tufrepo.Change, []string, error) {
	keys := map[trustdata.KeyID]trustdata.SigningKey{}
	for id, k := range open.keys {
		keys[id] = k
	}
	change, err := t.plan.Build(ctx, keys, next, t.cli.now())
	if err != nil || t.flags.backupTo == "" {
		return change, nil, err
	}
	res, err := t.backupBefore(ctx, []keyring.Staged{staged}, t.flags.backupTo, recipients)
	if err != nil {
		return nil, nil, fmt.Errorf("the backup before the rotation failed: %w", err)
	}
	t.cli.progress("backed up: " + trustdata.Visible(res.File))
	return change, slices.Clone(res.Waived), nil
}

// write puts the change in place and says what became of it.
func (t *tufRotation) write(ctx context.Context, change *tufrepo.Change, next trustdata.KeyID, waived []string) error {
	result, err := t.land(ctx, change, next, func(step string) { t.cli.progress(rotate.StepSentence(step, t.shown)) })
	if err != nil {
		return t.cli.unverified(trustdata.GUN(t.options.Base), err)
	}
	result.Waived = append(result.Waived, waived...)
	return t.cli.emit(result, rotate.ResultPage(t.shown, result))
}

// land puts the change in place, reads it back and remembers what is there now.
func (t *tufRotation) land(ctx context.Context, change *tufrepo.Change, next trustdata.KeyID, progress rotation.Progress) (*rotation.Result, error) {
	base, now := t.options.Base, t.cli.now()
	progress("send")
	if _, err := change.Write(ctx, now); err != nil {
		switch {
		case errors.Is(err, tufrepo.ErrDecided):
			err = fmt.Errorf("%w: %w", rotation.ErrLanded, err)
		case errors.Is(err, tufrepo.ErrMoved):
			err = fmt.Errorf("%w: %w", rotation.ErrMoved, err)
		}
		return nil, fmt.Errorf("%q: %w; the new key %s is kept in private/", base, err, next.Short())
	}
	progress("confirm")
	if _, err := tufrepo.Open(ctx, t.options); err != nil {
		return nil, fmt.Errorf("%w: %w", rotation.ErrLanded, err)
	}
	yes := true
	result := &rotation.Result{GUN: trustdata.GUN(base), Role: t.plan.Role, OldKeys: t.shown.OldKeys, NewKeys: []trustdata.KeyID{next},
		Published: &yes, RootVersion: t.plan.RootVersion, Verified: true, Waived: []string{}}
	detail := fmt.Sprintf("%s: %s instead of %s, root version %d", t.plan.Role, next, t.plan.Old, t.plan.RootVersion)
	if err := t.state.Activity().Append(state.Act{What: "rotate", On: base, Result: "done", Detail: detail}); err != nil {
		result.Notes = append(result.Notes, fmt.Sprintf("this could not be recorded: %v", err))
	}
	return result, nil
}

func tufPlanJSON(p *rotation.Plan) planJSON {
	return planJSON{ID: p.ID, Kind: p.Kind, Steps: p.Steps, Needs: p.Need, Changes: p.Changes, WillNotFollow: p.WillNotFollow}
}
