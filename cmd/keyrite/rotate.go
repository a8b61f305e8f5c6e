package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/ui/rotate"
)

// rotateFlags are those of keyrite rotate alone.
type rotateFlags struct {
	to         string
	iterations int
	backupTo   string
	recipients []string
	oldKey     string // of a TUF repository
	// resume and abandon name an unfinished operation, in the place of GUN and ROLE.
	resume, abandon string
}

func (c *cli) rotateCommand() *cobra.Command {
	var f rotateFlags
	cmd := &cobra.Command{
		Use: "rotate GUN ROLE", Short: "Replace the key of a role: root, targets, snapshot or timestamp",
		Long: "Replace the key of a role. The new key waits in pending/ until the server's new state has been read\n" +
			"back with an empty cache and verified; only then it moves into private/, and an old targets or snapshot\n" +
			"key moves to the trash. Old root keys stay. --dry-run prints the plan.",
		Args: func(cmd *cobra.Command, args []string) error { return c.rotateArgs(cmd, args, f) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.resume+f.abandon != "" {
				return c.goOn(cmd.Context(), f)
			}
			if c.flags.tuf != "" {
				return c.rotateTUF(cmd.Context(), args[0], f)
			}
			return c.rotate(cmd.Context(), args[0], args[1], f)
		},
	}
	cmd.Flags().StringVar(&f.to, "to", "", "who holds the new key: `server` or local (default: as it is)")
	cmd.Flags().StringVar(&f.resume, "resume", "", "go on with the unfinished operation `ID`: keyrite rotations lists them")
	cmd.Flags().StringVar(&f.abandon, "abandon", "", "give up the unfinished operation `ID`")
	cmd.Flags().IntVar(&f.iterations, "kdf-iterations", keyring.DefaultIterations, "PBKDF2 rounds that lock a new key (at least 2048)")
	cmd.Flags().StringVar(&f.oldKey, "old-key", "", "with --tuf: the key `ID` that goes, where the role has several")
	cmd.Flags().StringVar(&f.backupTo, "backup-to", "", "before anything is sent, back up all keys, old and new, into `DIR` and read that back")
	cmd.Flags().StringArrayVarP(&f.recipients, "recipient", "r", nil, "age `RECIPIENT` of that backup (repeatable)")
	return cmd
}

// rotator is the session's way to rotate.
func (s *session) rotator(iterations int) (*rotation.Rotator, error) {
	journal, err := s.journal()
	if err != nil {
		return nil, err
	}
	return &rotation.Rotator{
		Fetch: s.exact().Fetch, Fresh: s.fresh().Fetch,
		Pins: s.pins, FetchMade: s.fetchMade,
		Server:      func(gun trustdata.GUN) (rotation.TrustServer, error) { return s.trustServer(gun) },
		Keys:        s.keys,
		State:       s.state,
		Journal:     journal,
		Place:       absolute(s.paths.trust[0]),
		StillListed: s.stillListed,
		Now:         s.cli.now,
		Format:      keyring.Format{Iterations: iterations},
	}, nil
}

// journal is that of every operation.
func (s *session) journal() (*rotation.Journal, error) {
	return rotation.OpenJournal(s.paths.state, s.cli.now)
}

// backupBefore backs up every key, the new one in pending/ included, reads it back, and
// decrypts it where an identity is at hand.
func (s *session) backupBefore(ctx context.Context, staged []keyring.Staged, dir string, recipients []backup.Recipient) (*backup.CreateResult, error) {
	src, err := s.backupSource(ctx)
	if err != nil {
		return nil, err
	}
	src.Staged = staged
	plan, err := backup.PlanCreate(ctx, src, backup.CreateOptions{Dir: absolute(dir), Recipients: recipients, Now: s.cli.now()})
	if err != nil {
		return nil, err
	}
	res, err := plan.Apply(ctx, nil)
	if err != nil {
		return nil, err
	}
	s.cli.remember(s, "back up", backup.Record{File: res.File, SHA256: res.SHA256, State: res.State, Waived: res.Waived})
	return res, nil
}

func (c *cli) rotate(ctx context.Context, typedGUN, typedRole string, f rotateFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	role, err := trustdata.ParseRole(typedRole)
	if err != nil {
		return usage(err)
	}
	to := rotation.Manager(f.to)
	if to != rotation.Same && to != rotation.Local && to != rotation.Server {
		return usagef("--to %q is neither server nor local", f.to)
	}
	if f.iterations < keyring.MinIterations {
		return usagef("--kdf-iterations %d is below %d", f.iterations, keyring.MinIterations)
	}
	if c.flags.offline {
		return usagef("rotating is not possible with --offline")
	}
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	gun, err := s.resolve(ctx, typedGUN)
	if err != nil {
		return err
	}
	r, err := s.rotator(f.iterations)
	if err != nil {
		return err
	}
	plan, err := r.Plan(ctx, rotation.Request{GUN: gun, Role: role, To: to})
	if err != nil {
		return c.unverified(gun, s.explain(ctx, err))
	}
	if c.flags.dryRun {
		return c.emitPlan(plan, rotate.PlanPage(plan))
	}
	return c.applyRotation(ctx, s, r, plan, f)
}

func (c *cli) applyRotation(ctx context.Context, s *session, r *rotation.Rotator, plan *rotation.Plan, f rotateFlags) error {
	if c.flags.readOnly {
		return fmt.Errorf("rotating changes keys: %w", keyring.ErrReadOnly)
	}
	var recipients []backup.Recipient
	var err error
	if f.backupTo != "" {
		if recipients, err = c.recipientsOf(backupFlags{recipients: f.recipients}); err != nil {
			return err
		}
	}
	unlock, err := s.keys.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.recover(ctx, r); err != nil {
		return err
	}
	waived, err := c.confirmRotation(ctx, plan, f)
	if err != nil {
		return err
	}
	open, err := c.satisfy(ctx, s, plan.Needs())
	if err != nil {
		return err
	}
	defer open.wipe()
	prep, err := r.Prepare(ctx, plan, open.making[plan.Role])
	if err != nil {
		return err
	}
	if f.backupTo != "" {
		res, err := s.backupBefore(ctx, prep.Staged, f.backupTo, recipients)
		if err != nil {
			return errors.Join(fmt.Errorf("the backup before the rotation failed, nothing was sent: %w", err), r.Abandon(ctx, prep))
		}
		c.progress("backed up: " + trustdata.Visible(res.File))
		waived = append(waived, res.Waived...)
	}
	for _, what := range waived {
		if err := s.waive(plan, what); err != nil {
			return errors.Join(fmt.Errorf("nothing was sent, because what was waived could not be recorded: %w", err), r.Abandon(ctx, prep))
		}
	}
	if err := noteWaived(prep, waived); err != nil {
		return errors.Join(err, r.Abandon(ctx, prep))
	}
	result, err := r.Publish(ctx, prep, open.signing(), func(step string) { c.progress(rotate.StepSentence(step, plan)) })
	if result != nil {
		result.Waived = append(result.Waived, waived...)
	}
	if err != nil {
		return c.landed(result, err)
	}
	for _, note := range result.Notes {
		c.say("%s", trustdata.Visible(note))
	}
	return c.emit(result, rotate.ResultPage(plan, result))
}

// noteWaived puts into the journal what an operation is done without.
func noteWaived(prep *rotation.Prepared, waived []string) error {
	for _, what := range waived {
		if err := prep.Waived(what); err != nil {
			return fmt.Errorf("nothing was sent, because what was waived could not be recorded: %w", err)
		}
	}
	return nil
}

// goOn finishes or gives up what an earlier run has begun.
func (c *cli) goOn(ctx context.Context, f rotateFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	switch {
	case c.flags.offline:
		return usagef("going on with a change is not possible with --offline")
	case f.resume != "" && f.abandon != "":
		return usagef("--resume and --abandon exclude each other")
	case c.flags.dryRun:
		return usagef("--dry-run has no plan for this: keyrite rotations says how the operation stands")
	case f.resume != "":
		return c.resumeRotation(ctx, f.resume, f.iterations)
	}
	return c.abandonRotation(ctx, f.abandon, f.iterations)
}

// waive records what a rotation was done without.
func (s *session) waive(p *rotation.Plan, what string) error {
	return s.state.Activity().Append(state.Act{What: p.Kind, On: string(p.GUN), Result: "waived", Detail: what})
}

// progress tells a person at a terminal what is being done; a script sees only results.
func (c *cli) progress(sentence string) {
	if _, ok := terminal(c.err); ok {
		fmt.Fprintf(c.err, "%s\n", sentence)
	}
}

// opened are the keys and new passphrases that a plan needs.
type opened struct {
	keys   map[trustdata.KeyID]*keyring.PrivateKey
	making map[trustdata.Role]keyring.Passphrase
}

// satisfy opens every key that a plan needs and asks for the passphrases of those it
// makes, so that a wrong passphrase is found while nothing has happened.
func (c *cli) satisfy(ctx context.Context, s *session, needs []rotation.Need) (*opened, error) {
	o := &opened{map[trustdata.KeyID]*keyring.PrivateKey{}, map[trustdata.Role]keyring.Passphrase{}}
	for _, n := range needs {
		var err error
		if n.New {
			o.making[n.Role], err = c.newPassphrase(ctx, string(n.Role))
		} else {
			o.keys[n.KeyID], err = c.openNeeded(ctx, s, n)
		}
		if err != nil {
			o.wipe()
			return nil, err
		}
	}
	return o, nil
}

// openNeeded opens a key of a plan. One that an unfinished operation has made may wait in
// pending/ still.
func (c *cli) openNeeded(ctx context.Context, s *session, n rotation.Need) (*keyring.PrivateKey, error) {
	if n.Staged != "" {
		return c.openKey(ctx, rotation.WithStaged{Store: s.keys, Op: n.Staged}, n.KeyID, string(n.Role), n.Why)
	}
	return c.openKey(ctx, s.keys, n.KeyID, string(n.Role), n.Why)
}

// newPass is the passphrase of the new keys; an operation makes those of one role.
func (o *opened) newPass() keyring.Passphrase {
	for _, p := range o.making {
		return p
	}
	return keyring.Passphrase{}
}

// wipe forgets everything that was opened.
func (o *opened) wipe() {
	for _, k := range o.keys {
		if k != nil {
			k.Wipe()
		}
	}
	for _, p := range o.making {
		p.Wipe()
	}
}

// signing are the opened keys as a change takes them.
func (o *opened) signing() rotation.Keys {
	out := rotation.Keys{}
	for id, k := range o.keys {
		out[id] = k
	}
	return out
}

// confirmRotation asks for the confirmation that the plan's danger demands: the name of
// the repository to be typed. --yes answers it, and waives the backup of a root key
// unless one is made.
func (c *cli) confirmRotation(ctx context.Context, plan *rotation.Plan, f rotateFlags) ([]string, error) {
	backedUp := f.backupTo != "" || plan.Role != trustdata.RoleRoot
	if c.flags.requireBackup && !backedUp {
		return nil, fmt.Errorf("rotating a root key without a backup of the old and the new key: %w: name a folder with --backup-to and a recipient with -r", errRequired)
	}
	if c.flags.yes {
		if backedUp {
			return nil, nil
		}
		return []string{"backup"}, nil
	}
	if !c.canPrompt() {
		return nil, fmt.Errorf("rotating the %s key of %q wants a confirmation: %w", plan.Role.Title(), plan.GUN, errUnanswered)
	}
	for _, line := range append(plan.Changes, plan.WillNotFollow...) {
		fmt.Fprintf(c.err, "  %s\n", trustdata.Visible(line))
	}
	var waived []string
	in := bufio.NewReader(c.in)
	if !backedUp {
		reason, err := c.ask(ctx, in, "The old and the new root key would not be backed up. Type why, or nothing to stop: ")
		if err != nil || reason == "" {
			return nil, errors.Join(fmt.Errorf("stopped before anything changed: %w", errUnanswered), err)
		}
		waived = append(waived, "backup: "+reason)
	}
	typed, err := c.ask(ctx, in, fmt.Sprintf("Type %s to rotate its %s key: ", plan.GUN, plan.Role.Title()))
	if err != nil {
		return nil, err
	}
	if typed != string(plan.GUN) {
		return nil, fmt.Errorf("that is not %q; nothing has changed: %w", plan.GUN, errUnanswered)
	}
	return waived, nil
}

// ask reads one visible line from the terminal. An interrupt ends it at once; the read that
// is left behind ends with the program.
func (c *cli) ask(ctx context.Context, in *bufio.Reader, question string) (string, error) {
	fmt.Fprint(c.err, trustdata.Visible(question))
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := in.ReadString('\n')
		got <- answer{line, err}
	}()
	select {
	case a := <-got:
		if a.err != nil {
			return "", fmt.Errorf("reading the answer: %w", a.err)
		}
		return strings.TrimSpace(a.line), nil
	case <-ctx.Done():
		fmt.Fprintln(c.err)
		return "", fmt.Errorf("nothing has changed: %w", ctx.Err())
	}
}

// recover looks at what earlier runs have left, finishes what has landed, and says how the
// rest stands.
func (c *cli) recover(ctx context.Context, r *rotation.Rotator) error {
	found, err := r.Recover(ctx)
	if err != nil {
		return err
	}
	for _, f := range found {
		for _, sentence := range f.Sentences() {
			c.say("%s", trustdata.Visible(sentence))
		}
	}
	return nil
}
