package ui

import (
	"fmt"

	"keyrite/trustdata"
)

// Name is a name from outside as it is listed: fit to be shown, with a badge if a word of it
// is of mixed script, and with like, unless that is "", as what it can be taken for. like is
// quoted in ASCII: the two would read the same.
func Name(name, like string) string {
	switch {
	case like != "":
		return trustdata.Badged(name, fmt.Sprintf("looks like %+q", like))
	case printable(name):
		return name // as nearly all are, of a hundred thousand tags
	}
	return trustdata.Badged(name)
}
