package linear

import (
	"regexp"
	"sync"
)

// seconds are how long something has taken so far, as tasks write it, and ofMany how many rows
// there are beside the one that a line is about. They are made when they are needed first:
// each start of the program would pay for them.
var (
	seconds = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b\d+(\.\d)? s\b`) })
	ofMany  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d+) of \d+\.`) })
)

// lasting is a line without what changes by itself: a line is told again when it says
// something else, not when its seconds have counted on or a row was added below it.
func lasting(line string) string {
	return ofMany().ReplaceAllString(seconds().ReplaceAllString(line, "s"), "$1.")
}
