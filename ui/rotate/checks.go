package rotate

import (
	"context"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Preflighter is a Service that looks at what could stop a rotation before it begins.
type Preflighter interface {
	Preflight(context.Context, []*rotation.Plan) ([]rotation.Check, error)
}

// lookAround asks a service that can look around to do so.
func lookAround(ctx context.Context, s Service, plans ...*rotation.Plan) ([]rotation.Check, error) {
	if p, ok := s.(Preflighter); ok {
		return p.Preflight(ctx, plans)
	}
	return nil, nil
}

// Checks are what was looked at before a rotation, as a section of its page. The repository
// stands with each row where there are several.
func Checks(checks []rotation.Check) ui.Section {
	s := ui.Section{Title: "BEFORE YOU BEGIN"}
	guns := map[trustdata.GUN]bool{}
	for _, c := range checks {
		if c.GUN != "" {
			guns[c.GUN] = true
		}
	}
	for _, c := range checks {
		label := c.What
		if c.GUN != "" && len(guns) > 1 {
			label = string(c.GUN) + ": " + c.What
		}
		s.Facts = append(s.Facts, ui.Fact{Label: trustdata.Visible(label), Value: trustdata.Visible(c.Detail), Mark: markOf(c.Mark)})
	}
	return s
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
