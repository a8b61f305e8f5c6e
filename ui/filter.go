package ui

import "strings"

// filter is a parsed search: every term must hold.
type filter []term

// term is one word of a search. A word in small letters matches any case; "!word" must
// not be there; "column:word" looks into one column.
type term struct {
	text   string
	not    bool
	fold   bool
	column int // -1 for the whole row
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
					t.column, t.text = c, rest
					break
				}
			}
		}
		t.fold = t.text == strings.ToLower(t.text)
		f = append(f, t)
	}
	return f
}

func (f filter) match(l *Listing, row int) bool {
	for _, t := range f {
		text := l.text[row]
		if t.fold {
			text = l.lower[row]
		}
		if t.column >= 0 {
			text = l.Rows[row].cell(t.column)
			if t.fold {
				text = strings.ToLower(text)
			}
		}
		if strings.Contains(text, t.text) == t.not {
			return false
		}
	}
	return true
}
