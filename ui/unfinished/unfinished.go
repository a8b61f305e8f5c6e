package unfinished

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Service is what the screen needs of the layers below. Each call may ask servers.
type Service interface {
	// Look asks what became of what was sent, finishes what has landed, and gives every
	// operation that was unfinished as it stands then. It sends nothing.
	Look(context.Context) ([]rotation.Recovered, error)
	// Again sends the exact bytes once more where a server verifiably still has what it had
	// before.
	Again(ctx context.Context, id string, told func(trustdata.GUN, string)) (rotation.Recovered, error)
	// GiveUp ends an operation.
	GiveUp(ctx context.Context, id string) (rotation.Recovered, error)
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Service Service
	// Found are the operations as the journal had them, before any server was asked.
	Found []*rotation.Operation
	// GoOn opens the screen that does what is still to do, or says why there is none.
	GoOn func(*rotation.Operation) (ui.Screen, string)
	// Profile is the profile's word and name, for the danger dialogs.
	Profile string
}

// Model is the screen.
type Model struct {
	*ui.List
	opt Options
	// loader looks, which can be stopped; sender does what cannot.
	loader, sender *ui.Loader[event]
	ops            []*rotation.Operation
	notes          []string
	looked         bool // the servers were asked, and have answered
	read           ui.Freshness
	sending        string
	did            string    // what this screen has told the others last
	wizard         ui.Screen // that goes on with an operation
	goingOn        string    // the operation of that
	goOn           key.Binding
	look, giveUp   key.Binding
}

// event is what the loaders send.
type event any

type (
	lookedMsg struct{ found []rotation.Recovered }
	// ended is one operation after something was done about it.
	ended struct {
		rec  rotation.Recovered
		deed string
	}
	told struct{ sentence string }
)

// New makes the screen.
func New(opt Options) *Model {
	m := &Model{List: ui.NewList(opt.Styles, "repository", "repositories"), opt: opt, ops: opt.Found,
		loader: ui.NewLoader[event](opt.Context, opt.Clock), sender: ui.NewLoader[event](opt.Context, opt.Clock),
		goOn: ui.Bind("Enter", "go on", "enter"), look: ui.Bind("r", "look again", "r"), giveUp: ui.Bind("x", "give it up (asks)", "x"), read: ui.Freshness{Disk: true, At: opt.Clock.Now()}}
	m.refresh()
	return m
}

// Title is the screen's name.
func (m *Model) Title() string { return "unfinished" }

// Init asks the servers: until they answer, what the journal says is shown.
func (m *Model) Init() tea.Cmd { return m.ask() }

// Freshness is when the journal was read, or the servers were asked.
func (m *Model) Freshness() ui.Freshness { return m.read }

func (m *Model) refresh() {
	page := Page(m.ops, m.notes, m.looked)
	page.Freshness = m.read
	m.Set(ui.NewListing(page))
}

// Busy reports whether servers are being asked.
func (m *Model) Busy() bool { return m.sending == "" && m.loader.Busy() != "" }

// Cancel stops the asking.
func (m *Model) Cancel() { m.loader.Cancel() }

// Hold keeps the screen while something is sent.
func (m *Model) Hold() string {
	if m.sending == "" {
		return ""
	}
	return "Finishing this: " + m.sending + ". It cannot be left half way."
}

// Status says what runs, and else what leaving now means.
func (m *Model) Status() string {
	if m.CapturesInput() {
		return m.List.Status()
	}
	leaving := "Leaving now changes nothing. The next start says it again."
	if !m.open() {
		leaving = "Nothing waits any more."
	}
	return cmp.Or(m.loader.Waiting(), m.sending, leaving)
}

// Over reports whether the screen that went on has finished the last that was open.
func (m *Model) Over() bool {
	w, ok := m.wizard.(interface{ Finished() bool })
	return ok && w.Finished() && slices.IndexFunc(m.ops, func(op *rotation.Operation) bool { return !op.Closed && op.ID != m.goingOn }) < 0
}

func (m *Model) open() bool {
	return slices.ContainsFunc(m.ops, func(op *rotation.Operation) bool { return !op.Closed })
}

// selected is the operation of the selected row.
func (m *Model) selected() *rotation.Operation {
	at, _, _ := strings.Cut(m.ID(), "\n")
	for _, op := range m.ops {
		if op.ID == at && !op.Closed {
			return op
		}
	}
	return nil
}

// Update takes keys and what the loaders send.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		return tea.Batch(m.take(got), cmd)
	}
	if got, cmd, ok := m.sender.Take(msg); ok {
		if got.Ended {
			m.sending = ""
		}
		return tea.Batch(m.take(got), cmd)
	}
	if cmd, mine := m.List.Update(msg); mine {
		return cmd
	}
	if done, ok := msg.(ui.DoneMsg); ok && done.Action != m.did {
		m.looked = false // another screen has changed something
		m.refresh()
	}
	k, ok := msg.(tea.KeyPressMsg)
	switch {
	case !ok:
		return nil
	case key.Matches(k, m.look):
		return m.free(m.ask)
	case key.Matches(k, m.goOn):
		return m.free(m.enter)
	case key.Matches(k, m.giveUp):
		return m.free(m.askGiveUp)
	}
	return nil
}

// free does something unless something else runs.
func (m *Model) free(do func() tea.Cmd) tea.Cmd {
	if why := cmp.Or(m.Hold(), m.loader.Busy()); why != "" {
		return ui.Say(why)
	}
	return do()
}

func (m *Model) take(got ui.Loaded[event]) tea.Cmd {
	if got.Err != nil {
		m.notes, got.Err = []string{trustdata.VisibleError(got.Err) + ": r looks again"}, nil
	}
	cmd := got.Each(m.handle)
	m.refresh()
	return cmd
}

func (m *Model) handle(e event) tea.Cmd {
	switch e := e.(type) {
	case lookedMsg:
		return m.found(e.found)
	case told:
		m.sending = e.sentence
	case ended:
		m.notes = e.rec.Notes
		m.replace(e.rec.Op)
		return m.tell(e.deed)
	}
	return nil
}

// found takes what a look has brought. What it has ended stays on the screen.
func (m *Model) found(all []rotation.Recovered) tea.Cmd {
	m.looked, m.notes, m.read = true, nil, ui.Freshness{Source: trustdata.SourceLive, At: m.opt.Clock.Now()}
	// What was open and is not found any more has ended elsewhere.
	m.ops = slices.DeleteFunc(slices.Clone(m.ops), func(op *rotation.Operation) bool {
		return !op.Closed && !slices.ContainsFunc(all, func(rec rotation.Recovered) bool { return rec.Op != nil && rec.Op.ID == op.ID })
	})
	var promoted int
	for _, rec := range all {
		promoted += len(rec.Promoted)
		m.notes = append(m.notes, rec.Notes...)
		if rec.Op == nil {
			m.notes = append(m.notes, rec.Sentences()...)
			continue
		}
		m.replace(rec.Op)
	}
	if promoted > 0 {
		return m.tell("an unfinished change was finished")
	}
	return nil
}

// tell says to the other screens that something has changed.
func (m *Model) tell(deed string) tea.Cmd {
	m.did = deed
	return ui.Send(ui.DoneMsg{Action: deed})
}

func (m *Model) replace(op *rotation.Operation) {
	for i, old := range m.ops {
		if old.ID == op.ID {
			m.ops = slices.Clone(m.ops)
			m.ops[i] = op
			return
		}
	}
	m.ops = append(m.ops[:len(m.ops):len(m.ops)], op)
}

// ask looks at what the servers have.
func (m *Model) ask() tea.Cmd {
	service := m.opt.Service
	m.loader.Doing("asking the servers what they have")
	return m.loader.Get(func(ctx context.Context) (event, error) {
		found, err := service.Look(ctx)
		return lookedMsg{found}, err
	})
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	if !m.open() {
		return []key.Binding{ui.Bind("Enter", "leave", "enter"), m.look, ui.Bind("Esc", "leave", "esc")}
	}
	return []key.Binding{m.goOn, m.look, m.giveUp, ui.Bind("Esc", "later", "esc")}
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	return [][]key.Binding{{m.goOn, m.look, m.giveUp}, m.Moves()}
}

// plural names the repositories of an operation.
func plural(n int) string { return trustdata.Plural(n, "repository", "repositories") }

func name(op *rotation.Operation) string {
	if len(op.Units) == 1 {
		return trustdata.Visible(string(op.Units[0].GUN))
	}
	return fmt.Sprintf("%s on %s", trustdata.Visible(op.Kind), plural(len(op.Units)))
}

var (
	_ ui.Screen = (*Model)(nil)
	_ ui.Worker = (*Model)(nil)
	_ ui.Holder = (*Model)(nil)
	_ ui.Passer = (*Model)(nil)
)
