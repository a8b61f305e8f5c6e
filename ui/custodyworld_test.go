package ui_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/uitest"
)

func keyID(short string) trustdata.KeyID {
	return trustdata.KeyID(strings.Repeat(short, 16))
}

// passOf is the passphrase of a key of a strongbox.
func passOf(n rotation.Need) string { return "canary-" + n.KeyID.Short() }

// strongbox opens every key with its passphrase, and remembers what it was given.
type strongbox struct {
	unlocked bool // no key needs a passphrase
	err      error
	tried    []trustdata.KeyID
	given    []keyring.Passphrase
	opened   []*keyring.PrivateKey
}

func (s *strongbox) Unlocked(context.Context, trustdata.KeyID) (*keyring.PrivateKey, error) {
	if s.err != nil || !s.unlocked {
		return nil, s.err
	}
	return s.open()
}

func (s *strongbox) Open(_ context.Context, id trustdata.KeyID, p keyring.Passphrase) (*keyring.PrivateKey, error) {
	s.tried, s.given = append(s.tried, id), append(s.given, p)
	switch {
	case s.err != nil:
		return nil, s.err
	case !p.Equal(keyring.NewPassphrase([]byte("canary-" + id.Short()))):
		return nil, fmt.Errorf("key %q: %w", id, keyring.ErrPassphrase)
	}
	return s.open()
}

func (s *strongbox) open() (*keyring.PrivateKey, error) {
	k, err := keyring.Generate(trustdata.KeyED25519)
	s.opened = append(s.opened, k)
	return k, err
}

// wiped fails unless every key that was opened can sign no more.
func (s *strongbox) wiped(t *testing.T) {
	t.Helper()
	for _, k := range s.opened {
		if _, err := k.Sign([]byte("x")); err == nil {
			t.Error("an opened key was not wiped")
		}
	}
}

// unreadable fails unless every passphrase that was given is wiped.
func (s *strongbox) unreadable(t *testing.T) {
	t.Helper()
	for i, p := range s.given {
		if !p.IsEmpty() {
			t.Errorf("the passphrase that was tried on key %s was not wiped", s.tried[i].Short())
		}
	}
}

// vaultWizard is the least wizard that has a custody, and a console that shows one dialog.
type vaultWizard struct {
	*ui.Wizard
	held     *ui.Custody
	box      *strongbox
	done     int
	dialog   ui.Dialog
	answer   func(any) tea.Cmd
	answered any // by the last dialog
	said     string
}

func newVaultWizard(t *testing.T, needs ...rotation.Need) (*vaultWizard, *uitest.Driver) {
	clock, st := uitest.NewClock(), uitest.Styles()
	w := &vaultWizard{box: new(strongbox)}
	w.held = ui.NewCustody(ui.CustodyOptions{Context: t.Context(), Styles: st, Clock: clock.UI(), Keys: w.box, Deed: "the rite",
		Needs: func() []rotation.Need { return needs }, Which: func(rotation.Need) string { return "old" }})
	titled := func(title string) func() ui.Page {
		return func() ui.Page { return ui.Page{Sections: []ui.Section{{Title: title}}} }
	}
	leaving := func() string { return "" }
	confirm := func() tea.Cmd {
		return w.held.Confirm(func() ui.Question { return ui.Question{Headline: "SIGN IT", Keep: "Cancel", Act: "Sign"} },
			func() tea.Cmd { w.done++; return nil })
	}
	w.Wizard = ui.NewWizard(st, "rite", ui.Step{Name: "Check", Page: titled("CHECK"), Leaving: leaving}, w.held.Step(leaving),
		ui.Step{Name: "Review", Page: titled("REVIEW"), Leaving: leaving, Do: confirm})
	w.held.Serve(w.Wizard)
	return w, uitest.New(t, console{w}, clock, 100, 30)
}

// console shows a vaultWizard as the app would.
type console struct{ w *vaultWizard }

func (c console) Init() tea.Cmd { return c.w.Init() }

func (c console) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	w := c.w
	switch msg := msg.(type) {
	case ui.AskMsg:
		w.dialog, w.answer = msg.Dialog, msg.Answer
		return c, nil
	case ui.ErrorMsg:
		w.said = "FAILED: " + msg.Err.Error()
		return c, nil
	case ui.StatusMsg:
		w.said = msg.Text
		return c, nil
	case tea.KeyPressMsg:
		if w.said = ""; w.dialog != nil {
			return c, w.press(msg)
		}
	}
	if cmd, mine := w.held.Update(msg); mine {
		return c, cmd
	}
	return c, w.Wizard.Update(msg)
}

func (w *vaultWizard) press(msg tea.Msg) tea.Cmd {
	result, cmd := w.dialog.Update(msg)
	if result == nil {
		return cmd
	}
	w.dialog, w.answered = nil, result
	return tea.Batch(cmd, w.answer(result))
}

func (c console) View() tea.View {
	text := c.w.Wizard.View(100, 28)
	if c.w.dialog != nil {
		text = c.w.dialog.View(100, 28)
	}
	return tea.NewView(text + "\n" + c.w.said)
}
