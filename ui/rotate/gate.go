package rotate

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// gate is what comes before anything is sent, in every wizard of this package: the keys
// that are opened, a new root key, and the backup of it. What it holds must not outlive the
// wizard.
type gate struct {
	*ui.Work
	styles  *ui.Styles
	pending *ui.Pending
	// readers reads the recipients of a backup; nil knows no names.
	readers ui.Readers
	// made says that the new key was made by an earlier run.
	made bool

	newID   trustdata.KeyID
	proof   *backup.CreateResult
	waived  string
	cramped bool

	// prepare copies what the making of the new key takes, and gives the work. write makes
	// a backup, abandon undoes what was prepared.
	prepare func() func(context.Context, keyring.Passphrase) (*rotation.Prepared, error)
	write   func(ctx context.Context, prep *rotation.Prepared, folder string, recipients []string) (*backup.CreateResult, error)
	abandon func(context.Context, *rotation.Prepared) error
	// reopen opens the new key once more, for a wizard that may need it for a second try;
	// nil for one that does not.
	reopen func(context.Context, trustdata.KeyID, keyring.Passphrase) (*keyring.PrivateKey, error)
}

func newGate(held ui.CustodyOptions, take func(event any) tea.Cmd) gate {
	held.Deed = "the rotation"
	return gate{Work: ui.NewWork(held, take), styles: held.Styles, pending: new(ui.Pending)}
}

// isEmpty reports whether leaving has nothing to undo.
func (m *gate) isEmpty() bool { return m.Held.IsEmpty() && m.pending.Get() == nil }

// keep is what the gate keeps of what the loader sends.
func (m *gate) keep(e any) tea.Cmd {
	switch e := e.(type) {
	case keyMade:
		m.newID = e.id
	case backedUp:
		m.proof, m.waived = e.result, ""
		return ui.Send(ui.DoneMsg{Action: "backed up"})
	}
	return nil
}

// giveUp wipes what was opened and undoes what was made, and says what became of it.
func (m *gate) giveUp(ctx context.Context) (said string) {
	m.Held.GiveUp()
	err := m.pending.GiveUp(context.WithoutCancel(ctx), m.abandon)
	said = "Given up before anything was sent."
	switch {
	case err != nil:
		said += " The unused new key could not be moved to the trash and stays in pending/: " + trustdata.VisibleError(err)
	case m.made:
		said = "Nothing more was sent. The operation waits as it was."
	case m.newID != "":
		said += fmt.Sprintf(" The unused new key %s is in the trash.", m.newID.Short())
	}
	return said
}

// reset forgets what was made, for another beginning.
func (m *gate) reset() {
	m.Drop()
	m.pending = new(ui.Pending)
	m.proof, m.waived = nil, ""
	if !m.made {
		m.newID = ""
	}
}

// leaving is the true sentence for every step before anything is sent.
func (m *gate) leaving() string {
	switch {
	case m.made && !m.isEmpty():
		return "Leaving now changes nothing; opened keys are forgotten."
	case m.made:
		return "Leaving now changes nothing: the operation waits."
	case m.newID != "":
		return "Leaving now moves the new key to the trash, nothing else."
	case !m.isEmpty():
		return "Leaving now changes nothing; opened keys are forgotten."
	}
	return "Leaving now changes nothing."
}

// rootSteps are those of a new root key, after the passphrases.
func (m *gate) rootSteps() []ui.Step {
	return []ui.Step{
		{Name: stepNewKey, Page: m.newKeyPage, Leaving: m.leaving, Next: "next: back up", Blocked: m.noNewKey,
			Acts: []ui.Act{{Key: ui.Bind("N", "make the new key", "N"), Do: m.makeKey, Blocked: m.cannotMake}}},
		{Name: stepBackUp, Page: m.backUpPage, Leaving: m.leaving, Next: "next: review", Blocked: m.noBackup,
			Acts: []ui.Act{{Key: ui.Bind("B", "back up both keys", "B"), Do: m.askFolder, Blocked: m.Occupied},
				{Key: ui.Bind("x", "go on without (asks why)", "x"), Do: m.askWaiver, Blocked: m.Occupied}}}}
}
