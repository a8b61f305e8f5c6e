package ui

import (
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
)

// List shows a page in the frame: it scrolls, filters, sorts and copies. Screens embed
// one and add what their rows can do.
type List struct {
	st        *Styles
	one, many string // what a row is, for sentences

	data    *Listing
	shown   []int // rows that pass the filter, in their order
	cursor  int   // among shown
	top     int   // first line that is drawn
	follow  bool  // the next frame brings the cursor into view
	height  int   // lines that the last frame had for rows
	lead    int   // lines that the last frame drew before the first row
	query   line
	editing bool
	by      string // the field of the column that orders the rows, "" for their own order
	drawn   int    // rows that the last frame drew
	moved   bool
	finds   bool // the filter is for the facts of a page without rows, too
	brief   bool // the summary stands elsewhere
	asks    bool // which row is the question: the cursor is in view before it is moved
	explain Explaining
	marks   marking
	past    []undo
	last    string // the filter before it was cleared, for the next match
	keys    listKeys
}

type listKeys struct {
	down, up, top, end, halfDown, halfUp, pageDown, pageUp key.Binding
	filter, next, before, sort, copy                       key.Binding
}

// NewList makes an empty list; one and many name its rows ("key", "keys").
func NewList(st *Styles, one, many string) *List {
	return &List{st: st, one: one, many: many, data: NewListing(Page{}), keys: newListKeys()}
}

func newListKeys() listKeys {
	b := Bind
	return listKeys{
		down: b("j", "move down", "j", "down"), up: b("k", "move up", "k", "up"),
		top: b("g", "first", "g", "home"), end: b("G", "last", "G", "end"),
		halfDown: b("Ctrl-d", "half a page down", "ctrl+d"), halfUp: b("Ctrl-u", "half a page up", "ctrl+u"),
		pageDown: b("PgDn", "page down", "pgdown"), pageUp: b("PgUp", "page up", "pgup"),
		filter: b("/", "filter", "/"), next: b("n", "next match", "n"), before: b("N", "match before", "N"), sort: b("s", "sort", "s"), copy: b("y", "copy", "y"),
	}
}

// Bind makes a key binding; shown is how the footer and the help write it.
func Bind(shown, does string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))
}

// Set shows another page. The cursor stays on the row that it was on, wherever that is
// now.
func (l *List) Set(data *Listing) {
	id := l.held()
	l.data = data
	l.prune()
	l.arrange(id)
}

// held is the identity of the row that the cursor stays on. Until it was moved, or something
// was done, the first row is the one, whatever it is.
func (l *List) held() string {
	if !l.moved {
		return ""
	}
	return l.ID()
}

// Brief leaves the page's summary out of the body, for screens that have it in their
// subtitle.
func (l *List) Brief() { l.brief = true }

// Explaining is a screen's own way to explain the selected row.
type Explaining struct {
	// Room is how many lines the explanation gets in a body of this size.
	Room func(width, height int) int
	// Lines are at most n lines of at most width cells.
	Lines func(row Row, width, n int) []string
}

// ExplainBy has the selected row explained in the screen's own way.
func (l *List) ExplainBy(e Explaining) { l.explain = e }

// Page is the page that is shown.
func (l *List) Page() Page { return l.data.Page }

// arrange filters and sorts anew, and puts the cursor on the row with this identity.
func (l *List) arrange(id string) {
	f := parseFilter(l.query.text, l.data.Columns)
	l.shown = l.shown[:0]
	for i := range l.data.Rows {
		if f.match(l.data, i) {
			l.shown = append(l.shown, i)
		}
	}
	l.data.order(l.shown, l.data.column(l.by))
	l.countMarks()
	for at, i := range l.shown {
		if id != "" && l.data.Rows[i].ID == id {
			l.cursor, l.follow = at, true
			return
		}
	}
	l.cursor = max(0, min(l.cursor, len(l.shown)-1))
	l.follow = len(l.data.Sections) == 0 || l.query.text != ""
}

// Row is the selected row.
func (l *List) Row() (Row, bool) {
	if l.cursor >= len(l.shown) {
		return Row{}, false
	}
	return l.data.Rows[l.shown[l.cursor]], true
}

// ID is the identity of the selected row, "" for none.
func (l *List) ID() string {
	r, _ := l.Row()
	return r.ID
}

// CanFilter reports whether there is anything that a filter could hide.
func (l *List) CanFilter() bool {
	_, all := l.counts()
	return all > 0
}

// Filter sets the filter's text, as if it had been typed.
func (l *List) Filter(text string) {
	l.query.text = text
	l.arrange(l.ID())
}

// Filtered reports whether a filter is kept or being typed.
func (l *List) Filtered() bool { return l.editing || l.query.text != "" }

// FilterText is the filter, "" for none.
func (l *List) FilterText() string { return l.query.text }

// CapturesInput is true while the filter is being typed.
func (l *List) CapturesInput() bool { return l.editing }

// Escape gives up the range that is being marked, and else clears the filter; it reports
// false when there is neither.
func (l *List) Escape() bool {
	switch {
	case l.marks.from != "":
		l.marks.from = ""
		return true
	case l.query.text == "" && !l.editing:
		return false
	}
	if l.query.text != "" {
		l.last = l.query.text
	}
	l.note()
	l.editing = false
	l.Filter("")
	return true
}

// Status is the sentence about filter and order.
func (l *List) Status() string {
	shown, all := l.counts()
	counts := fmt.Sprintf("%d of %s", shown, trustdata.Plural(all, l.one, l.many))
	switch {
	case l.marks.from != "":
		return l.rangeSentence()
	case l.editing:
		return "filter: " + l.query.text + "_   " + counts + "   Enter keep  Esc clear"
	case l.query.text != "":
		return fmt.Sprintf("filter %q: %s. Esc shows all.", l.query.text, counts)
	case len(l.data.Columns) > 0 && len(l.data.Rows) > 1:
		return "sorted " + l.data.sortName(l.data.column(l.by))
	}
	return ""
}

// Update takes a key or a paste, and reports whether it was one of the list's.
func (l *List) Update(msg tea.Msg) (cmd tea.Cmd, mine bool) {
	if l.editing {
		return nil, l.edit(msg)
	}
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	if n, ok := l.step(k); ok {
		l.move(n)
		return nil, true
	}
	l.moved = true // whatever is done now is done to this row
	if cmd, mine := l.markKey(k); mine {
		return cmd, true
	}
	switch {
	case key.Matches(k, l.keys.filter):
		return l.startFilter(), true
	case key.Matches(k, l.keys.next):
		return l.nextMatch(1), true
	case key.Matches(k, l.keys.before):
		return l.nextMatch(-1), true
	case key.Matches(k, l.keys.sort):
		return l.chooseOrder(), true
	case key.Matches(k, l.keys.copy):
		return l.copy(), true
	}
	return nil, false
}

func (l *List) edit(msg tea.Msg) bool {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "enter":
			l.editing = false
			return true
		case "esc":
			return l.Escape()
		case "down", "up", "pgdown", "pgup":
			n, _ := l.step(k)
			l.move(n)
			return true
		}
	}
	if !l.query.edit(msg) {
		return false
	}
	l.Filter(l.query.text)
	return true
}

func (l *List) startFilter() tea.Cmd {
	if !l.CanFilter() {
		return Say("There is nothing to filter.")
	}
	l.note()
	l.editing = true
	return nil
}

// step translates a moving key into lines; far is further than any list is long.
func (l *List) step(k tea.KeyPressMsg) (int, bool) {
	const far = 1 << 40
	page := max(1, l.height-1)
	for _, s := range []struct {
		b key.Binding
		n int
	}{
		{l.keys.down, 1}, {l.keys.up, -1}, {l.keys.top, -far}, {l.keys.end, far},
		{l.keys.halfDown, max(1, page/2)}, {l.keys.halfUp, -max(1, page/2)},
		{l.keys.pageDown, page}, {l.keys.pageUp, -page},
	} {
		if key.Matches(k, s.b) {
			return s.n, true
		}
	}
	return 0, false
}

// move goes n rows down, or scrolls where there is no row to go to.
func (l *List) move(n int) {
	l.moved = true
	at := l.cursor + n
	switch {
	case len(l.shown) == 0 || n > 0 && l.lead > 0 && l.lead+l.cursor >= l.top+l.height:
		l.top += n
	case at < 0:
		l.cursor = 0
		l.top = max(0, l.top+n)
	case at >= len(l.shown):
		l.cursor = len(l.shown) - 1
		l.top += n
	default:
		l.cursor, l.follow = at, true
	}
	if at < 0 && n < -1 {
		l.top = 0
	}
}

// moves are the keys that go from row to row.
func (k listKeys) moves() []key.Binding {
	return []key.Binding{k.down, k.up, k.top, k.end, k.halfDown, k.halfUp, k.pageDown, k.pageUp, k.next, k.before}
}

// Moves are the bindings that every list has.
func (l *List) Moves() []key.Binding {
	return append(l.keys.moves(), l.keys.filter, l.keys.sort, l.keys.copy)
}

// Short are those of them that a footer shows.
func (l *List) Short() []key.Binding { return []key.Binding{l.keys.filter, l.keys.sort, l.keys.copy} }
