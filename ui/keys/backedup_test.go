package keys

import (
	"strings"
	"testing"
	"time"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/trustdata"
	"keyrite/ui"
)

// What a copy is worth for a key is its last proof and how that was read, and no more.
func TestBackedUp(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC)
	stick := &backup.Medium{Label: "ACME\x1b[2J", Recognised: true}
	proven := backup.Copy{Number: 1, Of: 2, Medium: stick, Keys: []trustdata.KeyID{"a", "b"}, State: backup.StateDrilled, Reading: media.Replugged, ProvenAt: now, Due: now.AddDate(0, 6, 0), Clock: backup.ClockOK}
	with := func(change func(*backup.Copy)) backup.Copy {
		c := proven
		change(&c)
		return c
	}
	for name, tt := range map[string]struct {
		copy backup.Copy
		mark ui.Mark
		says string
	}{
		"proven after it was out": {proven, ui.MarkOK, `copy 1 of 2 on ACME\x1b[2J: drilled 2026-11-22 09:41 UTC`},
		"never out":               {with(func(c *backup.Copy) { c.Reading = media.Cold }), ui.MarkSoon, "not read after it was out"},
		"a folder":                {with(func(c *backup.Copy) { c.Medium = nil }), ui.MarkSoon, "on a folder"},
		"due":                     {with(func(c *backup.Copy) { c.Clock = backup.ClockDue }), ui.MarkSoon, "due 2027-05-22"},
		"late":                    {with(func(c *backup.Copy) { c.Clock = backup.ClockLate }), ui.MarkNow, "too long ago"},
		"never proven":            {with(func(c *backup.Copy) { c.Clock = backup.ClockNever }), ui.MarkSoon, "never proven"},
		"damaged":                 {with(func(c *backup.Copy) { c.Clock = backup.ClockBad }), ui.MarkNow, "DAMAGED"},
		"another key's":           {with(func(c *backup.Copy) { c.Keys = []trustdata.KeyID{"c"} }), ui.MarkSoon, "in no backup that is remembered"},
	} {
		s := backedUp("a", []backup.Copy{tt.copy}, now)
		if len(s.Facts) != 1 || s.Facts[0].Mark != tt.mark || !strings.Contains(s.Facts[0].Value, tt.says) {
			t.Errorf("%s: %+v, want %q and %q", name, s.Facts, tt.mark, tt.says)
		}
	}
}
