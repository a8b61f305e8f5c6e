package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
	"keyrite/ui/help"
)

// maxMessages is how many messages of a session are kept.
const maxMessages = 200

// message is one sentence of the status line, or one error.
type message struct {
	at    time.Time
	text  string
	lines []string // what else is to be said of an error
}

// note keeps what was said. What is said twice in a row is kept once.
func (m *Model) note(text string, lines ...string) {
	if text == "" {
		return
	}
	if n := len(m.said); n > 0 && m.said[n-1].text == text {
		m.said = m.said[:n-1]
	}
	m.said = append(m.said, message{m.opt.Clock.Now(), text, lines})
	if over := len(m.said) - maxMessages; over > 0 {
		m.said = slices.Delete(m.said, 0, over)
	}
}

// say shows a sentence in the status line, and keeps it.
func (m *Model) say(text string) {
	m.status = text
	m.note(text)
}

// showError shows an error until it is dismissed, and keeps it.
func (m *Model) showError(msg ui.ErrorMsg) {
	t := ui.Explain(msg.Err)
	m.trouble, m.reader = &t, msg.Reader
	m.note(t.What, t.Means, t.Do, t.Detail)
}

// dismiss takes the error off the screen; it stays among the messages.
func (m *Model) dismiss() { m.trouble, m.reader = nil, nil }

// alarmed reports whether the error on the screen is the alarm.
func (m *Model) alarmed() bool { return m.trouble != nil && m.trouble.Alarm }

// readAgain ends the error of a screen that could not read what it has read now.
func (m *Model) readAgain(s ui.Screen) {
	if m.trouble == nil || m.reader != s {
		return
	}
	m.dismiss()
	text := "Read again, and the error before is over: " + s.Title() + "."
	if m.status == "" {
		m.status = text
	}
	m.note(text)
}

// messages opens what was said in this session, latest first.
func (m *Model) messages() tea.Cmd {
	p := ui.Page{Title: "Messages", Order: "latest first",
		Summary: fmt.Sprintf("What was said since keyrite was started: the last %d are kept, in memory alone.", maxMessages),
		Columns: []ui.Column{{Title: "WHEN (UTC)", Priority: 2}, {Title: "WHAT", Priority: 1, Min: 20}},
		Empty:   "Nothing was said yet."}
	for i, s := range slices.Backward(m.said) {
		mark := ui.MarkNone
		if len(s.lines) > 0 {
			mark = ui.MarkNow
		}
		whole := ui.Moment(s.at) + " " + strings.Join(append([]string{s.text}, s.lines...), "\n")
		p.Rows = append(p.Rows, ui.Row{ID: fmt.Sprint(i), Mark: mark, Cells: []string{s.at.UTC().Format(time.TimeOnly), s.text},
			Detail: append([]string{s.text}, s.lines...), Copy: []ui.Copyable{{What: "message", Text: whole}}})
	}
	return ui.Send(ui.PushMsg{Screen: help.NewTopic(m.st, "messages", p)})
}
