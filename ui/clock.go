package ui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
)

// Clock is the only time that the console knows. cmd passes time.Now and tea.Tick.
type Clock struct {
	Now func() time.Time
	// Tick makes a command that yields fn's message once d has passed.
	Tick func(d time.Duration, fn func(time.Time) tea.Msg) tea.Cmd
}

// Freshness says how a screen knows what it shows.
type Freshness struct {
	// Source is "" while nothing was read yet.
	Source trustdata.Source
	// Disk marks facts that come from files of this machine and need no server.
	Disk bool
	// At is when the facts were read.
	At time.Time
	// Server is whom they came from, "" for none.
	Server string
	// Unread is why newer facts could not be read, in one word for the header: Refused or
	// Unreached. It is "" where nothing failed.
	Unread string
}

// Why facts could not be read: a server's answer does not verify, or there is none.
const (
	Refused   = "REFUSED"
	Unreached = "OFFLINE"
)

// staleAfter is how long a live reading is called live.
const staleAfter = 5 * time.Minute

// Text is the word for the header: "live 09:41 UTC", "12 min old", "OFFLINE, 3 h old",
// "REFUSED, 6 s old", "from archive", "disk 09:41 UTC", and "" while nothing was read.
func (f Freshness) Text(now time.Time) string {
	age := now.Sub(f.At)
	switch {
	case f.At.IsZero():
		return ""
	case f.Disk:
		return "disk " + f.At.UTC().Format("15:04 UTC")
	case f.Source == trustdata.SourceArchive:
		return "from archive"
	case f.Unread != "":
		return f.Unread + ", " + Age(age) + " old"
	case f.Source == trustdata.SourceCache:
		return Unreached + ", " + Age(age) + " old"
	case age >= staleAfter:
		return Age(age) + " old"
	}
	return "live " + f.At.UTC().Format("15:04 UTC")
}

// Age is a span in its largest unit: "40 s", "12 min", "3 h", "11 d", "2 y".
func Age(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d < 2*365*24*time.Hour:
		return fmt.Sprintf("%d d", int(d.Hours()/24))
	}
	return fmt.Sprintf("%d y", int(d.Hours()/24/365))
}

// Day is a date for lists: "2026-11-19", and "--" for none.
func Day(t time.Time) string {
	if t.IsZero() {
		return string(MarkNone)
	}
	return t.UTC().Format(time.DateOnly)
}

// When is a moment with both its date and its distance: "2026-11-19 14:02 UTC (3 d ago)".
func When(t, now time.Time) string {
	if t.IsZero() {
		return string(MarkNone)
	}
	far := "in " + Age(t.Sub(now))
	if !t.After(now) {
		far = Age(now.Sub(t)) + " ago"
	}
	return t.UTC().Format("2006-01-02 15:04 UTC") + " (" + far + ")"
}

// The horizons of a date that needs somebody; the longer is Notary's own.
const (
	nowHorizon  = audit.Imminent
	soonHorizon = audit.Ahead
)

// Ends is the mark and the words for something that stops counting at t: "PAST
// 2026-11-19", or the date alone.
func Ends(t, now time.Time) (Mark, string) {
	switch left := t.Sub(now); {
	case t.IsZero():
		return MarkNone, string(MarkNone)
	case left <= 0:
		return MarkNow, "PAST " + Day(t)
	case left <= nowHorizon:
		return MarkNow, Day(t)
	case left <= soonHorizon:
		return MarkSoon, Day(t)
	}
	return MarkOK, Day(t)
}

// Short is the freshness in a column: "live", "cache 3 h", "archive".
func (f Freshness) Short(now time.Time) string {
	if f.Source == trustdata.SourceLive && now.Sub(f.At) < staleAfter {
		return "live"
	}
	if f.Source == trustdata.SourceArchive {
		return "archive"
	}
	return string(f.Source) + " " + Age(now.Sub(f.At))
}
