package keys

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Backups knows the copies of backups that are remembered.
type Backups interface {
	Copies(context.Context) ([]backup.Copy, error)
}

// backedUp says which remembered copies hold a key, and when each was last proven. Only one
// that was read after it had been out of the machine counts without a mark.
func backedUp(id trustdata.KeyID, all []backup.Copy, now time.Time) ui.Section {
	s := ui.Section{Title: "BACKED UP"}
	for _, c := range all {
		if slices.Contains(c.Keys, id) {
			s.Facts = append(s.Facts, inCopy(c, now))
		}
	}
	if len(s.Facts) == 0 {
		s.Facts = []ui.Fact{{Value: "in no backup that is remembered on this machine", Mark: ui.MarkSoon}}
	}
	return s
}

func inCopy(c backup.Copy, now time.Time) ui.Fact {
	where := "a folder"
	if name := c.Medium.Name(); name != "" {
		where = trustdata.Visible(name)
	}
	label := where
	if c.Number > 0 {
		label = fmt.Sprintf("copy %d of %d on %s", c.Number, c.Of, where)
	}
	switch c.Clock {
	case backup.ClockBad:
		return ui.Fact{Value: label + ": DAMAGED at the last look; do not rely on it", Mark: ui.MarkNow}
	case backup.ClockNever:
		return ui.Fact{Value: label + ": never proven; d on the backups drills it", Mark: ui.MarkSoon}
	case backup.ClockLate:
		return ui.Fact{Value: label + ": last proven " + ui.When(c.ProvenAt, now) + ", too long ago to rely on", Mark: ui.MarkNow}
	}
	f := ui.Fact{Value: fmt.Sprintf("%s: %s %s, due %s", label, strings.ReplaceAll(string(c.State), "_", " "), ui.When(c.ProvenAt, now), ui.Day(c.Due)), Mark: ui.MarkOK}
	if c.Clock == backup.ClockDue || c.Reading != media.Replugged || c.Medium == nil || !c.Medium.Recognised {
		f.Mark = ui.MarkSoon
	}
	if c.Reading != media.Replugged {
		f.Value += ", not read after it was out"
	}
	return f
}
