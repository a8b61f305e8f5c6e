package ui

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/trustdata"
)

// Readers reads what was typed of those who can open a backup: backup.ParseRecipients, or
// one that knows names too.
type Readers func([]string) ([]backup.Recipient, error)

// recipients asks for a line of public keys, and then for the end of the fingerprint of
// each whose owner is not known yet.
type recipients struct {
	line    Dialog
	st      *Styles
	read    Readers
	known   []string
	texts   []string // what the line gave
	compare []backup.Recipient
	typed   line
	wrong   string
	ok      key.Binding
	back    key.Binding
}

// NewRecipients asks who can open a backup. Its result is a []string, which read, or
// backup.ParseRecipients where that is nil, has been asked about; the holder's end of each
// fingerprint was typed, save for those in given and those that the settings name.
func NewRecipients(st *Styles, read Readers, given []string) Dialog {
	if read == nil {
		read = backup.ParseRecipients
	}
	r := &recipients{st: st, read: read, known: given, ok: Bind("Enter", "compare", "enter"), back: Bind("Esc", "back to the keys", "esc")}
	r.line = NewPublicInput(st, Input{Title: "WHO CAN OPEN IT", Prompt: "Public keys:", Do: "take", Text: strings.Join(given, " "),
		Explain: "age1... or ssh-ed25519 ..., several with a space between, or names from the settings. Only public keys: never the secret one that opens.",
		Check: func(text string) error {
			_, err := read(SplitRecipients(text))
			return err
		}})
	return r
}

func (r *recipients) Update(msg tea.Msg) (any, tea.Cmd) {
	if len(r.compare) > 0 {
		return r.comparing(msg), nil
	}
	result, cmd := r.line.Update(msg)
	return r.taken(result), cmd
}

// taken goes from the line to the fingerprints.
func (r *recipients) taken(result any) any {
	text, ok := result.(string)
	if !ok {
		return result
	}
	r.texts = SplitRecipients(text)
	all, err := r.read(r.texts)
	if err != nil {
		return nil // the line has said so
	}
	r.compare = r.unknown(all)
	r.typed, r.wrong = line{}, ""
	return r.done()
}

// unknown are those whose fingerprint must be compared.
func (r *recipients) unknown(all []backup.Recipient) []backup.Recipient {
	before := map[string]bool{}
	if old, err := r.read(r.known); err == nil {
		for _, o := range old {
			before[o.Fingerprint()] = true
		}
	}
	var open []backup.Recipient
	for _, a := range backup.Unchecked(all) {
		if !before[a.Fingerprint()] {
			open = append(open, a)
		}
	}
	return open
}

// done is the result once nothing is left to compare.
func (r *recipients) done() any {
	if len(r.compare) > 0 {
		return nil
	}
	return r.texts
}

func (r *recipients) comparing(msg tea.Msg) any {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		r.wrong = "Paste is off here: type what the holder says."
	case tea.KeyPressMsg:
		return r.press(msg)
	}
	return nil
}

func (r *recipients) press(k tea.KeyPressMsg) any {
	r.wrong = ""
	switch {
	case key.Matches(k, r.back):
		r.compare = nil
	case !key.Matches(k, r.ok):
		r.typed.edit(k)
	default:
		return r.judge()
	}
	return nil
}

// judge compares what was typed with the fingerprint's end.
func (r *recipients) judge() any {
	if r.compare[0].IsLastGroup(r.typed.text) {
		r.compare, r.typed = r.compare[1:], line{}
		return r.done()
	}
	r.wrong, r.typed = "That is not the last group. If the holder gives another one, it is somebody else's key: Esc goes back, leave it out.", line{}
	return nil
}

// Fits reports whether the whole fingerprint can be seen at this size.
func (r *recipients) Fits(width, height int) bool {
	return len(r.compare) == 0 || fits(r.lines(width, height), width, height)
}

// Status says what leaving means while fingerprints are compared.
func (r *recipients) Status() string {
	if len(r.compare) == 0 {
		return ""
	}
	return "Nothing has been changed."
}

func (r *recipients) View(width, height int) string {
	if len(r.compare) == 0 {
		return r.line.View(width, height)
	}
	return strings.Join(box(r.st, r.lines(width, height), width, height, false), "\n")
}

func (r *recipients) lines(width, height int) []string {
	w := inner(width, height)
	one := r.compare[0]
	lines := []string{r.st.Title.Render(compareTitle), "", Fit(Scrub(fmt.Sprintf("%s %s", one.Kind, one.Text)), w, CutEnd), "", "  " + one.Fingerprint(), ""}
	lines = append(lines, Wrap(howCompared, w)...)
	const prompt = lastGroup + ":"
	lines = append(lines, "", prompt+" "+r.typed.view(r.st, w-Width(prompt)-1))
	if more := r.after(); more != "" {
		lines = append(lines, more)
	}
	if r.wrong != "" {
		lines = append(append(lines, ""), Wrap(r.wrong, w)...)
	}
	return lines
}

const (
	compareTitle = "COMPARE THE FINGERPRINT"
	howCompared  = "Its holder reads it out, or has it on paper. A key that the settings name is not asked for."
	lastGroup    = "Last group, as its holder gives it"
)

// after says how many keys are still to be compared after this one.
func (r *recipients) after() string {
	if more := len(r.compare) - 1; more > 0 {
		return trustdata.Plural(more, "more key", "more keys") + " after this one."
	}
	return ""
}

func (r *recipients) ShortHelp() []key.Binding {
	if len(r.compare) == 0 {
		return r.line.ShortHelp()
	}
	return []key.Binding{r.ok, r.back}
}

func (r *recipients) FullHelp() [][]key.Binding { return [][]key.Binding{r.ShortHelp()} }
