package ceremony

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
)

// Prepare is the wizard of the first part of a ceremony, and the one that writes the file of
// a ceremony that waits once more.
type Prepare struct {
	*flow
	service Preparing
	guns    []trustdata.GUN
	role    trustdata.Role
	waiting string // the ceremony whose file is written once more

	plan   *rotation.CeremonyPlan
	bundle *ceremony.Bundle
	folder string
	file   string // where it was written
}

type (
	prepared struct{ plan *rotation.CeremonyPlan }
	waits    struct{ bundle *ceremony.Bundle }
	written  struct {
		bundle *ceremony.Bundle
		file   string
		err    error
	}
)

// The steps by their names.
const (
	stepCheck  = "Check"
	stepFolder = "Folder"
	stepWrite  = "Write"
	stepClose  = "Close"
)

// The steps of the work, with the words for them.
const (
	workMake  = "make"
	workWrite = "file"
)

func newPrepare(opt Options, k kind, guns []trustdata.GUN) *Prepare {
	var reqs []rotation.CeremonyRequest
	for _, gun := range guns {
		reqs = append(reqs, rotation.CeremonyRequest{Request: rotation.Request{GUN: gun, Role: k.role, To: k.to}, Change: k.change})
	}
	m := &Prepare{service: opt.Service.Preparing(reqs), guns: guns, role: k.role}
	m.flow = newFlow(opt, ui.CustodyOptions{Needs: m.needs, Deed: "the preparation"}, m.handle)
	m.Lead("prepare ceremony", m.stages()...)
	return m
}

func newRewrite(opt Options, id string, guns []trustdata.GUN) *Prepare {
	m := &Prepare{service: opt.Service.Preparing(nil), guns: guns, waiting: id}
	m.flow = newFlow(opt, ui.CustodyOptions{Needs: m.needs, Deed: "this"}, m.handle)
	m.Lead("write file again", m.stages()...)
	return m
}

func (m *Prepare) stages() []ui.Step {
	rest := []ui.Step{
		{Name: stepFolder, Page: m.folderPage, Leaving: m.leaving, Start: m.ask, Next: "write it", Do: m.confirm, Blocked: m.noFolder,
			Acts: []ui.Act{{Key: ui.Bind("f", "folder", "f"), Do: m.ask, Blocked: m.Occupied}}},
		{Name: stepWrite, Page: m.writePage, Leaving: m.leavingWrite, Start: m.write, Held: m.mustFinish, Next: "try again", Do: m.again, Blocked: m.notStopped,
			Acts: []ui.Act{{Key: ui.Bind("f", "another folder", "f"), Do: m.ask, Blocked: m.notStopped}}},
		{Name: stepClose, Page: m.closePage, Leaving: func() string {
			return "Unmount the stick, take it out. Leaving changes nothing."
		}, Next: "finish"},
	}
	if m.waiting != "" {
		rest[0].Start, rest[0].Blocked = m.load, m.noBundle
		return rest
	}
	return append([]ui.Step{
		{Name: stepCheck, Page: m.checkPage, Leaving: harmless, Start: m.makePlan, Next: "next", Blocked: m.noPlan,
			Acts: []ui.Act{{Key: ui.Bind("r", "check again", "r"), Do: m.makePlan}}},
		m.Held.Step(m.leaving)}, rest...)
}

func (m *Prepare) needs() []rotation.Need {
	if m.plan == nil {
		return nil
	}
	return m.plan.Need
}

func (m *Prepare) leaving() string {
	if m.Held.IsEmpty() {
		return harmless()
	}
	return "Leaving now forgets the passphrase that was chosen and changes nothing."
}

func (m *Prepare) makePlan() tea.Cmd {
	m.plan = nil
	s := m.service
	return m.Plan("asking the trust server for "+name(m.guns), func(ctx context.Context) (any, error) {
		p, err := s.Plan(ctx)
		return prepared{p}, err
	})
}

// load gets the file of a ceremony that waits.
func (m *Prepare) load() tea.Cmd {
	s, id := m.opt.Service, m.waiting
	return m.Run("reading the file that was kept", func(ctx context.Context) (any, error) {
		b, err := s.Waiting(ctx, id)
		return waits{b}, err
	})
}

func (m *Prepare) noPlan() string {
	switch {
	case m.plan == nil:
		return "There is no plan to go on with. r reads again."
	case len(m.plan.GUNs()) == 0:
		return "No repository is left to prepare anything for: the page says why."
	}
	return m.Occupied()
}

func (m *Prepare) noFolder() string {
	if m.folder == "" {
		return "There is no folder yet: f asks for it."
	}
	return m.Occupied()
}

func (m *Prepare) noBundle() string {
	if m.bundle == nil {
		return "The file that was kept could not be read; Esc leaves, and the next start says it again."
	}
	return m.noFolder()
}

func (m *Prepare) ask() tea.Cmd {
	return m.askFolder("WHERE THE FILE FOR THE OFFLINE MACHINE GOES", m.folder, func(folder string) { m.folder = folder })
}

// confirm has level 2: what is made waits, nothing is sent, and it can be given up.
func (m *Prepare) confirm() tea.Cmd {
	if m.waiting != "" {
		return m.Advance() // the file is the same as ever
	}
	return m.Held.Confirm(m.question, m.Advance)
}

func (m *Prepare) question() ui.Question {
	return ui.Question{Headline: "PREPARE A CEREMONY", Thing: trustdata.Visible(m.plan.Kind) + " of " + name(m.plan.GUNs()), Profile: m.opt.Profile, Keep: "Cancel", Act: "Write the file",
		Facts: []ui.Fact{{Label: "What is sent", Value: "nothing"}, {Label: "File", Value: "into " + trustdata.Visible(m.folder)}, {Label: "Way back", Value: "give it up: u on Activity, x"}}}
}

// write makes what is to be made, and the file. A ceremony that waits already is only
// written.
func (m *Prepare) write() tea.Cmd {
	steps, names := []string{workWrite}, []string{"write the file and read it back"}
	if m.bundle == nil {
		steps, names = append([]string{workMake}, steps...), append([]string{m.making()}, names...)
	}
	m.arm(steps, names)
	keys := m.Held.Take()
	s, plan, bundle, folder, role := m.service, m.plan, m.bundle, m.folder, m.role
	return m.CarryOut(func(ctx context.Context, emit func(any)) any {
		defer keys.Wipe()
		out := written{bundle: bundle}
		if out.bundle == nil {
			emit(stepBegan{workMake})
			if out.bundle, out.err = s.Prepare(ctx, plan, keys.Chosen(role)); out.err != nil {
				out.bundle = nil
				return out
			}
		}
		emit(stepBegan{workWrite})
		out.file, out.err = s.Write(ctx, out.bundle, folder)
		return out
	})
}

func (m *Prepare) making() string {
	if len(m.plan.Need) > 0 {
		return "make the new key, and note what waits"
	}
	return "note what waits"
}

// end takes what came of it.
func (m *Prepare) end(w written) tea.Cmd {
	was := m.bundle
	m.bundle, m.file = w.bundle, w.file
	m.ended(w.err)
	var told tea.Cmd
	if was == nil && m.bundle != nil {
		told = ui.Send(ui.DoneMsg{Action: "prepared a ceremony for " + name(m.bundle.GUNs())})
	}
	if w.err != nil {
		return told
	}
	return tea.Batch(m.Advance(), told)
}

// again writes the file once more where it could not be written, and else plans anew.
func (m *Prepare) again() tea.Cmd {
	if m.bundle != nil {
		return m.write()
	}
	m.afresh()
	return m.Go(0)
}

// Busy reports whether something runs that can be stopped, or a passphrase is held.
func (m *Prepare) Busy() bool { return !m.Sending() && (m.Occupied() != "" || !m.Held.IsEmpty()) }

// Cancel stops what runs and forgets the passphrase. What is being written is past that.
func (m *Prepare) Cancel() {
	if m.Sending() {
		return
	}
	m.Stop()
	if m.Held.IsEmpty() {
		return
	}
	m.Held.GiveUp()
	m.said = "Given up before anything was made."
	m.Return(0)
}

// Finished reports whether the file is written.
func (m *Prepare) Finished() bool { return m.file != "" }

func (m *Prepare) handle(e any) tea.Cmd {
	switch e := e.(type) {
	case prepared:
		m.plan = e.plan
		m.Planned()
	case waits:
		m.bundle = e.bundle
		return m.ask()
	case stepBegan:
		m.tasks.Begin(e.step, "under way")
	case written:
		return m.end(e)
	}
	return nil
}

// ShortHelp are the keys of the footer: none that could not act.
func (m *Prepare) ShortHelp() []key.Binding {
	switch {
	case m.Sending():
		return nil
	case m.StepName() == stepWrite && m.bundle == nil:
		keys := m.Wizard.ShortHelp()
		keys[0] = ui.Bind("Enter", "plan anew", "enter")
		return keys
	}
	return m.Wizard.ShortHelp()
}

var (
	_ ui.Screen  = (*Prepare)(nil)
	_ ui.Worker  = (*Prepare)(nil)
	_ ui.Holder  = (*Prepare)(nil)
	_ ui.Sourced = (*Prepare)(nil)
)
