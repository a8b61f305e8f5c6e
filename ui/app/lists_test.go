package app_test

import (
	"errors"
	"maps"
	"testing"

	"keyrite/ui/app"
	"keyrite/ui/uitest"
)

// TestOrderIsRemembered: an order that was chosen holds for the next screen of the kind.
func TestOrderIsRemembered(t *testing.T) {
	d := newWorld().console(t, 100, 30).Press("o").Type("registry.acme.io/pay/web").Press("enter").Has("sorted worst first")
	d.Press("s").Has("SORT TAGS", "1  worst first", "2  by tag", "3  by state").Press("2").Has("Sorted by tag.")
	d.Press("esc").Has("sorted worst first").Press("o").Type("registry.acme.io/pay/web").Press("enter").Has("sorted by tag", ">ok 2026.9.4")
	// It is undone like everything else that is local, and its own order can be chosen again.
	d.Press("s", "1").Has("Sorted worst first.").Press("u").Has("The order is as before: by tag.")
}

// TestOrderIsKept for the next run; where that cannot be done, it is said once the order holds.
func TestOrderIsKept(t *testing.T) {
	kept := map[string]string{}
	var refused error
	open := func() *uitest.Driver {
		return newWorld().consoleWith(t, 100, 30, func(o *app.Options) {
			o.Orders, o.KeepOrders = maps.Clone(kept), func(all map[string]string) error {
				kept = all
				return refused
			}
		})
	}
	open().Press("2", "s").Has("by role").Press("3").Has("Sorted by role.").Press("3", "s", "enter")
	if len(kept) != 1 {
		t.Errorf("kept %v", kept)
	}
	d := open().Press("2").Has("sorted by role").Press("s", "1").Has("Sorted worst first.").Press("u").Has("The order is as before: by role.")
	if len(kept) != 1 {
		t.Errorf("undone, and kept %v", kept)
	}
	refused = errors.New("no room")
	d.Press("s", "1").Has("The order holds until keyrite ends: no room.")
}

// TestMarksAreCountedInTheHeader, and u takes them back.
func TestMarksAreCountedInTheHeader(t *testing.T) {
	d := newWorld().console(t, 100, 30).Press("3", "v", "j", "j").Has("range of 3 repositories").Press("v").Has("repos (3 marked)")
	d.Press("/").Type("sandbox").Press("enter").Has("repos /sandbox (3 marked, 3 of them not shown)").Press("esc")
	d.Press("u", "u").Has("The filter is off again.").Press("u").Has("The mark of 3 repositories is as before.").Lacks("marked)").Press("u").Has("There is nothing local to undo here", "What was published has no undo.")
}

// TestHiddenMarksAreListed before anything is done to them.
func TestHiddenMarksAreListed(t *testing.T) {
	w := newWorld()
	d := w.console(t, 100, 30).Press("3", "*", "/").Type("edge").Press("enter", "a")
	d.Has("MARKED, BUT NOT SHOWN", "registry.acme.io/infra/base", "registry.acme.io/sandbox/tmp", "1  all 7 repositories that are marked", "2  only the 1 repository that the filter shows")
	d.Press("esc").Has("repos /edge (7 marked, 6 of them not shown)").Press("a", "2").Has("ARCHIVE 1 REPOSITORY").Press("esc").Has("registry.acme.io/edge/gw").Lacks("infra/base")
	d.Press("esc", "a", "1").Has("ARCHIVE 7 REPOSITORIES").Press("esc").Has("infra/base", "edge/gw")
	// Where all of them are shown nothing is asked.
	d.Press("esc", "esc", "a").Has("ARCHIVE 7 REPOSITORIES")
}

func TestUndoWhereNothingIsLocal(t *testing.T) {
	newWorld().console(t, 100, 30).Press("b", "u").Has("There is nothing local to undo here")
}
