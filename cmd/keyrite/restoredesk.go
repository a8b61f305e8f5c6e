package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/trustdata"
	"keyrite/ui"
	backupui "keyrite/ui/backup"
	"keyrite/ui/keys"
	"keyrite/ui/restore"
)

// Look implements restore.Service. A drive that cannot be read is passed over: it is in the
// list of drives with its reason.
func (d restoreDesk) Look(ctx context.Context) ([]restore.Found, error) {
	places, err := backupDesk(d).Drives(ctx)
	if errors.Is(err, media.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	known, err := d.session.copies()
	if err != nil {
		return nil, err
	}
	var found []restore.Found
	for _, p := range places {
		if p.Mount == "" || p.Refused != "" && p.Refused != media.ReadOnly && p.Refused != media.Full {
			continue
		}
		all, err := backup.List(ctx, p.Mount, known, d.session.cli.reading(ctx))
		if err != nil {
			continue
		}
		for _, l := range all {
			f := restore.Found{File: l.File, Drive: p.Title(), State: backupui.StateWord(l.State)}
			if l.Number > 0 {
				f.Copy = fmt.Sprintf("%d of %d", l.Number, l.Of)
			}
			if l.Problem != "" {
				f.State = "UNREADABLE"
			}
			found = append(found, f)
		}
	}
	return found, ctx.Err()
}

// Others implements restore.Service.
func (d restoreDesk) Others(_ context.Context, file, set string) ([]ui.Fact, error) {
	known, err := d.session.copies()
	if err != nil {
		return nil, err
	}
	others := backup.OtherCopies(known, set, absolute(file))
	if len(others) == 0 {
		return nil, nil
	}
	return backupui.Elsewhere(others)[0].Facts, nil
}

// Unlisted implements restore.Service.
func (d restoreDesk) Unlisted(ctx context.Context, p *backup.RestorePlan) (map[trustdata.KeyID]string, error) {
	uses, err := d.session.uses(ctx)
	if err != nil {
		return nil, err
	}
	return unlisted(p, uses), nil
}

// sayUnlisted says loudly of each key that a plan would write and that signs for nothing any
// more. Where nothing is remembered nothing is said.
func (c *cli) sayUnlisted(ctx context.Context, p *backup.RestorePlan) map[trustdata.KeyID]string {
	s, err := c.open()
	if err != nil {
		return nil
	}
	uses, err := s.uses(ctx)
	if err != nil {
		c.say("which keys are still listed is not known: %s", trustdata.VisibleError(err))
		return nil
	}
	old := unlisted(p, uses)
	for _, row := range p.Rows {
		why := old[row.KeyID]
		if why != "" && (row.Action == backup.ActionAdd || row.Action == backup.ActionReplace) {
			c.say("KEY %s IS NO LONGER LISTED: %s. It may have been taken out for a reason: look before you sign with it.", row.KeyID.Short(), trustdata.Visible(why))
		}
	}
	return old
}

// unlistedKey is a key of a backup that signs for nothing any more.
type unlistedKey struct {
	KeyID  trustdata.KeyID `json:"key_id"`
	Reason string          `json:"reason"`
}

// unlistedKeys are those of old, in the order of the plan.
func unlistedKeys(p *backup.RestorePlan, old map[trustdata.KeyID]string) []unlistedKey {
	keys := []unlistedKey{}
	for _, row := range p.Rows {
		if why := old[row.KeyID]; why != "" && row.Kind == backup.KindKey {
			keys = append(keys, unlistedKey{row.KeyID, why})
		}
	}
	return keys
}

// unlisted are the keys of a plan that a repository listed when the backup was made and, by
// the metadata that is here now, lists no more. Of a repository without metadata here nothing
// is said.
func unlisted(p *backup.RestorePlan, uses keys.Uses) map[trustdata.KeyID]string {
	seen := map[trustdata.GUN]bool{}
	for _, all := range uses {
		for _, u := range all {
			seen[u.GUN] = true
		}
	}
	old := map[trustdata.KeyID]string{}
	for _, row := range p.Rows {
		if row.Kind != backup.KindKey || row.KeyID == "" {
			continue
		}
		for _, was := range listedThen(row.File) {
			lists := slices.ContainsFunc(uses[row.KeyID], func(u keys.Use) bool { return u.GUN == was.GUN })
			if seen[was.GUN] && !lists {
				old[row.KeyID] = fmt.Sprintf("%s does not list it any more", was.GUN)
			}
		}
	}
	return old
}

// listedThen is what a key signed for when the backup was made, by the backup's metadata or
// else by the key's own file.
func listedThen(f backup.File) []backup.Use {
	if len(f.SignsFor) == 0 && f.GUN != "" {
		return []backup.Use{{GUN: f.GUN, Role: f.Role}}
	}
	return f.SignsFor
}
