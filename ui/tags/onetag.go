package tags

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/ui"
)

// oneTag is the screen of a single tag. The signatures of other systems are asked for only
// when a key wants them.
type oneTag struct {
	*Still
	opt    Options
	from   loaded
	row    registry.Compared
	loader *ui.Loader[registry.Found]
	others key.Binding
	policy key.Binding
}

func newOneTag(opt Options, from loaded, row registry.Compared) *oneTag {
	t := &oneTag{opt: opt, from: from, row: row, loader: ui.NewLoader[registry.Found](opt.Context, opt.Clock),
		others: ui.Bind("i", "other signatures", "i"), policy: ui.Bind("t", "policy", "t")}
	t.policy.SetEnabled(opt.Notation != nil && opt.Dialect != trustdata.DialectTUF)
	t.others.SetEnabled(opt.Signatures != nil && opt.Dialect != trustdata.DialectTUF)
	t.Still = newStill(opt.Styles, "", "signature", "signatures", t.page())
	t.Still.title = t.Page().Title
	return t
}

func (t *oneTag) page() ui.Page {
	return TagPage(t.from.col, t.from.rows, t.row, t.from.compared, t.opt.Clock.Now())
}

// ask looks for the signatures of other systems.
func (t *oneTag) ask() tea.Cmd {
	if t.opt.Offline {
		return ui.Say("Offline: the registry is not asked.")
	}
	look, gun, digest := t.opt.Signatures, t.opt.GUN, t.row.Subject()
	t.loader.Doing("looking for signatures of notation and cosign")
	return t.loader.Get(func(ctx context.Context) (registry.Found, error) { return look(ctx, gun, digest) })
}

// Busy reports whether the registry is being asked.
func (t *oneTag) Busy() bool { _, on := t.loader.Running(); return on }

// Cancel stops asking.
func (t *oneTag) Cancel() { t.loader.Cancel() }

// Status says what is being waited for, and else what the list has to say.
func (t *oneTag) Status() string {
	if waiting := t.loader.Waiting(); waiting != "" && !t.CapturesInput() {
		return waiting
	}
	return t.Still.Status()
}

// Update takes keys and what was found.
func (t *oneTag) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := t.loader.Take(msg); ok {
		return tea.Batch(cmd, got.Each(func(f registry.Found) tea.Cmd {
			t.row.Others = &f
			t.Set(ui.NewListing(t.page()))
			return ui.Say("Other signatures: " + otherKinds(t.row) + ".")
		}))
	}
	if k, ok := msg.(tea.KeyPressMsg); ok && !t.CapturesInput() {
		switch {
		case key.Matches(k, t.others):
			return t.ask()
		case key.Matches(k, t.policy):
			return ui.PushOr(t.opt.Notation(t.opt.GUN, t.row.Subject()))
		}
	}
	return t.Still.Update(msg)
}

// ShortHelp are the keys of the footer.
func (t *oneTag) ShortHelp() []key.Binding {
	return append(t.Short(), t.others, t.policy, ui.Bind("Esc", "back", "esc"))
}

// FullHelp are all keys of this screen.
func (t *oneTag) FullHelp() [][]key.Binding {
	return append([][]key.Binding{{t.others, t.policy}}, t.Still.FullHelp()...)
}

var _ ui.Screen = (*oneTag)(nil)
