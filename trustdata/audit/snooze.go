package audit

import (
	"fmt"
	"slices"
	"time"

	"keyrite/trustdata/state"
)

// Snoozed says until when a finding is put off, and why.
type Snoozed struct {
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
}

// Subject is the finding's identity across audits.
func (f Finding) Subject() state.Subject {
	return state.Subject{Code: f.Code, GUN: f.GUN, Role: f.Role, KeyID: f.KeyID, Path: f.Path}
}

// Snooze puts findings off until a moment, or says why one of them cannot be. None is put
// off beyond the day on which it is due.
func Snooze(findings []Finding, now, until time.Time, reason string) ([]state.Snooze, error) {
	var all []state.Snooze
	for _, f := range findings {
		s := state.Snooze{Subject: f.Subject(), Severity: string(f.Severity), Due: f.Due, Tags: f.Tags, Until: until.UTC(), Reason: reason}
		if why := kindOf(f.Code).never; why != "" {
			return nil, fmt.Errorf("%s", why)
		}
		if f.Due.After(now) && f.Due.Before(until) {
			s.Until = f.Due
		}
		if !s.Until.After(now) {
			return nil, fmt.Errorf("%s is not later than now", day{s.Until})
		}
		all = append(all, s)
	}
	return all, nil
}

// Unsnoozable says why an item cannot be put off, or is "".
func (i Item) Unsnoozable() string { return kindOf(i.Code).never }

// PutOff marks the findings that were put off and have not become worse since.
func PutOff(findings []Finding, snoozes []state.Snooze, now time.Time) {
	by := map[state.Subject]state.Snooze{}
	for _, s := range snoozes {
		by[s.Subject] = s
	}
	for i, f := range findings {
		findings[i].Snoozed = nil
		if s, ok := by[f.Subject()]; ok && holds(s, f, now) {
			findings[i].Snoozed = &Snoozed{Until: s.Until, Reason: s.Reason}
		}
	}
}

// holds reports whether a finding is still what was put off.
func holds(s state.Snooze, f Finding, now time.Time) bool {
	k := kindOf(f.Code)
	closer := k.ends && !f.Due.IsZero() && f.Due.Sub(s.At) > Imminent && f.Due.Sub(now) <= Imminent
	return now.Before(s.Until) && k.never == "" && !closer &&
		f.Severity.Rank() <= Severity(s.Severity).Rank() &&
		(f.Due.IsZero() || !s.Due.IsZero() && !f.Due.Before(s.Due)) &&
		!slices.ContainsFunc(f.Tags, func(tag string) bool { return !slices.Contains(s.Tags, tag) })
}

// Awake are the findings that are not put off.
func Awake(findings []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Snoozed != nil })
}

// ParseUntil reads the day on which something that is put off comes back.
func ParseUntil(typed string) (time.Time, error) {
	until, err := time.Parse(time.DateOnly, typed)
	if err != nil {
		return until, fmt.Errorf("%q is no date: write 2026-12-31", typed)
	}
	return until, nil
}
