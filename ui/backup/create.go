package backup

import (
	"cmp"
	"context"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/keyring"
	"keyrite/ui"
)

// Wish says where a copy of a backup is to go and who can open it.
type Wish struct {
	Folder string
	// Recipients are public keys. Where there are none, Passphrase locks the backup.
	Recipients []string
	Passphrase keyring.Passphrase
	// Identity is a file that opens the backup and so proves it; "" for none.
	Identity string
	// After are the copies of the set that are written already, the first one first.
	After []*backup.CreateResult
}

// Place is a removable drive, and the remembered copies that were written to it.
type Place struct {
	media.Drive
	Before []backup.Copy
}

// Writer is what writing a backup needs of the layers below.
type Writer interface {
	Recorder
	// Drives are the removable drives that are in now. Where they cannot be seen it is
	// media.ErrNotFound.
	Drives(context.Context) ([]Place, error)
	// Plan reads what would go in. It writes nothing, and keeps no passphrase.
	Plan(context.Context, Wish) (*backup.CreatePlan, error)
	// Write writes it, reads it back, proves it where that is possible, and records how
	// far it got. When ctx ends it takes away what it wrote.
	Write(context.Context, *backup.CreatePlan, backup.Progress) (*backup.CreateResult, error)
	// Replug proves a copy on a drive once that was taken out and put back, and records
	// it, as backup.Drives has it. The result keeps the keys that stay locked.
	Replug(ctx context.Context, plan *backup.CreatePlan, made *backup.CreateResult, told func(backup.Moment, string), progress backup.Progress) (*backup.VerifyResult, error)
	// Reread reads a copy once more that is in a folder, proves it and records that. The
	// result keeps the keys that stay locked.
	Reread(ctx context.Context, plan *backup.CreatePlan, made *backup.CreateResult, progress backup.Progress) (*backup.VerifyResult, error)
}

// Sheets is what belongs to a set as a whole.
type Sheets interface {
	// Waive records that the set gets no other copy.
	Waive(ctx context.Context, operation string) error
	// Sheet is the text of the set's sheet.
	Sheet(ctx context.Context, operation string) ([]byte, error)
	// Save writes a sheet to a new file, which nothing is ever replaced by, and reads it
	// back.
	Save(ctx context.Context, sheet []byte, file string) error
}

// CreateOptions are what the wizard is given.
type CreateOptions struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Writer  Writer
	Sheets  Sheets
	// Folder and Recipients are what is proposed.
	Folder     string
	Recipients []string
	// Set is what there is already of the set that the copies are for; with its zero value
	// they are of a new one. Then Recipients are its.
	Set backup.Set
	// Readers reads recipients; nil knows no names.
	Readers ui.Readers
}

// Create is the wizard that writes a set, one copy after the other.
type Create struct {
	*ui.Wizard
	opt    CreateOptions
	loader *ui.Loader[event]
	look   *ui.Loader[seen]

	places  seen
	wish    Wish
	locked  bool // a passphrase is chosen
	plan    *backup.CreatePlan
	said    string
	tasks   []ui.Task
	result  *backup.CreateResult // of the copy that was written last
	made    []*backup.CreateResult
	waived  bool // the set gets no other copy
	failed  error
	replug  replug
	trial   *trial // of the copy that was proven last
	sheet   sheet
	cramped bool
}

// event is what the loader sends.
type event any

type (
	planned struct {
		plan *backup.CreatePlan
		pass keyring.Passphrase
		err  error
	}
	written struct {
		result *backup.CreateResult
		err    error
	}
)

// NewCreate makes the wizard.
func NewCreate(opt CreateOptions) *Create {
	m := &Create{opt: opt, loader: ui.NewLoader[event](opt.Context, opt.Clock), look: ui.NewLoader[seen](opt.Context, opt.Clock),
		wish: Wish{Folder: opt.Folder, Recipients: opt.Recipients}}
	for _, c := range opt.Set.Copies {
		m.made = append(m.made, earlier(c, opt.Set.Planned))
	}
	b := ui.Bind
	m.Wizard = ui.NewWizard(opt.Styles, "back up",
		ui.Step{Name: "Choose", Page: m.choosePage, Leaving: m.leavingChoice, Start: m.begin,
			Next: "next question", Do: m.askNext, Blocked: m.busy, Asks: m.placeless, Acts: []ui.Act{
				{Key: b("Space", "choose", "space"), Do: m.choose, Blocked: m.busy},
				{Key: b("B", "write it", "B"), Do: m.Advance, Blocked: m.cannotWrite},
				{Key: b("n", "who can open it", "n"), Do: m.askRecipients, Blocked: m.fixed},
				{Key: b("p", "a passphrase instead", "p"), Do: m.askPassphrase, Blocked: m.fixed},
				{Key: b("i", "identity file, to prove it", "i"), Do: m.askIdentity, Blocked: m.busy},
				{Key: b("f", "folder", "f"), Do: m.askFolder, Blocked: m.busy},
				{Key: b("r", "look again", "r"), Do: m.scan}}},
		ui.Step{Name: "Write", Page: m.writePage, Leaving: m.leavingWrite, Start: m.write, Held: m.writing, Next: "back to the choice", Do: m.again, Blocked: m.busy},
		ui.Step{Name: "Prove", Page: m.provePage, Leaving: m.leavingProof, Start: m.prove, Held: m.unproven, Next: "next copy, or the sheet", Do: m.goOn, Blocked: m.proving,
			Acts: []ui.Act{
				{Key: b("p", "passphrases", "p"), Do: m.askKeys, Blocked: m.cannotAsk},
				{Key: b("S", "skip the proof", "S"), Do: m.skip, Blocked: m.cannotSkip},
				{Key: b("W", "no other copy", "W"), Do: m.waive, Blocked: m.cannotWaive}}},
		ui.Step{Name: "Sheet", Page: m.sheetPage, Leaving: m.leavingSheet, Start: m.readSheet, Next: "finish",
			Acts: []ui.Act{{Key: b("w", "write it to a file", "w"), Do: m.askSheet, Blocked: m.noSheet}}})
	return m
}

// Advance is the wizard's; it exists so that the steps can name it before there is one.
func (m *Create) Advance() tea.Cmd { return m.Wizard.Advance() }

func (m *Create) busy() string { return m.loader.Busy() }

// Freshness is when something was read last.
func (m *Create) Freshness() ui.Freshness { return m.loader.Disk() }

// Busy reports whether something runs.
func (m *Create) Busy() bool {
	_, looking := m.look.Running()
	return m.busy() != "" || looking || m.trial.busy() != ""
}

// Cancel stops what runs, and forgets the passphrases.
func (m *Create) Cancel() {
	m.trial.stop()
	m.loader.Cancel()
	m.look.Cancel()
	m.forget()
	m.Refresh()
}

// ForgetKeys wipes the passphrase that was chosen, unless something works with it.
func (m *Create) ForgetKeys() int {
	if m.busy() != "" || m.wish.Passphrase.IsEmpty() {
		return 0
	}
	m.forget()
	m.Refresh()
	return 1
}

// forget wipes the passphrase; with it goes the plan, which could not be made again.
func (m *Create) forget() {
	m.wish.Passphrase.Wipe()
	if m.locked {
		m.locked, m.plan = false, nil
	}
}

// Status says what runs, and else what leaving means.
func (m *Create) Status() string {
	if m.At() == stepWrite || m.At() == stepProve {
		return cmp.Or(m.trial.waiting(), m.Wizard.Status()) // the page says how far it is; what leaving means must stand too
	}
	return cmp.Or(m.loader.Waiting(), m.Wizard.Status())
}

// The steps that others name.
const (
	stepWrite = 1
	stepProve = 2
	stepSheet = 3
)

// View draws the step, and takes note of the room.
func (m *Create) View(width, height int) string {
	m.cramped = width < 60 || height < 12
	return m.Wizard.View(width, height)
}

// Update takes keys and what the loaders send.
func (m *Create) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.look.Take(msg); ok {
		cmd = tea.Batch(got.Each(m.saw), cmd)
		m.Refresh()
		return cmd
	}
	if cmd, mine := m.trial.update(msg); mine {
		return cmd
	}
	got, cmd, ok := m.loader.Take(msg)
	if !ok {
		return m.Wizard.Update(msg)
	}
	cmd = tea.Batch(got.Each(m.heard), cmd)
	m.Refresh()
	return cmd
}

func (m *Create) heard(e event) tea.Cmd {
	switch e := e.(type) {
	case planned:
		return m.take(e)
	case backup.Step:
		if m.At() == stepProve {
			m.replug.read = ", " + bytesOf(e) + " so far"
			return nil
		}
		m.progress(e)
	case written:
		return m.end(e)
	case moment:
		m.replug.at(e)
	case proved:
		return m.endProof(e)
	case reread:
		return m.endReread(e)
	case waivedMsg:
		return m.endWaiver(e)
	case sheetRead:
		m.sheet.text = e.text
	case sheetSaved:
		return m.endSheet(e)
	}
	return nil
}

func (m *Create) take(p planned) tea.Cmd {
	m.plan, m.wish.Passphrase = p.plan, p.pass
	if p.err != nil {
		return ui.Send(ui.ErrorMsg{Err: p.err})
	}
	return nil
}

var (
	_ ui.Screen  = (*Create)(nil)
	_ ui.Sourced = (*Create)(nil)
	_ ui.Worker  = (*Create)(nil)
)
