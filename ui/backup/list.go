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
		p.Title, p.Summary = "Backups in "+trustdata.Visible(m.folder), ui.Plural(len(m.all), "backup", "backups")+" in "+trustdata.Visible(m.folder)
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

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.folder):
		return m.askFolder()
	case key.Matches(k, m.keys.refresh):
		return m.load()
	case key.Matches(k, m.keys.create):
		return ui.Send(ui.PushMsg{Screen: m.opt.Create(m.folder)})
	case key.Matches(k, m.keys.missing):
		return m.add()
	case key.Matches(k, m.keys.restore):
		return m.located(func(file string) tea.Cmd { return ui.Send(ui.PushMsg{Screen: m.opt.Restore(file)}) }, true)
	case key.Matches(k, m.keys.verify):
		return m.located(func(file string) tea.Cmd { return m.askOpening(file) }, false)
	case key.Matches(k, m.keys.drill):
		return m.located(func(file string) tea.Cmd { return m.askDrill(file) }, false)
	case key.Matches(k, m.keys.open):
		return m.open()
	case key.Matches(k, m.keys.sheet):
		return m.paper()
	}
	return nil
}

// located does something with the file of the selected row, once that is found. none lets
// it be done without a file.
func (m *Model) located(do func(file string) tea.Cmd, none bool) tea.Cmd {
	c, reader := m.copy(), m.opt.Reader
	switch {
	case m.loader.Busy() != "":
		return ui.Say(m.loader.Busy())
	case c == nil && m.folder != "" && m.ID() != "":
		return do(m.ID())
	case c == nil && none:
		return do("")
	case c == nil:
		return ui.Say("No backup is selected. f names a folder that has some.")
	}
	one := *c
	m.verifying = false
	m.loader.Doing("looking for the medium")
	return m.loader.Get(func(ctx context.Context) (event, error) {
		file, err := reader.Find(ctx, one)
		return located{file, do}, err
	})
}

// open shows everything about a remembered copy; a file in a folder is verified.
func (m *Model) open() tea.Cmd {
	c := m.copy()
	if c == nil {
		return m.located(func(file string) tea.Cmd { return m.askOpening(file) }, false)
	}
	return ui.Send(ui.PushMsg{Screen: newReport(m.opt.Styles, "copy", CopyPage(*c, m.copies, m.opt.Clock.Now()), m.opt.Clock)})
}

// add leads to the next copy of the selected copy's set.
func (m *Model) add() tea.Cmd {
	c := m.copy()
	switch {
	case c == nil:
		return ui.Say("No copy is selected. Esc leaves the folder for the copies that are remembered.")
	case c.Operation == "":
		return ui.Say("This backup belongs to no set. b writes a new one.")
	case c.Missing == 0:
		return ui.Say("The set has all its copies. b writes a new set.")
	}
	set, _ := backup.SetOf(c.Operation, m.copies)
	if len(set.Copies) == 0 {
		return ui.Say("Every copy of this set is damaged. b writes a new set.")
	}
	return ui.Send(ui.PushMsg{Screen: m.opt.Add(set)})
}

// paper shows the sheet of the selected copy's set.
func (m *Model) paper() tea.Cmd {
	c := m.copy()
	switch {
	case c == nil:
		return ui.Say("No copy is selected. Esc leaves the folder for the copies that are remembered.")
	case c.Operation == "":
		return ui.Say("This backup belongs to no set, so it has no sheet.")
	}
	return ui.Send(ui.PushMsg{Screen: newPaper(m.opt, c.Operation)})
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
	return append([]key.Binding{m.keys.open, m.keys.drill, m.keys.verify, m.keys.create, m.keys.missing, m.keys.sheet, m.keys.restore, m.keys.folder}, append(m.Short(), m.keys.refresh)...)
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	return [][]key.Binding{{m.keys.open, m.keys.drill, m.keys.verify, m.keys.create, m.keys.missing, m.keys.sheet, m.keys.restore, m.keys.folder, m.keys.refresh}, m.Moves()}
}

var (
	_ ui.Screen = (*Model)(nil)
	_ ui.Worker = (*Model)(nil)
	_ ui.Holder = (*Model)(nil)
)
