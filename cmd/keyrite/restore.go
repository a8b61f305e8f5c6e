package main

import (
	"context"
	"errors"
	"fmt"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
	"keyrite/ui/restore"
)

func (c *cli) backupRestore(ctx context.Context, file string, f backupFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if f.into == "" {
		return usagef("say where the keys go: --to DIR")
	}
	if c.flags.readOnly {
		return fmt.Errorf("restoring writes keys: %w", keyring.ErrReadOnly)
	}
	ids, err := c.needIdentities(ctx, f)
	if err != nil {
		return err
	}
	to, err := keyring.OpenDir(absolute(f.into), keyring.DirOptions{Create: !c.flags.dryRun})
	if err != nil {
		return err
	}
	plan, err := backup.PlanRestore(ctx, absolute(file), ids, to, backup.RestoreOptions{Replace: f.replace, Now: c.now(), Passphrases: c.keyPassphrases, Open: reading(ctx)})
	if err != nil {
		return c.notRestored(absolute(file), to.Path(), err)
	}
	if c.flags.dryRun {
		return c.emitPlan(restorePlanJSON(plan), restore.PlanPage(plan))
	}
	res, err := plan.Apply(ctx, nil)
	if err != nil {
		return c.notRestored(plan.File, plan.To, err)
	}
	c.recorded(res)
	return c.emit(res, restore.RestoredPage(res))
}

// recordRestore tells the activity log.
func (s *session) recordRestore(res *backup.RestoreResult) error {
	return s.state.Activity().Append(state.Act{What: "restore", On: res.To, Result: "done",
		Detail: fmt.Sprintf("%d keys restored, %d replaced, from %s", len(res.Restored), len(res.Replaced), res.File)})
}

// recorded records a restore, which is done even on a machine that has no place for a log.
func (c *cli) recorded(res *backup.RestoreResult) {
	s, err := c.open()
	if err == nil {
		err = s.recordRestore(res)
	}
	if err != nil {
		c.say("this could not be recorded: %s", trustdata.VisibleError(err))
	}
}

// notRestored prints what exit code 3 promises to JSON readers, for a backup that is
// damaged; it returns err.
func (c *cli) notRestored(file, to string, err error) error {
	if !c.flags.json || !errors.Is(err, backup.ErrDamaged) {
		return err
	}
	none := []trustdata.KeyID{}
	return errors.Join(err, c.emitJSON(struct {
		backup.RestoreResult
		Problems []string `json:"problems"`
	}{backup.RestoreResult{File: file, To: to, Restored: none, Same: none, Replaced: none, Refused: []backup.Refusal{},
		Trashed: []string{}, Metadata: []trustdata.GUN{}, Kept: []trustdata.GUN{}}, []string{trustdata.VisibleError(err)}}))
}
