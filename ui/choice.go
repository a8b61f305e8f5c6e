package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// choice asks for one of a few things.
type choice struct {
	st                    *Styles
	title                 string
	about                 string // what there is to know before, or ""
	options               []string
	letters               []string // which choose, too; "" for none
	cursor                int
	said                  string // of a line that was no answer
	down, up, pick, leave key.Binding
}

// NewChoice asks for one of options. Its result is the index of the one that was taken.
func NewChoice(st *Styles, title string, options []string) Dialog {
	return newChoice(st, title, options)
}

func newChoice(st *Styles, title string, options []string) *choice {
	return &choice{st: st, title: title, options: options,
		down: Bind("j", "down", "j", "down"), up: Bind("k", "up", "k", "up"),
		pick: Bind("Enter", "take", "enter"), leave: Bind("Esc", "leave", "esc", "q")}
}

func (c *choice) Update(msg tea.Msg) (any, tea.Cmd) {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, nil
	}
	switch {
	case key.Matches(k, c.down):
		c.cursor = min(c.cursor+1, len(c.options)-1)
	case key.Matches(k, c.up):
		c.cursor = max(0, c.cursor-1)
	case key.Matches(k, c.pick):
		return c.cursor, nil
	case key.Matches(k, c.leave):
		return Cancelled{}, nil
	default:
		if n, err := strconv.Atoi(k.String()); err == nil && n >= 1 && n <= len(c.options) {
			return n - 1, nil
		}
		if i := slices.Index(c.letters, k.String()); i >= 0 {
			return i, nil
		}
	}
	return nil, nil
}

func (c *choice) View(width, height int) string {
	lines := []string{c.st.Title.Render(c.title), ""}
	if c.about != "" {
		room := max(1, height-len(c.options)-5)
		about := Wrap(Scrub(c.about), inner(width, height))
		if len(about) > room {
			about = append(about[:room-1:room-1], Clip(about[room-1], inner(width, height)-len(ellipsis), CutEnd)+ellipsis)
		}
		lines = append(append(lines, about...), "")
	}
	top := max(0, c.cursor-max(1, height-6))
	for i := top; i < len(c.options); i++ {
		text := fmt.Sprintf("%d  %s", i+1, Scrub(c.options[i]))
		if len(c.letters) > 0 {
			text = fmt.Sprintf("%d %s", i+1, Fit(c.letters[i], 1, CutEnd)) + text[1:]
		}
		if i == c.cursor {
			text = c.st.Selected.Render("> " + text)
		} else {
			text = "  " + text
		}
		lines = append(lines, text)
	}
	return strings.Join(box(c.st, lines, width, height, false), "\n")
}

func (c *choice) ShortHelp() []key.Binding  { return []key.Binding{c.down, c.up, c.pick, c.leave} }
func (c *choice) FullHelp() [][]key.Binding { return [][]key.Binding{c.ShortHelp()} }
