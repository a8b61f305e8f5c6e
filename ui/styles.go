package ui

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
)

// Look is what a frame's appearance depends on. cmd decides it from flags, NO_COLOR and
// the locale.
type Look struct {
	// Light is a terminal with a light background. Fixed keeps that, whatever the terminal
	// says of itself.
	Light, Fixed bool
	// Contrast leaves out what is faint, and makes bold and bright what is coloured.
	Contrast bool
	// Mono leaves out every colour; what is bold or reversed stays so.
	Mono bool
	// ASCII leaves out every line-drawing character.
	ASCII bool
	// Complete picks a colour for the terminal's abilities; nil is full colour, which
	// the renderer turns down by itself.
	Complete lipgloss.CompleteFunc
}

// Styles are the looks of meanings. Body text always has the terminal's own colours:
// whatever was guessed about the background, it can be read.
type Styles struct {
	Look
	Title, Dim, Head, Key       lipgloss.Style
	Selected, Band, Tab, Locked lipgloss.Style
	Error, Caret                lipgloss.Style
	marks                       map[Mark]lipgloss.Style
	Glyph                       Glyphs
}

// Glyphs are the few characters that draw lines.
type Glyphs struct {
	Rule, Vertical string
	Box, Double    lipgloss.Border
}

// NewStyles builds the styles of a look.
func NewStyles(l Look) *Styles {
	plain := lipgloss.NewStyle()
	tint := l.tint
	coloured := plain.Bold(l.Contrast)
	return &Styles{
		Look:     l,
		Title:    plain.Bold(true),
		Dim:      plain.Foreground(tint(tone{"#9a9a9a", "#5a5a5a", "246", "240", lipgloss.NoColor{}, nil})),
		Head:     plain.Bold(true),
		Key:      plain.Bold(true),
		Selected: plain.Reverse(true),
		Band:     plain.Bold(true).Reverse(true),
		Tab:      plain.Bold(true),
		Locked:   plain.Faint(!l.Contrast),
		Error:    plain.Bold(true).Foreground(tint(red)),
		Caret:    plain.Reverse(true),
		Glyph:    l.glyphs(),
		marks: map[Mark]lipgloss.Style{
			MarkNow:       plain.Bold(true).Foreground(tint(red)),
			MarkSoon:      coloured.Foreground(tint(tone{"#ffb454", "#7a4d00", "215", "94", lipgloss.Yellow, lipgloss.BrightYellow})),
			MarkNote:      coloured.Foreground(tint(tone{"#6cb6ff", "#0b4f8a", "75", "24", lipgloss.Blue, lipgloss.BrightCyan})),
			MarkOK:        coloured.Foreground(tint(tone{"#6bd68a", "#0a5d24", "78", "22", lipgloss.Green, lipgloss.BrightGreen})),
			MarkUnchecked: plain,
			MarkNone:      plain,
		},
	}
}

// Mark draws a mark in its colour, two cells wide.
func (s *Styles) Mark(m Mark) string {
	return s.marks[m].Render(Fit(string(m), 2, CutEnd))
}

// Rule is a line across the screen.
func (s *Styles) Rule(width int) string { return strings.Repeat(s.Glyph.Rule, max(0, width)) }

// tone is one colour for each kind of terminal: full colour on dark and light, the same
// among 256, and among the sixteen that the terminal's owner chose; and the bright one of
// those, for high contrast on dark, nil for none at all. What stands on light is dark enough as it is.
type tone struct {
	dark, light       string
	dark256, light256 string
	basic, bright     color.Color
}

var red = tone{"#ff6b6b", "#a40000", "203", "124", lipgloss.Red, lipgloss.BrightRed}

func (l Look) tint(t tone) color.Color {
	switch {
	case l.Mono, l.Contrast && t.bright == nil:
		return lipgloss.NoColor{}
	case l.Contrast && !l.Light:
		return t.bright
	}
	full, many := lipgloss.Color(t.dark), lipgloss.Color(t.dark256)
	if l.Light {
		full, many = lipgloss.Color(t.light), lipgloss.Color(t.light256)
	}
	if l.Complete == nil {
		return full
	}
	return l.Complete(t.basic, many, full)
}

func (l Look) glyphs() Glyphs {
	if l.ASCII {
		return Glyphs{Rule: "-", Vertical: "|", Box: lipgloss.ASCIIBorder(), Double: lipgloss.Border{
			Top: "=", Bottom: "=", Left: "#", Right: "#", TopLeft: "#", TopRight: "#", BottomLeft: "#", BottomRight: "#"}}
	}
	return Glyphs{Rule: "─", Vertical: "│", Box: lipgloss.NormalBorder(), Double: lipgloss.DoubleBorder()}
}
