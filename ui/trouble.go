package ui

import (
	"strings"

	"keyrite/trustdata"
)

// Trouble is an error as people are told of it.
type Trouble struct {
	What   string // what happened, with the name of the thing
	Means  string // the state of keys and server
	Do     string // what can be done about it
	Detail string // everything, to copy
}

// Explain turns an error into its four parts.
func Explain(err error) Trouble {
	t := Trouble{Detail: trustdata.VisibleError(err)}
	t.What = sentence(capital(t.Detail))
	h := hintFor(err)
	t.Means, t.Do = h.means, h.do
	return t
}

// capital makes a lower-case error the start of a sentence.
func capital(s string) string {
	if s == "" || strings.HasPrefix(s, "keyrite") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// View draws the four parts, in at most height lines.
func (t Trouble) View(st *Styles, width, height int) []string {
	var out []string
	for i, p := range []struct{ label, text string }{
		{"What happened", t.What}, {"What it means", t.Means}, {"What you can do", t.Do}, {"Detail", t.Detail},
	} {
		if p.text == "" || i == 3 && strings.EqualFold(strings.TrimSuffix(t.What, "."), t.Detail) {
			continue
		}
		label := Fit(p.label, len("What you can do"), CutEnd) + "  "
		for j, line := range Wrap(Scrub(p.text), width-len(label)-2) {
			if j > 0 {
				label = strings.Repeat(" ", len(label))
			}
			if i == 0 {
				line = st.Error.Render(line)
			}
			out = append(out, " "+label+line)
		}
	}
	return out[:min(len(out), max(0, height))]
}

// Text is the trouble as it is copied.
func (t Trouble) Text() string {
	return "What happened: " + t.What + "\nWhat it means: " + t.Means + "\nWhat you can do: " + t.Do + "\nDetail: " + t.Detail + "\n"
}
