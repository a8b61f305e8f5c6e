// Package tags shows the signed tags of one repository beside what the registry serves,
// a single tag, and the repository's roles.
package tags

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
	"keyrite/ui"
)

// Source is what the screens need of the layers below.
type Source interface {
	// Cached is what this machine remembers, verified as of now; nil if it is nothing.
	// It asks no server.
	Cached(context.Context, trustdata.GUN) (*trustdata.Collection, error)
	// Fetch reads the collection from its server.
	Fetch(context.Context, trustdata.GUN) (*trustdata.Collection, error)
	// Compare asks the registry what it serves for every tag.
	Compare(context.Context, *trustdata.Collection) ([]registry.Compared, error)
	// Held are the keys of this machine.
	Held(context.Context) (map[trustdata.KeyID]keyring.Info, error)
}

// Options are what the screens are given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Source  Source
	GUN     trustdata.GUN
	Dialect trustdata.Dialect
	// Offline leaves the servers alone.
	Offline bool
	// Rotate makes the screen that rotates a key of the repository, or says why there is
	// none. It may be nil: then there is no such key.
	Rotate func(trustdata.GUN) (screen ui.Screen, reason string)
	// Sign and Unsign make the screens that sign tags and take their signatures away, or
	// say why there is none. Hidden are those of the tags that are marked and that the
	// filter does not show. They may be nil: then there is no such key.
	Sign, Unsign func(gun trustdata.GUN, tags, hidden []string) (screen ui.Screen, reason string)
	// Archive makes the screen that keeps the repository's evidence in a folder, or says
	// why there is none. It may be nil.
	Archive func([]trustdata.GUN) (screen ui.Screen, reason string)
	// Refresh makes the screen that signs the repository's roles again before they end, Repair
	// the one that does it after that, and Delete the one that deletes it from its server.
	// Each says why there is none, and may be nil.
	Refresh, Repair, Delete func(trustdata.GUN) (screen ui.Screen, reason string)
	// AddSigner makes the screen that lets somebody sign with the public keys in files, and
	// RemoveSigner the one that takes that away. They may be nil.
	AddSigner    func(gun trustdata.GUN, name string, files []string) (screen ui.Screen, reason string)
	RemoveSigner func(gun trustdata.GUN, name string) (screen ui.Screen, reason string)
	// Signatures looks for what other systems signed. It may be nil: then there is no such key.
	Signatures func(ctx context.Context, gun trustdata.GUN, digest string) (registry.Found, error)
	// Notation makes the screen with what the operator's Notation policy says of a digest, or
	// says why there is none. It may be nil.
	Notation func(gun trustdata.GUN, digest string) (screen ui.Screen, reason string)
	// Export writes both copies of a conflict into a folder and says which. It may be nil.
	Export func(*remote.Conflict) (dir string, err error)
}

// Model is the screen of a repository's tags.
type Model struct {
	*ui.List
	opt    Options
	loader *ui.Loader[loaded]
	got    loaded
	keys   keyMap
	// conflict is how the last load ended, if the server contradicts what was seen.
	conflict *remote.Conflict
	// heard is whether the trust server's answer to the present load was good, and unread the
	// word of the header where the last one had none.
	heard  bool
	unread string
	// begin are the names that the cursor is to begin on, until a comparison has one of them.
	begin []string
}

type keyMap struct {
	open, roles, signers, rotate, sign, unsign, renew, repair, del, archive, export, refresh key.Binding
}

// New makes the screen.
func New(opt Options) *Model {
	m := &Model{List: ui.NewList(opt.Styles, "tag", "tags"), opt: opt,
		loader: ui.NewLoader[loaded](opt.Context, opt.Clock),
		keys: keyMap{open: ui.Bind("Enter", "open", "enter", "l", "right"), roles: ui.Bind("i", "roles", "i"), signers: ui.Bind("w", "who signs", "w"),
			renew: ui.Bind("F", "refresh dates", "F"), repair: ui.Bind("E", "repair what has expired", "E"), del: ui.Bind("X", "delete from the server", "X"),
			rotate: ui.Bind("R", "rotate", "R"), refresh: ui.Bind("r", "refresh", "r"),
			sign: ui.Bind("S", "sign", "S"), unsign: ui.Bind("U", "unsign", "U"), archive: ui.Bind("a", "archive", "a"), export: ui.Bind("e", "export both copies", "e")}}
	m.keys.rotate.SetEnabled(opt.Rotate != nil)
	m.keys.sign.SetEnabled(opt.Sign != nil)
	m.keys.unsign.SetEnabled(opt.Unsign != nil)
	m.keys.archive.SetEnabled(opt.Archive != nil)
	m.keys.renew.SetEnabled(opt.Refresh != nil)
	m.keys.repair.SetEnabled(opt.Repair != nil)
	m.keys.del.SetEnabled(opt.Delete != nil)
	m.keys.signers.SetEnabled(opt.Dialect != trustdata.DialectTUF)
	m.keys.export.SetEnabled(false)
	if opt.Sign != nil || opt.Unsign != nil {
		m.AllowMarks()
	}
	m.Brief()
	m.Set(ui.NewListing(ui.Page{Title: "Tags of " + ui.Name(string(opt.GUN), ""),
		Columns: []ui.Column{{Title: "TAG", Priority: 1}}, Empty: "Nothing was read yet of " + ui.Name(string(opt.GUN), "") + "."}))
	return m
}

// Title is the repository's name without its host.
func (m *Model) Title() string { return bare(m.opt.GUN) }

// Subtitle is the counts, and the whole name.
func (m *Model) Subtitle() string {
	if s := m.Page().Summary; s != "" {
		return s + "   " + ui.Name(string(m.opt.GUN), "")
	}
	return ui.Name(string(m.opt.GUN), "")
}

// Freshness is that of the metadata.
func (m *Model) Freshness() ui.Freshness {
	f := m.Page().Freshness
	f.Unread = m.unread
	return f
}

// Init shows what is known, then asks.
func (m *Model) Init() tea.Cmd { return m.load() }

// Busy reports whether a server is being asked.
func (m *Model) Busy() bool { _, on := m.loader.Running(); return on }

// Cancel stops asking.
func (m *Model) Cancel() { m.loader.Cancel() }

// Status says what is being waited for, and else what the list has to say.
func (m *Model) Status() string {
	took, on := m.loader.Running()
	switch {
	case !on || took < ui.Patience || m.CapturesInput():
		return m.List.Status()
	case m.got.next == "":
		return ui.Waiting(m.opt.asking(), took)
	}
	return ui.Waiting(m.got.next, took)
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
	case inspectedMsg:
		return m.inspected(msg)
	case exportedMsg:
		return m.exported(msg)
	case tea.KeyPressMsg:
		return m.press(msg)
	}
	return nil
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.refresh):
		return m.load()
	case key.Matches(k, m.keys.rotate):
		return ui.PushOr(m.opt.Rotate(m.opt.GUN))
	case key.Matches(k, m.keys.sign):
		return m.act(m.opt.Sign)
	case key.Matches(k, m.keys.unsign):
		return m.act(m.opt.Unsign)
	case key.Matches(k, m.keys.renew):
		return ui.PushOr(m.opt.Refresh(m.opt.GUN))
	case key.Matches(k, m.keys.repair):
		return ui.PushOr(m.opt.Repair(m.opt.GUN))
	case key.Matches(k, m.keys.del):
		return ui.PushOr(m.opt.Delete(m.opt.GUN))
	case key.Matches(k, m.keys.signers):
		return ui.Send(ui.PushMsg{Screen: newSigners(m.opt)})
	case key.Matches(k, m.keys.archive):
		return ui.PushOr(m.opt.Archive([]trustdata.GUN{m.opt.GUN}))
	case key.Matches(k, m.keys.export):
		return m.export()
	case key.Matches(k, m.keys.roles):
		return m.inspect()
	case key.Matches(k, m.keys.open):
		return m.open()
	}
	return nil
}

func (m *Model) open() tea.Cmd {
	for _, r := range m.got.rows {
		if r.Name+"\n"+r.Digest == m.ID() {
			return ui.Send(ui.PushMsg{Screen: newOneTag(m.opt, m.got, r)})
		}
	}
	return ui.Say("No tag is selected.")
}

type inspectedMsg struct {
	model *Model
	held  map[trustdata.KeyID]keyring.Info
	err   error
}

// inspect opens the repository's roles, once it is known which keys are here.
func (m *Model) inspect() tea.Cmd {
	if m.got.col == nil {
		return ui.Say("Nothing was read yet, so no role is known.")
	}
	ctx, source := m.opt.Context, m.opt.Source
	return func() tea.Msg {
		held, err := source.Held(ctx)
		return inspectedMsg{m, held, err}
	}
}

func (m *Model) inspected(msg inspectedMsg) tea.Cmd {
	if msg.model != m {
		return nil
	}
	if msg.err != nil {
		return ui.Send(ui.ErrorMsg{Err: msg.err})
	}
	page := InspectPage(m.got.col, msg.held, m.opt.Clock.Now())
	return ui.Send(ui.PushMsg{Screen: newStill(m.opt.Styles, "roles", "key", "keys", page)})
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	own := []key.Binding{m.keys.open, m.keys.roles, m.keys.rotate}
	if m.keys.sign.Enabled() {
		own = []key.Binding{m.keys.open, m.MarkKeys()[0], m.keys.sign, m.keys.unsign, m.keys.roles, m.keys.rotate}
	}
	if m.keys.export.Enabled() {
		own = append([]key.Binding{m.keys.export}, own...)
	}
	return append(own, append(m.Short(), m.keys.refresh)...)
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	own := []key.Binding{m.keys.open, m.keys.roles, m.keys.signers, m.keys.rotate, m.keys.sign, m.keys.unsign, m.keys.renew, m.keys.repair, m.keys.del,
		m.keys.archive, m.keys.export, m.keys.refresh}
	return [][]key.Binding{append(own, m.MarkKeys()...), m.Moves()}
}

var _ ui.Screen = (*Model)(nil)
