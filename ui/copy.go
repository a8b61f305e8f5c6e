package ui

import (
	"bytes"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
)

// CommandLine is the line of a shell that does from a script what is shown: keyrite with
// these words, which need not have passed trustdata.Visible.
func CommandLine(words ...string) Copyable {
	var b strings.Builder
	b.WriteString("keyrite")
	for _, w := range words {
		b.WriteString(" " + trustdata.ShellWord(trustdata.Visible(w)))
	}
	return Copyable{What: "command", Text: b.String()}
}

// wholeScreen is what the choice of things to copy ends with.
const wholeScreen = "this screen as text"

// copy asks what of the selected row, of the page, or of the screen goes to the clipboard.
func (l *List) copy() tea.Cmd {
	r, _ := l.Row()
	what := slices.Clone(r.Copy)
	if len(what) == 0 {
		what = slices.Clone(l.data.Copy)
	}
	what = append(what, Copyable{What: wholeScreen})
	d := newChoice(l.st, "COPY", nil)
	d.letters = letters(what)
	for _, c := range what {
		d.options = append(d.options, c.What)
	}
	return Send(AskMsg{Dialog: d, Answer: func(r any) tea.Cmd {
		i, ok := r.(int)
		switch {
		case !ok:
			return nil
		case i == len(what)-1:
			return l.copyScreen()
		}
		return Send(CopyMsg(what[i]))
	}})
}

// copyScreen copies the rows that are shown, with all that the page says. Writing it costs
// time for every row, so it is a command.
func (l *List) copyScreen() tea.Cmd {
	p := l.Shown()
	return func() tea.Msg {
		var b bytes.Buffer
		if err := WritePlain(&b, p); err != nil {
			return ErrorMsg{Err: err}
		}
		return CopyMsg{wholeScreen, b.String()}
	}
}

// copyLetters are the letters that choose what is copied, by the words that name it. The
// first that fits counts.
var copyLetters = []struct{ word, letter string }{
	{wholeScreen, "s"}, {"digest", "d"}, {"SHA-256", "d"}, {"command", "c"}, {"line", "c"}, {"key ID", "y"}, {"repository", "u"}, {"name", "u"}, {"file", "f"},
}

// letters gives each thing the letter of its kind, the first of a kind alone, and "" to the
// others. Where no key ID is among them, the first that has no letter gets that of IDs.
func letters(what []Copyable) []string {
	given := make([]string, len(what))
	for i, c := range what {
		for _, l := range copyLetters {
			if strings.Contains(c.What, l.word) {
				if !slices.Contains(given, l.letter) {
					given[i] = l.letter
				}
				break
			}
		}
	}
	if first := slices.Index(given, ""); first >= 0 && !slices.Contains(given, "y") {
		given[first] = "y"
	}
	return given
}
