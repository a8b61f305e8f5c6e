// Package overview is the screen that the console opens on: what needs somebody, the worst
// first, with one next step for each.
package overview

import (
	"context"
	"fmt"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/ui"
)

// How says what a look asks for.
type How struct {
	// Ask has the trust servers asked, Compare the registries too.
	Ask, Compare bool
}

// Source is what the screen needs of the layers below.
type Source interface {
	// Look emits what this machine has, and then, as answers come, what the servers add. It
	// may be called from several goroutines.
	Look(ctx context.Context, how How, emit func(News)) error
	// PutOff notes that findings are put off, and TakeUp that they are not any more. Both
	// give what there is to see then, and ask no server.
	PutOff(ctx context.Context, findings []audit.Finding, until time.Time, reason string) (News, error)
	TakeUp(ctx context.Context, findings []audit.Finding) (News, error)
	// Export writes a report to a new file, in the form that its name ends in.
	Export(ctx context.Context, path string, r Report) error
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Source  Source
	// Offline leaves the servers alone. Fixed says why nothing can be put off, or is "".
	Offline bool
	Fixed   string
	// Note is a sentence that stands below everything else, or "".
	Note string
	// Start makes the screen of an item's step, or says why there is none. BackUp makes the
	// one that backs its key up first.
	Start, BackUp func(audit.Item) (ui.Screen, string)
	// OpenRepository makes the screen of a repository's tags.
	OpenRepository func(trustdata.GUN) ui.Screen
	// Doctor is the page about this machine, Drill the list of backups, and Map the page
	// about all keys.
	Doctor, Drill, Map func() ui.Screen
}

// Model is the screen.
type Model struct {
	*ui.List
	opt    Options
	loader *ui.Loader[drawn]
	local  *ui.Loader[done]
	keys   keyMap

	news    News
	items   map[string]audit.Item // by the identity of their rows
	host    string                // what the names of all repositories begin with
	page    ui.Page
	faces   faces
	small   bool // the list has the narrow face
	known   bool
	putOff  bool // what was put off is shown
	compare bool // the registries are asked too
	undo    []step
}

// faces are the page for wide and for small windows.
type faces struct{ wide, small *ui.Listing }

type keyMap struct{ open, backUp, check, compare, putOff, showOff, export, doctor key.Binding }

// New makes the screen.
func New(opt Options) *Model {
	b := ui.Bind
	m := &Model{List: ui.NewList(opt.Styles, "item", "items"), opt: opt,
		loader: ui.NewLoader[drawn](opt.Context, opt.Clock), local: ui.NewLoader[done](opt.Context, opt.Clock),
		keys: keyMap{open: b("Enter", "start", "enter", "l", "right"), backUp: b("b", "back up", "b"), check: b("r", "check again", "r"),
			compare: b("d", "compare tags", "d"), putOff: b("Z", "put off 7 days", "Z"), showOff: b("z", "show what is put off", "z"),
			export: b("e", "export", "e"), doctor: b("D", "doctor", "D")}}
	m.ExplainBy(ui.Explaining{Room: room, Lines: m.lines})
	m.show(draw(News{Now: opt.Clock.Now()}, false))
	return m
}

// Title is the screen's name.
func (m *Model) Title() string { return "overview" }

// ShortTitle has the count, where there are no tabs that have it.
func (m *Model) ShortTitle() string { return fmt.Sprintf("overview %d", m.count()) }

// Count is the number of lines that need somebody.
func (m *Model) Count() (int, bool) { return m.count(), m.known }

func (m *Model) count() (n int) {
	for _, i := range m.news.Items {
		if !i.OfDocker() {
			n++
		}
	}
	return n
}

// Page is what the screen shows, whole.
func (m *Model) Page() ui.Page {
	p := m.page
	if m.opt.Note != "" {
		p.Notes = append(slices.Clone(p.Notes), m.opt.Note)
	}
	return p
}

// Freshness is that of the oldest of the facts.
func (m *Model) Freshness() ui.Freshness { return m.news.Freshness }

// View draws the list, in few words where the window is small.
func (m *Model) View(width, height int) string {
	if small := width < widthShort; small != m.small {
		m.small = small
		m.face()
	}
	return m.List.View(width, height)
}

// face gives the list the words for the window.
func (m *Model) face() {
	if m.small {
		m.Set(m.faces.small)
		return
	}
	m.Set(m.faces.wide)
}

// Status says what is waited for, then what the list says, then what docker does not do.
func (m *Model) Status() string {
	if waiting := m.loader.Waiting(); waiting != "" {
		return waiting
	}
	for _, i := range m.news.Items {
		if i.OfDocker() && !m.List.Filtered() {
			return docker
		}
	}
	if m.opt.Note != "" && !m.List.Filtered() {
		return m.opt.Note
	}
	return m.List.Status()
}

// Init looks for the first time.
func (m *Model) Init() tea.Cmd { return m.load() }

// Update takes keys and the loaders' messages.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		return tea.Batch(cmd, got.Each(m.take))
	}
	if got, cmd, ok := m.local.Take(msg); ok {
		return tea.Batch(cmd, got.Each(m.did))
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

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.open):
		return m.start()
	case key.Matches(k, m.keys.backUp):
		i, _ := m.item()
		return ui.PushOr(m.opt.BackUp(i))
	case key.Matches(k, m.keys.check):
		return m.load()
	case key.Matches(k, m.keys.compare):
		return m.compareTags()
	case key.Matches(k, m.keys.putOff):
		return m.askPutOff()
	case key.Matches(k, m.keys.showOff):
		return m.togglePutOff()
	case key.Matches(k, m.keys.export):
		return m.askExport()
	case key.Matches(k, m.keys.doctor):
		return ui.Send(ui.PushMsg{Screen: m.opt.Doctor()})
	}
	return nil
}

// item is the one under the cursor.
func (m *Model) item() (audit.Item, bool) {
	i, ok := m.items[m.ID()]
	return i, ok
}

// start begins the step of the selected line.
func (m *Model) start() tea.Cmd {
	i, ok := m.item()
	switch id := m.ID(); {
	case ok && i.Step == audit.StepCheck && m.opt.Offline:
		return ui.Say("Offline: no server is asked. Start keyrite without --offline to check.")
	case ok && i.Step == audit.StepCheck:
		return m.load()
	case ok:
		return ui.PushOr(m.opt.Start(i))
	case id == calmDrill:
		return ui.Send(ui.PushMsg{Screen: m.opt.Drill()})
	case id == calmMap:
		return ui.Send(ui.PushMsg{Screen: m.opt.Map()})
	case id == calmNote:
		return m.askExport()
	}
	return ui.Say("Nothing needs you.")
}

// hint are the keys about an item, in words.
func (m *Model) hint(i audit.Item) string {
	text := " Enter " + string(i.Step)
	if len(i.Keys) > 0 && i.Step != audit.StepBackUp {
		text += "    b back up " + i.Keys[0].Short() + " first"
	}
	text += "    y copy this text"
	if i.Unsnoozable() == "" {
		text += "    Z " + m.putOffKey(i).Help().Desc
	}
	return text
}

// OnlyLooks says so of the doctor.
func (m *Model) OnlyLooks(b key.Binding) bool { return b.Help() == m.keys.doctor.Help() }

// putOffKey is Z with what it does to an item.
func (m *Model) putOffKey(i audit.Item) key.Binding {
	if i.Snoozed == nil {
		return m.keys.putOff
	}
	return ui.Bind("Z", "take up again", m.keys.putOff.Keys()...)
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	k := m.keys
	if i, ok := m.item(); ok {
		k.open, k.putOff = ui.Bind("Enter", string(i.Step), k.open.Keys()...), m.putOffKey(i)
	}
	return append([]key.Binding{k.open, k.backUp}, append(m.Short(), k.check, k.putOff, k.export, k.doctor)...)
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	k := m.keys
	return [][]key.Binding{{k.open, k.backUp, k.check, k.compare, k.putOff, k.showOff, k.export, k.doctor}, m.Moves()}
}

// of are the names of the repositories of an item, as text for a sentence.
func of(i audit.Item) string {
	if len(i.GUNs) == 1 {
		return ui.Name(string(i.GUNs[0]), "")
	}
	return i.Where
}

var (
	_ ui.Screen      = (*Model)(nil)
	_ ui.Worker      = (*Model)(nil)
	_ ui.Sourced     = (*Model)(nil)
	_ ui.Counted     = (*Model)(nil)
	_ ui.ShortTitler = (*Model)(nil)
	_ ui.Undoer      = (*Model)(nil)
	_ ui.Looker      = (*Model)(nil)
)
