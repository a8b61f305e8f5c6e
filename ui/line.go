package ui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// line is a one-line input: text goes to its end. It has no blinking and no timer.
type line struct{ text string }

// maxLine bounds what a line takes.
const maxLine = 4096

// edit takes a key or a paste, and reports whether it was one for a line.
func (l *line) edit(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		l.add(strings.Trim(msg.Content, "\r\n"))
		return true
	case tea.KeyPressMsg:
		switch msg.String() {
		case "backspace":
			_, n := utf8.DecodeLastRuneInString(l.text)
			l.text = l.text[:len(l.text)-n]
		case "ctrl+u":
			l.text = ""
		case "ctrl+w":
			l.text = l.text[:strings.LastIndexByte(strings.TrimRight(l.text, " "), ' ')+1]
		default:
			if msg.Text == "" {
				return false
			}
			l.add(msg.Text)
		}
		return true
	}
	return false
}

func (l *line) add(s string) {
	if len(l.text)+len(s) <= maxLine {
		l.text += s
	}
}

// view draws the line with its caret, cut at the left to width cells.
func (l *line) view(st *Styles, width int) string {
	return Clip(Scrub(l.text), max(0, width-1), CutLeft) + st.Caret.Render(" ")
}

// TextLine is a one-line input for dialogs outside this package. The zero value is empty.
type TextLine struct{ line }

// Text is what was typed.
func (t *TextLine) Text() string { return t.text }

// Set puts another text in its place.
func (t *TextLine) Set(text string) { t.text = text }

// Edit takes a key or a paste, and reports whether it was one for a line.
func (t *TextLine) Edit(msg tea.Msg) bool { return t.edit(msg) }

// View draws the line with its caret, cut at the left to width cells.
func (t *TextLine) View(st *Styles, width int) string { return t.view(st, width) }
