// Package firstrun is what is shown where no key was found on this machine: where was
// looked, and what can be done now. Nothing is made without being asked for.
package firstrun

import (
	"fmt"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// Choice is one thing that can be done.
type Choice struct {
	Name, Follows string
	// Screen makes the screen that it leads to. Where there is none, Say is the sentence
	// that tells how it is done. With neither, a repository is opened by its name.
	Screen func() ui.Screen
	Say    string
}

// Options are what the screen is given.
type Options struct {
	Styles *ui.Styles
	// Looked are the places that were looked into, and what was found there.
	Looked  []ui.Fact
	Choices []Choice
	// At is when they were looked into.
	At time.Time
	// ParseName turns what was typed into a repository's name, and Open makes the screen of
	// its tags.
	ParseName func(string) (trustdata.GUN, error)
	Open      func(trustdata.GUN) ui.Screen
	// HasKeys reports whether there is a key now. It is asked after every change.
	HasKeys func() bool
}

// Model is the screen.
type Model struct {
	*ui.List
	opt  Options
	pick key.Binding
	over bool
}

// keysMsg says that there is a key now.
type keysMsg struct{ model *Model }

// New makes the screen.
func New(opt Options) *Model {
	m := &Model{List: ui.NewList(opt.Styles, "choice", "choices"), opt: opt, pick: ui.Bind("Enter", "go", "enter", "l", "right")}
	m.Set(ui.NewListing(Page(opt)))
	return m
}

// Page is the screen's page.
func Page(opt Options) ui.Page {
	p := ui.Page{Title: "Welcome", Freshness: ui.Freshness{Disk: true, At: opt.At}, Order: "as they come", TableTitle: "WHAT WOULD YOU LIKE TO DO?",
		Sections: []ui.Section{
			{Facts: []ui.Fact{{Value: "No signing key was found here yet. Nothing has been created or changed on this machine."}}},
			{Title: "LOOKED IN", Facts: opt.Looked}},
		Columns: []ui.Column{{Title: "", Priority: 1}, {Title: "CHOICE", Priority: 2}, {Title: "WHAT FOLLOWS", Priority: 3, Min: 16}},
		Notes:   []string{"keyrite talks only to the registry and the trust server that you open. It reports nothing to anybody."}}
	for i, c := range opt.Choices {
		p.Rows = append(p.Rows, ui.Row{ID: fmt.Sprint(i + 1), Cells: []string{fmt.Sprint(i + 1), c.Name, c.Follows}, Detail: []string{c.Name + ": " + c.Follows}})
	}
	return p
}

// Init has nothing to load.
func (m *Model) Init() tea.Cmd { return nil }

// Title is the screen's name.
func (m *Model) Title() string { return "welcome" }

// Freshness is when the disk was looked at.
func (m *Model) Freshness() ui.Freshness { return m.Page().Freshness }

// TakesDigits keeps the digits for the choices.
func (m *Model) TakesDigits() bool { return true }

// Over reports whether a key has come: then what the screen says is true no more, and the
// list of keys is shown in its place.
func (m *Model) Over() bool { return m.over }

// look asks whether a key has come with a change.
func (m *Model) look() tea.Msg {
	if m.opt.HasKeys != nil && m.opt.HasKeys() {
		return keysMsg{m}
	}
	return nil
}

// Update takes keys, and the news of changes.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if cmd, mine := m.List.Update(msg); mine {
		return cmd
	}
	switch msg := msg.(type) {
	case ui.DoneMsg:
		return m.look
	case keysMsg:
		m.over = m.over || msg.model == m
	case tea.KeyPressMsg:
		return m.press(msg)
	}
	return nil
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	for i, c := range m.opt.Choices {
		if k.String() == fmt.Sprint(i+1) || key.Matches(k, m.pick) && m.ID() == fmt.Sprint(i+1) {
			return m.do(c)
		}
	}
	return nil
}

func (m *Model) do(c Choice) tea.Cmd {
	switch {
	case c.Screen != nil:
		return ui.Send(ui.PushMsg{Screen: c.Screen()})
	case c.Say != "":
		return ui.Say(c.Say)
	}
	return ui.AskGUN(m.opt.Styles, "LOOK AT A REPOSITORY", "look", m.opt.ParseName, m.opt.Open)
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	return []key.Binding{ui.Bind("1-5", "choose", "1", "2", "3", "4", "5"), m.pick, ui.Bind("Esc", "to the empty list of keys", "esc"), ui.Bind("q", "quit", "q")}
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	return [][]key.Binding{{ui.Bind("1-5", "choose", "1", "2", "3", "4", "5"), m.pick}, m.Moves()}
}

var (
	_ ui.Screen = (*Model)(nil)
	_ ui.Passer = (*Model)(nil)
)
