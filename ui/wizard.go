package ui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// Step is one page of a wizard. Its functions look at the state of the screen that
// embeds the wizard, and are asked anew whenever that may have changed.
type Step struct {
	Name string
	// Page states everything that there is to know at this step.
	Page func() Page
	// Leaving says what leaving now means. It must be true.
	Leaving func() string
	// Start begins what the step does by itself; nil for a step that only shows.
	Start func() tea.Cmd
	// Next are the words for Enter ("review"), and Do is what it does. Without a Do,
	// Enter goes to the next step.
	Next string
	Do   func() tea.Cmd
	// Blocked says why Enter cannot act now; nil or "" lets it.
	Blocked func() string
	// Acts are the step's other keys.
	Acts []Act
	// Held says why the wizard cannot be left now; nil or "" lets go.
	Held func() string
	// Back makes Esc go to the step before instead of leaving.
	Back bool
	// Asks reports whether the step asks for one of its rows now: in a small window they are
	// then in view before what stands above them. nil never does.
	Asks func() bool
}

// Act is a key of a step.
type Act struct {
	Key key.Binding
	Do  func() tea.Cmd
	// Blocked says why it cannot act now; nil or "" lets it.
	Blocked func() string
}

// Wizard leads through numbered steps. A screen embeds one, gives it steps that look at
// the screen's own state, and calls Refresh when that has changed.
type Wizard struct {
	*List
	title string
	steps []Step
	at    int
	enter key.Binding
}

// NewWizard makes a wizard that stands before its first step.
func NewWizard(st *Styles, title string, steps ...Step) *Wizard {
	w := &Wizard{List: NewList(st, "line", "lines"), title: title, steps: steps}
	w.Refresh()
	return w
}

// Init starts the first step.
func (w *Wizard) Init() tea.Cmd { return w.Go(0) }

// Go shows a step and starts it.
func (w *Wizard) Go(step int) tea.Cmd {
	w.at = step
	w.top, w.cursor, w.moved = 0, 0, false
	w.Refresh()
	if start := w.steps[step].Start; start != nil {
		return start()
	}
	return nil
}

// Advance goes to the next step; at the last it leaves the wizard.
func (w *Wizard) Advance() tea.Cmd {
	if w.at == len(w.steps)-1 {
		return Send(PopMsg{})
	}
	return w.Go(w.at + 1)
}

// At is the number of the present step, from 0.
func (w *Wizard) At() int { return w.at }

// StepName is the name of the present step.
func (w *Wizard) StepName() string { return w.steps[w.at].Name }

// Refresh shows the present step as it is now.
func (w *Wizard) Refresh() {
	s := w.steps[w.at]
	next := s.Next
	if next == "" {
		next = "next"
	}
	w.enter = Bind("Enter", next, "enter")
	w.asks = s.Asks != nil && s.Asks()
	w.Set(NewListing(s.Page()))
}

// Title names what the wizard does.
func (w *Wizard) Title() string { return w.title }

// ShortTitle has the step's number too.
func (w *Wizard) ShortTitle() string {
	return fmt.Sprintf("%s  %d/%d %s", w.title, w.at+1, len(w.steps), w.steps[w.at].Name)
}

// StepOf is the number of the present step, from 1, of how many, and its name.
func (w *Wizard) StepOf() (n, of int, name string) { return w.at + 1, len(w.steps), w.StepName() }

// Subtitle are the steps, with the ones that are behind.
func (w *Wizard) Subtitle() string {
	var parts []string
	for i, s := range w.steps {
		switch {
		case i < w.at:
			parts = append(parts, fmt.Sprintf("%d ok", i+1))
		case i == w.at:
			parts = append(parts, fmt.Sprintf("[%d %s]", i+1, s.Name))
		default:
			parts = append(parts, fmt.Sprintf("%d %s", i+1, s.Name))
		}
	}
	return strings.Join(parts, "  ")
}

// Status is what leaving now means.
func (w *Wizard) Status() string {
	if w.CapturesInput() {
		return w.List.Status()
	}
	return w.steps[w.at].Leaving()
}

// Hold says why the wizard cannot be left now.
func (w *Wizard) Hold() string { return ask(w.steps[w.at].Held) }

// Escape clears the filter, or goes a step back where the step says so.
func (w *Wizard) Escape() bool {
	if w.List.Escape() {
		return true
	}
	if !w.steps[w.at].Back || w.at == 0 || w.Hold() != "" {
		return false
	}
	w.at--
	w.Refresh()
	return true
}

func ask(why func() string) string {
	if why == nil {
		return ""
	}
	return why()
}

// Update takes keys. A key that cannot act now says why.
func (w *Wizard) Update(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok || w.CapturesInput() {
		cmd, _ := w.List.Update(msg)
		return cmd
	}
	s := w.steps[w.at]
	for _, a := range s.Acts {
		if key.Matches(k, a.Key) {
			return act(a.Blocked, a.Do)
		}
	}
	if key.Matches(k, w.enter) {
		if s.Do == nil {
			return act(s.Blocked, w.Advance)
		}
		return act(s.Blocked, s.Do)
	}
	cmd, _ := w.List.Update(msg)
	return cmd
}

func act(blocked func() string, do func() tea.Cmd) tea.Cmd {
	if why := ask(blocked); why != "" {
		return Say(why)
	}
	return do()
}

// ShortHelp are the keys of the footer.
func (w *Wizard) ShortHelp() []key.Binding {
	leave := Bind("Esc", "leave", "esc")
	if w.steps[w.at].Back {
		leave = Bind("Esc", "back", "esc")
	}
	return append(w.own(), w.keys.copy, leave)
}

// FullHelp are all keys of this step.
func (w *Wizard) FullHelp() [][]key.Binding {
	own := w.own()
	moves := slices.DeleteFunc(w.Moves(), func(m key.Binding) bool {
		return slices.ContainsFunc(own, func(b key.Binding) bool { return shares(b, m) })
	})
	return [][]key.Binding{own, moves}
}

// shares reports whether two bindings have a key in common, so that the second never acts.
func shares(a, b key.Binding) bool {
	return slices.ContainsFunc(a.Keys(), func(k string) bool { return slices.Contains(b.Keys(), k) })
}

func (w *Wizard) own() []key.Binding {
	out := []key.Binding{w.enter}
	for _, a := range w.steps[w.at].Acts {
		out = append(out, a.Key)
	}
	return out
}

var _ Screen = (*Wizard)(nil)
