package overview

import (
	"fmt"
	"strings"

	"keyrite/trustdata/audit"
	"keyrite/ui"
)

// The lines of the explanation, by how much room the body has: as few as one line in the
// smallest window.
const (
	linesWhole, linesShort, linesTwo, linesOne = 9, 4, 2, 1
	heightWhole, heightShort, heightTwo        = 24, 16, 11
	widthShort, widthTwo                       = 80, 60
)

func room(width, height int) int {
	switch {
	case height < 6:
		return 0
	case width >= widthShort && height >= heightWhole:
		return linesWhole
	case width >= widthShort && height >= heightShort:
		return linesShort
	case width >= widthTwo && height >= heightTwo:
		return linesTwo
	}
	return linesOne
}

// lines explain the selected row: whole where there is room, else by the first sentence of
// each fact.
func (m *Model) lines(r ui.Row, width, n int) []string {
	i, ok := m.items[r.ID]
	if !ok {
		return m.plainly(r, width, n)
	}
	told := head(i, m.news.Now)
	if n < linesWhole {
		told = strings.TrimPrefix(told, m.host)
	}
	seen := seen(i.Says)
	if n == linesOne {
		return []string{" Enter " + string(i.Step)}
	}
	if n == linesTwo {
		return clipped(width, m.briefly(i)+". "+firstSentence(i.Means), "Fix: "+firstSentence(i.Fix))
	}
	if n < linesWhole {
		last := labelled("Before", firstSentence(i.First))
		if i.First == "" {
			last = labelled("Seen", seen)
		}
		return clipped(width, told, labelled("Means", firstSentence(i.Means)), labelled("Fix", firstSentence(i.Fix)), last)
	}
	out := wrapped("", told, width)
	body := [][]string{wrapped("What is seen", seen, width), wrapped("What it means", i.Means, width), wrapped("What fixes it", i.Fix, width)}
	if i.First != "" {
		body = append(body, wrapped("Before that", i.First, width))
	}
	if i.Snoozed != nil {
		body[0] = wrapped("Put off until", ui.Day(i.Snoozed.Until)+": "+i.Snoozed.Reason, width)
	}
	for _, lines := range body {
		out = append(out, lines...)
	}
	return withHint(out, m.hint(i), n)
}

// seen is what was seen of an item that may be about many things: enough of it to know the
// kind, and how much more there is.
func seen(says []string) string {
	const enough = 2
	if len(says) <= enough+1 {
		return strings.Join(says, "; ")
	}
	return fmt.Sprintf("%s; and %d more like it", strings.Join(says[:enough], "; "), len(says)-enough)
}

// briefly is an item in few words, with its day.
func (m *Model) briefly(i audit.Item) string {
	text := strings.TrimPrefix(i.Where, m.host) + ": " + i.Brief
	if !i.Due.IsZero() {
		text += " " + ui.Day(i.Due)
	}
	return text
}

// withHint puts the keys last, below a blank line where there is one to spare.
func withHint(out []string, hint string, n int) []string {
	if len(out) > n-1 {
		return append(out[:n-1], hint)
	}
	if len(out) < n-1 {
		out = append(out, "")
	}
	return append(out, hint)
}

// plainly is a row that is no item.
func (m *Model) plainly(r ui.Row, width, n int) []string {
	var out []string
	for _, d := range r.Detail {
		out = append(out, wrapped("", d, width)...)
	}
	return out[:min(n, len(out))]
}

// labelRoom is that of the words before a fact, where there is room for all.
const labelRoom = 15

// wrapped is a fact with its words before it, in as many lines as it takes.
func wrapped(label, text string, width int) []string {
	indent := labelRoom
	if label == "" {
		indent = 0
	}
	var out []string
	for i, line := range ui.Wrap(ui.Scrub(text), width-2-indent) {
		before := ""
		if i == 0 {
			before = label
		}
		out = append(out, " "+ui.Fit(before, indent, ui.CutEnd)+line)
	}
	return out
}

func labelled(label, text string) string { return ui.Fit(label, 8, ui.CutEnd) + text }

// clipped are facts in one line each.
func clipped(width int, texts ...string) []string {
	for i, text := range texts {
		texts[i] = " " + ui.Clip(ui.Scrub(text), width-2, ui.CutEnd)
	}
	return texts
}

// firstSentence is what there is room for in a small window.
func firstSentence(text string) string {
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}
