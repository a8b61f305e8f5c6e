package ui

import (
	"context"
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// answer is what came of opening a key. None holds a key or a passphrase: a message may be
// logged.
type answer struct {
	need   rotation.Need
	opened bool
	wrong  bool // that passphrase does not open it
}

// stepPassphrases is the name of the step at which the wizard goes on by itself.
const stepPassphrases = "Passphrases"

// Step is the wizard's step in which every passphrase is asked for. It goes on to the next
// one by itself once everything is open.
func (c *Custody) Step(leaving func() string) Step {
	return Step{Name: stepPassphrases, Page: c.page, Leaving: leaving, Start: c.Open, Next: "type the next one", Do: c.Open}
}

// Open opens what is missing, one key after the other, and asks for what it takes.
func (c *Custody) Open() tea.Cmd {
	if c.Busy() != "" {
		return nil
	}
	n, some := c.Missing()
	switch {
	case some && n.New:
		return c.ask(n)
	case some:
		return c.unlock(n)
	case c.wizard.StepName() == stepPassphrases:
		return c.wizard.Advance()
	}
	c.wizard.Refresh()
	if c.opt.Done != nil {
		return c.opt.Done()
	}
	return nil
}

// Update takes the custody's own messages, and reports whether this was one.
func (c *Custody) Update(msg tea.Msg) (cmd tea.Cmd, mine bool) {
	if e, ok := msg.(expiredMsg); ok && e.custody == c {
		return c.expire(e.nth), true
	}
	got, next, ok := c.loader.Take(msg)
	if !ok {
		return nil, false
	}
	cmd = tea.Batch(got.Each(c.take), next)
	c.wizard.Refresh()
	return cmd, true
}

func (c *Custody) take(a answer) tea.Cmd {
	if a.opened {
		return tea.Batch(c.keepFor(), c.Open())
	}
	if a.wrong {
		c.tries[a.need.KeyID]++
	}
	return c.ask(a.need)
}

// unlock opens a key that needs nobody, and asks for the passphrase of any other.
func (c *Custody) unlock(n rotation.Need) tea.Cmd {
	keys, vault := c.opt.Keys, c.vault
	c.loader.Doing("looking at key " + n.KeyID.Short())
	return c.loader.Get(func(ctx context.Context) (answer, error) {
		k, err := keys.Unlocked(ctx, n.KeyID)
		if err != nil || k == nil {
			return answer{need: n}, err
		}
		vault.addKey(n.KeyID, k)
		return answer{need: n, opened: true}, nil
	})
}

// ask asks for the passphrase of a key, or for a new one.
func (c *Custody) ask(n rotation.Need) tea.Cmd {
	ask := AskPassphrase{Role: n.Role, KeyID: n.KeyID, Why: n.Why, New: n.New, Try: c.tries[n.KeyID] + 1, Leave: "stop here (safe)",
		Kept: "Asked once. Forgotten when " + c.opt.Deed + " ends or is left, or after 5 minutes."}
	switch {
	case n.New:
		ask.Kept = "It is needed whenever the new key is to sign. Write down where it is kept, not what it is."
	case c.opt.Which != nil:
		ask.Which = c.opt.Which(n)
	}
	return c.Ask(NewPassphrase(c.opt.Styles, c.opt.Clock, ask), func(r any) tea.Cmd {
		pass, ok := r.(keyring.Passphrase)
		switch {
		case !ok:
			c.wizard.Refresh()
			return nil
		case n.New:
			c.vault.addChosen(n.Role, pass)
			return tea.Batch(c.keepFor(), c.Open())
		}
		return c.try(n, pass)
	})
}

// try tries a passphrase. A wrong one is asked for again; nothing has changed.
func (c *Custody) try(n rotation.Need, pass keyring.Passphrase) tea.Cmd {
	keys, vault := c.opt.Keys, c.vault
	c.loader.Doing("opening key " + n.KeyID.Short())
	return c.loader.Get(func(ctx context.Context) (answer, error) {
		defer pass.Wipe()
		k, err := keys.Open(ctx, n.KeyID, pass)
		switch {
		case errors.Is(err, keyring.ErrPassphrase):
			return answer{need: n, wrong: true}, nil
		case err != nil:
			return answer{}, err
		}
		vault.addKey(n.KeyID, k)
		return answer{need: n, opened: true}, nil
	})
}

func (c *Custody) page() Page {
	p := Page{Title: stepPassphrases, Order: "in the order of asking",
		Sections:   []Section{{Title: "EVERY KEY IS OPENED BEFORE ANYTHING HAPPENS", Facts: []Fact{{Value: "A wrong passphrase is found now, while nothing has changed. Nothing that is typed is shown."}}}},
		TableTitle: "NEEDED",
		Columns:    []Column{{Title: "KEY", Priority: 1}, {Title: "ROLE", Priority: 3}, {Title: "STATE", Priority: 2, Min: 10}, {Title: "WHY", Priority: 4, Min: 16}}}
	for i, n := range c.opt.Needs() {
		mark, state := MarkUnchecked, "not open yet"
		name := n.KeyID.Short()
		switch has := c.vault.has(n); {
		case has && n.New:
			mark, state = MarkOK, "typed twice"
		case has:
			mark, state = MarkOK, "open until "+c.until.UTC().Format("15:04 UTC")
		case n.New:
			state = "to be chosen"
		}
		if n.New {
			name = "new"
		}
		p.Rows = append(p.Rows, Row{ID: fmt.Sprint(i), Mark: mark, Cells: []string{name, n.Role.Title(), state, trustdata.Visible(n.Why)}})
	}
	return p
}
