package main

import (
	"cmp"
	"fmt"
	"strings"

	"keyrite/backup"
	"keyrite/trustdata"
	backupui "keyrite/ui/backup"
)

// advised is an error with what can be done about it, where its kind alone does not say.
type advised struct {
	error
	remedy string
}

func (e *advised) Unwrap() error { return e.error }

// otherCopies are the remembered copies of the set of a damaged backup, but it. left is what
// is whole of it, nil for nothing.
func (c *cli) otherCopies(file string, left *backup.Salvage) []backup.Copy {
	s, err := c.open()
	if err != nil {
		return nil // where nothing is remembered there is none to name
	}
	known, err := s.copies()
	if err != nil {
		return nil
	}
	return backup.OtherCopies(known, left.Set(), file)
}

// lookFor says which copy to look for.
func lookFor(others []backup.Copy) string {
	if len(others) == 0 {
		return "Take another copy of it. None is remembered on this machine: look where its sheet says."
	}
	places := make([]string, len(others))
	for i, c := range others {
		places[i] = c.Where()
	}
	return fmt.Sprintf("Take the other copy of the set: %s.", strings.Join(places, "; "))
}

// damagedCopy is err of a damaged backup with the copies to turn to, and with what
// --salvage would bring.
func damagedCopy(err error, others []backup.Copy) error {
	remedy := lookFor(others)
	if left := backup.SalvageOf(err); left != nil && len(left.Whole) > 0 {
		remedy += fmt.Sprintf(" If there is none, --salvage restores what is whole: %s.", left.Counted())
	}
	return &advised{err, remedy}
}

// salvaged ends a restore from a damaged backup, which is done and is no restored set.
func salvaged(res *backup.RestoreResult, p *backup.RestorePlan, others []backup.Copy) error {
	if res.OK {
		return nil
	}
	lost := make([]string, 0, len(res.Lost))
	for _, l := range res.Lost {
		lost = append(lost, trustdata.Visible(cmp.Or(l.Role, "unnamed"))+" "+cmp.Or(l.KeyID.Short(), trustdata.Visible(l.Path)))
	}
	const most = 5
	if n := len(lost); n > most {
		lost = append(lost[:most], fmt.Sprintf("%d more", n-most))
	}
	what := "no key is lost"
	if len(lost) > 0 {
		what = fmt.Sprintf("%s lost (%s)", trustdata.Plural(len(res.Lost), "key is", "keys are"), strings.Join(lost, ", "))
	}
	if n := len(res.LostMetadata); n > 0 {
		what += ", and metadata of " + trustdata.Plural(n, "repository", "repositories") + " is not whole"
	}
	return &advised{fmt.Errorf("backup %q: %w: %s here now, %s", res.File, backup.ErrDamaged,
		trustdata.Plural(p.Salvage.Keys-len(res.Lost)-refusedKeys(p), "key of it is", "keys of it are"), what), lookFor(others)}
}

// refusedKeys is how many whole keys stay in the backup.
func refusedKeys(p *backup.RestorePlan) (n int) {
	for _, row := range p.Rows {
		if row.Action == backup.ActionRefuse {
			n++
		}
	}
	return n
}

// damagedFound prints what a verification found in a damaged backup, and gives its error.
func (c *cli) damagedFound(res *backup.VerifyResult, err error, known []backup.Copy) error {
	others := backup.OtherCopies(known, res.Salvage.Set(), res.File)
	page := backupui.VerifiedPage(res)
	page.Sections = append(page.Sections, backupui.Elsewhere(others)...)
	if printing := c.emit(struct {
		*backup.VerifyResult
		OtherCopies []backup.Copy `json:"other_copies"`
	}{res, list(others)}, page); printing != nil {
		return printing
	}
	return &advised{err, lookFor(others)}
}
