package main

import (
	"context"
	"errors"
	"fmt"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
	backupui "keyrite/ui/backup"
	"keyrite/ui/restore"
)

func (c *cli) backupRestore(ctx context.Context, files []string, f backupFlags) error {
	c.collectAsUsual()
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
	plan, err := backup.PlanRestore(ctx, absolute(files[0]), ids, to, backup.RestoreOptions{Replace: f.replace, Now: c.now(), Passphrases: c.keyPassphrases, Open: c.reading(ctx),
		Also: files[1:], Salvage: f.salvage})
	if err != nil {
		return c.notRestored(absolute(files[0]), to.Path(), err)
	}
	old := c.sayUnlisted(ctx, plan)
	if c.flags.dryRun {
		page := restore.PlanPage(plan)
		restore.Warn(&page, plan, old)
		return c.emitPlan(restorePlanJSON(plan, old), page)
	}
	res, err := plan.Apply(ctx, nil)
	if err != nil {
		return c.notRestored(plan.File, plan.To, err)
	}
	c.recorded(res)
	return c.restored(res, plan, old)
}

// recordRestore tells the activity log.
func (s *session) recordRestore(res *backup.RestoreResult) error {
	how := "done"
	if !res.OK {
		how = "salvaged"
	}
	return s.state.Activity().Append(state.Act{What: "restore", On: res.To, Result: how,
		Detail: fmt.Sprintf("%d keys restored, %d replaced, %d lost, from %s", len(res.Restored), len(res.Replaced), len(res.Lost), res.File)})
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

// restored prints a restore that was carried out. From a damaged backup it is an error all
// the same.
func (c *cli) restored(res *backup.RestoreResult, plan *backup.RestorePlan, old map[trustdata.KeyID]string) error {
	page := restore.RestoredPage(res)
	var others []backup.Copy
	if !res.OK {
		others = c.otherCopies(res.File, plan.Salvage)
		page.Sections = append(page.Sections, backupui.Elsewhere(others)...)
	}
	if err := c.emit(struct {
		*backup.RestoreResult
		Unlisted    []unlistedKey `json:"unlisted"`
		OtherCopies []backup.Copy `json:"other_copies"`
	}{res, unlistedKeys(plan, old), list(others)}, page); err != nil {
		return err
	}
	return salvaged(res, plan, others)
}

// notRestored prints what exit code 3 promises to JSON readers, for a backup that is
// damaged; it returns err.
func (c *cli) notRestored(file, to string, err error) error {
	left := backup.SalvageOf(err)
	if left == nil && !errors.Is(err, backup.ErrDamaged) {
		return err
	}
	others := c.otherCopies(file, left)
	told := damagedCopy(err, others)
	if !c.flags.json || !errors.Is(err, backup.ErrDamaged) {
		return told
	}
	none := []trustdata.KeyID{}
	return errors.Join(told, c.emitJSON(struct {
		backup.RestoreResult
		Problems    []string        `json:"problems"`
		Salvage     *backup.Salvage `json:"salvage,omitempty"`
		OtherCopies []backup.Copy   `json:"other_copies"`
	}{backup.RestoreResult{File: file, To: to, Restored: none, Same: none, Replaced: none, Refused: []backup.Refusal{},
		Trashed: []string{}, Metadata: []trustdata.GUN{}, Kept: []trustdata.GUN{}, Lost: []backup.Lost{}, LostMetadata: []trustdata.GUN{}, Given: []backup.Given{}},
		[]string{trustdata.VisibleError(err)}, left, list(others)}))
}
