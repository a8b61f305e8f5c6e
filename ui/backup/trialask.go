package backup

import (
	"context"
	"fmt"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// held is a passphrase on its way from the command that tried it to the event loop that asks
// what else it is for. What comes after close is wiped.
type held struct {
	mu     sync.Mutex
	pass   keyring.Passphrase
	closed bool
}

func (h *held) put(p keyring.Passphrase) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pass.Wipe()
	if h.pass = p; h.closed {
		h.pass.Wipe()
	}
}

// take hands the passphrase over; whoever takes it wipes it.
func (h *held) take() keyring.Passphrase {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.pass
	h.pass = keyring.Passphrase{}
	return p
}

func (h *held) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.pass.Wipe()
}

// again asks for the next passphrase, of the skipped keys too once no other is left.
func (t *trial) again() tea.Cmd {
	if t.next() == nil {
		t.skipped = map[string]bool{}
	}
	return t.ask()
}

// next is the next key to ask for, nil for none.
func (t *trial) next() *backup.Locked {
	for _, l := range t.result.Locked() {
		if !t.skipped[l.Path] {
			return &l
		}
	}
	return nil
}

// ask asks for the passphrase of the next key. Leaving the question skips the key, and asks for
// no other until somebody wants it.
func (t *trial) ask() tea.Cmd {
	l := t.next()
	if l == nil {
		return nil
	}
	key, asked := *l, t.held
	ask := ui.AskPassphrase{Role: role(key), KeyID: key.KeyID, Why: t.reason(), Try: t.tries[key.Path] + 1,
		Kept: "Asked once, and forgotten when it has been tried.", Leave: "skip this key"}
	return ui.Send(ui.AskMsg{Dialog: ui.NewPassphrase(t.styles, t.clock, ask), Answer: func(r any) tea.Cmd {
		pass, ok := r.(keyring.Passphrase)
		switch {
		case asked != t.held: // left meanwhile
			pass.Wipe()
			return nil
		case !ok:
			t.skipped[key.Path] = true
			t.changed()
			return ui.Say(skipSentence(key))
		}
		return t.try(key, pass)
	}})
}

// try opens one key. The passphrase is held only if it fits and there are others.
func (t *trial) try(l backup.Locked, pass keyring.Passphrase) tea.Cmd {
	h, others := t.held, t.locked() > 1 && !t.each
	t.loader.Doing("opening key " + keyName(l.KeyID, l.Path))
	return t.loader.Get(func(ctx context.Context) (tried, error) {
		err := l.Open(pass)
		if err == nil && others {
			h.put(pass)
		} else {
			pass.Wipe()
		}
		return tried{lock: l, err: err}, ctx.Err()
	})
}

// goOn follows a key that opened: the same passphrase is tried on others only if the operator
// says so, since a drill is to show that each one is known.
func (t *trial) goOn(opened trustdata.KeyID) tea.Cmd {
	others := t.locked()
	if others == 0 || t.each {
		return t.ask()
	}
	t.offers++
	offer, asked := t.offers, t.held
	options := []string{"no: ask for each key", fmt.Sprintf("yes, try it on %s", trustdata.Plural(others, "other key", "other keys"))}
	dialog := ui.NewChoice(t.styles, opened.Short()+" IS OPEN. TRY THE SAME PASSPHRASE ON THE OTHERS?", options)
	forget := t.clock.Tick(keptFor, func(time.Time) tea.Msg { return forgotten{t, offer} })
	return tea.Batch(forget, ui.Send(ui.AskMsg{Dialog: dialog, Answer: func(r any) tea.Cmd {
		pass := asked.take()
		switch {
		case asked != t.held:
			pass.Wipe()
			return nil
		case r == 1 && pass.IsEmpty():
			return tea.Sequence(ui.Say("The passphrase was forgotten after 5 minutes. It is asked for again."), t.ask())
		case r == 1:
			return t.tryAll(pass)
		}
		pass.Wipe()
		if r == 0 {
			t.each = true
			return t.ask()
		}
		return ui.Say("p asks for the next passphrase.")
	}}))
}

// tryAll tries a passphrase on every key that is locked.
func (t *trial) tryAll(pass keyring.Passphrase) tea.Cmd {
	locked := t.result.Locked()
	t.loader.Doing(fmt.Sprintf("trying it on %d more", len(locked)))
	return t.loader.Start(func(ctx context.Context, emit func(tried)) error {
		defer pass.Wipe()
		for i, l := range locked {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			emit(tried{lock: l, err: l.Open(pass), same: true, more: len(locked) - i - 1})
		}
		return nil
	})
}
