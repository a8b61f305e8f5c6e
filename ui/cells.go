package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"keyrite/trustdata"
)

// Width is the number of terminal cells that s takes.
func Width(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return ansi.StringWidth(s)
		}
	}
	return len(s)
}

const ellipsis = "..."

// Fit cuts s to width cells at the place that cut names, and pads it to exactly that.
func Fit(s string, width int, cut Cut) string {
	s = Clip(s, width, cut)
	return s + strings.Repeat(" ", max(0, width-Width(s)))
}

// Clip cuts s to at most width cells.
func Clip(s string, width int, cut Cut) string {
	have := Width(s)
	switch {
	case width <= 0:
		return ""
	case have <= width:
		return s
	case width <= len(ellipsis):
		return ansi.Truncate(s, width, "")
	case cut == CutLeft:
		return ansi.TruncateLeft(s, have-width+len(ellipsis), ellipsis)
	case cut == CutMiddle:
		head := (width - len(ellipsis) + 1) / 2
		tail := width - len(ellipsis) - head
		return ansi.Truncate(s, head, "") + ellipsis + ansi.TruncateLeft(s, have-tail, "")
	}
	return ansi.Truncate(s, width, ellipsis)
}

// Wrap breaks s into lines of at most width cells, at spaces where there are any.
func Wrap(s string, width int) []string {
	if width <= 0 {
		return nil
	}
	if Width(s) <= width {
		return []string{s}
	}
	lines := strings.Split(ansi.Wrap(s, width, " "), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return lines
}

// scrubbed is text on its way through the second door.
type scrubbed string

func (s scrubbed) Error() string { return string(s) }

// Scrub is the last guard before the terminal: whatever control or invisible rune a page
// still holds is written out. What trustdata.Visible made passes it unchanged.
func Scrub(s string) string {
	if printable(s) {
		return s
	}
	return trustdata.VisibleError(scrubbed(s))
}

// printable reports whether s is ASCII that Scrub leaves alone, of one cell each.
func printable(s string) bool {
	for i := range len(s) {
		if s[i]-' ' > '~'-' ' || s[i] == '\\' {
			return false
		}
	}
	return true
}

// Lines makes exactly height lines of s, none wider than width.
func Lines(s string, width, height int) string {
	in := strings.Split(s, "\n")
	out := make([]string, height)
	for i := range min(height, len(in)) {
		out[i] = in[i]
		if ansi.StringWidth(in[i]) > width {
			out[i] = ansi.Truncate(in[i], width, "")
		}
	}
	return strings.Join(out, "\n")
}

// styledWidth is Width for text that holds styles.
func styledWidth(s string) int { return ansi.StringWidth(s) }

// padTo pads styled text to width cells.
func padTo(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}
