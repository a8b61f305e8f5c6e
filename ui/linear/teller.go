package linear

import (
	"io"
	"strings"

	"keyrite/ui"
)

// teller writes what is new, and asks for the next line. What it has written stays: it only
// adds lines.
type teller struct {
	out io.Writer
	err error // of writing

	hide func() (show func())
	show func() // brings the echo back; nil where it is there

	open     bool // a question stands at the end, without the end of its line
	prompted bool // it has been asked, and not been answered yet
	typed    bool // somebody did something, and is owed a question

	screen  ui.Screen // what was told last, and which step of it
	step    string
	dialog  ui.Dialog
	stated  []line // what the dialog has stated
	before  text
	at      string // the selected row
	rows    int    // how many rows are read out
	whole   bool   // the screen is told anew, and not only what is new of it
	early   bool   // it was told before it had anything to say
	briefly bool   // its keys were told
	chosen  bool   // a row was selected that an empty line opens

	status  string
	pending []string // what was said and is not told yet
	unbound string   // a key that the screen does not name
}

// note takes what the status line says. Whatever is said is told once.
func (t *teller) note(status string) {
	if status != t.status && status != "" {
		t.say(status)
	}
	t.status = status
}

func (t *teller) say(line string) {
	if line != "" {
		t.pending = append(t.pending, line)
	}
}

// tell writes what is new since the last time, and asks.
func (t *teller) tell(c Console) {
	s := c.Scene()
	lines := t.page(s)
	lines, t.pending = append(lines, t.pending...), nil
	if s.Trouble != nil {
		lines = append(lines, trouble(*s.Trouble)...)
		c.Dismiss()
	}
	lines = append(lines, t.question(s)...)
	if len(lines) == 0 && t.typed {
		lines = t.silence(s)
	}
	t.unbound, t.at = "", s.selected().ID
	if len(lines) > 0 || t.typed {
		t.write(lines...)
		t.ask(s)
	}
}

// knows reports whether it is the dialog, or else the screen and step, that was told last.
func (t *teller) knows(s Scene) bool {
	if s.Dialog != nil || t.dialog != nil {
		return s.Dialog == t.dialog
	}
	return t.there(s)
}

// there reports whether it is the screen and step that was told last.
func (t *teller) there(s Scene) bool { return s.Screen == t.screen && s.step() == t.step }

// page is what is new on the screen: all of it after another screen or step, else the lines
// that have changed. While a list is being read its rows come and go, so it is told when it
// is whole; the steps of a wizard are told as they happen.
func (t *teller) page(s Scene) []string {
	switch {
	case s.Dialog != nil:
		return nil
	case !t.there(s):
		t.screen, t.step, t.rows, t.whole, t.briefly, t.chosen = s.Screen, s.step(), atOnce, true, false, false
	case !s.wizard() && s.working() && (t.early || !t.whole):
		return nil
	}
	if t.early = t.whole && t.unread(s); t.early {
		t.before = text{}
		return append([]string{""}, s.early()...)
	}
	now := s.text(t.rows)
	before := t.before.lines
	t.before = now
	if t.whole {
		t.whole = false
		return append([]string{""}, now.plain()...)
	}
	return unsaid(before, now.lines)
}

// unread reports whether a list has nothing to say yet.
func (t *teller) unread(s Scene) bool {
	return !s.wizard() && s.working() && len(s.Screen.Page().Rows) == 0
}

// question is what is new of what a dialog states.
func (t *teller) question(s Scene) []string {
	if s.Dialog == nil {
		t.dialog, t.stated = nil, nil
		return nil
	}
	if s.Dialog != t.dialog {
		t.dialog, t.stated = s.Dialog, nil
	}
	now := asks(s.Dialog.Plain())
	before := t.stated
	t.stated = now
	return unsaid(before, now)
}

// silence is what there is to say where a line has changed nothing that is told: the row
// that is selected now, or that the key means nothing.
func (t *teller) silence(s Scene) []string {
	now := s.selected().ID
	for i, id := range t.before.ids {
		if id == now && now != t.at && i < len(t.before.rows) {
			return []string{"Selected: " + t.before.rows[i]}
		}
	}
	if t.unbound != "" {
		return []string{t.unbound + " does nothing here."}
	}
	return nil
}

// ask writes the question that the next line answers. What a secret answer would show is
// kept off the terminal before it is asked for, and until something else is.
func (t *teller) ask(s Scene) {
	text, secret := brief, false
	switch {
	case s.Dialog != nil:
		a := s.Dialog.Plain()
		text, secret = a.Prompt, a.Secret
	case t.chosen:
		text = s.chosen()
	case !t.early && (!t.briefly || s.wizard()):
		text = s.question()
		t.briefly = true
	}
	if secret {
		t.hidden()
	} else {
		t.shown()
	}
	t.endLine()
	t.put(ui.Scrub(text) + " ")
	t.open, t.prompted, t.typed = true, true, false
}

func (t *teller) hidden() {
	if t.show == nil && t.hide != nil {
		t.show = t.hide()
	}
}

// shown brings the echo back.
func (t *teller) shown() {
	if t.show != nil {
		t.show()
		t.show = nil
	}
}

// answered notes that a line has come. Without echo its end is not seen either.
func (t *teller) answered(ended bool) {
	t.prompted, t.typed = false, true
	t.open = t.show != nil || !ended
}

func (t *teller) write(lines ...string) {
	t.endLine()
	for _, l := range lines {
		t.put(ui.Scrub(strings.TrimRight(l, " ")) + "\n")
	}
}

// endLine ends the line of a question that nobody has answered.
func (t *teller) endLine() {
	if t.open {
		t.put("\n")
		t.open = false
	}
}

func (t *teller) put(s string) {
	if t.err == nil {
		_, t.err = io.WriteString(t.out, s)
	}
}
