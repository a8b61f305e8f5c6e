package audit

import (
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// unfinished are the changes that were begun and have not ended.
func (l Look) unfinished() []Finding {
	var out []Finding
	for _, op := range l.Unfinished {
		f := Finding{Severity: Warning, Code: "unfinished", Message: op.Summary(), Remedy: "keyrite rotate --resume " + op.ID}
		if op.State() == rotation.StateUnknown {
			f.Severity = Error // a server may have what nobody here knows of
		}
		if op.Ceremony != "" {
			f.Remedy = "keyrite rotations " + op.ID
		}
		if len(op.Units) == 1 {
			f.GUN, f.Role = op.Units[0].GUN, op.Units[0].Role
		}
		out = append(out, f)
	}
	return out
}

// pending are new keys for which no unfinished change waits.
func (l Look) pending() []Finding {
	var out []Finding
	for _, k := range l.Pending {
		if slices.ContainsFunc(l.Unfinished, func(op *rotation.Operation) bool { return op.ID == k.Op }) {
			continue
		}
		f := Finding{Severity: Warning, Code: "key_pending", GUN: k.GUN, KeyID: k.KeyID, Path: k.Path,
			Message: "a new key waits in pending/, and no unfinished change is to use it", Remedy: "keyrite rotations"}
		if role, err := trustdata.ParseRole(k.Role); err == nil {
			f.Role = role
		}
		out = append(out, f)
	}
	return out
}
