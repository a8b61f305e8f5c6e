package ui

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// filter is a parsed search: every term must hold.
type filter []term

// term is one word of a search. A word in small letters matches any case; "!word" must
// not be there; "column:word" looks into one column, and "column:<90d" or "column:>3"
// compares what stands there.
type term struct {
	text   string
	not    bool
	fold   bool
	column int // -1 for the whole row
	than   *bound
}

// bound is what a cell is compared with: a span of time, or a number where it has no unit.
type bound struct {
	above  bool
	amount float64
	span   time.Duration
	known  bool // false while it is still being typed
}

func parseFilter(s string, cols []Column) filter {
	var f filter
	for _, w := range strings.Fields(s) {
		t := term{text: w, column: -1}
		if rest, ok := strings.CutPrefix(w, "!"); ok && rest != "" {
			t.not, t.text = true, rest
		}
		if name, rest, ok := strings.Cut(t.text, ":"); ok {
			for c, col := range cols {
				if name != "" && strings.HasPrefix(col.Field(), strings.ToLower(name)) {
					t.column, t.text, t.than = c, rest, parseBound(rest)
					break
				}
			}
		}
		t.fold = t.text == strings.ToLower(t.text)
		f = append(f, t)
	}
	return f
}

const day = 24 * time.Hour

// spans are the units of a comparison.
var spans = map[string]time.Duration{"": day, "h": time.Hour, "d": day, "w": 7 * day, "y": 365 * day}

// parseBound reads "<90d", ">2y", ">100"; nil is no comparison.
func parseBound(s string) *bound {
	if s == "" || s[0] != '<' && s[0] != '>' {
		return nil
	}
	b := &bound{above: s[0] == '>'}
	digits := strings.TrimRightFunc(s[1:], unicode.IsLetter)
	unit, known := spans[strings.ToLower(s[1+len(digits):])]
	amount, err := strconv.ParseFloat(digits, 64)
	if known && err == nil {
		b.amount, b.span, b.known = amount, time.Duration(amount*float64(unit)), true
	}
	return b
}

// holds compares a row's cell. One that stands for no moment and is no number is never less
// nor more.
func (b *bound) holds(r Row, column int) bool {
	if !b.known {
		return true
	}
	if left, timed := r.Left[column]; timed {
		return left != b.span && left > b.span == b.above
	}
	cell := strings.Fields(r.cell(column))
	if len(cell) == 0 {
		return false
	}
	n, err := strconv.ParseFloat(cell[0], 64)
	return err == nil && n != b.amount && n > b.amount == b.above
}

func (f filter) match(l *Listing, row int) bool {
	for _, t := range f {
		if t.holds(l, row) == t.not {
			return false
		}
	}
	return true
}

func (t term) holds(l *Listing, row int) bool {
	if t.than != nil {
		return t.than.holds(l.Rows[row], t.column)
	}
	switch {
	case t.column >= 0:
		return t.in(l.Rows[row].cell(t.column))
	case t.fold:
		return strings.Contains(l.lower[row], t.text)
	}
	return strings.Contains(l.text[row], t.text)
}

func (t term) in(text string) bool {
	if t.fold {
		text = strings.ToLower(text)
	}
	return strings.Contains(text, t.text)
}

// Searchable lets the filter look for facts on a page that has no rows.
func (l *List) Searchable() { l.finds = true }

// sections are those of the page, with the facts that the filter finds.
func (l *List) sections() []Section {
	if !l.finds || l.query.text == "" || len(l.data.Columns) > 0 {
		return l.data.Sections
	}
	f := parseFilter(l.query.text, nil)
	var out []Section
	for _, s := range l.data.Sections {
		found := Section{Title: s.Title}
		for _, fact := range s.Facts {
			if f.finds(s.Title + "\n" + fact.Label + "\n" + fact.Value) {
				found.Facts = append(found.Facts, fact)
			}
		}
		if len(found.Facts) > 0 {
			out = append(out, found)
		}
	}
	return out
}

// finds reports whether every word holds for a text that has no columns.
func (f filter) finds(text string) bool {
	for _, t := range f {
		if t.in(text) == t.not {
			return false
		}
	}
	return true
}

// counts are how many rows the filter shows, and how many there are; of facts, where it is
// for those.
func (l *List) counts() (shown, all int) {
	if !l.finds || len(l.data.Columns) > 0 {
		return len(l.shown), len(l.data.Rows)
	}
	facts := func(list []Section) (n int) {
		for _, s := range list {
			n += len(s.Facts)
		}
		return n
	}
	return facts(l.sections()), facts(l.data.Sections)
}

// nextMatch goes to the next row that the filter shows or, once it was cleared, to the next
// one that it showed; after the last comes the first.
func (l *List) nextMatch(step int) tea.Cmd {
	if len(l.shown) == 0 || l.query.text == "" && l.last == "" {
		return Say("Nothing was searched for yet. / filters; n then goes from match to match, and goes on when the filter is cleared.")
	}
	f := parseFilter(l.last, l.data.Columns)
	if l.query.text != "" {
		f = nil
	}
	n := len(l.shown)
	for i := 1; i <= n; i++ {
		at := ((l.cursor+i*step)%n + n) % n
		if f.match(l.data, l.shown[at]) {
			l.cursor, l.follow = at, true
			return nil
		}
	}
	return Say("No " + l.one + " matches " + strconv.Quote(l.last) + " any more.")
}
