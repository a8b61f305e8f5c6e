package main

import (
	"fmt"
	"slices"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// planJSON is a plan as --dry-run prints it, whatever it is of.
type planJSON struct {
	ID            string          `json:"id"`
	Kind          string          `json:"kind"`
	Steps         []string        `json:"steps"`
	Needs         []rotation.Need `json:"needs"`
	Changes       []string        `json:"changes"`
	WillNotFollow []string        `json:"will_not_follow"`
	// Recipients are those of a backup.
	Recipients []backup.Reader `json:"recipients,omitempty"`
	// Unlisted are the keys of a restore that sign for nothing any more.
	Unlisted []unlistedKey `json:"unlisted,omitempty"`
}

func (c *cli) emitPlan(plan any, page ui.Page) error {
	return c.emit(struct {
		Plan any `json:"plan"`
	}{plan}, page)
}

// createPlanJSON is a set before it is written, a copy in each place.
func createPlanJSON(copies ...*backup.CreatePlan) planJSON {
	p := copies[0]
	out := planJSON{ID: p.File, Kind: "backup create", Recipients: backup.Readers(p.Recipients), Needs: []rotation.Need{}, WillNotFollow: []string{},
		Steps: []string{"write the backup under a temporary name", "sync it and give it its name", "read it back from the disk and compare it"}}
	for _, c := range copies {
		out.Changes = append(out.Changes, fmt.Sprintf("%s: %d keys, metadata of %d repositories, %d bytes", c.File, len(c.Keys()), len(c.Metadata()), c.Bytes))
	}
	if !slices.Contains(p.Waives(), backup.WaiverProof) {
		out.Steps = append(out.Steps, "decrypt it to its end and compare every file")
	}
	return out
}

func restorePlanJSON(p *backup.RestorePlan, old map[trustdata.KeyID]string) planJSON {
	out := planJSON{ID: p.File, Kind: "backup restore", Unlisted: unlistedKeys(p, old), Needs: []rotation.Need{}, WillNotFollow: []string{}, Changes: []string{},
		Steps: []string{"decrypt the backup to its end and compare it with its manifest", "write what is not here", "read it back and compare the key IDs"}}
	for _, row := range p.Rows {
		if row.Action == backup.ActionLost {
			out.WillNotFollow = append(out.WillNotFollow, fmt.Sprintf("%s: lost: %s", row.Path, row.Reason))
			continue
		}
		out.Changes = append(out.Changes, fmt.Sprintf("%s: %s", row.Path, row.Action))
	}
	return out
}
