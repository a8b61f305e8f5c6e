package ptytest

import (
	"fmt"
	"html"
	"image/color"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
)

// The measures of a picture, in the units of SVG: those of a cell, the margin, and the colours
// of a dark terminal.
const (
	cellWidth, cellHeight, margin = 9, 19, 12
	paper, ink                    = "#14171c", "#d7dae0"
)

// Picture is the screen as SVG, cell by cell, so that the grid holds with any font. Rewrite is
// told each line's text and may replace it by one of as many cells; nil keeps them.
func (s *Screen) Picture(rewrite func(string) string) []byte {
	w, h := s.emu.Width(), s.emu.Height()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="15">`+"\n",
		w*cellWidth+2*margin, h*cellHeight+2*margin)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", paper)
	for y := range h {
		for _, r := range s.line(y, rewrite) {
			r.draw(&b, y)
		}
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// run is cells of one line that look the same.
type run struct {
	x, width int
	text     string
	style    uv.Style
}

// line is a line of the screen as runs.
func (s *Screen) line(y int, rewrite func(string) string) (runs []run) {
	var cells []string
	var styles []uv.Style
	for x := range s.emu.Width() {
		c := s.emu.CellAt(x, y)
		switch {
		case c == nil || c.Width > 0 && c.Content == "":
			cells, styles = append(cells, " "), append(styles, uv.Style{})
		case c.Width == 0:
			cells, styles = append(cells, ""), append(styles, uv.Style{}) // the rest of a wide one
		default:
			cells, styles = append(cells, c.Content), append(styles, c.Style)
		}
	}
	if rewrite != nil {
		if text := strings.Split(rewrite(strings.Join(cells, "")), ""); len(text) == len(cells) {
			cells = text // only where every cell is one character
		}
	}
	for x, text := range cells {
		if n := len(runs); text == "" || n > 0 && runs[n-1].style.Equal(&styles[x]) {
			runs[n-1].text += text
			runs[n-1].width++
			continue
		}
		runs = append(runs, run{x, 1, text, styles[x]})
	}
	return runs
}

func (r run) draw(b *strings.Builder, y int) {
	fg, bg := hex(r.style.Fg, ink), hex(r.style.Bg, "")
	if r.style.Attrs&uv.AttrReverse != 0 {
		fg, bg = hex(r.style.Bg, paper), hex(r.style.Fg, ink)
	}
	left, top := margin+r.x*cellWidth, margin+y*cellHeight
	if bg != "" {
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", left, top, r.width*cellWidth, cellHeight, bg)
	}
	text := strings.TrimRight(r.text, " ")
	if text == "" {
		return
	}
	looks := ""
	if r.style.Attrs&uv.AttrBold != 0 {
		looks += ` font-weight="bold"`
	}
	if r.style.Attrs&uv.AttrFaint != 0 {
		looks += ` opacity="0.6"`
	}
	blanks := len(r.text) - len(text)
	fmt.Fprintf(b, `<text x="%d" y="%d" textLength="%d" xml:space="preserve" fill="%s"%s>%s</text>`+"\n",
		left, top+cellHeight-5, (r.width-blanks)*cellWidth, fg, looks, html.EscapeString(text))
}

func hex(c color.Color, otherwise string) string {
	if c == nil {
		return otherwise
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
