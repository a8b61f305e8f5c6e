// Package ui holds what every screen of the console shares: the contracts of screens and
// dialogs, the messages between them and the app, the page of facts that a screen yields,
// and the two renderers of such a page, the frame and the plain text.
//
// A screen never draws facts of its own making. A pure function turns what the layers
// below know into a Page, and everything that shows it (the frame, --plain, the tables of
// the headless verbs) draws that same value, so they cannot tell different stories.
package ui

import (
	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"
)

// Screen fills the frame's body.
type Screen interface {
	// Init starts the first load. It is called once, when the screen is first shown.
	Init() tea.Cmd
	// Update gets keys and pastes while the screen is on top, and every other message
	// always: an answer must find a screen that is covered by another one too.
	Update(tea.Msg) tea.Cmd
	// View draws the body. Its cost depends on the size, never on the number of rows.
	View(width, height int) string
	// Title is the screen's part of the breadcrumb.
	Title() string
	// Page is what the screen shows now, whole.
	Page() Page
	help.KeyMap
}

// Dialog asks one thing. While it is open it gets every key and paste.
type Dialog interface {
	// Update returns a result other than nil when the dialog is finished.
	Update(tea.Msg) (result any, cmd tea.Cmd)
	View(width, height int) string
	// Plain is the dialog as a question in lines of text, and Reply takes the line that was
	// typed for it. Its results are those of Update. The line's bytes are the caller's, who
	// wipes them.
	Plain() Asking
	Reply(line []byte) (result any, cmd tea.Cmd)
	help.KeyMap
}

// Wiper is a dialog that a secret is typed into. Wipe clears it, where nobody will answer any
// more.
type Wiper interface{ Wipe() }

// Cancelled is the result of a dialog that was left without an answer.
type Cancelled struct{}

// The optional powers of a screen, found by assertion.
type (
	// Capturer takes all keys as text while it reports true; only ctrl+c is kept from it.
	Capturer interface{ CapturesInput() bool }

	// Worker can be busy. Cancel stops what runs, keeps what came, and is harmless when
	// nothing runs.
	Worker interface {
		Busy() bool
		Cancel()
	}

	// Reader is busy with nothing but reading, which nobody has asked for: whoever leaves the
	// program need not be asked either.
	Reader interface{ ReadsByItself() }

	// Statuser has a sentence for the status line when nothing more urgent stands there.
	Statuser interface{ Status() string }

	// Subtitler has a line under the header: a count, or the steps of a wizard.
	Subtitler interface{ Subtitle() string }

	// Sourced says where its facts came from, and when.
	Sourced interface{ Freshness() Freshness }

	// Counted has a number for its tab.
	Counted interface{ Count() (n int, known bool) }

	// ShortTitler has another title for windows that have no line for its subtitle.
	ShortTitler interface{ ShortTitle() string }

	// Holder may refuse to be left. The reason is a sentence for the status line, and ""
	// lets go.
	Holder interface{ Hold() (reason string) }

	// Forgetter holds opened keys or passphrases. ForgetKeys wipes them and says how many
	// there were; they are asked for again when they are needed.
	Forgetter interface{ ForgetKeys() (wiped int) }

	// Passer has served its purpose once Over is true: then the screen below it is shown
	// in its place. It is not taken from under a screen that it led to.
	Passer interface{ Over() bool }
)
