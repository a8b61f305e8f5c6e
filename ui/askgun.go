package ui

import (
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
)

// AskGUN asks for the name of any repository and shows the screen of it: looking at one
// needs no key on this machine. The verb names what is done ("open"), and parse reads what
// was typed.
func AskGUN(st *Styles, title, verb string, parse func(string) (trustdata.GUN, error), open func(trustdata.GUN) Screen) tea.Cmd {
	check := func(s string) error { _, err := parse(s); return err }
	return Send(AskMsg{
		Dialog: NewInput(st, Input{Title: title, Prompt: "Name:", Do: verb, Check: check,
			Explain: "For example registry.example:5000/team/app, or alpine for docker.io/library/alpine. Needs no key."}),
		Answer: func(r any) tea.Cmd {
			text, ok := r.(string)
			if !ok {
				return nil
			}
			gun, err := parse(text)
			if err != nil {
				return Send(ErrorMsg{Err: err})
			}
			return Send(PushMsg{open(gun)})
		}})
}
