package app

import (
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

type keyMap struct {
	open, palette, help, undo, forget, backward, forward, back, quit, cancel, redraw, suspend, copy, keep key.Binding
	tabs                                                                                                  []key.Binding
}

func newKeyMap(opt Options) keyMap {
	k := keyMap{
		open: ui.Bind("o", "open a repository by name", "o"), palette: ui.Bind(":", "go or do", ":"),
		undo:     ui.Bind("u", "undo the last local thing", "u"),
		forget:   ui.Bind("L", "forget opened keys and passphrases now", "L"),
		backward: ui.Bind("[", "the place before", "[", "ctrl+o"), forward: ui.Bind("]", "the place after", "]"), help: ui.Bind("?", "all keys", "?"),
		back: ui.Bind("Esc", "back", "esc", "h", "left"), quit: ui.Bind("q", "back; at the top: quit", "q"),
		cancel: ui.Bind("Ctrl-c", "cancel what runs; again: quit", "ctrl+c"),
		redraw: ui.Bind("Ctrl-l", "redraw", "ctrl+l"), suspend: ui.Bind("Ctrl-z", "suspend", "ctrl+z"),
		copy: ui.Bind("y", "copy", "y"), keep: ui.Bind("k", "keep refusing (safe)", "k"),
	}
	k.open.SetEnabled(opt.Open != nil)
	k.help.SetEnabled(opt.Help != nil)
	for _, t := range opt.Tabs {
		k.tabs = append(k.tabs, ui.Bind(t.Digit, t.Name, t.Digit))
	}
	return k
}

// everywhere are the keys that mean the same on every screen. In lines, places go by name.
func (m *Model) everywhere() []key.Binding {
	if m.opt.Lines {
		return m.general()
	}
	return append(slices.Clone(m.keys.tabs), m.general()...)
}

// general are those that lead to no tab. In lines there is nothing to draw.
func (m *Model) general() []key.Binding {
	k := m.keys
	all := []key.Binding{k.open, k.palette, k.help, k.undo, k.forget, k.backward, k.forward, k.back, k.quit, k.cancel}
	if m.opt.Lines {
		return all
	}
	return append(all, k.redraw, k.suspend)
}

func complete(msg tea.ColorProfileMsg) lipgloss.CompleteFunc { return lipgloss.Complete(msg.Profile) }

// press takes a key: the window's size first, then the dialog, then the trouble that is
// shown, then the keys of everywhere, then the screen.
func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	if key.Matches(k, m.keys.cancel) {
		return m.interrupt()
	}
	if tooSmall(m.w, m.h) {
		return nil
	}
	m.status = ""
	if m.ask != nil {
		if m.cramped() && !key.Matches(k, ui.Bind("", "", "esc")) {
			return nil
		}
		result, cmd := m.ask.Dialog.Update(k)
		return tea.Batch(cmd, m.answer(result))
	}
	if m.captures() {
		return m.top().Update(k)
	}
	if !m.opt.Lines && m.burst.pasted() {
		return ui.Say("Keys came faster than anyone types: taken for a paste and dropped.")
	}
	if cmd, mine := m.troubled(k); mine {
		return cmd
	}
	if cmd, mine := m.global(k); mine {
		return cmd
	}
	return m.top().Update(k)
}

func (m *Model) captures() bool {
	c, ok := m.top().(ui.Capturer)
	return ok && c.CapturesInput()
}

// troubled acts on the keys that are about the error on the screen.
func (m *Model) troubled(k tea.KeyPressMsg) (tea.Cmd, bool) {
	switch {
	case m.trouble != nil && key.Matches(k, m.keys.copy):
		return ui.Send(ui.CopyMsg{What: "the error", Text: m.trouble.Text()}), true
	case m.alarmed() && key.Matches(k, m.keys.keep):
		m.dismiss()
		return ui.Say("It stays refused until the server is in order."), true
	}
	return nil, false
}

// global acts on the keys of everywhere.
func (m *Model) global(k tea.KeyPressMsg) (tea.Cmd, bool) {
	switch {
	case key.Matches(k, m.keys.back):
		return m.back(k), true
	case key.Matches(k, m.keys.quit):
		return m.quit(), true
	case key.Matches(k, m.keys.help):
		return m.toggleHelp(), true
	case key.Matches(k, m.keys.open):
		return m.askName(), true
	case key.Matches(k, m.keys.palette):
		return m.askPalette(), true
	case key.Matches(k, m.keys.undo):
		return m.undo(), true
	case key.Matches(k, m.keys.forget):
		return m.forgetKeys(), true
	case key.Matches(k, m.keys.backward):
		return m.goBack(), true
	case key.Matches(k, m.keys.forward):
		return m.goForward(), true
	case key.Matches(k, m.keys.redraw):
		return tea.ClearScreen, true
	case key.Matches(k, m.keys.suspend):
		return tea.Suspend, true
	}
	choosing, _ := m.top().(digitTaker)
	for i, b := range m.keys.tabs {
		if key.Matches(k, b) && (choosing == nil || !choosing.TakesDigits()) {
			return m.switchTo(i), true
		}
	}
	return nil, false
}

// undo takes back the last local thing of the screen on top.
func (m *Model) undo() tea.Cmd {
	if u, ok := m.top().(ui.Undoer); ok {
		return u.Undo()
	}
	return ui.Say(ui.NothingToUndo)
}

// forgetKeys wipes every opened key and passphrase that a screen holds.
func (m *Model) forgetKeys() tea.Cmd {
	wiped := 0
	for _, s := range m.stack {
		if f, ok := s.(ui.Forgetter); ok {
			wiped += f.ForgetKeys()
		}
	}
	text := "No opened key and no passphrase is held."
	if wiped > 0 {
		text = trustdata.Plural(wiped, "opened key or passphrase was", "opened keys and passphrases were") + " wiped. Nothing has changed; what is needed is asked for again."
	}
	if m.busy() {
		text += " What is under way keeps its own until it ends."
	}
	return ui.Say(text)
}

// toggleHelp opens the help about the screen on top, or closes it.
func (m *Model) toggleHelp() tea.Cmd {
	if m.helping() {
		return m.pop()
	}
	m.help = m.opt.Help(m.top(), m.everywhere())
	return ui.Send(ui.PushMsg{Screen: m.help})
}

func (m *Model) helping() bool { return m.top() == m.help }

// digitTaker is a screen whose choices have numbers, which then do not lead to the tabs.
type digitTaker interface{ TakesDigits() bool }

// escaper undoes something of its own before Esc leaves it.
type escaper interface{ Escape() bool }

// back leaves the innermost thing: the trouble, the work, the filter, the screen.
func (m *Model) back(k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "esc" {
		if m.trouble != nil {
			m.dismiss()
			return nil
		}
		if w, ok := m.top().(ui.Worker); ok && w.Busy() {
			w.Cancel()
			return ui.Say("Stopped. What came before is shown.")
		}
	}
	if e, ok := m.top().(escaper); ok && e.Escape() {
		return nil
	}
	return m.pop()
}

// quit leaves the screen, and at the top the program; while something runs it asks. The
// first screen is the top too: nobody came to it from the list below it.
func (m *Model) quit() tea.Cmd {
	if len(m.stack) > 1 && m.top() != m.opt.First {
		return m.pop()
	}
	if !m.busyBut(reads) {
		return tea.Quit
	}
	return ui.Send(ui.AskMsg{
		Dialog: ui.NewConfirm(m.st, m.opt.Clock, ui.Question{Headline: "LEAVE WHILE SOMETHING RUNS",
			Thing: "What runs is stopped. Nothing that was done so far is lost.", Keep: "Stay", Act: "Leave", Profile: m.opt.Profile}),
		Answer: func(r any) tea.Cmd {
			if _, yes := r.(ui.Confirmed); yes {
				return tea.Quit
			}
			return nil
		}})
}

func (m *Model) busy() bool { return m.busyBut(func(ui.Screen) bool { return false }) }

// busyBut is busy as far as it is not the work of certain screens.
func (m *Model) busyBut(excused func(ui.Screen) bool) bool {
	for _, s := range append(m.tabScreens(), m.stack...) {
		if w, ok := s.(ui.Worker); ok && m.started[s] && w.Busy() && !excused(s) {
			return true
		}
	}
	return false
}

// reads reports whether all that a screen does by itself is to read.
func reads(s ui.Screen) bool {
	_, ok := s.(ui.Reader)
	return ok
}

// interrupt is Ctrl-c: it leaves a dialog, then cancels what runs, then quits.
func (m *Model) interrupt() tea.Cmd {
	if m.ask != nil {
		result, cmd := m.ask.Dialog.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
		return tea.Batch(cmd, m.answer(result))
	}
	for _, s := range slices.Backward(m.stack) {
		if w, ok := s.(ui.Worker); ok && w.Busy() {
			w.Cancel()
			m.status = "Cancelled. Ctrl-c again quits."
			return nil
		}
	}
	if cmd, held := m.held(); held {
		return cmd
	}
	return tea.Quit
}

// switchTo shows another tab, or says why it cannot.
func (m *Model) switchTo(i int) tea.Cmd {
	t := m.opt.Tabs[i]
	if t.Screen == nil {
		return ui.Say(t.Missing)
	}
	if cmd, held := m.held(); held {
		return cmd
	}
	for len(m.stack) > 1 {
		m.drop()
	}
	m.tab, m.stack = i, []ui.Screen{t.Screen}
	return m.start(t.Screen)
}

// askName opens any repository: it needs no key on this machine.
func (m *Model) askName() tea.Cmd {
	if cmd, held := m.held(); held {
		return cmd
	}
	return ui.AskGUN(m.st, "OPEN A REPOSITORY", "open", m.opt.ParseName, m.opt.Open)
}

// paste goes to an input; anywhere else it is dropped, or it would run as commands.
func (m *Model) paste(p tea.PasteMsg) tea.Cmd {
	switch {
	case tooSmall(m.w, m.h) || m.ask != nil && m.cramped():
		return nil
	case m.ask != nil:
		result, cmd := m.ask.Dialog.Update(p)
		return tea.Batch(cmd, m.answer(result))
	case m.captures():
		return m.top().Update(p)
	}
	return ui.Say("A paste of " + trustdata.Plural(len([]rune(strings.TrimSpace(p.Content))), "character", "characters") + " was dropped: there is no input here.")
}

// ParseName is the rule for names that are typed: one with a host stays as it is, any
// other is expanded as docker does.
func ParseName(s string) (trustdata.GUN, error) {
	gun, err := trustdata.ParseGUN(s)
	if err != nil || gun.Host() != "" {
		return gun, err
	}
	return trustdata.ExpandGUN(gun), nil
}

// burst knows a paste in a terminal that does not mark one: many keys at once.
type burst struct {
	now   func() time.Time
	times [burstKeys]time.Time
	next  int
}

const (
	burstKeys = 8
	burstSpan = 30 * time.Millisecond
)

// pasted takes note of a key, and reports whether more than burstKeys came within
// burstSpan.
func (b *burst) pasted() bool {
	now, oldest := b.now(), b.times[b.next]
	b.times[b.next] = now
	b.next = (b.next + 1) % burstKeys
	return !oldest.IsZero() && now.Sub(oldest) < burstSpan
}
