package rotate

import (
	"slices"
	"testing"

	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// TestChecks: what is unknown is not shown as fine, hostile text does not act, and the
// repository stands with its rows as soon as there are two.
func TestChecks(t *testing.T) {
	checks := []rotation.Check{
		{Mark: rotation.VerdictOK, What: "lock", Detail: "free"},
		{Mark: rotation.VerdictUnknown, What: "push", Detail: "a\x1b[31m", GUN: "reg.example/a"},
		{Mark: rotation.VerdictSoon, What: "end", Detail: "near", GUN: "reg.example/a"},
	}
	want := []ui.Fact{
		{Label: "lock", Value: "free", Mark: ui.MarkOK},
		{Label: "push", Value: `a\x1b[31m`, Mark: ui.MarkUnchecked},
		{Label: "end", Value: "near", Mark: ui.MarkSoon},
	}
	if got := Checks(checks).Facts; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	checks = append(checks, rotation.Check{Mark: rotation.VerdictNow, What: "it can be rotated now", Detail: "expired", GUN: "reg.example/b"})
	got := Checks(checks).Facts
	if got[1].Label != "reg.example/a: push" || got[0].Label != "lock" || got[3] != (ui.Fact{Label: "reg.example/b: it can be rotated now", Value: "expired", Mark: ui.MarkNow}) {
		t.Errorf("%+v", got)
	}
}
