package ui

import (
	"fmt"
	"strings"

	"keyrite/trustdata"
)

// Name is a name from outside as it is listed: fit to be shown, with a badge if a word of it
// is of mixed script, and with like, unless that is "", as what it can be taken for. like is
// quoted in ASCII: the two would read the same.
func Name(name, like string) string {
	var badges []string
	if trustdata.MixedScript(name) {
		badges = append(badges, "mixed script")
	}
	if like != "" {
		badges = append(badges, fmt.Sprintf("looks like %+q", like))
	}
	if len(badges) == 0 {
		return trustdata.Visible(name)
	}
	return trustdata.Visible(name) + " (" + strings.Join(badges, ", ") + ")"
}
