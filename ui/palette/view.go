package palette

import (
	"strings"

	"keyrite/ui"
)

// The widths of a row's parts. What it does is left out where there is no room for it.
const (
	before    = 3  // cursor and blanks
	keyWidth  = 6  // "Ctrl-l"
	tellWidth = 60 // below, there is no room for what an entry does
	gap       = 2
)

const changes = "changes things"

// View draws the line and, below it, as many of the entries that it finds as there is room.
func (p *Palette) View(width, height int) string {
	lines := []string{" : " + p.line.View(p.st, width-4)}
	if height > 8 {
		lines = append(lines, "")
	}
	if len(p.found) == 0 {
		return strings.Join(append(lines, "   Nothing is called so."), "\n")
	}
	room := max(1, height-len(lines))
	top := max(0, min(p.cursor-room/2, len(p.found)-room))
	shown := p.found[top:min(len(p.found), top+room)]
	names := p.names(shown, width)
	for i, n := range shown {
		lines = append(lines, p.row(p.all[n].Entry, names, width, top+i == p.cursor))
	}
	return strings.Join(lines, "\n")
}

// names is the width of the names of the entries that are shown.
func (p *Palette) names(shown []int, width int) int {
	most := 0
	for _, n := range shown {
		most = max(most, ui.Width(ui.Scrub(p.all[n].Name)))
	}
	if width < tellWidth {
		return width - before - gap - len(short(width)) - gap - keyWidth
	}
	return min(most, (width-before)*2/5)
}

// short is the word for what changes something in a window of this width.
func short(width int) string {
	if width < tellWidth {
		return "changes"
	}
	return changes
}

// row draws one entry. The selected one has a sign as well as reverse video.
func (p *Palette) row(e Entry, names, width int, selected bool) string {
	mark := ""
	if e.Changes {
		mark = short(width)
	}
	text := ui.Fit(ui.Scrub(e.Name), names, ui.CutMiddle) + strings.Repeat(" ", gap) + ui.Fit(e.Key, keyWidth, ui.CutEnd) + strings.Repeat(" ", gap)
	if width >= tellWidth {
		text += ui.Fit(ui.Scrub(e.About), width-before-ui.Width(text)-gap-len(mark)-1, ui.CutEnd) + strings.Repeat(" ", gap)
	}
	text += mark
	if selected {
		return p.st.Selected.Render(" > " + ui.Fit(text, width-before, ui.CutEnd))
	}
	return "   " + strings.TrimRight(text, " ")
}
