package backup

import (
	"cmp"
	"context"

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
	// Drill says that this is one, for the record.
	Drill bool
}

// Reader is what looking at backups needs of the layers below.
type Reader interface {
	Recorder
	// Copies are those that are remembered. None of them is looked at.
	Copies(context.Context) ([]backup.Copy, error)
	// Find is where a copy is now, whatever its medium is called today.
	Find(context.Context, backup.Copy) (string, error)
	// List looks at the backups in a folder.
	List(ctx context.Context, folder string) ([]backup.Listed, error)
	// Verify reads a backup to its end and records how far it is proven. It gives a
	// result beside its error where the backup is not sound. Of a drill the result keeps the
	// keys that stay locked.
	Verify(ctx context.Context, file string, with Opening, progress backup.Progress) (*backup.VerifyResult, error)
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Reader  Reader
	Sheets  Sheets
	// Folder is the one to look at first; with "" the remembered copies are shown.
	Folder string
	// Create makes the wizard that writes a backup into a folder, which may be "". It is
	// nil where there is none.
	Create func(folder string) ui.Screen
	// Add makes the wizard that writes the next copy of a set, of which these are the copies
	// that are there. It is nil where there is none.
	Add func(set backup.Set) ui.Screen
	// Restore makes the wizard that restores a file, which may be "". It is nil where
	// nothing may be changed.
	Restore func(file string) ui.Screen
}

// Model is the list of the copies that are remembered, or of the backups in a folder.
type Model struct {
	*ui.List
	opt    Options
	loader *ui.Loader[event]
	folder string
	all    []backup.Listed // in the folder
	copies []backup.Copy
	known  bool
	with   Opening // what opened a backup last, without its passphrase
	// verifying says that what runs, if anything does, is a verification.
	verifying bool
	keys      keyMap
}

type keyMap struct{ open, folder, create, missing, restore, verify, drill, sheet, refresh key.Binding }

type (
	found struct {
		all []backup.Listed
	}
	remembering struct {
		copies []backup.Copy
	}
	// located is a copy that was found, and what is to be done with it.
	located struct {
		file string
		do   func(file string) tea.Cmd
	}
	verified struct {
		file   string
		with   string // the identity file
		try    int    // of a passphrase, 0 for none
		drill  bool
		result *backup.VerifyResult
		err    error
	}
)

// New makes the screen.
func New(opt Options) *Model {
	b := ui.Bind
	m := &Model{List: ui.NewList(opt.Styles, "backup", "backups"), opt: opt, folder: opt.Folder, loader: ui.NewLoader[event](opt.Context, opt.Clock),
		keys: keyMap{open: b("Enter", "open", "enter", "l", "right"), folder: b("f", "folder", "f"), create: b("b", "back up", "b", "B"), missing: b("m", "missing copy", "m"), restore: b("T", "restore", "T"),
			verify: b("v", "verify", "v"), drill: b("d", "drill", "d"), sheet: b("t", "sheet", "t"), refresh: b("r", "refresh", "r")}}
	m.keys.sheet.SetEnabled(opt.Sheets != nil)
	m.keys.create.SetEnabled(opt.Create != nil)
	m.keys.missing.SetEnabled(opt.Add != nil)
	m.keys.restore.SetEnabled(opt.Restore != nil)
	m.show()
	return m
}

// Title is the screen's name.
func (m *Model) Title() string { return "backups" }

// Count is the number of backups for the tab.
func (m *Model) Count() (int, bool) { return len(m.Page().Rows), m.known }

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
		p = CopiesPage(m.copies, m.opt.Clock.Now())
		p.Notes = nil // the rows say it, and m does it
		p.Empty = "No backup is remembered on this machine. b writes one; f looks into a folder, such as a stick's."
	} else {
		p.Title, p.Summary = "Backups in "+trustdata.Visible(m.folder), trustdata.Plural(len(m.all), "backup", "backups")+" in "+trustdata.Visible(m.folder)
	}
	m.Set(ui.NewListing(p))
}

// Escape clears the filter, or leaves the folder for the copies that are remembered.
func (m *Model) Escape() bool {
	if m.List.Escape() {
		return true
	}
	if m.folder == "" {
		return false
	}
	m.loader.Cancel()
	m.folder, m.all = "", nil
	m.show()
	return true
}

// copy is the remembered copy that is selected, nil for none.
func (m *Model) copy() *backup.Copy {
	if m.folder != "" {
		return nil
	}
	for i := range m.copies {
		if copyID(m.copies[i]) == m.ID() {
			return &m.copies[i]
		}
	}
	return nil
}

// Init reads what is remembered, and the folder.
func (m *Model) Init() tea.Cmd { return m.load() }

func (m *Model) load() tea.Cmd {
	reader, folder := m.opt.Reader, m.folder
	m.verifying = false
	if folder == "" {
		m.loader.Doing("reading which backups there are")
		return m.loader.Reads(m).Get(func(ctx context.Context) (event, error) {
			copies, err := reader.Copies(ctx)
			return remembering{copies}, err
		})
	}
	m.loader.Doing("reading the backups in " + trustdata.Visible(folder))
	return m.loader.Reads(m).Get(func(ctx context.Context) (event, error) {
		all, err := reader.List(ctx, folder)
		return found{all}, err
	})
}

// Busy reports whether something is read.
func (m *Model) Busy() bool { _, on := m.loader.Running(); return on }

// ReadsByItself says that leaving need not be asked about.
func (m *Model) ReadsByItself() {}

// Cancel stops the reading.
func (m *Model) Cancel() { m.loader.Cancel() }

// Hold keeps the list while a backup is read to its end, so that what that finds does not
// come up over another screen.
func (m *Model) Hold() string {
	if !m.verifying || !m.Busy() {
		return ""
	}
	return "The backup is being read to its end. Esc stops it, and nothing has changed."
}

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
	case remembering:
		m.copies, m.known = e.copies, true
		m.show()
	case located:
		return e.do(e.file)
	case backup.Step:
		m.loader.Doing("verifying, " + bytesOf(e) + " read")
	case verified:
		return m.report(e)
	}
	return nil
}

var (
	_ ui.Screen = (*Model)(nil)
	_ ui.Worker = (*Model)(nil)
	_ ui.Holder = (*Model)(nil)
)
