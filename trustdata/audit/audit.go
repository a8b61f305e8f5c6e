// Package audit finds what is wrong, or soon will be: with keys and their backups, with
// repositories and their tags, with a machine's set-up and logins, and with what servers
// grant. It judges facts that others have gathered; nothing here
// asks a server, reads a file or knows the time.
package audit

import (
	"cmp"
	"slices"
	"time"

	"keyrite/trustdata"
)

// Severity is how bad a finding is.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Severities are all of them, the worst first.
var Severities = []Severity{Error, Warning, Info}

// Rank orders severities, the worst last.
func (s Severity) Rank() int {
	return slices.Index([]Severity{Info, Warning, Error}, s)
}

// Finding is one thing that a person should know, and what can be done about it. Its text
// may quote names from outside, by %q.
type Finding struct {
	Severity Severity        `json:"severity"`
	Code     string          `json:"code"`
	GUN      trustdata.GUN   `json:"gun"`
	Role     trustdata.Role  `json:"role"`
	KeyID    trustdata.KeyID `json:"key_id"`
	Path     string          `json:"path"`
	Message  string          `json:"message"`
	Remedy   string          `json:"remedy"`
	// Due is when it comes to pass, or did; zero where no day is set.
	Due time.Time `json:"due,omitzero"`
	// Tags are those that it is about.
	Tags []string `json:"tags,omitempty"`
	// Snoozed is not nil where somebody has put it off.
	Snoozed *Snoozed `json:"snoozed,omitempty"`
}

// AtLeast reports whether a finding is as bad as least or worse.
func AtLeast(findings []Finding, least Severity) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity.Rank() >= least.Rank() })
}

// sorted puts the worst first, and keeps the order of what is as bad.
func sorted(findings []Finding) []Finding {
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(b.Severity.Rank(), a.Severity.Rank()) })
	return findings
}
