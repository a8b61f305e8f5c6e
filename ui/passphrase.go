package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// MinPassphrase is the least number of characters of a new passphrase: notary's floor.
const MinPassphrase = 8

// blurLimit is how long the window may be out of focus before the field is cleared.
const blurLimit = time.Minute

// AskPassphrase is what a passphrase dialog states: which key, why, and for how long.
type AskPassphrase struct {
	// Role and Which name the key in the title: "root" and "old", "new" or "".
	Role  trustdata.Role
	Which string
	// KeyID is shown whole; "" for a key that does not exist yet.
	KeyID trustdata.KeyID
	// Why says what the key must do: "it must sign root.json of 10 repositories".
	Why string
	// Kept says how often it is asked and when forgotten: "Asked once. Forgotten when
	// this step ends."
	Kept string
	// New asks for a passphrase that is being chosen: long enough, and typed twice.
	New bool
	// Try counts from 1. From the second on, the dialog says that the last one was wrong.
	Try int
	// Leave says what Esc does: "stop the rotation here (safe)".
	Leave string
}

type passphrase struct {
	AskPassphrase
	st        *Styles
	clock     Clock
	secret    secret
	first     keyring.Passphrase // of a new one, while it is typed again
	again     bool
	said      string
	caps      bool
	blurs     int
	ok, clear key.Binding
	leave     key.Binding
}

type blurredMsg struct {
	dialog *passphrase
	blurs  int
}

// NewPassphrase asks for a passphrase. Its result is a keyring.Passphrase, which whoever
// asked must wipe, or Cancelled.
func NewPassphrase(st *Styles, clock Clock, ask AskPassphrase) Dialog {
	do := "open"
	if ask.New {
		do = "take"
	}
	if ask.Leave == "" {
		ask.Leave = "leave, nothing changes"
	}
	return &passphrase{AskPassphrase: ask, st: st, clock: clock, secret: newSecret(),
		ok: Bind("Enter", do, "enter"), clear: Bind("Ctrl-u", "clear", "ctrl+u"), leave: Bind("Esc", ask.Leave, "esc")}
}

func (p *passphrase) Update(msg tea.Msg) (any, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.BlurMsg:
		p.blurs++
		at := p.blurs
		return nil, p.clock.Tick(blurLimit, func(time.Time) tea.Msg { return blurredMsg{p, at} })
	case tea.FocusMsg:
		p.blurs++
	case blurredMsg:
		if msg.dialog == p && msg.blurs == p.blurs {
			p.forget()
			p.said = "The window was out of focus for a minute: what was typed is forgotten."
		}
	case tea.PasteMsg:
		p.said = ""
		p.secret.edit(msg)
	case tea.KeyPressMsg:
		return p.press(msg), nil
	}
	return nil, nil
}

// Wipe clears what was typed.
func (p *passphrase) Wipe() { p.forget() }

func (p *passphrase) forget() {
	p.secret.wipe()
	p.first.Wipe()
	p.again = false
}

func (p *passphrase) press(k tea.KeyPressMsg) any {
	p.caps = k.Mod.Contains(tea.ModCapsLock)
	switch {
	case key.Matches(k, p.leave):
		p.forget()
		return Cancelled{}
	case key.Matches(k, p.ok):
		return p.submit()
	}
	p.said = ""
	p.secret.edit(k)
	return nil
}

func (p *passphrase) submit() any {
	typed := p.secret.trimmed()
	switch {
	case len(typed) == 0:
		p.said = "Nothing is typed yet."
	case !p.New:
		return p.secret.take()
	case utf8.RuneCount(typed) < MinPassphrase:
		p.secret.wipe()
		p.said = fmt.Sprintf("That is too short: at least %d characters, better 16. Type another.", MinPassphrase)
	case !p.again:
		p.first, p.again = p.secret.take(), true
	default:
		return p.compare()
	}
	return nil
}

// compare ends the second typing of a new passphrase.
func (p *passphrase) compare() any {
	second := p.secret.take()
	defer p.first.Wipe()
	p.again = false
	if second.Equal(p.first) {
		return second
	}
	second.Wipe()
	p.said = "The two differ. Nothing has changed. Type the new passphrase again, twice."
	return nil
}

// Fits reports whether the whole key ID can be seen at this size.
func (p *passphrase) Fits(width, height int) bool { return fits(p.lines(width, height), width, height) }

// Status warns that no key does what it does elsewhere.
func (p *passphrase) Status() string { return "All keys go into the passphrase now. Pasting is fine." }

func (p *passphrase) title() string {
	t := "PASSPHRASE OF THE "
	if p.Which != "" {
		t += p.Which + " "
	}
	if p.New {
		t = "NEW " + t
	}
	return strings.ToUpper(t + p.Role.Title() + " KEY")
}

func (p *passphrase) View(width, height int) string {
	return strings.Join(box(p.st, p.lines(width, height), width, height, false), "\n")
}

func (p *passphrase) lines(width, height int) []string {
	w := inner(width, height)
	lines := []string{p.st.Title.Render(Scrub(p.title())), ""}
	if p.KeyID != "" {
		id := string(p.KeyID)
		lines = append(lines, Fours(id[:len(id)/2]), Fours(id[len(id)/2:]), "")
	}
	if p.Why != "" {
		lines = append(lines, Wrap("Why: "+Scrub(p.Why), w)...)
	}
	if p.Kept != "" {
		lines = append(lines, Wrap(p.Kept, w)...)
	}
	lines = append(append(lines, ""), p.field(w), "")
	for _, s := range p.sentences() {
		lines = append(lines, Wrap(s, w)...)
	}
	return lines
}

// field says that something is typed, and not how much: the length is a secret too.
func (p *passphrase) field(w int) string {
	label, state := "Passphrase", "hidden; empty"
	if p.again {
		label = "Once more"
	}
	if len(p.secret.buf) > 0 {
		state = "hidden; something is typed"
	}
	return label + "   [ " + Fit(state, max(0, w-Width(label)-7), CutEnd) + " ]"
}

// sentences are what there is to say under the field.
func (p *passphrase) sentences() []string {
	var out []string
	switch {
	case p.said != "":
		out = append(out, p.said)
	case p.secret.notice() != "":
		out = append(out, p.secret.notice())
	case p.again:
		out = append(out, "Type the same passphrase once more.")
	case p.New:
		out = append(out, p.rules())
	case p.wrong() != "" && len(p.secret.buf) == 0:
		out = append(out, p.wrong())
	}
	if p.caps {
		out = append(out, "Caps Lock is on.")
	}
	return out
}

// rules say what a new passphrase must be.
func (p *passphrase) rules() string {
	return fmt.Sprintf("At least %d characters, better 16. It is asked twice. Nobody can recover it.", MinPassphrase)
}

// wrong says that the last try failed, from the second on.
func (p *passphrase) wrong() string {
	if p.Try < 2 {
		return ""
	}
	return "That passphrase does not open this key. " + nth(p.Try) + " try. Nothing has changed."
}

// nth is the number of a try in words, as far as anybody counts.
func nth(n int) string {
	words := []string{"", "First", "Second", "Third", "Fourth", "Fifth", "Sixth"}
	if n < len(words) {
		return words[n]
	}
	return fmt.Sprintf("%dth", n)
}

func (p *passphrase) ShortHelp() []key.Binding  { return []key.Binding{p.ok, p.clear, p.leave} }
func (p *passphrase) FullHelp() [][]key.Binding { return [][]key.Binding{p.ShortHelp()} }
