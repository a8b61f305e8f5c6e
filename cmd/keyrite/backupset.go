package main

import (
	"fmt"
	"time"

	"keyrite/backup"
)

// backupSet is the set that copies are made for.
type backupSet struct {
	id       string
	made     time.Time
	copies   int
	before   int // copies that are there already
	manifest string
	now      int // copies of this run
}

// set begins a set, or finds the one that a copy is to be added to.
func (s *session) set(f backupFlags) (*backupSet, []backup.Copy, error) {
	if f.copies < 1 {
		return nil, nil, usagef("--copies %d: a set has at least one", f.copies)
	}
	set := &backupSet{id: f.operation, made: s.cli.now(), copies: max(f.copies, len(f.to)), now: len(f.to)}
	if set.id == "" {
		set.id = backup.NewOperation(set.made)
		return set, nil, nil
	}
	records, err := s.backupRecords()
	if err != nil {
		return nil, nil, err
	}
	defer records.Close()
	known := records.Copies(s.cli.now(), backup.DefaultIntervals)
	for _, c := range known {
		if c.Operation != set.id {
			continue
		}
		set.before, set.copies, set.manifest = max(set.before, c.Number), max(set.copies, c.Of), c.Manifest
		set.made = c.Created
	}
	if set.before == 0 {
		return nil, nil, fmt.Errorf("no set with the ID %q is remembered here: see keyrite backup list", set.id)
	}
	return set, known, nil
}

// number gives a copy its place in the set. All copies have one name and one manifest.
func (s *backupSet) number(opt *backup.CreateOptions, i int) {
	opt.Operation, opt.Copies, opt.Copy, opt.Now = s.id, s.copies, s.before+i+1, s.made
	if s.before+s.now < s.copies {
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
