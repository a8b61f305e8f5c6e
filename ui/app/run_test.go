package app_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/uitest"
)

// holding is a screen that has something to give up.
type holding struct{ shown, cancelled chan bool }

func (h holding) Init() tea.Cmd             { close(h.shown); return nil }
func (h holding) Update(tea.Msg) tea.Cmd    { return nil }
func (h holding) View(int, int) string      { return "" }
func (h holding) Title() string             { return "holding" }
func (h holding) Page() ui.Page             { return ui.Page{} }
func (h holding) ShortHelp() []key.Binding  { return nil }
func (h holding) FullHelp() [][]key.Binding { return nil }
func (h holding) Busy() bool                { return true }
func (h holding) Cancel()                   { close(h.cancelled) }

// TestRunGivesUpAtASignal: what a screen holds when a signal ends the program, such as a
// new key that nothing uses, is given up as when the screen is left.
func TestRunGivesUpAtASignal(t *testing.T) {
	h := holding{make(chan bool), make(chan bool)}
	in, keyboard := io.Pipe()
	defer keyboard.Close()
	ctx, signal := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- app.Run(ctx, app.Options{Styles: ui.NewStyles(ui.Look{}), Clock: uitest.NewClock().UI(), Tabs: []app.Tab{{Digit: "2", Name: "Keys", Screen: h}}},
			app.Terminal{In: in, Out: new(bytes.Buffer), Env: []string{"TERM=xterm"}, Profile: colorprofile.ASCII})
	}()
	<-h.shown
	signal()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("a signal did not end the console")
	}
	select {
	case <-h.cancelled:
	default:
		t.Error("what the screen held was not given up")
	}
}
