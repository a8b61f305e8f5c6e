package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Recorder remembers how far a copy was proven.
type Recorder interface {
	// Record adds to the record of backups; what names the deed, as "drill".
	Record(ctx context.Context, what string, rec backup.Record) error
}

// trialOptions are what a trial is given.
type trialOptions struct {
	context  context.Context
	styles   *ui.Styles
	clock    ui.Clock
	recorder Recorder
	// what names the deed for the record, and changed hears of each key that was tried.
	what    string
	changed func()
}

// trial asks for the passphrases of the keys in a backup that was read, one key after the other,
// and opens each in memory: it signs a test message and is wiped. A key may be skipped; then the
// copy is proven as far as that key goes, and not drilled.
type trial struct {
	trialOptions
	result  *backup.VerifyResult
	loader  *ui.Loader[tried]
	skipped map[string]bool
	tries   map[string]int
	each    bool // the operator wants to be asked for each key
	held    *held
	offers  int // counts what was offered, so that an older timer does nothing
}

// tried is what became of one key. It holds no passphrase: a message may be logged.
type tried struct {
	lock backup.Locked
	err  error
	// more are the keys that the same passphrase is tried on after it; same says that it is one
	// of them.
	more int
	same bool
}

// forgotten is when an offer is too old.
type forgotten struct {
	trial *trial
	offer int
}

func newTrial(opt trialOptions, result *backup.VerifyResult) *trial {
	return &trial{trialOptions: opt, result: result, loader: ui.NewLoader[tried](opt.context, opt.clock), skipped: map[string]bool{}, tries: map[string]int{}, held: new(held)}
}

// busy says that a key is being opened, "" for none.
func (t *trial) busy() string {
	if t == nil {
		return ""
	}
	return t.loader.Busy()
}

// waiting is what is being waited for, once that takes its time.
func (t *trial) waiting() string {
	if t == nil {
		return ""
	}
	return t.loader.Waiting()
}

// locked is how many keys no passphrase has opened yet.
func (t *trial) locked() int {
	if t == nil {
		return 0
	}
	return len(t.result.Locked())
}

// stop stops what is being opened and forgets the passphrase that is held.
func (t *trial) stop() {
	if t != nil {
		t.loader.Drop()
		t.held.close()
		t.held = new(held)
	}
}

// update takes the trial's own messages, and reports whether this was one.
func (t *trial) update(msg tea.Msg) (tea.Cmd, bool) {
	if t == nil {
		return nil, false
	}
	if e, ok := msg.(forgotten); ok && e.trial == t {
		if e.offer == t.offers {
			t.held.take().Wipe()
		}
		return nil, true
	}
	got, next, ok := t.loader.Take(msg)
	if !ok {
		return nil, false
	}
	cmd := tea.Batch(got.Each(t.take), next)
	t.changed()
	return cmd, true
}

// take notes what became of a key, and goes on. What a burst on the other keys leads to
// follows its last one.
func (t *trial) take(e tried) tea.Cmd {
	t.result.Tried(e.lock, e.err)
	switch wrong := errors.Is(e.err, keyring.ErrPassphrase); {
	case e.same && e.more > 0:
		t.loader.Doing(fmt.Sprintf("trying it on %d more", e.more))
		return nil
	case e.same:
		return tea.Batch(t.note(), t.ask())
	case wrong:
		t.tries[e.lock.Path]++
		return t.ask()
	case e.err != nil:
		return tea.Batch(t.note(), ui.Send(ui.ErrorMsg{Err: e.err}))
	}
	return tea.Batch(t.note(), t.goOn(e.lock.KeyID))
}

// note records how far the copy is proven now.
func (t *trial) note() tea.Cmd {
	ctx, recorder, what, rec := t.context, t.recorder, t.what, t.result.Record()
	return func() tea.Msg {
		if err := recorder.Record(ctx, what, rec); err != nil {
			return ui.ErrorMsg{Err: err}
		}
		return ui.DoneMsg{Action: "drilled"}
	}
}

// count says how many passphrases of a backup were proven.
func count(r *backup.VerifyResult) string { return passphrases(r.Drilled, len(r.Keys)) }

// keptFor is how long a passphrase that opened a key is held for the others.
const keptFor = 5 * time.Minute

// skipSentence says what skipping a key means.
func skipSentence(l backup.Locked) string {
	return "Skipped: " + keyName(l.KeyID, l.Path) + " is then only proven, not drilled. p asks for the next passphrase."
}

// reason is why a dialog asks.
func (t *trial) reason() string {
	return "it signs a test message in memory, and is wiped. " + count(t.result) + " so far."
}

func role(l backup.Locked) trustdata.Role { return trustdata.Role(trustdata.Visible(l.Role)) }
