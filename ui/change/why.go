package change

import (
	"errors"

	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// askWhy asks for a reason, which is recorded with what is done without.
func (m *Model) askWhy(title string, then func(why string)) tea.Cmd {
	check := func(s string) error {
		if len(s) < 3 {
			return errors.New("say why, in a few words: it is recorded")
		}
		return nil
	}
	return m.Held.Ask(ui.NewInput(m.set.Styles, ui.Input{Title: title, Prompt: "Why:", Do: "go on without", Check: check,
		Explain: "What you type is recorded. Nothing is changed yet."}), func(r any) tea.Cmd {
		if why, ok := r.(string); ok {
			then(why)
			m.Refresh()
		}
		return nil
	})
}
