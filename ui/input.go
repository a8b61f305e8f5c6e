package ui

import (
	"errors"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// Input is what an input dialog asks for.
type Input struct {
	Title, Prompt string
	// Explain is a sentence under the field, "" for none.
	Explain string
	// Text stands in the field at the start.
	Text string
	// Check returns why a text will not do; nil takes every text.
	Check func(string) error
	// Do is the verb of Enter.
	Do string
}

// Needed is a Check that refuses an empty text, and says why.
func Needed(why string) func(string) error {
	return func(s string) error {
		if s == "" {
			return errors.New(why)
		}
		return nil
	}
}

type input struct {
	Input
	st        *Styles
	line      line
	wrong     string
	ok, leave key.Binding
}

// NewInput asks for one line of text. Its result is the string.
func NewInput(st *Styles, in Input) Dialog {
	return &input{Input: in, st: st, line: line{in.Text},
		ok: Bind("Enter", in.Do, "enter"), leave: Bind("Esc", "leave", "esc")}
}

func (d *input) Update(msg tea.Msg) (any, tea.Cmd) {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch {
		case key.Matches(k, d.leave):
			return Cancelled{}, nil
		case key.Matches(k, d.ok):
			return d.submit()
		}
	}
	if d.line.edit(msg) {
		d.wrong = ""
	}
	return nil, nil
}

func (d *input) submit() (any, tea.Cmd) {
	text := strings.TrimSpace(d.line.text)
	if d.Check != nil {
		if err := d.Check(text); err != nil {
			d.wrong = err.Error()
			return nil, nil
		}
	}
	return text, nil
}

func (d *input) View(width, height int) string {
	w := inner(width, height)
	lines := []string{d.st.Title.Render(d.Title), "", d.Prompt + " " + d.line.view(d.st, w-Width(d.Prompt)-1), ""}
	for _, s := range []string{d.wrong, d.Explain} {
		if s != "" {
			lines = append(lines, Wrap(Scrub(s), w)...)
		}
	}
	return strings.Join(box(d.st, lines, width, height, false), "\n")
}

func (d *input) ShortHelp() []key.Binding  { return []key.Binding{d.ok, d.leave} }
func (d *input) FullHelp() [][]key.Binding { return [][]key.Binding{d.ShortHelp()} }
