// Package app is the console's one model: it owns the stack of screens, the dialog, the
// frame around them, and the keys that are the same everywhere.
package app

import (
	"fmt"
	"maps"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// Model is the program's model.
type Model struct {
	opt     Options
	st      *ui.Styles
	w, h    int
	tab     int
	stack   []ui.Screen
	started map[ui.Screen]bool
	help    ui.Screen // the help that was opened last
	ask     *ui.AskMsg
	trouble *ui.Trouble
	reader  ui.Screen // whose reading the trouble is of; nil for any other
	status  string
	burst   burst
	keys    keyMap
	ticking bool
	seen    places
	said    []message         // oldest first
	lines   []string          // of the palette, oldest first
	orders  map[string]string // the order that was chosen last for each kind of list
}

// New makes the console.
func New(opt Options) *Model {
	m := &Model{opt: opt, st: opt.Styles, started: map[ui.Screen]bool{}, orders: maps.Clone(opt.Orders), keys: newKeyMap(opt), burst: burst{now: opt.Clock.Now}}
	if m.orders == nil {
		m.orders = map[string]string{}
	}
	for i, t := range opt.Tabs {
		if t.Screen != nil && (opt.Start == "" || t.Digit == opt.Start) {
			m.tab, m.stack = i, []ui.Screen{t.Screen}
			break
		}
	}
	for _, s := range []ui.Screen{opt.First, opt.News} {
		if s != nil {
			m.stack = append(m.stack, s)
		}
	}
	m.visit()
	return m
}

func (m *Model) top() ui.Screen { return m.stack[len(m.stack)-1] }

// Init starts the first screen and the minute hand.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(m.start(m.top()), m.minute(), act(m.opt.AtStart))
}

// act does what cmd wants done, out of the event loop.
func act(do func() (notice string, changed bool)) tea.Cmd {
	if do == nil {
		return nil
	}
	return func() tea.Msg {
		notice, changed := do()
		switch {
		case changed:
			return tea.BatchMsg{ui.Say(notice), ui.Send(ui.DoneMsg{Action: notice})}
		case notice != "":
			return ui.StatusMsg{Text: notice}
		}
		return nil
	}
}

// start runs a screen's Init the first time that it is shown.
func (m *Model) start(s ui.Screen) tea.Cmd {
	if m.started[s] {
		return nil
	}
	m.started[s] = true
	if l, ok := s.(ordered); ok && m.orders[kind(l)] != "" {
		l.OrderBy(m.orders[kind(l)])
	}
	return tea.Batch(s.Init(), m.watch())
}

// order keeps the order that was chosen on the screen on top.
func (m *Model) order(by string) tea.Cmd {
	l, ok := m.top().(ordered)
	if !ok || m.orders[kind(l)] == by {
		return nil
	}
	m.orders[kind(l)] = by
	if m.opt.KeepOrders == nil {
		return nil
	}
	keep, all := m.opt.KeepOrders, maps.Clone(m.orders)
	return func() tea.Msg {
		if err := keep(all); err != nil {
			return ui.StatusMsg{Text: "The order holds until keyrite ends: " + trustdata.VisibleError(err) + "."}
		}
		return nil
	}
}

// ordered is a screen whose rows can be ordered. An order that was chosen holds for every
// screen of its kind.
type ordered interface {
	Kind() string
	OrderBy(field string)
}

func kind(l ordered) string { return fmt.Sprintf("%T of %s", l, l.Kind()) }

type (
	minuteMsg struct{}
	watchMsg  struct{}
)

// minute redraws the ages in the header. Between two minutes an idle console is silent.
func (m *Model) minute() tea.Cmd {
	return m.opt.Clock.Tick(time.Minute, func(time.Time) tea.Msg { return minuteMsg{} })
}

// watch redraws the elapsed time while the screen on top works.
func (m *Model) watch() tea.Cmd {
	if w, ok := m.top().(ui.Worker); !ok || !w.Busy() || m.ticking {
		return nil
	}
	m.ticking = true
	return m.opt.Clock.Tick(500*time.Millisecond, func(time.Time) tea.Msg { return watchMsg{} })
}

// Update sends each message where it belongs.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.handle(msg)
	m.visit()
	return m, tea.Batch(cmd, m.watch())
}

func (m *Model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.PasteMsg:
		return m.paste(msg)
	case tea.ColorProfileMsg:
		m.restyle(msg)
	case tea.BackgroundColorMsg:
		m.restyle(msg)
	case minuteMsg:
		return m.minute()
	case watchMsg:
		m.ticking = false
	case ui.PushMsg:
		m.stack = append(m.stack, msg.Screen)
		return m.start(msg.Screen)
	case ui.PopMsg:
		return m.pop()
	case ui.AskMsg:
		m.ask = &msg
	case ui.ErrorMsg:
		m.showError(msg)
	case ui.ReadMsg:
		m.readAgain(msg.Reader)
	case ui.StatusMsg:
		m.say(msg.Text)
	case ui.OrderedMsg:
		m.say(msg.Said)
		return m.order(msg.By)
	case ui.CopyMsg:
		return m.copy(msg)
	case copiedMsg:
		return m.copied(msg)
	default:
		return m.broadcast(msg)
	}
	return nil
}

// broadcast gives a message to every screen: answers find the one that asked, wherever
// it is in the stack, and a change is news for all.
func (m *Model) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	if m.ask != nil {
		r, cmd := m.ask.Dialog.Update(msg)
		cmds = append(cmds, cmd, m.answer(r))
	}
	seen := map[ui.Screen]bool{}
	for _, s := range append(m.stack[:len(m.stack):len(m.stack)], m.tabScreens()...) {
		if m.started[s] && !seen[s] {
			seen[s] = true
			cmds = append(cmds, s.Update(msg))
		}
	}
	return tea.Batch(append(cmds, m.uncover())...)
}

func (m *Model) tabScreens() []ui.Screen {
	var out []ui.Screen
	for _, t := range m.opt.Tabs {
		if t.Screen != nil {
			out = append(out, t.Screen)
		}
	}
	return out
}

// answer closes the dialog if it is finished.
func (m *Model) answer(result any) tea.Cmd {
	if result == nil {
		return nil
	}
	then := m.ask.Answer
	m.ask = nil
	if then == nil {
		return nil
	}
	return then(result)
}

// pop leaves the screen on top, unless it will not be left or is the last.
func (m *Model) pop() tea.Cmd {
	if len(m.stack) == 1 {
		return nil
	}
	if cmd, held := hold(m.top()); held {
		return cmd
	}
	m.drop()
	return m.uncover()
}

// uncover shows what is on top now, past the screens that are over. It may never have been
// on top: the list under the first screen.
func (m *Model) uncover() tea.Cmd {
	for len(m.stack) > 1 {
		if p, ok := m.top().(ui.Passer); !ok || !p.Over() {
			break
		}
		m.drop()
	}
	return m.start(m.top())
}

func (m *Model) drop() {
	s := m.top()
	if w, ok := s.(ui.Worker); ok {
		w.Cancel()
	}
	if m.reader == s {
		m.dismiss()
	}
	delete(m.started, s)
	m.stack = m.stack[:len(m.stack)-1]
}

// held asks every screen of the stack whether it may be left: one that publishes may lie
// under the help.
func (m *Model) held() (tea.Cmd, bool) {
	for _, s := range m.stack {
		if cmd, held := hold(s); held {
			return cmd, true
		}
	}
	return nil, false
}

func hold(s ui.Screen) (tea.Cmd, bool) {
	if h, ok := s.(ui.Holder); ok {
		if why := h.Hold(); why != "" {
			return ui.Say(why), true
		}
	}
	return nil, false
}

// restyle follows what the terminal says of itself.
func (m *Model) restyle(msg tea.Msg) {
	look := m.st.Look
	switch msg := msg.(type) {
	case tea.ColorProfileMsg:
		look.Complete = complete(msg)
	case tea.BackgroundColorMsg:
		if !look.Fixed {
			look.Light = !msg.IsDark()
		}
	}
	*m.st = *ui.NewStyles(look)
}
