package main

import (
	"fmt"
	"slices"
	"time"

	"keyrite/backup"
)

// backupSet is the set that copies are made for.
type backupSet struct {
	id       string
	made     time.Time
	copies   int        // as the manifest of every copy says
	before   backup.Set // what there is of it already
	manifest string
	numbers  []int // of the copies of this run
}

// set begins a set, or finds the one that a copy is to be added to.
func (s *session) set(f backupFlags) (*backupSet, []backup.Copy, error) {
	if f.copies < 1 {
		return nil, nil, usagef("--copies %d: a set has at least one", f.copies)
	}
	set := &backupSet{id: f.operation, made: s.cli.now(), copies: max(f.copies, len(f.to))}
	set.before.Of = set.copies
	if set.id == "" {
		set.id = backup.NewOperation(set.made)
		set.numbers = set.before.Vacant(len(f.to))
		return set, nil, nil
	}
	known, err := s.copies()
	if err != nil {
		return nil, nil, err
	}
	before, ok := backup.SetOf(set.id, known)
	if !ok {
		return nil, nil, fmt.Errorf("no set with the ID %q is remembered here: see keyrite backup list", set.id)
	}
	set.before, set.made, set.manifest, set.numbers = before, before.Created, before.Manifest, before.Vacant(len(f.to))
	set.copies = before.Planned
	return set, known, nil
}

// namesReaders reports whether it is said who can open the backup.
func (f backupFlags) namesReaders() bool {
	return len(f.recipients) > 0 || len(f.recipientFiles) > 0 || f.passphraseFile != ""
}

// readersOfSet are the flags with the recipients of the set that a copy is added to, where no
// others are given. What a passphrase locks names none.
func (c *cli) readersOfSet(f backupFlags) (backupFlags, error) {
	if f.operation == "" || f.namesReaders() {
		return f, nil
	}
	s, err := c.open()
	if err != nil {
		return f, err
	}
	known, err := s.copies()
	if err != nil {
		return f, err
	}
	if set, _ := backup.SetOf(f.operation, known); len(set.Copies) > 0 {
		f.recipients = publicKeys(set.Copies[0].Recipients)
	}
	return f, nil
}

// publicKeys are the recipients of a copy but a passphrase, which is remembered by its kind
// alone.
func publicKeys(recipients []string) []string {
	return slices.DeleteFunc(slices.Clone(recipients), func(r string) bool { return r == string(backup.RecipientPassphrase) })
}

// number gives a copy its place in the set. All copies have one name and one manifest.
func (s *backupSet) number(opt *backup.CreateOptions, i int) {
	opt.Operation, opt.Copies, opt.Copy, opt.Now = s.id, s.copies, s.numbers[i], s.made
	if len(s.before.Copies)+len(s.numbers) < s.before.Of {
		opt.Waived = append(opt.Waived, backup.WaiverCopies)
	}
}

// fits checks that a later copy would hold what the first ones do.
func (s *backupSet) fits(plans []*backup.CreatePlan) error {
	for _, p := range plans {
		if s.manifest == "" {
			s.manifest = p.ManifestSHA256()
		}
		if p.ManifestSHA256() != s.manifest {
			return fmt.Errorf("the keys or the metadata are not any more what the set %q was made of: begin a new set, without --operation", s.id)
		}
	}
	return nil
}
