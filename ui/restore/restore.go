package restore

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Opening is what opens a backup: an identity file, or the backup's passphrase.
type Opening struct {
	Identity   string
	Passphrase keyring.Passphrase
}

// Found is a backup on a removable drive.
type Found struct {
	File string
	// Drive names the drive, Copy the copy that is remembered with these bytes ("1 of 2"), and
	// State how far that was proven, for people; "" for what is not known here.
	Drive, Copy, State string
}

// Service is what the wizard needs of the layers below.
type Service interface {
	// Look looks for backups on the removable drives that are in.
	Look(context.Context) ([]Found, error)
	// Others says which other copies there are of the set that a file belongs to, and where
	// they were last. set is its operation, "" where that is not known.
	Others(ctx context.Context, file, set string) ([]ui.Fact, error)
	// Unlisted says of each key of the plan that signs for nothing any more, by the metadata
	// that this machine has seen last, where that is. It asks no server.
	Unlisted(context.Context, *backup.RestorePlan) (map[trustdata.KeyID]string, error)
	// Plan reads the whole backup, proves it and compares it with what is here. It writes
	// nothing, and keeps no passphrase. The plan of a damaged backup is one of what is whole.
	Plan(ctx context.Context, file string, with Opening, progress backup.Progress) (*backup.RestorePlan, error)
	// Restore writes what the plan says and reads it back. When ctx ends it takes back
	// what it wrote.
	Restore(context.Context, *backup.RestorePlan, backup.Progress) (*backup.RestoreResult, error)
}

// Options are what the wizard is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Service Service
	// File is the backup to restore; with "" it is asked for.
	File string
	// Into names the trust directory for people.
	Into string
	// Profile is the profile's word and name, for the danger dialog.
	Profile string
}

// Model is the wizard.
type Model struct {
	*ui.Wizard
	opt    Options
	loader *ui.Loader[event]

	file    string
	with    Opening // without its passphrase
	plan    *backup.RestorePlan
	found   []Found
	looked  bool
	others  []ui.Fact
	damaged error                      // why the file was put aside
	torn    *backup.RestorePlan        // of what is whole of a damaged file, nil for nothing
	old     map[trustdata.KeyID]string // keys that sign for nothing any more
	decided map[string]bool            // the paths that were decided about here
	begun   bool                       // the writing has begun
	wrote   backup.Step
	result  *backup.RestoreResult
	failed  error
}

// event is what the loader sends.
type event any

type (
	looked  struct{ found []Found }
	planned struct {
		plan   *backup.RestorePlan
		old    map[trustdata.KeyID]string
		others []ui.Fact
		try    int // of a passphrase, 0 for none
		err    error
	}
	restored struct {
		result *backup.RestoreResult
		err    error
	}
)

// New makes the wizard.
func New(opt Options) *Model {
	m := &Model{opt: opt, loader: ui.NewLoader[event](opt.Context, opt.Clock), file: opt.File}
	nothing := func() string { return "Nothing is written yet. Leaving changes nothing." }
	b := ui.Bind
	m.Wizard = ui.NewWizard(opt.Styles, "restore",
		ui.Step{Name: "Find", Page: m.findPage, Leaving: nothing, Start: m.startFind, Next: "next: open it", Do: m.takeFile, Blocked: m.busy,
			Acts: []ui.Act{{Key: b("f", "file", "f"), Do: m.askFile, Blocked: m.busy}, {Key: b("r", "look again", "r"), Do: m.look, Blocked: m.busy}}},
		ui.Step{Name: "Open", Page: m.openPage, Leaving: nothing, Start: m.askOpening, Held: m.reading, Next: "open it", Do: m.askOpening, Blocked: m.busy, Back: true,
			Acts: []ui.Act{{Key: b("f", "another file", "f"), Do: m.askFile, Blocked: m.busy}, {Key: b("w", "what is whole", "w"), Do: m.offer, Blocked: m.nothingWhole}}},
		ui.Step{Name: "Compare", Page: m.comparePage, Leaving: nothing, Next: "confirm", Do: m.confirm, Blocked: m.cannotRestore,
			Acts: []ui.Act{{Key: b("d", "decide about a key", "d", "space"), Do: m.decide}}},
		ui.Step{Name: "Write", Page: m.writePage, Leaving: m.leavingWrite, Start: m.write, Held: m.restoring, Next: "look again", Do: m.again, Blocked: m.busy},
		ui.Step{Name: "Prove", Page: m.provePage, Leaving: func() string { return "It is done and was read back. Leaving changes nothing." }, Next: "finish"})
	return m
}

func (m *Model) busy() string { return m.loader.Busy() }

// Freshness is when something was read last.
func (m *Model) Freshness() ui.Freshness { return m.loader.Disk() }

// Busy reports whether something runs.
func (m *Model) Busy() bool { return m.busy() != "" }

// Cancel stops what runs. A restore that is stopped takes back what it wrote.
func (m *Model) Cancel() {
	m.loader.Cancel()
	m.Refresh()
}

// Status says what runs, and else what leaving means.
func (m *Model) Status() string {
	return cmp.Or(m.loader.Waiting(), m.Wizard.Status())
}

// Update takes keys and what the loader sends.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	got, cmd, ok := m.loader.Take(msg)
	if !ok {
		return m.Wizard.Update(msg)
	}
	var cmds []tea.Cmd
	if got.Err != nil {
		cmds = append(cmds, ui.Send(ui.ErrorMsg{Err: got.Err}))
	}
	for _, e := range got.Values {
		switch e := e.(type) {
		case backup.Step:
			m.wrote = e
		case looked:
			m.found, m.looked = e.found, true
		case planned:
			cmds = append(cmds, m.compare(e))
		case restored:
			cmds = append(cmds, m.end(e))
		}
	}
	m.Refresh()
	return tea.Batch(append(cmds, cmd)...)
}

func (m *Model) findPage() ui.Page {
	f := ui.Fact{Label: "Backup", Value: "no file yet: Enter takes the one that is selected, f names another", Mark: ui.MarkUnchecked}
	if m.file != "" {
		f.Value, f.Mark = trustdata.Visible(m.file), ui.MarkOK
	}
	p := ui.Page{Title: "Restore", Sections: []ui.Section{{Title: "WHICH BACKUP", Facts: []ui.Fact{f,
		{Label: "Into", Value: trustdata.Visible(m.opt.Into), Mark: ui.MarkNone}}},
		{Facts: []ui.Fact{{Value: "It is read to its end and compared with what is here before anything is asked."}}}},
		TableTitle: "BACKUPS ON REMOVABLE DRIVES", Order: "as they are found",
		Columns: []ui.Column{{Title: "FILE", Priority: 1, Min: 30}, {Title: "DRIVE", Priority: 2, Min: 12}, {Title: "COPY", Priority: 4}, {Title: "STATE", Priority: 3}},
		Empty:   "None was found. f names a file; r looks again."}
	if !m.looked {
		p.Empty = "They are being looked for. f names a file."
	}
	for _, one := range m.found {
		p.Rows = append(p.Rows, ui.Row{ID: one.File, Cells: []string{trustdata.Visible(filepath.Base(one.File)), trustdata.Visible(one.Drive), orNone(one.Copy), orNone(one.State)},
			Copy: []ui.Copyable{{What: "file", Text: trustdata.Visible(one.File)}}})
	}
	return p
}

func (m *Model) startFind() tea.Cmd {
	if m.file == "" {
		return m.look()
	}
	return m.Advance()
}

// look looks for backups on drives.
func (m *Model) look() tea.Cmd {
	service := m.opt.Service
	m.loader.Doing("looking for backups on removable drives")
	defer m.Refresh()
	return m.loader.Get(func(ctx context.Context) (event, error) {
		found, err := service.Look(ctx)
		return looked{found}, err
	})
}

// takeFile goes on with the backup that is named, or else with the one that is selected.
func (m *Model) takeFile() tea.Cmd {
	if m.ID() != "" {
		m.file = m.ID()
	}
	if m.file == "" {
		return m.askFile()
	}
	return m.Advance()
}

func (m *Model) askFile() tea.Cmd {
	in := ui.Input{Title: "WHICH BACKUP", Prompt: "File:", Do: "take", Text: m.file, Check: ui.Needed("type the path of a backup, which ends in .age"), Explain: "It is only read."}
	return ui.Send(ui.AskMsg{Dialog: ui.NewPublicInput(m.opt.Styles, in), Answer: func(r any) tea.Cmd {
		if file, ok := r.(string); ok {
			m.file, m.damaged, m.torn, m.others = file, nil, nil, nil
			return m.Go(1)
		}
		return nil
	}})
}

func (m *Model) openPage() ui.Page {
	f := ui.Fact{Value: "not opened yet: with an identity file, or with the backup's passphrase", Mark: ui.MarkUnchecked}
	if m.loader != nil && m.Busy() {
		f = ui.Fact{Value: "being decrypted to its end and compared with its manifest, " + ui.Size(m.wrote.Done) + " so far", Mark: ui.MarkRunning}
	}
	p := ui.Page{Title: "Open"}
	if m.damaged != nil || m.torn != nil {
		p.Sections = append(p.Sections, ui.Section{Facts: m.damageFacts()})
		other := m.others
		if len(other) == 0 {
			other = []ui.Fact{{Value: "no other copy of its set is remembered on this machine; look where the sheet says", Mark: ui.MarkUnchecked}}
		}
		p.Sections = append(p.Sections, ui.Section{Title: "THE OTHER COPIES OF THE SET", Facts: other})
	}
	p.Sections = append(p.Sections, ui.Section{Title: "OPEN IT", Facts: []ui.Fact{{Value: trustdata.Visible(m.file), Mark: ui.MarkNone}, f,
		{Value: "What is decrypted stays in memory.", Mark: ui.MarkNone}}})
	return p
}

func (m *Model) askOpening() tea.Cmd {
	options := []string{"with an identity file", "with the backup's passphrase"}
	return ui.Send(ui.AskMsg{Dialog: ui.NewChoice(m.opt.Styles, "HOW IS IT OPENED?", options), Answer: func(r any) tea.Cmd {
		switch r {
		case 0:
			return m.askIdentity()
		case 1:
			return m.askPassphrase(1)
		}
		return nil
	}})
}

func (m *Model) askIdentity() tea.Cmd {
	in := ui.Input{Title: "OPEN " + trustdata.Visible(filepath.Base(m.file)), Prompt: "Identity file:", Do: "open", Text: m.with.Identity,
		Check: ui.Needed("type the path of a file with a secret key that opens it"), Explain: "It is only read."}
	return ui.Send(ui.AskMsg{Dialog: ui.NewPublicInput(m.opt.Styles, in), Answer: func(r any) tea.Cmd {
		if path, ok := r.(string); ok {
			m.with.Identity = path
			return m.open(Opening{Identity: path}, 0)
		}
		return nil
	}})
}

func (m *Model) askPassphrase(try int) tea.Cmd {
	ask := ui.AskBackupPassphrase{File: trustdata.Visible(filepath.Base(m.file)), Try: try}
	return ui.Send(ui.AskMsg{Dialog: ui.NewBackupPassphrase(m.opt.Styles, m.opt.Clock, ask), Answer: func(r any) tea.Cmd {
		if pass, ok := r.(keyring.Passphrase); ok {
			return m.open(Opening{Passphrase: pass}, try)
		}
		return nil
	}})
}

func (m *Model) open(with Opening, try int) tea.Cmd {
	service, file := m.opt.Service, m.file
	m.wrote = backup.Step{}
	m.loader.Doing("reading " + trustdata.Visible(filepath.Base(file)))
	defer m.Refresh()
	return m.loader.Start(func(ctx context.Context, emit func(event)) error {
		defer with.Passphrase.Wipe()
		p, err := service.Plan(ctx, file, with, func(s backup.Step) { emit(s) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		e := planned{plan: p, try: try, err: err}
		switch {
		case err == nil:
			e.old, e.err = service.Unlisted(ctx, p)
			if p.Salvage != nil {
				e.others, _ = service.Others(ctx, file, p.Salvage.Set())
			}
		case errors.Is(err, backup.ErrDamaged):
			e.others, _ = service.Others(ctx, file, "") // the damage is what must be said
		}
		emit(e)
		return nil
	})
}

// reading is why the wizard stays while a backup is read: only Esc stops that.
func (m *Model) reading() string {
	if !m.Busy() {
		return ""
	}
	return "The backup is being read. Esc stops it, and nothing has changed."
}

// compare takes what the reading found. A wrong passphrase is asked for again.
func (m *Model) compare(e planned) tea.Cmd {
	switch {
	case e.err == nil && e.plan.Salvage != nil:
		m.torn, m.old, m.damaged, m.others = e.plan, e.old, nil, e.others
		return m.offer()
	case e.err == nil:
		m.plan, m.old, m.decided, m.damaged, m.torn = e.plan, e.old, map[string]bool{}, nil, nil
		return m.Go(2)
	case errors.Is(e.err, backup.ErrDamaged):
		m.damaged, m.torn, m.others = e.err, nil, e.others
		return nil
	case e.try > 0 && errors.Is(e.err, backup.ErrIdentity):
		return m.askPassphrase(e.try + 1)
	}
	return ui.Send(ui.ErrorMsg{Err: e.err})
}

// ShortHelp are the keys of the footer: none while it writes but the way out.
func (m *Model) ShortHelp() []key.Binding {
	keys := m.Wizard.ShortHelp()
	if m.begun && m.Busy() {
		return []key.Binding{ui.Bind("Esc", "stop", "esc")}
	}
	return keys
}

var (
	_ ui.Screen  = (*Model)(nil)
	_ ui.Sourced = (*Model)(nil)
	_ ui.Worker  = (*Model)(nil)
)
