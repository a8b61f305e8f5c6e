// Package repos shows the repositories that this machine knows of.
package repos

import (
	"context"
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// Source is what the screen needs of the layers below.
type Source interface {
	// Known lists the repositories with what this machine remembers. It asks no server.
	Known(context.Context) ([]Repo, error)
	// Check asks the servers, and hands over each repository as its answer comes. Where the
	// trust server in use has others, more gets them before each does. Both may be called
	// from several goroutines.
	Check(ctx context.Context, guns []trustdata.GUN, more func(Heard), each func(Repo)) error
	// Catalog asks the registry of a host which repositories it has.
	Catalog(ctx context.Context, host string) (Heard, error)
}

// Heard are repositories that a server has. Note is a sentence on its list, or "".
type Heard struct {
	GUNs []trustdata.GUN
	From Origin
	Note string
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Source  Source
	// Offline leaves the servers alone.
	Offline bool
	// Open makes the screen of a repository's tags, Roles that of its roles and keys.
	Open, Roles func(trustdata.GUN) ui.Screen
	// Archive makes the screen that keeps the evidence of repositories in a folder, or says
	// why there is none. It may be nil.
	Archive func([]trustdata.GUN) (screen ui.Screen, reason string)
	// Rotate makes the screen that rotates a key of repositories, or says why there is none.
	// It may be nil.
	Rotate func([]trustdata.GUN) (screen ui.Screen, reason string)
	// Ceremony makes the screen of a change of repositories that is signed on a machine
	// which is never online, or says why there is none. It may be nil.
	Ceremony func([]trustdata.GUN) (screen ui.Screen, reason string)
	// Leave makes the screen of what another system is to sign anew, or says why there is none.
	// It may be nil.
	Leave func([]trustdata.GUN) (screen ui.Screen, reason string)
	// Refresh makes the screen that signs roles of repositories again before they end; Repair
	// the one that does it after that, and Delete the one that deletes a repository from its
	// server. Each says why there is none, and may be nil.
	Refresh        func([]trustdata.GUN) (screen ui.Screen, reason string)
	Repair, Delete func(trustdata.GUN) (screen ui.Screen, reason string)
}

// Model is the screen.
type Model struct {
	*ui.List
	opt    Options
	loader *ui.Loader[news]
	repos  []Repo
	notes  []string
	known  bool
	asked  int // repositories that are being checked
	came   int // of these, those that were answered
	keys   keyMap
}

type keyMap struct {
	open, roles, archive, rotate, renew, repair, del, ceremony, leave, catalog, refresh key.Binding
}

// New makes the screen.
func New(opt Options) *Model {
	m := &Model{List: ui.NewList(opt.Styles, "repository", "repositories"), opt: opt,
		loader: ui.NewLoader[news](opt.Context, opt.Clock),
		keys: keyMap{open: ui.Bind("Enter", "tags", "enter", "l", "right"), roles: ui.Bind("i", "roles", "i"),
			archive: ui.Bind("a", "archive", "a"), rotate: ui.Bind("R", "rotate", "R"), renew: ui.Bind("F", "refresh dates", "F"),
			repair: ui.Bind("E", "repair what has expired", "E"), del: ui.Bind("X", "delete from the server", "X"), ceremony: ui.Bind("A", "ceremony", "A"),
			leave: ui.Bind("m", "plan leaving content trust", "m"), catalog: ui.Bind("c", "catalog", "c"), refresh: ui.Bind("r", "refresh", "r")}}
	m.keys.archive.SetEnabled(opt.Archive != nil)
	m.keys.rotate.SetEnabled(opt.Rotate != nil)
	m.keys.renew.SetEnabled(opt.Refresh != nil)
	m.keys.repair.SetEnabled(opt.Repair != nil)
	m.keys.del.SetEnabled(opt.Delete != nil)
	m.keys.ceremony.SetEnabled(opt.Ceremony != nil)
	m.keys.leave.SetEnabled(opt.Leave != nil)
	if opt.Archive != nil {
		m.AllowMarks()
	}
	m.keys.roles.SetEnabled(opt.Roles != nil)
	return m
}

// Title is the screen's name.
func (m *Model) Title() string { return "repos" }

// Count is the number of repositories for the tab.
func (m *Model) Count() (int, bool) { return len(m.repos), m.known }

// Freshness is that of the oldest row.
func (m *Model) Freshness() ui.Freshness { return m.Page().Freshness }

// Init shows what is known, then asks.
func (m *Model) Init() tea.Cmd { return m.load() }

// Busy reports whether servers are being asked.
func (m *Model) Busy() bool { _, on := m.loader.Running(); return on }

// Cancel stops asking.
func (m *Model) Cancel() { m.loader.Cancel() }

// Status says how far the check is, and else what the list has to say.
func (m *Model) Status() string {
	if marked := m.MarkedSentence(); marked != "" && !m.CapturesInput() && !m.Ranging() {
		return marked + ". a archives them" + m.goodFor() + "."
	}
	if took, on := m.loader.Running(); on && took >= ui.Patience && !m.CapturesInput() {
		return ui.Waiting(fmt.Sprintf("checked %d of %d", m.came, m.asked), took)
	}
	return m.List.Status()
}

// goodFor is what the marks are good for besides, where it can be done.
func (m *Model) goodFor() (text string) {
	if m.keys.rotate.Enabled() {
		text += ", R rotates a key of each"
	}
	if m.keys.renew.Enabled() {
		text += ", F refreshes their dates"
	}
	return text
}

// Update takes keys and the loader's messages.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		return tea.Batch(cmd, m.take(got))
	}
	if cmd, mine := m.List.Update(msg); mine {
		return cmd
	}
	switch msg := msg.(type) {
	case ui.DoneMsg:
		return m.load()
	case tea.KeyPressMsg:
		return m.press(msg)
	}
	return nil
}

// over is what a check says about a repository that was known as old: a server that could
// not be asked takes nothing away, and adds why.
func (r Repo) over(old Repo) Repo {
	if r.state == unchecked && old.Collection != nil {
		old.NotChecked = r.Problem
		return old
	}
	return r
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.refresh):
		return m.load()
	case key.Matches(k, m.keys.catalog):
		return m.askHost()
	case key.Matches(k, m.keys.ceremony) && m.ID() == "":
		return ui.PushOr(m.opt.Ceremony(nil))
	case key.Matches(k, m.keys.ceremony):
		return m.chosen(m.opt.Ceremony)
	case !key.Matches(k, m.keys.open, m.keys.roles, m.keys.archive, m.keys.rotate, m.keys.renew, m.keys.repair, m.keys.del, m.keys.leave):
		return nil
	case m.ID() == "":
		return ui.Say("No repository is selected. o opens one by its name.")
	case key.Matches(k, m.keys.archive):
		return m.chosen(m.opt.Archive)
	case key.Matches(k, m.keys.leave):
		return m.chosen(m.opt.Leave)
	case key.Matches(k, m.keys.rotate):
		return m.chosen(m.opt.Rotate)
	case key.Matches(k, m.keys.renew):
		return m.chosen(m.opt.Refresh)
	case key.Matches(k, m.keys.repair):
		return m.alone(m.opt.Repair)
	case key.Matches(k, m.keys.del):
		return m.alone(m.opt.Delete)
	case key.Matches(k, m.keys.roles):
		return ui.Send(ui.PushMsg{Screen: m.opt.Roles(trustdata.GUN(m.ID()))})
	}
	return ui.Send(ui.PushMsg{Screen: m.opt.Open(trustdata.GUN(m.ID()))})
}

// chosen opens a screen about the marked repositories, or about the one under the cursor.
func (m *Model) chosen(open func([]trustdata.GUN) (ui.Screen, string)) tea.Cmd {
	return m.MarkedRows(func(ids []string) tea.Cmd {
		guns := make([]trustdata.GUN, len(ids))
		for i, id := range ids {
			guns[i] = trustdata.GUN(id)
		}
		return ui.PushOr(open(guns))
	})
}

// alone opens a screen about one repository, which must be the only one that is chosen.
func (m *Model) alone(open func(trustdata.GUN) (ui.Screen, string)) tea.Cmd {
	return m.chosen(func(guns []trustdata.GUN) (ui.Screen, string) {
		if len(guns) > 1 {
			return nil, "That is done to one repository at a time: take the marks away."
		}
		return open(guns[0])
	})
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	return append([]key.Binding{m.keys.open, m.keys.roles, m.keys.archive}, append(m.Short(), m.keys.catalog, m.keys.refresh)...)
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	own := []key.Binding{m.keys.open, m.keys.roles, m.keys.archive, m.keys.rotate, m.keys.renew, m.keys.repair, m.keys.del, m.keys.ceremony, m.keys.leave, m.keys.catalog, m.keys.refresh}
	return [][]key.Binding{append(own, m.MarkKeys()...), m.Moves()}
}

var _ ui.Screen = (*Model)(nil)
