package ui

import (
	"cmp"
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// GateOptions are what a gate is given.
type GateOptions struct {
	// Readers reads the recipients of a backup; nil knows no names.
	Readers Readers
	// Deed says in what the new key is used first: "sent", "signed".
	Deed string
	// Whole names what waits where an earlier run has begun it: "operation", "ceremony".
	Whole string
	// Prepare copies what the making of the new key takes, and gives the work.
	Prepare func() func(context.Context, keyring.Passphrase) (*rotation.Prepared, error)
	// BackUp writes a backup, and Abandon undoes what was prepared.
	BackUp  func(ctx context.Context, prep *rotation.Prepared, folder string, recipients []string) (*backup.CreateResult, error)
	Abandon func(context.Context, *rotation.Prepared) error
	// Reopen opens the new key once more, for a wizard that may need it for a second try;
	// nil for one that does not.
	Reopen func(context.Context, trustdata.KeyID, keyring.Passphrase) (*keyring.PrivateKey, error)
}

// Gate is what comes before the deed in a wizard that may make a root key: the new key, and
// the backup of it. What it holds must not outlive the wizard.
type Gate struct {
	// Pending is the operation with its new key, until the deed takes it.
	Pending *Pending
	// Begun says that an earlier run has made the new key: leaving lets it wait.
	Begun bool
	// NewID is the new root key, "" until it is made.
	NewID trustdata.KeyID
	Saved Secured

	work    *Work
	opt     GateOptions
	cramped bool
}

type (
	gateMade  struct{ id trustdata.KeyID }
	gateSaved struct{ result *backup.CreateResult }
)

// The steps of a gate by their names.
const (
	StepNewKey = "New key"
	StepBackUp = "Back up"
)

// NewGate makes the gate of a wizard that works with work.
func NewGate(work *Work, opt GateOptions) *Gate {
	return &Gate{Pending: new(Pending), work: work, opt: opt}
}

// Steps are those of a new root key, after the passphrases.
func (g *Gate) Steps() []Step {
	return []Step{
		{Name: StepNewKey, Page: func() Page { return NewRootPage(g.NewID, g.opt.Deed) }, Leaving: g.Leaving, Next: "next: back up", Blocked: g.noNewKey,
			Acts: []Act{{Key: Bind("N", "make the new key", "N"), Do: g.makeKey, Blocked: g.cannotMake}}},
		{Name: StepBackUp, Page: func() Page { return g.Saved.Page(strings.ToUpper(g.opt.Deed)) }, Leaving: g.Leaving, Next: "next: review",
			Blocked: func() string { return cmp.Or(g.Saved.Missing(), g.work.Occupied()) },
			Acts: []Act{{Key: Bind("B", "back up both keys", "B"), Do: g.askFolder, Blocked: g.work.Occupied},
				{Key: Bind("x", "go on without (asks why)", "x"), Do: g.askWaiver, Blocked: g.work.Occupied}}}}
}

// IsEmpty reports whether leaving has nothing to undo.
func (g *Gate) IsEmpty() bool { return g.work.Held.IsEmpty() && g.Pending.Get() == nil }

// Keep takes what is the gate's of what the work sends.
func (g *Gate) Keep(event any) tea.Cmd {
	switch e := event.(type) {
	case gateMade:
		g.NewID = e.id
	case gateSaved:
		g.Saved = Secured{Proof: e.result}
		return Send(DoneMsg{Action: "backed up"})
	}
	return nil
}

// GiveUp wipes what was opened and undoes what was made, says what became of it, and stands
// at the beginning again.
func (g *Gate) GiveUp(ctx context.Context) (said string) {
	g.work.Held.GiveUp()
	err := g.Pending.GiveUp(context.WithoutCancel(ctx), g.opt.Abandon)
	said = "Given up before anything was " + g.opt.Deed + "."
	switch {
	case err != nil:
		said += " The unused new key could not be moved to the trash and stays in pending/: " + trustdata.VisibleError(err)
	case g.Begun:
		said = "Nothing more was " + g.opt.Deed + ". The " + g.opt.Whole + " waits as it was."
	case g.NewID != "":
		said += " The unused new key " + g.NewID.Short() + " is in the trash."
	}
	g.Reset()
	return said
}

// Reset forgets what was made, for another beginning.
func (g *Gate) Reset() {
	g.work.Drop()
	g.Pending, g.Saved = new(Pending), Secured{}
	if !g.Begun {
		g.NewID = ""
	}
}

// Leaving is the true sentence for every step before the deed.
func (g *Gate) Leaving() string {
	switch {
	case g.NewID != "" && !g.Begun:
		return "Leaving now moves the new key to the trash, nothing else."
	case !g.IsEmpty():
		return "Leaving now changes nothing; opened keys are forgotten."
	case g.Begun:
		return "Leaving now changes nothing: the " + g.opt.Whole + " waits."
	}
	return "Leaving now changes nothing."
}

// Room takes note of the room that the page has. It says what is drawn in its place where
// the new key would not be seen whole, and else is "".
func (g *Gate) Room(width, height int) string {
	const leastWidth, leastHeight = 60, 12 // the body of a window of 60x15
	g.cramped = width < leastWidth || height < leastHeight
	if g.cramped && g.work.StepName() == StepNewKey {
		return " " + tooCramped
	}
	return ""
}

const tooCramped = "Make the window 60x15: the new key must be seen whole."
