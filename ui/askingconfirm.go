package ui

import (
	"bytes"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Plain is the deed, its object, its consequences, and what is to be typed for it: the name
// that unlocks the button, or else the button's own words.
func (c *confirm) Plain() Asking {
	var question, answers string
	keep := "an empty line: " + lower(c.Keep)
	switch {
	case c.Type == "":
		question, answers = fmt.Sprintf("Type the words %q to do it", c.Act), keep
	case c.Hidden:
		question, answers = c.Prompt, "that does it: "+lower(c.Act)+"; "+keep
	default:
		question, answers = "Type  "+c.Type+"  to do it", "that is: "+lower(c.Act)+"; "+keep
	}
	a := states(prompt(question, answers), c.Headline, c.Profile, c.Thing)
	for _, f := range c.Facts {
		say(&a.Says, f.plain()...)
	}
	a.Said = c.said
	return a
}

// Reply takes the name in full, or the button's words. A line that was typed before the
// question can have been read does not count.
func (c *confirm) Reply(line []byte) (any, tea.Cmd) {
	text := string(bytes.TrimSpace(line))
	c.said, c.line.text = "", text
	switch {
	case text == "":
		return Cancelled{}, nil
	case !c.guard.hears(tea.KeyPressMsg{Code: tea.KeyEnter}):
		c.said = "That came before the question can have been read, and was not taken. Nothing has been changed."
	case c.Type == "" && !strings.EqualFold(text, c.Act), c.Type != "" && c.locked():
		c.said = "Not done: what was typed is not what is asked for. Nothing has been changed."
	default:
		return Confirmed{}, nil
	}
	return nil, nil
}
