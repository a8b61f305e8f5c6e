package migrate

import (
	"context"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/migration"
	"keyrite/trustdata/registry"
	"keyrite/ui"
)

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	GUNs    []trustdata.GUN
	// Plan makes the plan of repositories for a system that is to sign. It changes nothing.
	Plan func(ctx context.Context, guns []trustdata.GUN, system string) (*migration.Plan, error)
}

// Model is the screen of a plan to leave content trust.
type Model struct {
	*ui.List
	opt             Options
	loader          *ui.Loader[*migration.Plan]
	system          string
	toggle, refresh key.Binding
}

// New makes the screen.
func New(opt Options) *Model {
	m := &Model{List: ui.NewList(opt.Styles, "digest", "digests"), opt: opt, loader: ui.NewLoader[*migration.Plan](opt.Context, opt.Clock),
		system: registry.Notation, toggle: ui.Bind("t", "the other system", "t"), refresh: ui.Bind("r", "refresh", "r")}
	m.Brief()
	m.Set(ui.NewListing(ui.Page{Title: "Leaving content trust", Columns: []ui.Column{{Title: "REPOSITORY", Priority: 1}}, Empty: "Nothing was read yet."}))
	return m
}

// Init makes the plan.
func (m *Model) Init() tea.Cmd { return m.load() }

func (m *Model) load() tea.Cmd {
	plan, guns, system := m.opt.Plan, m.opt.GUNs, m.system
	m.loader.Doing("looking what " + system + " is to sign anew")
	return m.loader.Get(func(ctx context.Context) (*migration.Plan, error) { return plan(ctx, guns, system) })
}

// Title is the screen's name.
func (m *Model) Title() string { return "leaving" }

// Freshness is when trust server and registry were asked.
func (m *Model) Freshness() ui.Freshness { return m.Page().Freshness }

// Subtitle is the counts.
func (m *Model) Subtitle() string { return m.Page().Summary }

// Busy reports whether servers are being asked.
func (m *Model) Busy() bool { _, on := m.loader.Running(); return on }

// Cancel stops asking.
func (m *Model) Cancel() { m.loader.Cancel() }

// Status says what is being waited for, and else what the list has to say.
func (m *Model) Status() string {
	if waiting := m.loader.Waiting(); waiting != "" && !m.CapturesInput() {
		return waiting
	}
	return m.List.Status()
}

// Update takes keys and the plan.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		return tea.Batch(cmd, got.Each(func(p *migration.Plan) tea.Cmd {
			m.Set(ui.NewListing(m.page(p)))
			return nil
		}))
	}
	if cmd, mine := m.List.Update(msg); mine {
		return cmd
	}
	k, ok := msg.(tea.KeyPressMsg)
	switch {
	case ok && key.Matches(k, m.refresh):
		return m.load()
	case ok && key.Matches(k, m.toggle):
		m.system = map[string]string{registry.Notation: registry.Cosign, registry.Cosign: registry.Notation}[m.system]
		return m.load()
	}
	return nil
}

// page is the plan with the verb that does the same, to be copied. Its lines stand below the
// row that is selected.
func (m *Model) page(p *migration.Plan) ui.Page {
	page := PlanPage(p, nil)
	page.Freshness = ui.Freshness{Source: trustdata.SourceLive, At: p.Made}
	words := []string{"migrate", "plan"}
	var commands []string
	for _, r := range p.Repositories {
		words = append(words, string(r.GUN))
		if r.Source != trustdata.SourceLive {
			page.Freshness.Source = r.Source
		}
		for _, it := range r.Sign {
			commands = append(commands, trustdata.Visible(it.Line))
		}
	}
	same := ui.CommandLine(append(words, "--for", p.For, "--out", "PLAN")...)
	same.What = "keyrite's command"
	page.Sections = nil
	page.Notes = append([]string{"The same from a script: " + same.Text}, page.Notes...)
	page.Copy = []ui.Copyable{same}
	if len(commands) > 0 {
		page.Copy = append(page.Copy, ui.Copyable{What: "all commands of " + p.For, Text: strings.Join(commands, "\n")})
	}
	for i := range page.Rows {
		page.Rows[i].Copy = append(page.Rows[i].Copy, page.Copy...)
	}
	return page
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	return append([]key.Binding{m.toggle}, append(m.Short(), m.refresh, ui.Bind("Esc", "back", "esc"))...)
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding { return [][]key.Binding{{m.toggle, m.refresh}, m.Moves()} }

var (
	_ ui.Screen  = (*Model)(nil)
	_ ui.Sourced = (*Model)(nil)
)
