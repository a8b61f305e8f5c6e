package ui

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Asking is a dialog as a question in lines of text. Each question asks one thing, names the
// object, and says what an empty line does; that is never the dangerous answer.
type Asking struct {
	// Says are the statements before the question, one a line.
	Says []string
	// Said is what there is to say of the last reply, "" for nothing.
	Said string
	// Prompt is the question.
	Prompt string
	// Secret has the answer typed unseen.
	Secret bool
}

// states makes an Asking of statements, of which the empty ones are left out.
func states(prompt string, statements ...string) Asking {
	a := Asking{Prompt: Scrub(prompt)}
	for _, s := range statements {
		say(&a.Says, Sentence(s))
	}
	return a
}

// prompt writes a question with its answers: "Folder (an empty line leaves):".
func prompt(question, answers string) string {
	return strings.TrimSuffix(question, ":") + " (" + answers + "):"
}

// Plain is the title, and each option with its number.
func (c *choice) Plain() Asking {
	a := states(prompt(fmt.Sprintf("Type a number from 1 to %d", len(c.options)), "an empty line leaves"), c.title, c.about)
	a.Said = c.said
	for i, o := range c.options {
		say(&a.Says, fmt.Sprintf("%d of %d.", i+1, len(c.options)), Sentence(o))
	}
	return a
}

// Reply takes the number of an option.
func (c *choice) Reply(line []byte) (any, tea.Cmd) {
	text := string(bytes.TrimSpace(line))
	if text == "" {
		return Cancelled{}, nil
	}
	if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= len(c.options) {
		return n - 1, nil
	}
	c.said = "That is not one of the numbers. Nothing was chosen."
	return nil, nil
}

// Plain is the title and what is to be known, and the field's name as the question.
func (d *input) Plain() Asking {
	answers := "an empty line leaves"
	switch {
	case d.Text != "":
		answers = fmt.Sprintf("an empty line takes %s; Ctrl-c leaves", d.Text)
	case d.takes(""):
		answers = "an empty line is an answer, too; Ctrl-c leaves"
	}
	a := states(prompt(d.Prompt, answers), d.Title, d.Explain)
	a.Said = Scrub(Sentence(Capital(d.wrong)))
	return a
}

func (d *input) takes(text string) bool { return d.Check == nil || d.Check(text) == nil }

// Reply takes the line as the text. An empty one takes what stood in the field, or leaves
// where there was nothing and nothing will not do.
func (d *input) Reply(line []byte) (any, tea.Cmd) {
	text := string(bytes.TrimSpace(line))
	if text == "" && d.Text == "" && !d.takes("") {
		return Cancelled{}, nil
	}
	if text == "" {
		text = d.Text
	}
	d.line.text, d.wrong = text, ""
	return d.submit()
}

// Plain is the line for public keys, or the fingerprint that is to be compared.
func (r *recipients) Plain() Asking {
	if len(r.compare) == 0 {
		return r.line.Plain()
	}
	one := r.compare[0]
	a := states(prompt(lastGroup, "an empty line goes back to the keys"), compareTitle,
		fmt.Sprintf("%s %s", one.Kind, one.Text), one.Fingerprint(), howCompared, r.after())
	a.Said = r.wrong
	return a
}

// Reply takes public keys, and then the end of each fingerprint.
func (r *recipients) Reply(line []byte) (any, tea.Cmd) {
	if len(r.compare) == 0 {
		result, cmd := r.line.Reply(line)
		return r.taken(result), cmd
	}
	r.wrong, r.typed.text = "", string(bytes.TrimSpace(line))
	if r.typed.text == "" {
		r.compare = nil
		return nil, nil
	}
	return r.judge(), nil
}
