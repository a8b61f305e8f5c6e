package backup

import (
	"fmt"
	"path/filepath"
)

// Steps are what Apply would do, one sentence fragment each, in order.
func (p *CreatePlan) Steps() []string {
	var steps []string
	say := func(format string, args ...any) { steps = append(steps, fmt.Sprintf(format, args...)) }
	if p.MakeDir {
		say("make the folder %q", filepath.Dir(p.File))
	}
	for _, f := range p.Manifest.Files {
		say("put in %s, %d bytes", f.what(), f.Size)
	}
	for _, r := range p.Recipients {
		if r.Kind == RecipientPassphrase {
			say("encrypt it with a passphrase")
		} else {
			say("encrypt it for %s", r.Text)
		}
	}
	say("write it under a temporary name and sync it")
	say("read it back and compare its hash")
	if len(p.Waives()) == 0 {
		say("decrypt it to the end and compare every file")
	}
	say("write %s and the sums file beside it", restoreName)
	say("name it %q, replacing nothing, and read it once more", p.File)
	return steps
}

// Steps are what Apply would do with each file of the backup.
func (p *RestorePlan) Steps() []string {
	var steps []string
	for _, row := range p.Rows {
		step := fmt.Sprintf("%s: %s", row.Action, row.what())
		if row.Reason != "" {
			step += ": " + row.Reason
		}
		steps = append(steps, step)
	}
	return steps
}

// what names a file for people.
func (f File) what() string {
	s := string(f.Kind)
	if f.Role != "" {
		s += fmt.Sprintf(" %q", f.Role)
	}
	if f.GUN != "" {
		s += fmt.Sprintf(" of %q", f.GUN)
	}
	return s + fmt.Sprintf(" as %q", f.Path)
}
