package backup

import (
	"cmp"
	"context"
	"path/filepath"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Opening is what opens a backup: an identity file, or the backup's passphrase. With
// neither only the sums file is compared.
type Opening struct {
	Identity   string
	Passphrase keyring.Passphrase
}

// Reader is what looking at backups needs of the layers below.
type Reader interface {
	// List looks at the backups in a folder.
	List(ctx context.Context, folder string) ([]backup.Listed, error)
	// Verify reads a backup to its end and records how far it is proven. It gives a
	// result beside its error where the backup is not sound.
	Verify(ctx context.Context, file string, with Opening, progress backup.Progress) (*backup.VerifyResult, error)
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Reader  Reader
	// Folder is the one to look at first, "" for none.
	Folder string
	// Create makes the wizard that writes a backup into a folder, which may be "". It is
	// nil where there is none.
	Create func(folder string) ui.Screen
	// Restore makes the wizard that restores a file, which may be "". It is nil where
	// nothing may be changed.
	Restore func(file string) ui.Screen
}

// Model is the list of the backups in a folder.
type Model struct {
	*ui.List
	opt    Options
	loader *ui.Loader[event]
	folder string
	all    []backup.Listed
	known  bool
	with   Opening // what opened a backup last, without its passphrase
	wizard ui.Screen
	keys   keyMap
}

type keyMap struct{ folder, create, restore, verify, refresh key.Binding }

type (
	found struct {
		all []backup.Listed
	}
	verified struct {
		file   string
		with   string // the identity file
		try    int    // of a passphrase, 0 for none
		result *backup.VerifyResult
		err    error
	}
)

// New makes the screen.
func New(opt Options) *Model {
	b := ui.Bind
	m := &Model{List: ui.NewList(opt.Styles, "backup", "backups"), opt: opt, folder: opt.Folder, loader: ui.NewLoader[event](opt.Context, opt.Clock),
		keys: keyMap{folder: b("f", "folder", "f"), create: b("b", "back up", "b", "B"), restore: b("T", "restore", "T"),
			verify: b("v", "verify", "v", "enter"), refresh: b("r", "refresh", "r")}}
	m.keys.create.SetEnabled(opt.Create != nil)
	m.keys.restore.SetEnabled(opt.Restore != nil)
	m.show()
	return m
}

// Title is the screen's name.
func (m *Model) Title() string { return "backups" }

// Count is the number of backups for the tab.
func (m *Model) Count() (int, bool) { return len(m.all), m.known }

// Freshness is when the folder was read.
func (m *Model) Freshness() ui.Freshness {
	if !m.known {
		return ui.Freshness{}
	}
	return m.Page().Freshness
}

// show draws what is known anew.
func (m *Model) show() {
	p := ListPage(m.all, m.opt.Clock.Now())
	if m.folder == "" {
		p.Empty = "No folder is chosen yet. f names the one that has backups, such as a stick; b writes a new backup."
	} else {
		p.Title, p.Summary = "Backups in "+trustdata.Visible(m.folder), ui.Plural(len(m.all), "backup", "backups")+" in "+trustdata.Visible(m.folder)
	}
	m.Set(ui.NewListing(p))
}

// Init reads the folder.
func (m *Model) Init() tea.Cmd { return m.load() }

func (m *Model) load() tea.Cmd {
	if m.folder == "" {
		return nil
	}
	reader, folder := m.opt.Reader, m.folder
	m.loader.Doing("reading the backups in " + trustdata.Visible(folder))
	return m.loader.Get(func(ctx context.Context) (event, error) {
		all, err := reader.List(ctx, folder)
		return found{all}, err
	})
}

// Busy reports whether something is read.
func (m *Model) Busy() bool { _, on := m.loader.Running(); return on }

// Cancel stops the reading.
func (m *Model) Cancel() { m.loader.Cancel() }

// Status says what is being waited for, and else what the list has to say.
func (m *Model) Status() string {
	return cmp.Or(m.loader.Waiting(), m.List.Status())
}

// Update takes keys and the loader's messages.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		return tea.Batch(got.Each(m.take), cmd)
	}
	if cmd, mine := m.List.Update(msg); mine {
		return cmd
	}
	switch msg := msg.(type) {
	case ui.DoneMsg:
		// Whoever has just written a backup wants to see it.
		if w, ok := m.wizard.(*Create); ok && w.result != nil {
			m.folder = filepath.Dir(w.result.File)
		}
		if !m.Busy() {
			return m.load()
		}
	case tea.KeyPressMsg:
		return m.press(msg)
	}
	return nil
}

func (m *Model) take(e event) tea.Cmd {
	switch e := e.(type) {
	case found:
		m.all, m.known = e.all, true
		m.show()
	case backup.Step:
		m.loader.Doing("verifying, " + bytesOf(e) + " read")
	case verified:
		return m.report(e)
	}
	return nil
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.folder):
		return m.askFolder()
	case key.Matches(k, m.keys.refresh):
		if m.folder == "" {
			return ui.Say("No folder is chosen yet. f names one.")
		}
		return m.load()
	case key.Matches(k, m.keys.create):
		m.wizard = m.opt.Create(m.folder)
		return ui.Send(ui.PushMsg{Screen: m.wizard})
	case key.Matches(k, m.keys.restore):
		return ui.Send(ui.PushMsg{Screen: m.opt.Restore(m.ID())})
	case key.Matches(k, m.keys.verify):
		if m.ID() == "" {
			return ui.Say("No backup is selected. f names the folder that has some.")
		}
		return m.askOpening(m.ID())
	}
	return nil
}

func (m *Model) askFolder() tea.Cmd {
	in := ui.Input{Title: "WHERE THE BACKUPS ARE", Prompt: "Folder:", Do: "look", Text: m.folder, Check: ui.Needed("type a folder, for example that of a stick"), Explain: "It is only read."}
	return ui.Send(ui.AskMsg{Dialog: ui.NewPublicInput(m.opt.Styles, in), Answer: func(r any) tea.Cmd {
		folder, ok := r.(string)
		if !ok {
			return nil
		}
		m.folder, m.all, m.known = folder, nil, false
		m.show()
		return m.load()
	}})
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	return append([]key.Binding{m.keys.verify, m.keys.create, m.keys.restore, m.keys.folder}, append(m.Short(), m.keys.refresh)...)
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	return [][]key.Binding{{m.keys.verify, m.keys.create, m.keys.restore, m.keys.folder, m.keys.refresh}, m.Moves()}
}

var (
	_ ui.Screen = (*Model)(nil)
	_ ui.Worker = (*Model)(nil)
)
