package app

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"keyrite/ui"
)

// The sizes at which the frame changes.
const (
	leastWidth, leastHeight = 40, 10 // below, keys do nothing
	actWidth, actHeight     = 60, 15 // below, dialogs that show a whole key ID wait
	fullWidth, fullHeight   = 80, 24 // below, there are no rules and no tabs
)

func tooSmall(w, h int) bool { return w < leastWidth || h < leastHeight }

func full(w, h int) bool { return w >= fullWidth && h >= fullHeight }

// roomed is a dialog that must be seen whole.
type roomed interface{ Fits(width, height int) bool }

// cramped reports whether the open dialog has too little room to be answered.
func (m *Model) cramped() bool {
	d, needs := m.ask.Dialog.(roomed)
	return needs && (m.w < actWidth || m.h < actHeight || !d.Fits(m.w, m.bodyHeight()))
}

// bodyHeight is what header, status and footer leave.
func (m *Model) bodyHeight() int {
	switch {
	case !full(m.w, m.h):
		return m.h - 3
	case m.second() == "":
		return m.h - 5
	}
	return m.h - 6
}

// View draws the frame: exactly as many lines as the window has, none wider.
func (m *Model) View() tea.View {
	v := tea.View{AltScreen: true, ReportFocus: m.ask != nil,
		WindowTitle: "keyrite: " + ui.Scrub(m.top().Title())}
	if m.w <= 0 || m.h <= 0 {
		return v
	}
	v.SetContent(ui.Lines(m.frame(), m.w, m.h))
	return v
}

func (m *Model) frame() string {
	if tooSmall(m.w, m.h) {
		return m.small()
	}
	lines := []string{m.header().View(m.st, m.w)}
	rule := m.st.Rule(m.w)
	if full(m.w, m.h) {
		if line := m.second(); line != "" {
			lines = append(lines, line)
		}
		lines = append(lines, rule)
	}
	end := []string{" " + ui.Clip(ui.Scrub(m.statusLine()), m.w-2, ui.CutEnd), m.footer()}
	if full(m.w, m.h) {
		end = append([]string{rule}, end...)
	}
	h := m.bodyHeight()
	lines = append(lines, ui.Lines(m.body(m.w, h), m.w, h))
	return strings.Join(append(lines, end...), "\n")
}

// small is what there is to see in a window that shows nothing.
func (m *Model) small() string {
	says := []string{fmt.Sprintf("keyrite needs %d x %d.", leastWidth, leastHeight), fmt.Sprintf("This window is %d x %d.", m.w, m.h), "", "Keys do nothing until it is larger."}
	if m.busy() {
		says = append(says, "What runs goes on. Ctrl-c cancels it.")
	}
	var lines []string
	for _, s := range says {
		lines = append(lines, ui.Wrap(s, max(1, m.w-1))...)
	}
	return " " + strings.Join(lines, "\n ")
}

// listed is a screen with rows that can be filtered and marked.
type listed interface {
	FilterText() string
	MarkedSentence() string
}

// maxFiltered is how much of a filter stands in the header.
const maxFiltered = 24

// listedAs is what the header says of the rows: the filter, and how many are marked.
func listedAs(s listed) (text string) {
	if f := s.FilterText(); f != "" {
		text = " /" + ui.Clip(ui.Scrub(f), maxFiltered, ui.CutEnd)
	}
	if m := s.MarkedSentence(); m != "" {
		text += " (" + m + ")"
	}
	return text
}

func (m *Model) header() ui.Header {
	h := ui.Header{Crumbs: []string{"keyrite"}, Profile: m.opt.Profile, Server: m.opt.Server, Badge: m.opt.Badge}
	for _, s := range m.stack {
		h.Crumbs = append(h.Crumbs, s.Title())
	}
	if s, ok := m.top().(ui.ShortTitler); ok && !full(m.w, m.h) {
		h.Crumbs[len(h.Crumbs)-1] = s.ShortTitle()
	}
	if s, ok := m.top().(listed); ok {
		h.Crumbs[len(h.Crumbs)-1] += listedAs(s)
	}
	if s, ok := m.top().(ui.Sourced); ok {
		f := s.Freshness()
		h.Fresh = f.Text(m.opt.Clock.Now())
		if f.Server != "" {
			h.Server = f.Server
		}
	}
	return h
}

// second is the line under the header: the tabs, or what the screen has to say there.
func (m *Model) second() string {
	if len(m.stack) > 1 {
		if s, ok := m.top().(ui.Subtitler); ok {
			return " " + ui.Clip(ui.Scrub(s.Subtitle()), m.w-2, ui.CutEnd)
		}
		return ""
	}
	var b strings.Builder
	for i, t := range m.opt.Tabs {
		if t.Screen == nil {
			continue
		}
		name := t.Digit + " " + t.Name
		if c, ok := t.Screen.(ui.Counted); ok {
			if n, known := c.Count(); known {
				name += fmt.Sprintf(" %d", n)
			}
		}
		if i == m.tab {
			b.WriteString(" " + m.st.Tab.Render("["+name+"]") + " ")
		} else {
			b.WriteString("  " + name + "  ")
		}
	}
	return m.withWays(b.String())
}

// withWays puts, at the right of the tabs, the two keys from which all others are found.
func (m *Model) withWays(tabs string) string {
	ways := ": go"
	if m.keys.help.Enabled() {
		ways += "   ? help"
	}
	room := m.w - 1 - ansi.StringWidth(tabs)
	if room < len(ways)+2 {
		return tabs
	}
	return tabs + strings.Repeat(" ", room-len(ways)) + ways
}

// body is the dialog if one is open, else the screen, with the trouble below it.
func (m *Model) body(w, h int) string {
	if m.ask != nil {
		if m.cramped() {
			return fmt.Sprintf(" Make the window %dx%d or larger:\n what is asked must be seen whole.\n\n Esc leaves, and nothing changes.", actWidth, actHeight)
		}
		return m.ask.Dialog.View(w, h)
	}
	if m.trouble == nil {
		return m.top().View(w, h)
	}
	text := m.trouble.View(m.st, w, max(1, h/2))
	if full(m.w, m.h) {
		text = append([]string{m.st.Rule(w)}, text...)
	}
	return ui.Lines(m.top().View(w, h-len(text)), w, h-len(text)) + "\n" + strings.Join(text, "\n")
}

// statusLine is the one sentence: what the dialog says, what was just said, what the
// screen says.
func (m *Model) statusLine() string {
	if m.ask != nil {
		if s, ok := m.ask.Dialog.(ui.Statuser); ok && !m.cramped() {
			return s.Status()
		}
		return m.status
	}
	if m.status != "" {
		return m.status
	}
	switch {
	case m.alarmed():
		return "k and Esc keep refusing, which is safe. y copies the alarm."
	case m.trouble != nil:
		return "Esc dismisses the error, y copies it."
	}
	if s, ok := m.top().(ui.Statuser); ok {
		return s.Status()
	}
	return ""
}

func (m *Model) footer() string {
	var km help.KeyMap = m.top()
	if m.ask != nil {
		off := key.NewBinding()
		if m.cramped() {
			return ui.Footer(m.st, []key.Binding{ui.Bind("Esc", "leave", "esc")}, off, m.w)
		}
		return ui.Footer(m.st, m.ask.Dialog.ShortHelp(), off, m.w)
	}
	if m.captures() {
		return ui.Footer(m.st, []key.Binding{ui.Bind("Enter", "keep", "enter"), ui.Bind("Esc", "clear", "esc")}, key.NewBinding(), m.w)
	}
	more := m.keys.help
	if m.helping() {
		more = key.NewBinding()
	}
	short := km.ShortHelp()
	if m.alarmed() {
		short = append([]key.Binding{m.keys.keep}, short...)
	}
	return ui.Footer(m.st, short, more, m.w)
}
