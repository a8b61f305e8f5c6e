package ui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// boxWidth is how wide a dialog becomes where there is room.
const boxWidth = 84

// inner is the width of a dialog's text at a body of this size.
func inner(width, height int) int {
	if !framed(width, height) {
		return max(1, width-2)
	}
	return min(width-6, boxWidth) - 4
}

// framed tells whether a dialog has room for a border.
func framed(width, height int) bool { return width >= 70 && height >= 14 }

// fits reports whether a dialog's lines, without the blank ones, go into the body.
func fits(lines []string, width, height int) bool {
	if framed(width, height) {
		height -= 2
	}
	n := 0
	for _, l := range lines {
		if l != "" {
			n++
		}
	}
	return n <= height
}

// box draws a dialog's lines in the middle of the body: within a border where there is
// room, else from the top, without. double is the border of what cannot be undone. Where
// even that is too high, blank lines go, from the last one.
func box(st *Styles, lines []string, width, height int, double bool) []string {
	room := height
	if framed(width, height) {
		room -= 2
	}
	lines = single(lines)
	for i := len(lines) - 1; i >= 0 && len(lines) > room; i-- {
		if lines[i] == "" {
			lines = append(lines[:i], lines[i+1:]...)
		}
	}
	if !framed(width, height) {
		for i, l := range lines {
			lines[i] = " " + ansi.Truncate(l, width-2, "")
		}
		return lines
	}
	b := st.Glyph.Box
	if double {
		b = st.Glyph.Double
	}
	w := inner(width, height)
	indent := strings.Repeat(" ", (width-w-4)/2)
	out := fill(nil, max(0, (height-len(lines)-2)/3))
	out = append(out, indent+b.TopLeft+strings.Repeat(b.Top, w+2)+b.TopRight)
	for _, l := range lines {
		out = append(out, indent+b.Left+" "+padTo(ansi.Truncate(l, w, ""), w)+" "+b.Right)
	}
	return append(out, indent+b.BottomLeft+strings.Repeat(b.Bottom, w+2)+b.BottomRight)
}

// single leaves one blank line where there are several, and none at the end.
func single(lines []string) []string {
	out := slices.CompactFunc(lines, func(a, b string) bool { return a == "" && b == "" })
	if n := len(out); n > 0 && out[n-1] == "" {
		return out[:n-1]
	}
	return out
}
