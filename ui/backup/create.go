package backup

import (
	"cmp"
	"context"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Wish says where a backup is to go and who can open it.
type Wish struct {
	Folder string
	// Recipients are public keys. Where there are none, Passphrase locks the backup.
	Recipients []string
	Passphrase keyring.Passphrase
	// Identity is a file that opens the backup and so proves it; "" for none.
	Identity string
}

// Writer is what writing a backup needs of the layers below.
type Writer interface {
	// Plan reads what would go in. It writes nothing, and keeps no passphrase.
	Plan(context.Context, Wish) (*backup.CreatePlan, error)
	// Write writes it, reads it back, proves it where that is possible, and records how
	// far it got. When ctx ends it takes away what it wrote.
	Write(context.Context, *backup.CreatePlan, backup.Progress) (*backup.CreateResult, error)
}

// CreateOptions are what the wizard is given.
type CreateOptions struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Writer  Writer
	// Folder and Recipients are what is proposed.
	Folder     string
	Recipients []string
	// Readers reads recipients; nil knows no names.
	Readers ui.Readers
}

// Create is the wizard that writes a backup.
type Create struct {
	*ui.Wizard
	opt    CreateOptions
	loader *ui.Loader[event]

	wish    Wish
	locked  bool // a passphrase is chosen
	plan    *backup.CreatePlan
	said    string
	tasks   []ui.Task
	result  *backup.CreateResult
	failed  error
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
	m := &Create{opt: opt, loader: ui.NewLoader[event](opt.Context, opt.Clock), wish: Wish{Folder: opt.Folder, Recipients: opt.Recipients}}
	b := ui.Bind
	m.Wizard = ui.NewWizard(opt.Styles, "back up",
		ui.Step{Name: "Choose", Page: m.choosePage, Leaving: func() string { return "Nothing is written yet. Leaving changes nothing." }, Start: m.makePlan,
			Next: "next question", Do: m.askNext, Blocked: m.busy, Acts: []ui.Act{
				{Key: b("B", "write it", "B"), Do: m.Advance, Blocked: m.cannotWrite},
				{Key: b("f", "folder", "f"), Do: m.askFolder, Blocked: m.busy},
				{Key: b("n", "who can open it", "n"), Do: m.askRecipients, Blocked: m.busy},
				{Key: b("p", "a passphrase instead", "p"), Do: m.askPassphrase, Blocked: m.busy},
				{Key: b("i", "identity file, to prove it", "i"), Do: m.askIdentity, Blocked: m.busy}}},
		ui.Step{Name: "Write", Page: m.writePage, Leaving: m.leavingWrite, Start: m.write, Next: "back to the choice", Do: m.again, Blocked: m.busy},
		ui.Step{Name: "Prove", Page: m.provePage, Leaving: func() string { return "The backup is there. Leaving changes nothing." }, Next: "finish"})
	return m
}

// Advance is the wizard's; it exists so that the steps can name it before there is one.
func (m *Create) Advance() tea.Cmd { return m.Wizard.Advance() }

func (m *Create) busy() string { return m.loader.Busy() }

// Busy reports whether something runs.
func (m *Create) Busy() bool { return m.busy() != "" }

// Cancel stops what runs, and forgets the passphrase.
func (m *Create) Cancel() {
	m.loader.Cancel()
	m.forget()
	m.Refresh()
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
	return cmp.Or(m.loader.Waiting(), m.Wizard.Status())
}

// View draws the step, and takes note of the room.
func (m *Create) View(width, height int) string {
	m.cramped = width < 60 || height < 12
	return m.Wizard.View(width, height)
}

// Update takes keys and what the loader sends.
func (m *Create) Update(msg tea.Msg) tea.Cmd {
	got, cmd, ok := m.loader.Take(msg)
	if !ok {
		return m.Wizard.Update(msg)
	}
	var cmds []tea.Cmd
	for _, e := range got.Values {
		switch e := e.(type) {
		case planned:
			cmds = append(cmds, m.take(e))
		case backup.Step:
			m.progress(e)
		case written:
			cmds = append(cmds, m.end(e))
		}
	}
	m.Refresh()
	return tea.Batch(append(cmds, cmd)...)
}

func (m *Create) take(p planned) tea.Cmd {
	m.plan, m.wish.Passphrase = p.plan, p.pass
	if p.err != nil {
		return ui.Send(ui.ErrorMsg{Err: p.err})
	}
	return nil
}

// whole reports whether all is known that a plan needs.
func (m *Create) whole() bool {
	return m.wish.Folder != "" && (len(m.wish.Recipients) > 0 || m.locked)
}

// makePlan reads what would go in, as soon as it is known where and for whom. The
// passphrase goes with the work and comes back with its answer.
func (m *Create) makePlan() tea.Cmd {
	defer m.Refresh()
	m.plan = nil
	if !m.whole() {
		return nil
	}
	writer, wish := m.opt.Writer, m.wish
	m.loader.Doing("reading what goes in")
	m.wish.Passphrase = keyring.Passphrase{}
	return m.loader.Get(func(ctx context.Context) (event, error) {
		plan, err := writer.Plan(ctx, wish)
		if ctx.Err() != nil {
			wish.Passphrase.Wipe()
			return nil, ctx.Err()
		}
		return planned{plan, wish.Passphrase, err}, nil
	})
}

// askNext asks for the first thing that is not known.
func (m *Create) askNext() tea.Cmd {
	switch {
	case m.wish.Folder == "":
		return m.askFolder()
	case !m.whole():
		return m.askRecipients()
	case m.plan == nil:
		return m.makePlan()
	}
	return ui.Say("All is known. B writes it.")
}

func (m *Create) askFolder() tea.Cmd {
	return m.input(ui.Input{Title: "WHERE THE BACKUP GOES", Prompt: "Folder:", Do: "take", Text: m.wish.Folder, Check: ui.Needed("type a folder, for example that of a stick"),
		Explain: "Best on another disk than the keys. Its last part is made if it is not there."}, func(s string) { m.wish.Folder = s })
}

func (m *Create) askIdentity() tea.Cmd {
	return m.input(ui.Input{Title: "PROVE IT", Prompt: "Identity file:", Do: "take", Text: m.wish.Identity,
		Explain: "The path of a file with a secret key that opens the backup; only read. Empty: nobody proves that it can be decrypted."}, func(s string) { m.wish.Identity = s })
}

func (m *Create) input(in ui.Input, take func(string)) tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewPublicInput(m.opt.Styles, in), Answer: func(r any) tea.Cmd {
		s, ok := r.(string)
		if !ok {
			return nil
		}
		take(s)
		return m.makePlan()
	}})
}

func (m *Create) askRecipients() tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewRecipients(m.opt.Styles, m.opt.Readers, m.wish.Recipients), Answer: func(r any) tea.Cmd {
		to, ok := r.([]string)
		if !ok {
			return nil
		}
		m.wish.Passphrase.Wipe()
		m.wish.Recipients, m.locked = to, false
		return m.makePlan()
	}})
}

func (m *Create) askPassphrase() tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewBackupPassphrase(m.opt.Styles, m.opt.Clock, ui.AskBackupPassphrase{New: true}), Answer: func(r any) tea.Cmd {
		pass, ok := r.(keyring.Passphrase)
		if !ok {
			return nil
		}
		m.wish.Passphrase.Wipe()
		m.wish.Passphrase, m.wish.Recipients, m.locked = pass, nil, true
		return m.makePlan()
	}})
}

func (m *Create) cannotWrite() string {
	switch {
	case m.cramped:
		return "Make the window 60x15: what is written must be seen whole."
	case m.busy() != "":
		return m.busy()
	case m.wish.Folder == "":
		return "It is not known where the backup goes. f names a folder."
	case !m.whole():
		return "Nobody could open it yet. n names public keys, p a passphrase."
	case m.plan == nil:
		return "There is no plan to write. Enter makes it again."
	}
	return ""
}

func (m *Create) choosePage() ui.Page {
	p := ui.Page{Title: "Back up"}
	if m.said != "" {
		p.Sections = append(p.Sections, ui.Section{Facts: []ui.Fact{{Value: m.said, Mark: ui.MarkNote}}})
	}
	if m.plan != nil {
		plan := CreatePlanPage(m.plan)
		p.Notes, p.Copy = plan.Notes, plan.Copy
		p.Sections = append(append(p.Sections, plan.Sections...), m.proofSection())
		return p
	}
	in := ui.Fact{Value: "read as soon as it is known where it goes and who can open it", Mark: ui.MarkUnchecked}
	if m.loader != nil && m.Busy() {
		in = ui.Fact{Value: "being read", Mark: ui.MarkRunning}
	}
	where := ui.Fact{Value: "no folder yet: f names one", Mark: ui.MarkUnchecked}
	if m.wish.Folder != "" {
		where = ui.Fact{Value: trustdata.Visible(m.wish.Folder), Mark: ui.MarkOK}
	}
	p.Sections = append(p.Sections, ui.Section{Title: "WHAT GOES IN", Facts: []ui.Fact{in}}, ui.Section{Title: "WHERE", Facts: []ui.Fact{where}},
		ui.Section{Title: "WHO CAN OPEN IT", Facts: m.readers()}, m.proofSection())
	return p
}

// readers are those who can open the backup, as far as they are named.
func (m *Create) readers() []ui.Fact {
	var facts []ui.Fact
	for _, r := range m.wish.Recipients {
		facts = append(facts, ui.Fact{Value: trustdata.Visible(r), Mark: ui.MarkOK})
	}
	switch {
	case m.locked:
		facts = append(facts, ui.Fact{Value: "whoever knows the backup's passphrase", Mark: ui.MarkOK})
	case len(facts) == 0:
		facts = append(facts, ui.Fact{Value: "nobody yet: n names public keys (age1...), p a passphrase instead", Mark: ui.MarkUnchecked})
	}
	return facts
}

func (m *Create) proofSection() ui.Section {
	f := ui.Fact{Value: "with the passphrase itself: decrypted to the end and compared", Mark: ui.MarkOK}
	switch {
	case m.wish.Identity != "":
		f.Value = "with " + trustdata.Visible(m.wish.Identity) + ": decrypted to the end and compared"
	case !m.locked:
		f = ui.Fact{Value: "read back, but decrypted by nobody: i names an identity file", Mark: ui.MarkSoon}
	}
	return ui.Section{Title: "HOW IT IS PROVEN", Facts: []ui.Fact{f}}
}

var (
	_ ui.Screen = (*Create)(nil)
	_ ui.Worker = (*Create)(nil)
)
