package ui

import tea "charm.land/bubbletea/v2"

// What a screen asks of the app.
type (
	// PushMsg shows Screen on top of the present one.
	PushMsg struct{ Screen Screen }

	// PopMsg leaves the screen on top.
	PopMsg struct{}

	// AskMsg opens Dialog. Answer gets its result, Cancelled included, and may be nil.
	AskMsg struct {
		Dialog Dialog
		Answer func(result any) tea.Cmd
	}

	// ErrorMsg shows an error until it is dismissed. One of a screen that could not read what
	// it shows is over, too, when Reader has read it or was left; Reader is nil for any other.
	ErrorMsg struct {
		Err    error
		Reader Screen
	}

	// ReadMsg says that a screen has read what it could not read before.
	ReadMsg struct{ Reader Screen }

	// StatusMsg shows one sentence until the next key.
	StatusMsg struct{ Text string }

	// CopyMsg puts public text on the clipboard; What names it for the status line.
	CopyMsg struct{ What, Text string }

	// DoneMsg says that something on disk or on a server was changed. Every screen gets
	// it, and those that show such things load again.
	DoneMsg struct{ Action string }
)

// Send makes a command of a message.
func Send(m tea.Msg) tea.Cmd { return func() tea.Msg { return m } }

// Say is the command that shows one sentence in the status line.
func Say(text string) tea.Cmd { return Send(StatusMsg{text}) }

// PushOr is the command that opens a screen, or says why there is none.
func PushOr(s Screen, why string) tea.Cmd {
	if s == nil {
		return Say(why)
	}
	return Send(PushMsg{Screen: s})
}
