package rotate

import (
	"fmt"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// Keys that are given, and roles that get one key more or lose one: this file has the words.

// exchange says in one sentence what becomes of the role's keys, where that is not the
// usual exchange of one key for a new one; else it is "".
func exchange(p *rotation.Plan) string {
	title := p.Role.Title()
	switch {
	case p.SameKey:
		return "The root key stays, and gets a new certificate."
	case p.Part == rotation.AddOnly:
		return fmt.Sprintf("One %s key more is listed; none gives way.", title)
	case p.Part == rotation.RemoveOnly:
		return fmt.Sprintf("One %s key is listed no more; none comes in.", title)
	case p.Key != "":
		return fmt.Sprintf("The %s key gives way to one that you have given.", title)
	}
	return ""
}

// kindFlags are the flags of a request besides its role and manager.
func kindFlags(r rotation.Request) string {
	var words []string
	add := func(there bool, w ...string) {
		if there {
			words = append(words, w...)
		}
	}
	add(r.Part == rotation.AddOnly, "--add-only")
	add(r.Part == rotation.RemoveOnly, "--remove-only")
	add(r.Old != "", "--old-key", string(r.Old))
	add(r.Public != "", "--public-key", "FILE")
	add(r.Key != "" && !r.Import && r.Public == "", "--key", string(r.Key))
	add(r.Import, "--key", "FILE")
	add(r.Chain != "", "--root-cert", "FILE")
	add(r.SameKey, "--same-key")
	add(r.Legacy, "--legacy")
	add(r.Threshold > 0, "--threshold", fmt.Sprint(r.Threshold))
	if len(words) == 0 {
		return ""
	}
	return " " + trustdata.Visible(strings.Join(words, " "))
}
