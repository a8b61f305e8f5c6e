package ui

import "keyrite/trustdata/audit"

// Mark is the state of a thing in two characters. It is text first: a colour only
// repeats it.
type Mark string

// The marks.
const (
	MarkNow       Mark = "!!" // broken, or within 30 days
	MarkSoon      Mark = "!"  // within 180 days, or unsafe
	MarkNote      Mark = "i"  // worth knowing
	MarkOK        Mark = "ok" // checked just now, or within the freshness limit
	MarkUnchecked Mark = "??" // unknown is not fine
	MarkRunning   Mark = ".." // under way
	MarkNone      Mark = "--" // does not apply
)

// Marks are all of them, worst first.
var Marks = []Mark{MarkNow, MarkSoon, MarkNote, MarkUnchecked, MarkRunning, MarkOK, MarkNone}

// MarkOf is the mark of a finding's severity.
func MarkOf(s audit.Severity) Mark {
	switch s {
	case audit.Error:
		return MarkNow
	case audit.Warning:
		return MarkSoon
	}
	return MarkNote
}

// Word is the mark in plain mode.
func (m Mark) Word() string {
	switch m {
	case MarkNow:
		return "Act now"
	case MarkSoon:
		return "Soon"
	case MarkNote:
		return "Note"
	case MarkOK:
		return "Fine"
	case MarkUnchecked:
		return "Not checked"
	case MarkRunning:
		return "Under way"
	case MarkNone:
		return "Does not apply"
	}
	return ""
}

// Rank orders marks worst first; an empty mark comes last.
func (m Mark) Rank() int {
	for i, have := range Marks {
		if m == have {
			return i
		}
	}
	return len(Marks)
}

// Worse is the worse of two marks.
func Worse(a, b Mark) Mark {
	if b.Rank() < a.Rank() {
		return b
	}
	return a
}
