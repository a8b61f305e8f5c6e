package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
)

// AskBackupPassphrase is what is stated where the passphrase of a backup is asked for.
type AskBackupPassphrase struct {
	// File is the backup, "" for one that is to be written.
	File string
	// New asks for a passphrase that is being chosen: long enough, and typed twice.
	New bool
	// Try counts from 1. From the second on, the dialog says that the last one was wrong.
	Try int
}

// backupPassphrase is a passphrase dialog about a backup, which is no key.
type backupPassphrase struct {
	*passphrase
	ask AskBackupPassphrase
}

// NewBackupPassphrase asks for the passphrase of a backup itself. Its result is a
// keyring.Passphrase, which whoever asked must wipe, or Cancelled.
func NewBackupPassphrase(st *Styles, clock Clock, ask AskBackupPassphrase) Dialog {
	why := "it opens the backup. The keys in it stay locked with passphrases of their own."
	if ask.New {
		why = "the backup is locked with it, instead of for recipients. Without it nobody opens the backup."
	}
	p := NewPassphrase(st, clock, AskPassphrase{New: ask.New, Why: why, Try: 1})
	return &backupPassphrase{p.(*passphrase), ask}
}

// Update refuses a new passphrase that would be guessed soon.
func (b *backupPassphrase) Update(msg tea.Msg) (any, tea.Cmd) {
	result, cmd := b.passphrase.Update(msg)
	return b.checked(result), cmd
}

func (b *backupPassphrase) checked(result any) any {
	pass, ok := result.(keyring.Passphrase)
	if !ok || !b.ask.New {
		return result
	}
	if err := backup.CheckPassphrase(pass); err != nil {
		pass.Wipe()
		b.said = "Not taken: " + err.Error() + ". Type another, twice."
		return nil
	}
	return pass
}

func (b *backupPassphrase) title() string {
	if b.ask.New {
		return "NEW PASSPHRASE OF THE BACKUP"
	}
	return "PASSPHRASE OF THE BACKUP"
}

// wrong says that the last try failed, from the second on.
func (b *backupPassphrase) wrong() string {
	if b.ask.Try < 2 {
		return ""
	}
	return "That passphrase does not open this backup. " + nth(b.ask.Try) + " try. Nothing has changed."
}

func (b *backupPassphrase) lines(width, height int) []string {
	w := inner(width, height)
	lines := []string{b.st.Title.Render(b.title()), ""}
	if b.ask.File != "" {
		lines = append(lines, Wrap(Scrub(b.ask.File), w)...)
	}
	lines = append(lines, Wrap("Why: "+b.Why, w)...)
	lines = append(append(lines, ""), b.field(w), "")
	said := b.sentences()
	if len(said) == 0 && b.wrong() != "" && len(b.secret.buf) == 0 {
		said = []string{b.wrong()}
	}
	for _, s := range said {
		lines = append(lines, Wrap(s, w)...)
	}
	return lines
}

// Fits reports whether all of it can be seen at this size.
func (b *backupPassphrase) Fits(width, height int) bool {
	return fits(b.lines(width, height), width, height)
}

func (b *backupPassphrase) View(width, height int) string {
	return strings.Join(box(b.st, b.lines(width, height), width, height, false), "\n")
}
