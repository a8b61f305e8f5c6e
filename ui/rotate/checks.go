package rotate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Preflighter is a Service that looks at what could stop a rotation before it begins.
type Preflighter interface {
	Preflight(context.Context, []*rotation.Plan) ([]rotation.Check, error)
}

// lookAround asks a service or an operation that can look around to do so.
func lookAround(ctx context.Context, of any, plans ...*rotation.Plan) ([]rotation.Check, error) {
	if p, ok := of.(Preflighter); ok {
		return p.Preflight(ctx, plans)
	}
	return nil, nil
}

// Checks are what was looked at before a rotation, as a section of its page. Where there are
// several repositories, what was found alike for many of them is one row.
func Checks(checks []rotation.Check) ui.Section {
	s := ui.Section{Title: "BEFORE YOU BEGIN"}
	guns := map[trustdata.GUN]bool{}
	for _, c := range checks {
		if c.GUN != "" {
			guns[c.GUN] = true
		}
	}
	for _, alike := range together(checks) {
		f := alike.fact(len(guns))
		s.Facts = append(s.Facts, ui.Fact{Label: trustdata.Visible(f.Label), Value: trustdata.Visible(f.Value), Mark: f.Mark})
	}
	return s
}

// BriefChecks is Checks without the rows that are fine, of which it gives the number: a table
// follows, which must not be pushed out of sight.
func BriefChecks(checks []rotation.Check) ui.Section {
	s, fine := Checks(checks), 0
	s.Facts = slices.DeleteFunc(s.Facts, func(f ui.Fact) bool {
		if f.Mark == ui.MarkOK {
			fine++
		}
		return f.Mark == ui.MarkOK
	})
	s.Facts = append(s.Facts, ui.Fact{Label: "the rest", Value: trustdata.Plural(fine, "thing", "things") + " looked at just now and fine; d lists all", Mark: ui.MarkOK})
	return s
}

// alike are checks of one kind that came out alike.
type alike []rotation.Check

// together brings what is alike together, and what is of one kind next to each other, in the
// order in which each kind comes first.
func together(checks []rotation.Check) (groups []alike) {
	for _, c := range checks {
		last := len(groups)
		for i, g := range groups {
			if g[0].What == c.What {
				last = i + 1
			}
		}
		if i := slices.IndexFunc(groups, func(g alike) bool { return g.takes(c) }); i >= 0 {
			groups[i] = append(groups[i], c)
			continue
		}
		groups = slices.Insert(groups, last, alike{c})
	}
	return groups
}

// takes reports whether a check says the same of another repository. Where all is well, the
// details may differ.
func (a alike) takes(c rotation.Check) bool {
	first := a[0]
	return c.GUN != "" && first.GUN != "" && c.What == first.What && c.Mark == first.Mark && (c.Detail == first.Detail || c.Mark == rotation.VerdictOK)
}

// fact is one row, where there are so many repositories.
func (a alike) fact(repositories int) ui.Fact {
	first := a[0]
	f := ui.Fact{Label: first.What, Value: first.Detail, Mark: markOf(first.Mark)}
	switch {
	case first.GUN == "", repositories == 1:
		return f
	case len(a) == 1 && first.Mark != rotation.VerdictOK:
		f.Value = string(first.GUN) + ": " + first.Detail
		return f
	}
	f.Value = fmt.Sprintf("%d of %s", len(a), repositoriesOf(repositories))
	if !slices.ContainsFunc(a, func(c rotation.Check) bool { return c.Detail != first.Detail }) {
		f.Value += ": " + first.Detail
	}
	if first.Mark != rotation.VerdictOK && len(a) < repositories {
		f.Value += " (" + a.names() + ")"
	}
	return f
}

// most is how many repositories a row names.
const most = 3

func (a alike) names() string {
	var all []string
	for _, c := range a[:min(most, len(a))] {
		all = append(all, string(c.GUN))
	}
	text := strings.Join(all, ", ")
	if n := len(a) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

func markOf(v rotation.Verdict) ui.Mark {
	switch v {
	case rotation.VerdictOK:
		return ui.MarkOK
	case rotation.VerdictSoon:
		return ui.MarkSoon
	case rotation.VerdictNow:
		return ui.MarkNow
	}
	return ui.MarkUnchecked
}
