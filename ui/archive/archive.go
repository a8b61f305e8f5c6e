// Package archive keeps the evidence of repositories in a folder: it asks for the folder,
// writes, reads back, and shows what was verified. It changes no key and no server.
package archive

import (
	"context"
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/archive"
	"keyrite/ui"
)

// Service is what the screen needs of the layers below.
type Service interface {
	// Archive reads a repository from its server, writes its archive below the folder, and
	// reads that back.
	Archive(ctx context.Context, gun trustdata.GUN, folder string) (*archive.Saved, error)
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	GUNs    []trustdata.GUN
	Service Service
}

// Model is the screen.
type Model struct {
	*ui.List
	opt    Options
	loader *ui.Loader[saved]
	folder string
	tasks  []ui.Task
	saved  []archive.Saved
	went   bool // it was begun
	read   ui.Freshness
	begin  key.Binding
}

// saved is what came of one repository.
type saved struct {
	at  int
	res *archive.Saved
	err error
}

// New makes the screen.
func New(opt Options) *Model {
	m := &Model{List: ui.NewList(opt.Styles, "repository", "repositories"), opt: opt, loader: ui.NewLoader[saved](opt.Context, opt.Clock),
		begin: ui.Bind("Enter", "choose a folder", "enter")}
	m.show()
	return m
}

// Init asks for the folder.
func (m *Model) Init() tea.Cmd { return m.ask() }

// Title is the screen's name.
func (m *Model) Title() string { return "archive" }

// Busy reports whether an archive is being written.
func (m *Model) Busy() bool { _, on := m.loader.Running(); return on }

// Cancel stops after the file that is being written. What is not whole is no archive.
func (m *Model) Cancel() { m.loader.Cancel() }

// Status says what runs, or what leaving means.
func (m *Model) Status() string {
	if took, on := m.loader.Running(); on && took >= ui.Patience {
		return ui.Waiting("archiving to "+trustdata.Visible(m.folder), took)
	}
	if m.went {
		return m.List.Status()
	}
	return "Archiving adds files to a folder. It changes no key and no server."
}

func (m *Model) ask() tea.Cmd {
	return ui.Send(ui.AskMsg{
		Dialog: ui.NewPublicInput(m.opt.Styles, ui.Input{Title: "ARCHIVE " + strings.ToUpper(trustdata.Plural(len(m.opt.GUNs), "repository", "repositories")), Prompt: "Folder:", Do: "archive",
			Text: m.folder, Check: ui.Needed("type the path of a folder, on a stick for example"), Explain: "It is made if it is not there. An archive that is in it already is not replaced."}),
		Answer: func(r any) tea.Cmd {
			folder, ok := r.(string)
			if !ok {
				return nil
			}
			m.folder = folder
			return m.start()
		}})
}

// start archives one repository after the other.
func (m *Model) start() tea.Cmd {
	m.tasks, m.saved, m.went = nil, nil, true
	for _, gun := range m.opt.GUNs {
		m.tasks = append(m.tasks, ui.Task{Name: ui.Name(string(gun), "")})
	}
	m.tasks[0].State = ui.TaskRunning
	m.show()
	service, guns, folder := m.opt.Service, m.opt.GUNs, m.folder
	return m.loader.Start(func(ctx context.Context, emit func(saved)) error {
		for i, gun := range guns {
			res, err := service.Archive(ctx, gun, folder)
			if ctx.Err() != nil && err != nil {
				return ctx.Err()
			}
			emit(saved{i, res, err})
		}
		return nil
	})
}

// Update takes keys and what was written.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		for _, s := range got.Values {
			m.take(s)
		}
		m.show()
		if got.Ended && len(m.saved) > 0 {
			return tea.Batch(cmd, ui.Send(ui.DoneMsg{Action: "archived " + trustdata.Plural(len(m.saved), "repository", "repositories")}))
		}
		return cmd
	}
	if cmd, mine := m.List.Update(msg); mine {
		return cmd
	}
	if k, ok := msg.(tea.KeyPressMsg); ok && key.Matches(k, m.begin) {
		if m.Busy() {
			return ui.Say("It is being written. Esc stops it.")
		}
		return m.ask()
	}
	return nil
}

func (m *Model) take(s saved) {
	t := &m.tasks[s.at]
	if s.err != nil {
		t.State, t.Note = ui.TaskFailed, trustdata.VisibleError(s.err)
	} else {
		m.saved = append(m.saved, *s.res)
		m.read = ui.Freshness{Source: trustdata.SourceLive, At: m.opt.Clock.Now()}
		t.State, t.Note = ui.TaskDone, fmt.Sprintf("%s, %s, read back and verified", trustdata.Plural(s.res.Tags, "tag", "tags"), trustdata.Plural(s.res.Roots, "root", "roots"))
	}
	if s.at+1 < len(m.tasks) {
		m.tasks[s.at+1].State = ui.TaskRunning
	}
}

// show draws what is archived, being archived, or to be archived.
func (m *Model) show() {
	p := ui.Page{Title: "Archive", Sections: []ui.Section{{Title: "KEEP THE EVIDENCE", Facts: []ui.Fact{
		{Value: "Every version of the root, the metadata of every role, and a transcript of what was verified, while it still verifies. It is read without any server: keyrite tags GUN --from-archive DIR."}}}}}
	switch {
	case len(m.saved) == len(m.opt.GUNs):
		p = Page(m.saved)
	case m.went:
		p = p.Progress(m.tasks)
		if !m.Busy() {
			p.Notes = []string{"Not all is archived. Enter tries again, into another folder: what is there is not replaced."}
		}
	default:
		for _, gun := range m.opt.GUNs {
			p.Sections[0].Facts = append(p.Sections[0].Facts, ui.Fact{Value: ui.Name(string(gun), ""), Mark: ui.MarkNone})
		}
	}
	p.Freshness = m.read
	m.Set(ui.NewListing(p))
}

// Freshness is when the last repository was read from its server.
func (m *Model) Freshness() ui.Freshness { return m.read }

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	return []key.Binding{m.begin, m.Short()[2], ui.Bind("Esc", "leave", "esc")}
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding { return [][]key.Binding{{m.begin}, m.Moves()} }

var (
	_ ui.Screen = (*Model)(nil)
	_ ui.Worker = (*Model)(nil)
)
