// Package keys shows the private keys of this machine, and what each one is for.
package keys

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Store is what the screen needs of a key store. keyring.Store is one.
type Store interface {
	List(context.Context) ([]keyring.Info, error)
}

// Finder finds what keys sign for, from what this machine has. It asks no server.
type Finder interface {
	Uses(context.Context) (Uses, error)
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Store   Store
	// Finder may be nil: then keys are shown with what their files say.
	Finder Finder
	// Backups may be nil: then nothing is said of backups.
	Backups Backups
	// Dirs name the folders for people: "~/.docker/trust".
	Dirs []string
	// OpenRepository makes the screen of a repository's tags.
	OpenRepository func(trustdata.GUN) ui.Screen
	// Rotate makes the screen that rotates a key, or says why there is none. It may be
	// nil: then there is no such key.
	Rotate func(keyring.Info) (screen ui.Screen, reason string)
	// Retire makes the screen that takes a root key out of use, or says why there is none. It
	// may be nil: then there is no such key.
	Retire func(keyring.Info) (screen ui.Screen, reason string)
	// BackUp makes the screen that backs keys up, and may be nil.
	BackUp func() ui.Screen
	// Import makes the screen that brings key files in, or says why there is none. It may
	// be nil: then there is no such key.
	Import func() (screen ui.Screen, reason string)
	// Ceremony makes the screen of a change that is signed on a machine which is never
	// online, or says why there is none: of what a root key signs for, or with "" of
	// whatever is named there. It may be nil: then there is no such key.
	Ceremony func(root trustdata.KeyID) (screen ui.Screen, reason string)
}

// Model is the screen.
type Model struct {
	*ui.List
	opt    Options
	loader *ui.Loader[loaded]
	infos  []keyring.Info
	uses   Uses
	known  bool
	keys   keyMap
}

type keyMap struct{ open, rotate, retire, backUp, bring, ceremony, refresh key.Binding }

// loaded is one reading of the folder: first the files alone, then with their uses.
type loaded struct {
	infos []keyring.Info
	uses  Uses
	list  *ui.Listing
}

// New makes the screen.
func New(opt Options) *Model {
	m := &Model{List: ui.NewList(opt.Styles, "key", "keys"), opt: opt,
		loader: ui.NewLoader[loaded](opt.Context, opt.Clock),
		keys: keyMap{open: ui.Bind("Enter", "open", "enter", "l", "right"), rotate: ui.Bind("R", "rotate", "R"), retire: ui.Bind("M", "move a root key out of use (retire)", "M"),
			backUp: ui.Bind("b", "back up", "b", "B"), bring: ui.Bind("I", "import", "I"), ceremony: ui.Bind("A", "ceremony", "A"), refresh: ui.Bind("r", "refresh", "r")}}
	m.keys.rotate.SetEnabled(opt.Rotate != nil)
	m.keys.retire.SetEnabled(opt.Retire != nil)
	m.keys.backUp.SetEnabled(opt.BackUp != nil)
	m.keys.bring.SetEnabled(opt.Import != nil)
	m.keys.ceremony.SetEnabled(opt.Ceremony != nil)
	return m
}

// Title is the screen's name.
func (m *Model) Title() string { return "keys" }

// Count is the number of keys for the tab.
func (m *Model) Count() (int, bool) { return len(m.infos), m.known }

// Freshness is when the folder was read.
func (m *Model) Freshness() ui.Freshness { return m.Page().Freshness }

// Init reads the folder.
func (m *Model) Init() tea.Cmd { return m.load() }

func (m *Model) load() tea.Cmd {
	store, finder, dirs, now := m.opt.Store, m.opt.Finder, m.opt.Dirs, m.opt.Clock.Now
	return m.loader.Reads(m).Start(func(ctx context.Context, emit func(loaded)) error {
		infos, err := store.List(ctx)
		if err != nil {
			return err
		}
		give := func(uses Uses) { emit(loaded{infos, uses, ui.NewListing(Page(List{infos, dirs, uses}, now()))}) }
		give(nil)
		if finder == nil {
			return nil
		}
		uses, err := finder.Uses(ctx)
		if err == nil {
			give(uses)
		}
		return err
	})
}

// Busy reports whether the folder is being read.
func (m *Model) Busy() bool { _, on := m.loader.Running(); return on }

// ReadsByItself says that leaving need not be asked about.
func (m *Model) ReadsByItself() {}

// Cancel stops the reading.
func (m *Model) Cancel() { m.loader.Cancel() }

// Status says what is being waited for, and else what the list has to say.
func (m *Model) Status() string {
	if took, on := m.loader.Running(); on && took >= ui.Patience {
		return ui.Waiting("reading the keys", took)
	}
	return m.List.Status()
}

// Update takes keys and the loader's messages.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		return m.take(got, cmd)
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

func (m *Model) take(got ui.Loaded[loaded], cmd tea.Cmd) tea.Cmd {
	if n := len(got.Values); n > 0 {
		last := got.Values[n-1]
		if last.uses == nil && m.uses != nil && !got.Ended {
			return cmd // what was known stays until it is known again
		}
		m.infos, m.uses, m.known = last.infos, last.uses, true
		m.Set(last.list)
	}
	return tea.Batch(cmd, got.Failed())
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.refresh):
		return m.load()
	case key.Matches(k, m.keys.backUp):
		return ui.Send(ui.PushMsg{Screen: m.opt.BackUp()})
	case key.Matches(k, m.keys.bring):
		return ui.PushOr(m.opt.Import())
	case key.Matches(k, m.keys.ceremony):
		return ui.PushOr(m.opt.Ceremony(m.root()))
	case key.Matches(k, m.keys.open, m.keys.rotate, m.keys.retire):
		info, ok := m.selected()
		switch {
		case !ok:
			return ui.Say("No key is selected.")
		case key.Matches(k, m.keys.rotate):
			return rotate(m.opt, info)
		case key.Matches(k, m.keys.retire):
			return ui.PushOr(m.opt.Retire(info))
		}
		return ui.Send(ui.PushMsg{Screen: newDetail(m.opt, info, m.uses)})
	}
	return nil
}

// rotate opens the screen for it, or says why there is none.
func rotate(opt Options, info keyring.Info) tea.Cmd {
	return ui.PushOr(opt.Rotate(info))
}

// root is the selected key, if it is a root key.
func (m *Model) root() trustdata.KeyID {
	if info, ok := m.selected(); ok && info.Role == string(trustdata.RoleRoot) {
		return info.KeyID
	}
	return ""
}

func (m *Model) selected() (keyring.Info, bool) {
	for _, k := range m.infos {
		if k.Path == m.ID() {
			return k, true
		}
	}
	return keyring.Info{}, false
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	return append([]key.Binding{m.keys.open, m.keys.rotate, m.keys.backUp, m.keys.bring, m.keys.ceremony}, append(m.Short(), m.keys.refresh)...)
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	return [][]key.Binding{{m.keys.open, m.keys.rotate, m.keys.retire, m.keys.backUp, m.keys.bring, m.keys.ceremony, m.keys.refresh}, m.Moves()}
}

var _ ui.Screen = (*Model)(nil)
