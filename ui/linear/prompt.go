package linear

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"

	"keyrite/ui"
)

// brief is the question where the screen's keys were told before.
const brief = "Type a number or a key, an empty line to hear this again, ? for help:"

// question is the menu of a screen as one sentence, with what an empty line does.
func (s Scene) question() string {
	var parts []string
	enter, has := s.enter()
	rows := len(s.page().Rows)
	switch {
	case s.wizard() && has:
		parts = append(parts, "an empty line for "+enter.Help().Desc)
	case s.wizard():
	case rows > 0 && len(s.Details()) > 0:
		parts = append(parts, "a number for details", hearAgain)
	case rows > 0 && has:
		parts = append(parts, "a number for "+enter.Help().Desc, hearAgain)
	default:
		parts = append(parts, hearAgain)
	}
	for _, b := range s.Screen.ShortHelp() {
		if word := b.Help().Key; b.Enabled() && !told(b) {
			parts = append(parts, word+" for "+b.Help().Desc)
		}
	}
	if rows > 1 {
		parts = append(parts, "/text to filter")
	}
	parts = append(parts, s.wayOut()...)
	return "Type " + strings.Join(append(parts, "? for help"), ", ") + ":"
}

const hearAgain = "an empty line to hear this again"

// chosen is the question after a row was selected.
func (s Scene) chosen() string {
	enter, _ := s.enter()
	return "Type an empty line for " + enter.Help().Desc + ", another number, a key for this line, ? for help:"
}

// told are the keys that the question has another word for, or that move what does not move
// here.
func told(b key.Binding) bool {
	return slices.ContainsFunc([]string{"enter", "/", "q", "j", "1"}, func(k string) bool {
		return slices.Contains(b.Keys(), k)
	})
}

// wayOut are the other places, and how to leave.
func (s Scene) wayOut() []string {
	if len(s.Path) > 1 {
		return []string{"q to go back"}
	}
	var names []string
	for _, p := range s.Places {
		if !strings.EqualFold(p.Name, s.Path[0]) {
			names = append(names, strings.ToLower(p.Name))
		}
	}
	if len(names) == 0 {
		return []string{"q to quit"}
	}
	return []string{strings.Join(names, " or ") + " to go there", "q to quit"}
}

// asks is a dialog's question in lines.
func asks(a ui.Asking) []line {
	var t text
	t.add(a.Says...)
	return t.lines
}
