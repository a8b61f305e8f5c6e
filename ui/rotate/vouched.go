package rotate

import (
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// VouchedLines are what a compromised key vouched for, a sentence for each tag.
func VouchedLines(h *rotation.History) []string {
	lines := []string{fmt.Sprintf("The compromised key vouched for this in versions %d to %d of targets.json:", h.From, h.To)}
	for _, v := range h.Tags {
		lines = append(lines, ui.Name(v.Name, "")+": "+vouchedFor(v))
	}
	if !h.Whole {
		lines = append(lines, fmt.Sprintf("What it signed before version %d was not looked through: the server does not have it, or it is too long ago.", h.From))
	}
	return lines
}

func vouchedFor(v rotation.Vouched) string {
	text := fmt.Sprintf("%s, versions %d to %d", v.Digest, v.From, v.To)
	if !v.Now {
		text += ", not any more"
	}
	return text
}

// vouched is the same as a section of a plan.
func vouched(h *rotation.History) ui.Section {
	return list("WHAT THE COMPROMISED KEY VOUCHED FOR", VouchedLines(h)[1:], ui.MarkSoon)
}

// compromisedFlags are those of the verb for a key that somebody else may have. A script has
// to name each tag of a repository key that stays, too: nothing is kept unasked.
func compromisedFlags(r rotation.Request) (s string) {
	if r.Compromised {
		s = " --compromised"
	}
	for _, tag := range r.Drop {
		s += " --drop " + trustdata.ShellWord(trustdata.Visible(tag))
	}
	if r.Compromised && r.Role == trustdata.RoleTargets {
		s += " --keep TAG"
	}
	return s
}
