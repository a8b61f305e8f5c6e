package audit

import (
	"fmt"
	"slices"
	"time"

	"keyrite/backup"
	"keyrite/trustdata"
)

// proofs maps keys to the newest copy that has them and was found whole to its end.
func (l Look) proofs() map[trustdata.KeyID]*backup.Copy {
	proofs := map[trustdata.KeyID]*backup.Copy{}
	for i, c := range l.Copies { // the newest first
		for _, id := range c.Keys {
			if c.Problem == "" && !c.ProvenAt.IsZero() && proofs[id] == nil {
				proofs[id] = &l.Copies[i]
			}
		}
	}
	return proofs
}

// written maps keys to the newest copy that has them and has no known damage.
func (l Look) written() map[trustdata.KeyID]*backup.Copy {
	written := map[trustdata.KeyID]*backup.Copy{}
	for i, c := range l.Copies {
		for _, id := range c.Keys {
			if c.Problem == "" && written[id] == nil {
				written[id] = &l.Copies[i]
			}
		}
	}
	return written
}

// backups judges, for each key, whether a backup has it. Of a key file that does not say what
// it is for something else is said, and a backup counts it as no key.
func (l Look) backups() []Finding {
	out := make([]Finding, 0, len(l.Keys))
	seen, all := make(map[trustdata.KeyID]bool, len(l.Keys)), l.written()
	for _, k := range l.Keys {
		if k.Problem != "" || k.KeyID == "" || k.Role == "" || seen[k.KeyID] {
			continue
		}
		seen[k.KeyID] = true
		severity := Info
		if k.Role == string(trustdata.RoleRoot) || k.Role == string(trustdata.RoleTargets) {
			severity = Warning // what no other key here can replace
		}
		proven, written := l.proven[k.KeyID], all[k.KeyID]
		switch {
		case written == nil:
			out = append(out, ofKey(k, severity, "no_backup", "no backup that was made or read here has this key", "keyrite backup create --to DIR -r RECIPIENT"))
		case proven == nil:
			out = append(out, ofKey(k, severity, "backup_unproven", "the backup of this key was never decrypted to its end",
				"keyrite backup verify "+quoteShell(written.File)+" -i IDENTITY"))
		case k.ModTime.After(proven.Written):
			out = append(out, ofKey(k, severity, "backup_old",
				fmt.Sprintf("the key file is of %s and its newest proven backup of %s: the passphrase may be another now", day{k.ModTime.UTC()}, day{proven.Written.UTC()}),
				"keyrite backup create --to DIR -r RECIPIENT"))
		}
	}
	return out
}

// copies judges the media that carry backups.
func (l Look) copies() []Finding {
	var out []Finding
	safe := l.recent()
	for _, c := range l.Copies {
		drill := "keyrite backup drill " + quoteShell(c.File) + " -i IDENTITY"
		f := Finding{Severity: Warning, Path: c.File, Due: c.Due.UTC(), Remedy: drill}
		name := "this backup"
		if c.Medium.Name() != "" {
			name = fmt.Sprintf("the backup on %q", c.Medium.Name())
		}
		switch c.Clock {
		case backup.ClockBad:
			f.Severity, f.Code, f.Message = Error, "backup_damaged", fmt.Sprintf("%s is damaged: %s", name, c.Problem)
			f.Remedy = "keyrite backup create --to DIR -r RECIPIENT"
		case backup.ClockLate:
			f.Code, f.Message = "drill_late", fmt.Sprintf("%s was last proven on %s, %s ago: a drill is overdue", name, day{c.ProvenAt.UTC()}, days(l.Now.Sub(c.ProvenAt)))
		case backup.ClockDue:
			f.Severity, f.Code, f.Message = Info, "drill_due", fmt.Sprintf("%s was last proven on %s: a drill is due", name, day{c.ProvenAt.UTC()})
		case backup.ClockNever:
			f.Code, f.Message = "drill_never", name+" was never decrypted to its end"
		default:
			continue
		}
		if !slices.ContainsFunc(c.Keys, func(id trustdata.KeyID) bool { return !safe[id] }) {
			f.Severity = Info // another copy has all that is in it
		}
		if c.Due.IsZero() {
			f.Due = time.Time{}
		}
		out = append(out, f)
	}
	return out
}

// recent are the keys of copies whose proof is not old.
func (l Look) recent() map[trustdata.KeyID]bool {
	safe := map[trustdata.KeyID]bool{}
	for _, c := range l.Copies {
		for _, id := range c.Keys {
			safe[id] = safe[id] || c.Clock == backup.ClockOK
		}
	}
	return safe
}

// incomplete judges sets that have fewer copies than they are to have. Where somebody has
// waived the rest, or all copies are damaged, others say what there is to say.
func (l Look) incomplete() []Finding {
	var out []Finding
	seen := map[string]bool{}
	for _, c := range l.Copies {
		if c.Missing == 0 || c.Problem != "" || c.WaivedCopies() || seen[c.Operation] {
			continue
		}
		seen[c.Operation] = true
		f := Finding{Severity: Warning, Code: "set_incomplete", Path: c.File,
			Message: fmt.Sprintf("the set %q has %d of %d copies: what destroys a medium may destroy the backup", c.Operation, c.Of-c.Missing, c.Of),
			Remedy:  "keyrite backup create --operation " + quoteShell(c.Operation) + " --to DIR"}
		if whole := l.wholeSets(); !slices.ContainsFunc(c.Keys, func(id trustdata.KeyID) bool { return !whole[id] }) {
			f.Severity = Info // another set has all that is in it
		}
		out = append(out, f)
	}
	return out
}

// wholeSets are the keys of sets that lack no copy, and whose proof is not old.
func (l Look) wholeSets() map[trustdata.KeyID]bool {
	whole := map[trustdata.KeyID]bool{}
	for _, c := range l.Copies {
		for _, id := range c.Keys {
			whole[id] = whole[id] || c.Operation != "" && c.Missing == 0 && c.Clock == backup.ClockOK
		}
	}
	return whole
}
