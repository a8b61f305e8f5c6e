package ui

import (
	"errors"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
)

// Trouble is an error as people are told of it.
type Trouble struct {
	What   string // what happened, with the name of the thing
	Means  string // the state of keys and server
	Do     string // what can be done about it
	Detail string // everything, to copy
	// Alarm marks the one alarm there is.
	Alarm bool
}

// Explain turns an error into its four parts.
func Explain(err error) Trouble {
	t := Trouble{Detail: trustdata.VisibleError(err)}
	t.What = Sentence(Capital(t.Detail))
	if stop := Alarm(err); stop != "" {
		t.What, t.Alarm = stop, true
	}
	h := hintFor(err)
	t.Means, t.Do = h.means, h.do
	return t
}

// Alarm is the sentence of the one alarm there is: a server that contradicts what this
// machine has seen. It is "" for any other error.
func Alarm(err error) string {
	var c *remote.Conflict
	if !errors.As(err, &c) {
		return ""
	}
	seen := "what this machine knows"
	if !c.SeenAt.IsZero() {
		seen = "what this machine has seen on " + c.SeenAt.UTC().Format("2006-01-02 15:04 UTC")
	}
	return "STOP. " + trustdata.Visible(c.Server) + " contradicts " + seen + " of " + Name(string(c.GUN), "") + ": " +
		trustdata.VisibleError(c.Refused) + ". An old copy restored by mistake looks like this. So does an attack. Nothing was stored."
}

// Capital makes a lower-case error the start of a sentence.
func Capital(s string) string {
	if s == "" || strings.HasPrefix(s, "keyrite") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Parts are the four parts, those that say something: the detail is left out where it is
// what happened once more.
func (t Trouble) Parts() []Fact {
	parts := []Fact{{Label: "What happened", Value: t.What}, {Label: "What it means", Value: t.Means}, {Label: "What you can do", Value: t.Do}}
	if !strings.EqualFold(strings.TrimSuffix(t.What, "."), t.Detail) {
		parts = append(parts, Fact{Label: "Detail", Value: t.Detail})
	}
	return slices.DeleteFunc(parts, func(p Fact) bool { return p.Value == "" })
}

// View draws the four parts, in at most height lines.
func (t Trouble) View(st *Styles, width, height int) []string {
	var out []string
	for i, p := range t.Parts() {
		label := Fit(p.Label, len("What you can do"), CutEnd) + "  "
		for j, line := range Wrap(Scrub(p.Value), width-len(label)-2) {
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
