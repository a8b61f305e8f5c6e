package ceremony

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
)

// kind is one sort of ceremony.
type kind struct {
	name, follows string
	role          trustdata.Role
	to            rotation.Manager
	change        ceremony.Change
}

// kinds are what a machine can prepare that does not have the root key.
var kinds = []kind{
	{"new root key", "made on the offline machine, which signs with the old and the new one; cannot be undone", trustdata.RoleRoot, rotation.Same, ceremony.NewKey},
	{"new root certificate", "the root key stays and gets a new certificate, whose end ends the repository", trustdata.RoleRoot, rotation.Same, ceremony.NewCertificate},
	{"new end of root.json", "no key changes: root.json is signed again with a new end date", trustdata.RoleRoot, rotation.Same, ceremony.Refresh},
	{"new repository key", "made here, where it waits until root.json lists it; the old one goes to the trash", trustdata.RoleTargets, rotation.Same, ceremony.NewKey},
	{"snapshot key to the server", "the server makes and holds it; publishing needs one key less", trustdata.RoleSnapshot, rotation.Server, ceremony.NewKey},
	{"snapshot key here", "made here; from then on publishing needs it", trustdata.RoleSnapshot, rotation.Local, ceremony.NewKey},
	{"timestamp key", "the server makes itself a new one", trustdata.RoleTimestamp, rotation.Same, ceremony.NewKey},
}

// choice is a row of a menu.
type choice struct {
	name, follows string
	open          func() tea.Cmd
}

// menu asks what is to be done.
type menu struct {
	*ui.List
	choices []choice
	screen  finisher // what was chosen last
	open    key.Binding
	read    ui.Freshness
}

// finisher is a screen that can tell that there is nothing left to do on it.
type finisher interface {
	ui.Screen
	Finished() bool
}

func newMenu(opt Options, title, summary string) *menu {
	m := &menu{List: ui.NewList(opt.Styles, "choice", "choices"), open: ui.Bind("Enter", "open", "enter", "l", "right"), read: ui.Freshness{Disk: true, At: opt.Clock.Now()}}
	m.Set(ui.NewListing(ui.Page{Title: title, Summary: summary}))
	return m
}

// offer shows the choices.
func (m *menu) offer(choices ...choice) *menu {
	m.choices = choices
	was := m.Page()
	p := ui.Page{Title: was.Title, Summary: was.Summary, Order: "as they come",
		Columns: []ui.Column{{Title: "WHAT", Priority: 1}, {Title: "WHAT FOLLOWS", Priority: 2, Min: 20}}}
	for _, c := range choices {
		p.Rows = append(p.Rows, ui.Row{ID: c.name, Mark: ui.MarkNone, Cells: []string{c.name, c.follows}, Detail: []string{c.name + ": " + c.follows + "."}})
	}
	m.Set(ui.NewListing(p))
	return m
}

// push opens a screen, and remembers it.
func (m *menu) push(s finisher) tea.Cmd {
	m.screen = s
	return ui.Send(ui.PushMsg{Screen: s})
}

// New makes the screen that a ceremony is entered by: a file that was brought here, or
// something to prepare for repositories. Without guns their name is asked for, which parse
// reads.
func New(opt Options, guns []trustdata.GUN, parse func(string) (trustdata.GUN, error)) ui.Screen {
	m := newMenu(opt, "A ceremony: the root key is on a machine that is never online", summary(guns))
	choices := []choice{{"a file was brought here", "what it is, and which step comes next on this machine", func() tea.Cmd { return m.push(NewFile(opt, "")) }}}
	for _, k := range kinds {
		choices = append(choices, choice{"prepare: " + k.name, k.follows, func() tea.Cmd { return m.prepare(opt, k, guns, parse) }})
	}
	return m.offer(choices...)
}

// summary says what the menu is about.
func summary(guns []trustdata.GUN) string {
	about := "Files go to the offline machine and back; no private key is in one."
	if len(guns) > 0 {
		return "For " + name(guns) + ". " + about
	}
	return about
}

// prepare opens the wizard of a kind, or says why there is none.
func (m *menu) prepare(opt Options, k kind, guns []trustdata.GUN, parse func(string) (trustdata.GUN, error)) tea.Cmd {
	switch {
	case opt.Fixed != "":
		return ui.Say(opt.Fixed)
	case opt.NoServer != "":
		return ui.Say(opt.NoServer)
	case len(guns) > 0:
		return m.push(newPrepare(opt, k, guns))
	}
	return ui.AskGUN(opt.Styles, "PREPARE A CEREMONY FOR A REPOSITORY", "go on", parse, func(gun trustdata.GUN) ui.Screen {
		w := newPrepare(opt, k, []trustdata.GUN{gun})
		m.screen = w
		return w
	})
}

// NewWaiting makes the screen of a ceremony that was prepared here and waits: the signed
// file is here, or the file has to be written once more.
func NewWaiting(opt Options, op *rotation.Operation) ui.Screen {
	guns := make([]trustdata.GUN, len(op.Units))
	for i, u := range op.Units {
		guns[i] = u.GUN
	}
	m := newMenu(opt, "A ceremony waits for the offline machine", "It waits for the offline machine: "+trustdata.Visible(op.Kind)+" of "+name(guns)+". Nothing was sent.")
	return m.offer(
		choice{"the signed file is here", "it is held against what was prepared, and published", func() tea.Cmd { return m.push(NewFile(opt, "")) }},
		choice{"write the file once more", "the very same file, for another stick", func() tea.Cmd { return m.push(newRewrite(opt, op.ID, guns)) }})
}

// Init has nothing to load.
func (m *menu) Init() tea.Cmd { return nil }

// Title is the screen's name.
func (m *menu) Title() string { return "ceremony" }

// Freshness is when it was opened.
func (m *menu) Freshness() ui.Freshness { return m.read }

// Status says that choosing is harmless.
func (m *menu) Status() string {
	if s := m.List.Status(); m.CapturesInput() {
		return s
	}
	return harmless()
}

// Update takes keys.
func (m *menu) Update(msg tea.Msg) tea.Cmd {
	if cmd, mine := m.List.Update(msg); mine {
		return cmd
	}
	if k, ok := msg.(tea.KeyPressMsg); !ok || !key.Matches(k, m.open) {
		return nil
	}
	for _, c := range m.choices {
		if c.name == m.ID() {
			return c.open()
		}
	}
	return ui.Say("Nothing is selected.")
}

// Finished and Over report whether what was chosen is done: then there is nothing left to
// choose.
func (m *menu) Finished() bool { return m.screen != nil && m.screen.Finished() }
func (m *menu) Over() bool     { return m.Finished() }

// ShortHelp are the keys of the footer.
func (m *menu) ShortHelp() []key.Binding {
	return []key.Binding{m.open, ui.Bind("Esc", "leave", "esc")}
}

// FullHelp are all keys of this screen.
func (m *menu) FullHelp() [][]key.Binding { return [][]key.Binding{{m.open}, m.Moves()} }

var (
	_ ui.Screen  = (*menu)(nil)
	_ ui.Passer  = (*menu)(nil)
	_ ui.Sourced = (*menu)(nil)
)
