package ui

import (
	"slices"
	"strings"
)

// Listing is a page made ready to be drawn and searched. Making one costs time for every
// row, so a screen does it in the command that loads, and the frame only looks things up.
type Listing struct {
	Page
	natural []int    // the widest cell of each column
	host    []string // what the names in a Host column begin with
	bare    []int    // the widest cell without that
	text    []string // each row as the filter sees it
	lower   []string
	details bool // some row has a detail
}

// NewListing measures and indexes a page.
func NewListing(p Page) *Listing {
	l := &Listing{Page: p, natural: make([]int, len(p.Columns)), host: make([]string, len(p.Columns)), bare: make([]int, len(p.Columns)),
		text: make([]string, len(p.Rows)), lower: make([]string, len(p.Rows))}
	for c, col := range p.Columns {
		l.natural[c] = Width(col.Title)
		if col.Host {
			l.host[c] = commonHost(p.Rows, c)
		}
	}
	for i, r := range p.Rows {
		for c := range p.Columns {
			l.natural[c] = max(l.natural[c], Width(Scrub(r.cell(c))))
			l.bare[c] = max(l.bare[c], Width(Scrub(strings.TrimPrefix(r.cell(c), l.host[c]))))
		}
		l.text[i] = string(r.Mark) + "\n" + strings.Join(r.Cells, "\n") + "\n" + r.ID
		l.lower[i] = strings.ToLower(l.text[i])
		l.details = l.details || len(r.Detail) > 0
	}
	return l
}

func (r Row) cell(c int) string {
	if c < len(r.Cells) {
		return r.Cells[c]
	}
	return ""
}

// commonHost is the "host/" that all repository names in a column share, or "". Cells
// that begin with no name do not count.
func commonHost(rows []Row, c int) string {
	host := ""
	for _, r := range rows {
		first, _, ok := strings.Cut(r.cell(c), "/")
		if !ok || strings.Contains(first, " ") {
			continue
		}
		if host != "" && first+"/" != host {
			return ""
		}
		host = first + "/"
	}
	return host
}

// slot is one column as a frame draws it.
type slot struct {
	col, width int
	drop       string // a prefix that is left out
}

// gap separates columns. There are no vertical lines: a dragged selection pastes clean.
const gap = 2

// layout chooses the columns that fit into width, and how wide each is. Columns go in the
// order of their priority; hosts that are all alike go first.
func (l *Listing) layout(width int) []slot {
	slots := make([]slot, len(l.Columns))
	full := -gap
	for c := range l.Columns {
		slots[c] = slot{col: c, width: l.natural[c]}
		full += l.natural[c] + gap
	}
	if full <= width {
		return slots
	}
	for i := range slots {
		if h := l.host[i]; h != "" {
			slots[i].drop = h
			slots[i].width = max(Width(l.Columns[i].Title), l.bare[i])
		}
	}
	for len(slots) > 1 && l.least(slots) > width {
		last := 0
		for i, s := range slots {
			if l.Columns[s.col].Priority >= l.Columns[slots[last].col].Priority {
				last = i
			}
		}
		slots = slices.Delete(slots, last, last+1)
	}
	return l.share(slots, width)
}

// least is the width below which the slots say nothing.
func (l *Listing) least(slots []slot) int {
	n := -gap
	for _, s := range slots {
		n += l.floor(s) + gap
	}
	return n
}

func (l *Listing) floor(s slot) int {
	if m := l.Columns[s.col].Min; m > 0 {
		return min(m, s.width)
	}
	return s.width
}

// share gives every slot its least width, and what is left to the slots by priority.
func (l *Listing) share(slots []slot, width int) []slot {
	left := width - l.least(slots)
	order := make([]int, len(slots))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return l.Columns[slots[a].col].Priority - l.Columns[slots[b].col].Priority
	})
	for _, i := range order {
		want := slots[i].width
		slots[i].width = l.floor(slots[i])
		more := min(max(0, left), want-slots[i].width)
		slots[i].width += more
		left -= more
	}
	if len(slots) == 1 {
		slots[0].width = min(slots[0].width, width)
	}
	return slots
}

// cells draws one row's cells into the slots. cuts are the row's own.
func (l *Listing) cells(cell func(c int) string, cuts map[int]Cut, slots []slot) string {
	var b strings.Builder
	for i, s := range slots {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", gap))
		}
		cut, own := cuts[s.col]
		if !own {
			cut = l.Columns[s.col].Cut
		}
		b.WriteString(Fit(Scrub(strings.TrimPrefix(cell(s.col), s.drop)), s.width, cut))
	}
	return b.String()
}

// leastPlace is the room below which the end of a path says nothing.
const leastPlace = 5

// summary is the page's sentence in at most width cells.
func (p Page) summary(width int) string {
	counts, ok := strings.CutSuffix(p.Summary, p.Place)
	counts = Scrub(counts)
	if room := width - Width(counts); ok && p.Place != "" && room >= leastPlace {
		return counts + Clip(Scrub(p.Place), room, CutLeft)
	}
	return Clip(Scrub(p.Summary), width, CutEnd)
}
