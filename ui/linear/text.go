package linear

import (
	"cmp"
	"fmt"
	"strings"

	"keyrite/trustdata"
	"keyrite/ui"
)

// atOnce is how many rows are read out before somebody asks for more: a list may have
// thousands.
const atOnce = 40

// text is a scene without its dialog, in lines.
type text struct {
	lines []line
	// ids are the identities of the rows that are read out, in their order: a number that
	// is typed means the row that was read out with it.
	ids  []string
	rows []string // those rows as lines
}

// line is one statement, and the title that it stands under.
type line struct{ text, under string }

// Text is a scene in lines, with at most so many rows of the screen's table.
func (s Scene) Text(rows int) []string { return s.text(rows).plain() }

func (t text) plain() []string {
	out := make([]string, len(t.lines))
	for i, l := range t.lines {
		out[i] = l.text
	}
	return out
}

func (s Scene) text(most int) text {
	p := s.page()
	plain := p.Plain(most)
	n := len(plain.Rows)
	t := text{rows: plain.Rows}
	for _, r := range p.Rows[:n] {
		t.ids = append(t.ids, r.ID)
	}
	t.add(s.where())
	t.add(s.step())
	for i, l := range plain.Head {
		t.lines = append(t.lines, line{l, plain.Under[i]})
	}
	if len(p.Rows) == 0 {
		t.add(p.EmptyKey)
	}
	t.add(t.rows...)
	if left := len(p.Rows) - n; left > 0 {
		t.add(fmt.Sprintf("%s follow: more reads the next %d, and /text looks for some.", trustdata.Plural(left, "line", "lines"), min(left, atOnce)))
	}
	t.add(plain.Foot...)
	t.add(s.leaving())
	if s.Helping {
		t.add(howToType...)
	}
	return t
}

// early is what there is to say of a list that is still being read.
func (s Scene) early() []string {
	var t text
	t.add(s.where(), s.leaving())
	return t.plain()
}

func (t *text) add(lines ...string) {
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			t.lines = append(t.lines, line{text: ui.Scrub(l)})
		}
	}
}

// where is the path to the screen, and what the frame's header says beside it.
func (s Scene) where() string {
	parts := []string{"keyrite: " + strings.Join(s.Path, ", ") + "."}
	if s.Profile != "" {
		parts = append(parts, "Profile "+s.Profile+".")
	}
	if s.Server != "" {
		parts = append(parts, "Server "+s.Server+".")
	}
	switch s.Badge {
	case "":
	case "RO":
		parts = append(parts, "Read only: RO.")
	case "RW":
		parts = append(parts, "Changes are possible: RW.")
	default:
		parts = append(parts, s.Badge+".")
	}
	return strings.Join(parts, " ")
}

// step says how far a wizard is.
func (s Scene) step() string {
	w, ok := s.Screen.(stepped)
	if !ok {
		return ""
	}
	n, of, name := w.StepOf()
	return fmt.Sprintf("Step %d of %d: %s.", n, of, name)
}

// leaving is the screen's own sentence for the status line: what leaving means, how rows are
// sorted, or what runs.
func (s Scene) leaving() string {
	st, ok := s.Screen.(ui.Statuser)
	if !ok {
		return ""
	}
	return untimed(st.Status())
}

// untimed makes a sentence about work that takes its time one that stays true. The seconds
// of the frame, which count on, are the heartbeat's here.
func untimed(status string) string {
	what, rest, ok := strings.Cut(status, ui.Elapsing)
	if _, key, some := strings.Cut(rest, "   "); ok && some {
		return ui.Sentence(ui.Capital(what)) + " " + ui.Sentence(key)
	}
	return ui.Sentence(ui.Capital(what))
}

// trouble are the four parts of an error, those that there are.
func trouble(t ui.Trouble) []string {
	var out text
	for _, p := range t.Parts() {
		out.add(p.Label + ": " + p.Value)
	}
	return out.plain()
}

// unsaid are the lines of now that were not among before, each after the title that it
// stands under.
func unsaid(before, now []line) []string {
	said := map[string]bool{}
	for _, l := range before {
		said[lasting(l.text)] = true
	}
	var out []string
	under := ""
	for _, l := range now {
		if said[lasting(l.text)] {
			continue
		}
		if l.under != "" && l.under != under {
			out = append(out, l.under)
		}
		out, under = append(out, l.text), cmp.Or(l.under, l.text)
	}
	return out
}
