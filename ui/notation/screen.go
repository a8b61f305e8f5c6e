package notation

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	// Judge asks the trust policy about the digest that the screen is for. With revocation
	// it also asks the hosts that trusted certificates name.
	Judge func(ctx context.Context, revocation bool) (Result, error)
}

// Model is the screen of a verdict.
type Model struct {
	*ui.List
	opt              Options
	loader           *ui.Loader[Result]
	refresh, revoked key.Binding
	asked            bool // about revocation
}

// New makes the screen.
func New(opt Options) *Model {
	return &Model{List: ui.NewList(opt.Styles, "signature", "signatures"), opt: opt, loader: ui.NewLoader[Result](opt.Context, opt.Clock),
		refresh: ui.Bind("r", "refresh", "r"), revoked: ui.Bind("w", "whether revoked", "w")}
}

// Title is the screen's name.
func (m *Model) Title() string { return "Notation's policy" }

// Freshness is when the registry was read.
func (m *Model) Freshness() ui.Freshness { return m.Page().Freshness }

// Init asks the policy.
func (m *Model) Init() tea.Cmd { return m.load() }

func (m *Model) load() tea.Cmd {
	judge, revocation := m.opt.Judge, m.asked
	m.loader.Doing("reading the Notation signatures")
	return m.loader.Reads(m).Get(func(ctx context.Context) (Result, error) { return judge(ctx, revocation) })
}

// Busy reports whether a server is being asked.
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

// Update takes keys and the verdict.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		return tea.Batch(cmd, got.Each(func(r Result) tea.Cmd {
			m.Set(ui.NewListing(VerdictPage(r)))
			return nil
		}))
	}
	if cmd, mine := m.List.Update(msg); mine {
		return cmd
	}
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch {
		case key.Matches(k, m.refresh):
			return m.load()
		case key.Matches(k, m.revoked):
			m.asked = true
			return m.load()
		}
	}
	return nil
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding { return append(m.Short(), m.refresh, m.revoked) }

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	return [][]key.Binding{{m.revoked, m.refresh}, m.Moves()}
}

var _ ui.Screen = (*Model)(nil)
