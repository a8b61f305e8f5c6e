package ui

import (
	"strings"
	"testing"
)

func TestThemes(t *testing.T) {
	for _, found := range []Look{{}, {Light: true}, {Mono: true}, {Contrast: true}} {
		for _, theme := range Themes()[1:] {
			if got := found.Themed(theme).Theme(); got != theme {
				t.Errorf("%+v with %q is %q", found, theme, got)
			}
		}
	}
	if got := (Look{Light: true}).Themed(ThemeAuto); got.Theme() != ThemeLight || got.Fixed {
		t.Errorf("auto on a light terminal is %+v", got)
	}
}

// TestContrast: high contrast has nothing faint and no grey, and every coloured mark is bold;
// without styles it shows what the others show.
func TestContrast(t *testing.T) {
	for _, light := range []bool{false, true} {
		st := NewStyles(Look{Light: light}.Themed(ThemeContrast))
		if got := st.Dim.Render("x") + st.Locked.Render("x"); got != "xx" {
			t.Errorf("light %v: something is dim: %q", light, got)
		}
		for _, m := range []Mark{MarkNow, MarkSoon, MarkNote, MarkOK} {
			got := st.Mark(m)
			if !strings.HasPrefix(got, "\x1b[1;") || !strings.Contains(got, string(m)) {
				t.Errorf("light %v: %q is drawn as %q", light, m, got)
			}
			if bright := strings.HasPrefix(got, "\x1b[1;9"); bright == light {
				t.Errorf("light %v: %q is drawn as %q", light, m, got)
			}
		}
	}
	if st := NewStyles(Look{}); st.Dim.Render("x") == "x" || st.Locked.Render("x") == "x" {
		t.Error("nothing is dim in any theme")
	}
}
