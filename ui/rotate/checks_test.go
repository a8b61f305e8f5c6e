package rotate

import (
	"fmt"
	"slices"
	"testing"

	"keyrite/trustdata"
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
	if got[1].Value != `reg.example/a: a\x1b[31m` || got[0].Label != "lock" || got[3] != (ui.Fact{Label: "it can be rotated now", Value: "reg.example/b: expired", Mark: ui.MarkNow}) {
		t.Errorf("%+v", got)
	}
}

// TestChecksOfMany: what is alike is one row, and what is not fine names its repositories.
func TestChecksOfMany(t *testing.T) {
	var checks []rotation.Check
	for i, gun := range []trustdata.GUN{"reg.example/a", "reg.example/b", "reg.example/c", "reg.example/d", "reg.example/e"} {
		checks = append(checks, rotation.Check{Mark: rotation.VerdictOK, What: "root", Detail: fmt.Sprintf("version %d", i), GUN: gun})
		push := rotation.Check{Mark: rotation.VerdictOK, What: "push", Detail: "granted", GUN: gun}
		if i > 0 {
			push.Mark, push.Detail = rotation.VerdictUnknown, "nothing is said"
		}
		checks = append(checks, push, rotation.Check{Mark: rotation.VerdictUnknown, What: "clock", Detail: "silent", GUN: gun})
	}
	checks = append(checks, rotation.Check{Mark: rotation.VerdictNow, What: "end", Detail: "past", GUN: "reg.example/c"})
	want := []ui.Fact{
		{Label: "root", Value: "5 of 5 repositories", Mark: ui.MarkOK},
		{Label: "push", Value: "1 of 5 repositories: granted", Mark: ui.MarkOK},
		{Label: "push", Value: "4 of 5 repositories: nothing is said (reg.example/b, reg.example/c, reg.example/d and 1 more)", Mark: ui.MarkUnchecked},
		{Label: "clock", Value: "5 of 5 repositories: silent", Mark: ui.MarkUnchecked},
		{Label: "end", Value: "reg.example/c: past", Mark: ui.MarkNow},
	}
	if got := Checks(checks).Facts; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
