package ui

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// Question is what a danger dialog states and asks. It names the thing and what follows;
// it never says "are you sure".
type Question struct {
	// Headline names the deed and the object in capitals: "DELETE A KEY FILE".
	Headline string
	// Thing is the object in full.
	Thing string
	// Facts are the consequences: what is lost, who notices, backup, way back.
	Facts []Fact
	// Keep and Act are the buttons, verb and object each. Keep is selected at first.
	Keep, Act string
	// Type is the text that unlocks Act; "" leaves it unlocked (level 2).
	Type string
	// Hidden keeps Type off the screen, so that it can only come from paper (level 4).
	// Prompt then says what to type.
	Hidden bool
	Prompt string
	// Profile is the word of the profile, shown within the box.
	Profile string
}

// Confirmed is the result of a danger dialog whose Act button was pressed.
type Confirmed struct{}

type confirm struct {
	Question
	st               *Styles
	guard            guard
	line             line
	onAct            bool
	said             string
	tab, enter, keep key.Binding
}

// NewConfirm asks a question of level 2 (Tab, then Enter), 3 (a typed name) or 4 (typed
// digits). Its result is Confirmed or Cancelled.
func NewConfirm(st *Styles, clock Clock, q Question) Dialog {
	return &confirm{Question: q, st: st, guard: newGuard(clock),
		tab: Bind("Tab", "move", "tab", "shift+tab", "left", "right"), enter: Bind("Enter", "press", "enter"),
		keep: Bind("Esc", lower(q.Keep), "esc")}
}

// lower makes the first letter of a button's text small, for the middle of a sentence.
func lower(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToLower(s[:n]) + s[n:]
}

func (c *confirm) locked() bool {
	typed, want := c.line.text, c.Type
	if c.Hidden {
		typed, want = strings.ReplaceAll(typed, " ", ""), strings.ReplaceAll(want, " ", "")
	}
	return typed != want
}

func (c *confirm) Update(msg tea.Msg) (any, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		c.said = "Paste is off here."
	case tea.KeyPressMsg:
		return c.press(msg)
	}
	return nil, nil
}

func (c *confirm) press(k tea.KeyPressMsg) (any, tea.Cmd) {
	if key.Matches(k, c.keep) {
		return Cancelled{}, nil
	}
	if !c.guard.hears(k) {
		return nil, nil
	}
	c.said = ""
	switch {
	case key.Matches(k, c.tab):
		c.onAct = !c.onAct
	case !key.Matches(k, c.enter):
		if c.Type != "" {
			c.line.edit(k)
		}
	case !c.onAct:
		return Cancelled{}, nil
	case c.locked():
		c.said = "Locked: what is typed is not what is asked for."
	default:
		return Confirmed{}, nil
	}
	return nil, nil
}

// Fits reports whether the whole question can be seen at this size; the app does not let
// it be answered otherwise.
func (c *confirm) Fits(width, height int) bool { return fits(c.lines(width, height), width, height) }

// Status says which button an Enter would press.
func (c *confirm) Status() string {
	switch {
	case c.said != "":
		return c.said
	case c.onAct:
		return fmt.Sprintf("%q is selected.", c.Act)
	}
	return fmt.Sprintf("%q is selected. Nothing has been changed.", c.Keep)
}

func (c *confirm) View(width, height int) string {
	return strings.Join(box(c.st, c.lines(width, height), width, height, c.Type != ""), "\n")
}

func (c *confirm) lines(width, height int) []string {
	w := inner(width, height)
	mark := MarkSoon
	if c.Type != "" {
		mark = MarkNow
	}
	var lines []string
	for i, h := range Wrap(string(mark)+" "+Scrub(c.Headline), w-Width(c.Profile)-1) {
		if h = c.st.Title.Render(h); i == 0 {
			h = padTo(h, w-Width(c.Profile)) + c.st.Band.Render(c.Profile)
		}
		lines = append(lines, h)
	}
	lines = append(lines, "")
	lines = append(lines, Wrap(Scrub(c.Thing), w)...)
	lines = append(append(lines, ""), c.facts(w)...)
	lines = append(append(lines, ""), c.asked(w)...)
	return append(lines, "", c.buttons())
}

func (c *confirm) facts(w int) []string {
	l := List{st: c.st}
	lines := l.section(Section{Facts: c.Facts}, w+1)
	for i, s := range lines {
		lines[i] = strings.TrimPrefix(s, " ")
	}
	return lines
}

// asked draws the field for the typed name, with its count.
func (c *confirm) asked(w int) []string {
	if c.Type == "" {
		return nil
	}
	prompt := c.Prompt
	if !c.Hidden {
		prompt = "Type  " + Scrub(c.Type) + "  to allow it:"
	}
	count := fmt.Sprintf("%d of %d   paste is off here", utf8.RuneCountInString(c.line.text), utf8.RuneCountInString(c.Type))
	field := "[ " + c.line.view(c.st, max(4, w-Width(count)-8)) + " ]   " + count
	return append(Wrap(prompt, w), field, "")
}

func (c *confirm) buttons() string {
	keep, act := "[ "+c.Keep+" ]", "  "+c.Act+"  "
	if c.onAct {
		keep, act = "  "+c.Keep+"  ", "[ "+c.Act+" ]"
	}
	if c.locked() {
		act += " (locked)"
	}
	if c.onAct {
		return keep + "   " + c.st.Selected.Render(act)
	}
	return c.st.Selected.Render(keep) + "   " + act
}

func (c *confirm) ShortHelp() []key.Binding  { return []key.Binding{c.tab, c.enter, c.keep} }
func (c *confirm) FullHelp() [][]key.Binding { return [][]key.Binding{c.ShortHelp()} }
