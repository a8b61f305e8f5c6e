package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// KeyOpener opens private keys. It is called off the event loop.
type KeyOpener interface {
	// Unlocked opens a key for which nobody has to be asked: it has no passphrase, or its
	// passphrase is set. It returns nil for any other.
	Unlocked(context.Context, trustdata.KeyID) (*keyring.PrivateKey, error)
	// Open opens a key with its passphrase, which stays the caller's to wipe. A wrong one
	// is keyring.ErrPassphrase.
	Open(context.Context, trustdata.KeyID, keyring.Passphrase) (*keyring.PrivateKey, error)
}

// CustodyOptions are what a custody is given.
type CustodyOptions struct {
	Context context.Context
	Styles  *Styles
	Clock   Clock
	Keys    KeyOpener
	// Needs are the keys that the plan takes, in the order of asking, and none while
	// there is no plan. It is asked anew whenever that may have changed. A key that is
	// needed twice is asked for once; so is the passphrase of a new key of one role.
	Needs func() []rotation.Need
	// Which tells keys of one role apart in the title of the dialog, as AskPassphrase
	// has it: "old", or "". It may be nil.
	Which func(rotation.Need) string
	// Deed is what ends the custody, within a sentence: "the rotation".
	Deed string
	// Done is what follows once everything is open at another step than the custody's own.
	// It may be nil.
	Done func() tea.Cmd
}

// keptFor is how long opened keys stay in memory.
const keptFor = 5 * time.Minute

// Custody opens the keys that a wizard needs and holds them until they are used or the
// wizard is left. Every passphrase is asked before the work starts, so a wrong one is found
// while nothing has happened.
//
// A wizard makes one custody for its life and gives it the wizard with Serve. Step is its
// step of the passphrases. Update passes messages on to it. Once everything is open, and
// Confirm has a yes, Take hands the keys to the command that signs, which wipes them.
//
// The wizard's Busy must report true while the custody is busy or holds anything, and its
// Cancel must call GiveUp: then Esc, Ctrl-c and the end of the program leave no key open.
type Custody struct {
	opt    CustodyOptions
	wizard *Wizard
	loader *Loader[answer]
	vault  *vault
	tries  map[trustdata.KeyID]int
	expiry int // counts what was opened, so that an older timer does nothing
	until  time.Time
}

type expiredMsg struct {
	custody *Custody
	nth     int
}

// NewCustody makes a custody that holds nothing.
func NewCustody(opt CustodyOptions) *Custody {
	return &Custody{opt: opt, loader: NewLoader[answer](opt.Context, opt.Clock), vault: newVault(), tries: map[trustdata.KeyID]int{}}
}

// Serve says whose keys these are. It is called once, before the wizard begins.
func (c *Custody) Serve(w *Wizard) { c.wizard = w }

// Busy says that a key is being opened, as Loader.Busy does.
func (c *Custody) Busy() string { return c.loader.Busy() }

// Waiting is the sentence about a key that takes its time to open, as Loader.Waiting is.
func (c *Custody) Waiting() string { return c.loader.Waiting() }

// IsEmpty reports whether no key is open and no new passphrase is chosen.
func (c *Custody) IsEmpty() bool { return c.vault.isEmpty() }

// Count is how many keys are open and new passphrases are chosen.
func (c *Custody) Count() int { return c.vault.count() }

// Missing is the first need for which somebody has to be asked yet.
func (c *Custody) Missing() (need rotation.Need, some bool) {
	for _, n := range c.opt.Needs() {
		if !c.vault.has(n) {
			return n, true
		}
	}
	return rotation.Need{}, false
}

// Take hands over all that is held. Whoever takes it wipes it.
func (c *Custody) Take() Opened { return c.vault.take() }

// TakeChosen hands over the passphrase that was chosen for the new key of a role; the
// opened keys stay. Whoever takes it wipes it. As long as the need for it is among Needs,
// it is missing again.
func (c *Custody) TakeChosen(role trustdata.Role) keyring.Passphrase {
	return c.vault.takeChosen(role)
}

// Giving is how a command gives keys back that it has taken or opened. What comes after
// GiveUp is wiped.
func (c *Custody) Giving() func(Opened) { return c.vault.giveBack }

// Keep starts the time anew after which what is held is forgotten.
func (c *Custody) Keep() tea.Cmd {
	if c.IsEmpty() {
		return nil
	}
	return c.keepFor()
}

// Forget wipes all that is held, for a pause: it is asked for again when it is needed.
func (c *Custody) Forget() { c.vault.take().Wipe() }

// GiveUp wipes all that is held, stops what is being opened and wipes that too when it
// comes. Questions that are still open have no effect any more. The custody can then begin
// anew.
func (c *Custody) GiveUp() {
	c.loader.Drop()
	c.vault.close()
	c.vault, c.tries = newVault(), map[trustdata.KeyID]int{}
}

// Ask opens a dialog of the wizard. An answer that comes after GiveUp is dropped, and a
// passphrase in it is wiped.
func (c *Custody) Ask(d Dialog, answer func(result any) tea.Cmd) tea.Cmd {
	asked := c.vault
	return Send(AskMsg{Dialog: d, Answer: func(r any) tea.Cmd {
		if c.vault == asked {
			return answer(r)
		}
		if pass, ok := r.(keyring.Passphrase); ok {
			pass.Wipe()
		}
		return nil
	}})
}

// Confirm asks the last question before the deed, and does it after a yes. What is missing
// is asked for first, and in place of the deed what was forgotten while the question stood.
func (c *Custody) Confirm(question func() Question, do func() tea.Cmd) tea.Cmd {
	if _, some := c.Missing(); some {
		return c.Open()
	}
	return c.Ask(NewConfirm(c.opt.Styles, c.opt.Clock, question()), func(r any) tea.Cmd {
		if _, yes := r.(Confirmed); !yes {
			return nil
		}
		if _, some := c.Missing(); some {
			return c.Open()
		}
		return do()
	})
}

// keepFor starts the time after which opened keys are forgotten.
func (c *Custody) keepFor() tea.Cmd {
	c.expiry++
	nth := c.expiry
	c.until = c.opt.Clock.Now().Add(keptFor)
	return c.opt.Clock.Tick(keptFor, func(time.Time) tea.Msg { return expiredMsg{c, nth} })
}

func (c *Custody) expire(nth int) tea.Cmd {
	if nth != c.expiry || c.IsEmpty() {
		return nil
	}
	c.Forget()
	c.wizard.Refresh()
	return Say("Opened keys were forgotten after 5 minutes. Nothing has changed; their passphrases are asked for again.")
}
