package doctor

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/ui"
)

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	// GUN is the repository whose servers are asked, "" for this machine alone.
	GUN trustdata.GUN
	// Look looks at everything.
	Look func(context.Context) (audit.Doctor, error)
}

// Model is the screen.
type Model struct {
	*ui.List
	opt    Options
	loader *ui.Loader[ui.Page]
	again  key.Binding
}

// New makes the screen.
func New(opt Options) *Model {
	m := &Model{List: ui.NewList(opt.Styles, "line", "lines"), opt: opt, loader: ui.NewLoader[ui.Page](opt.Context, opt.Clock), again: ui.Bind("r", "look again", "r")}
	m.Set(ui.NewListing(ui.Page{Title: "doctor"}))
	return m
}

// Title is the screen's name.
func (m *Model) Title() string {
	if m.opt.GUN != "" {
		return "doctor " + ui.Name(string(m.opt.GUN), "")
	}
	return "doctor"
}

// Freshness is when it was looked.
func (m *Model) Freshness() ui.Freshness { return m.Page().Freshness }

// Init looks.
func (m *Model) Init() tea.Cmd { return m.load() }

func (m *Model) load() tea.Cmd {
	look := m.opt.Look
	m.loader.Doing("looking at this machine")
	if m.opt.GUN != "" {
		m.loader.Doing("asking the servers of " + ui.Name(string(m.opt.GUN), ""))
	}
	return m.loader.Reads(m).Get(func(ctx context.Context) (ui.Page, error) {
		d, err := look(ctx)
		if err != nil {
			return ui.Page{}, err
		}
		page := Page(d, d.Findings())
		page.Freshness = ui.Freshness{Disk: true, At: d.Now}
		if len(d.Servers) > 0 {
			page.Freshness = ui.Freshness{Source: trustdata.SourceLive, At: d.Now}
		}
		return page, nil
	})
}

// Busy reports whether it is looked.
func (m *Model) Busy() bool { _, on := m.loader.Running(); return on }

// Cancel stops looking.
func (m *Model) Cancel() { m.loader.Cancel() }

// Status says what is waited for.
func (m *Model) Status() string {
	if waiting := m.loader.Waiting(); waiting != "" {
		return waiting
	}
	return m.Page().Summary
}

// Update takes keys and the loader's messages.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		return tea.Batch(cmd, got.Each(func(p ui.Page) tea.Cmd {
			m.Set(ui.NewListing(p))
			return nil
		}))
	}
	if cmd, mine := m.List.Update(msg); mine {
		return cmd
	}
	if k, ok := msg.(tea.KeyPressMsg); ok && key.Matches(k, m.again) {
		return m.load()
	}
	return nil
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	return []key.Binding{ui.Bind("j k", "scroll", "j", "k"), m.again, ui.Bind("Esc", "close", "esc")}
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding { return [][]key.Binding{{m.again}, m.Moves()} }

var (
	_ ui.Screen  = (*Model)(nil)
	_ ui.Worker  = (*Model)(nil)
	_ ui.Sourced = (*Model)(nil)
)
