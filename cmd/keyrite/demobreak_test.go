package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"keyrite/cmd/keyrite/demo"
	"keyrite/trustdata"
	"keyrite/trustdata/remote"
)

// TestDemoBreaksAndMends: what is broken from the palette is on the screen at once, and gone
// when it is mended.
func TestDemoBreaksAndMends(t *testing.T) {
	_, desk, d := demoConsole(t)
	gun := trustdata.GUN(demo.Host + "/pay/api")
	choose := func(line string) { d.Press(":").Type(line).Press("enter").Advance(time.Second) }
	d.Press("esc", "1").Has("[1 Overview").Lacks("STOP")

	choose("break rollback")
	d.Has("STOP: the server contradicts what was seen", string(gun), "BROKEN: the trust server gives out what pay/api was")
	var conflict *remote.Conflict
	if _, err := desk.session.collection(t.Context(), gun); !errors.As(err, &conflict) {
		t.Errorf("rolled back: %v", err)
	}
	choose("mend rollback")
	d.Has("Mended: rollback.").Lacks("STOP")
	if _, err := desk.session.collection(t.Context(), gun); err != nil {
		t.Errorf("mended: %v", err)
	}

	choose("break tampered metadata")
	d.Has("metadata does not verify", "infra/proxy")
	choose("mend tampered metadata")
	d.Lacks("metadata does not verify")
}

// TestDemoNamesItsProblems: --with takes the names of problems alone.
func TestDemoNamesItsProblems(t *testing.T) {
	got, err := problemsNamed([]string{"rollback", "lying-stick"})
	if err != nil || len(got) != 2 || got[0] != demo.Rollback || got[1] != demo.LyingStick {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := problemsNamed([]string{"rollback", "fire"}); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), `"fire"`) {
		t.Errorf("fire: %v", err)
	}
}
