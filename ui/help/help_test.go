package help_test

import (
	"fmt"
	"slices"
	"testing"

	"charm.land/bubbles/v2/key"

	"keyrite/ui"
	"keyrite/ui/help"
)

type table []key.Binding

func (t table) ShortHelp() []key.Binding  { return t }
func (t table) FullHelp() [][]key.Binding { return [][]key.Binding{t} }

// TestPage: every key that exists is there with all its names, and no other.
func TestPage(t *testing.T) {
	off := ui.Bind("X", "delete", "X")
	off.SetEnabled(false)
	p := help.Page("keys", table{ui.Bind("Enter", "open", "enter", "l", "right"), ui.Bind("b", "back up", "b", "B"), off},
		[]key.Binding{ui.Bind("PgDn", "page down", "pgdown"), ui.Bind("Ctrl-c", "cancel", "ctrl+c")})
	var got []string
	for _, s := range p.Sections[:2] {
		for _, f := range s.Facts {
			got = append(got, f.Label+": "+f.Value)
		}
	}
	want := []string{"Enter l Right: open", "b B: back up", "PgDn: page down", "Ctrl-c: cancel"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	marks := fmt.Sprint(p.Sections)
	for _, m := range ui.Marks {
		if len(m) == 0 || !slices.ContainsFunc(p.Sections, func(s ui.Section) bool {
			return slices.ContainsFunc(s.Facts, func(f ui.Fact) bool { return f.Label == string(m) && f.Value != "" })
		}) {
			t.Errorf("mark %q is not explained: %s", m, marks)
		}
	}
}
