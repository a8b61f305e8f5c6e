package backup

import (
	"cmp"
	"slices"
	"time"
)

// Set is what is remembered of one operation.
type Set struct {
	Operation string
	// Created, Manifest and Planned are those of all its copies.
	Created  time.Time
	Manifest string
	Planned  int
	// Of is how many copies it is to have.
	Of int
	// Copies are those of which no damage is known, by their numbers.
	Copies []Copy
}

// SetOf is the set with this ID among the copies that are remembered; ok is false where none
// of its copies is.
func SetOf(operation string, known []Copy) (set Set, ok bool) {
	set.Operation = operation
	for _, c := range known {
		if operation == "" || c.Operation != operation {
			continue
		}
		ok = true
		set.Created, set.Manifest, set.Planned, set.Of = c.Created, c.Manifest, c.Planned, max(set.Of, c.Of)
		if c.Problem == "" {
			set.Copies = append(set.Copies, c)
		}
	}
	slices.SortStableFunc(set.Copies, func(a, b Copy) int { return cmp.Compare(a.Number, b.Number) })
	return set, ok
}

// Missing is how many copies it has fewer than it is to have.
func (s Set) Missing() int { return max(0, s.Of-len(s.Copies)) }

// Vacant are the numbers of the next n copies: a copy that takes the place of a damaged one
// has its number.
func (s Set) Vacant(n int) (numbers []int) {
	for at := 1; len(numbers) < n; at++ {
		if !slices.ContainsFunc(s.Copies, func(c Copy) bool { return c.Number == at }) {
			numbers = append(numbers, at)
		}
	}
	return numbers
}

// WaivedCopies reports whether somebody has said, or no one could say, that the set does with
// fewer copies.
func (c *Copy) WaivedCopies() bool { return slices.Contains(c.Waived, WaiverCopies) }

// countMissing notes in every copy how many its set lacks.
func countMissing(all []Copy) {
	missing := map[string]int{}
	for i := range all {
		op := all[i].Operation
		if _, known := missing[op]; !known {
			set, _ := SetOf(op, all)
			missing[op] = set.Missing()
		}
		all[i].Missing = missing[op]
	}
}
