package app_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"keyrite/ui"
	"keyrite/ui/app"
)

// veiled is a passphrase of which this program holds no copy in the clear: each of its bytes
// is another one.
var veiled = []byte{0x31, 0x2c, 0x3b, 0x34, 0x33, 0x2e, 0x3f, 0x77, 0x36, 0x3b, 0x31, 0x3f, 0x77, 0x6e, 0x6d, 0x6b, 0x6b}

const veil = 0x5a

// inMemory counts how often the passphrase stands anywhere in this process's memory.
func inMemory(t *testing.T) (n int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	lines := bufio.NewScanner(strings.NewReader(string(maps)))
	part := make([]byte, 1<<20)
	for lines.Scan() {
		var from, to int64
		var mode string
		if fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode); !strings.HasPrefix(mode, "rw") {
			continue
		}
		for ; from < to; from += int64(len(part) - len(veiled)) {
			got, _ := mem.ReadAt(part[:min(int64(len(part)), to-from)], from) // parts that are not there read as nothing
			n += unveiled(part[:got])
			clear(part[:got])
		}
	}
	return n
}

// unveiled counts the passphrase in some bytes.
func unveiled(b []byte) (n int) {
	for {
		at := bytes.IndexByte(b, veiled[0]^veil)
		if at < 0 || len(b)-at < len(veiled) {
			return n
		}
		if b = b[at:]; matches(b) {
			n++
		}
		b = b[1:]
	}
}

func matches(b []byte) bool {
	for i, v := range veiled {
		if b[i] != v^veil {
			return false
		}
	}
	return true
}

// A passphrase that is half typed when a signal ends the console is not in memory any more
// when the program goes on to its end.
func TestTypedPassphraseIsWiped(t *testing.T) {
	in, keyboard := io.Pipe()
	defer keyboard.Close()
	ctx, signal := context.WithCancel(context.Background())
	screen := asking{idle{holding{make(chan bool), make(chan bool)}}, make(chan string, 64)}
	ended := make(chan error, 1)
	go func() {
		opt := app.Options{Styles: ui.NewStyles(ui.Look{}), Clock: ui.Clock{Now: time.Now, Tick: tea.Tick}, Tabs: []app.Tab{{Digit: "2", Name: "Keys", Screen: screen}}}
		ended <- app.Run(ctx, opt, app.Terminal{In: in, Out: io.Discard, Env: []string{"TERM=xterm"}, Profile: colorprofile.ASCII})
	}()
	io.WriteString(keyboard, "\x1b[48;30;100;600;900t") // how a terminal tells of its size
	// One key after the other, and between them the word that the window has the focus: the
	// library keeps the last bytes that came in, which are out of reach.
	for _, v := range veiled {
		<-screen.heard
		keyboard.Write([]byte{v ^ veil, 0x1b, '[', 'I'})
	}
	<-screen.heard
	if inMemory(t) == 0 {
		t.Fatal("it is nowhere in memory while it is typed, so this proves nothing")
	}
	signal()
	<-ended
	if n := inMemory(t); n > 0 {
		t.Errorf("it stands %d times in memory after the end", n)
	}
}

// asking is a screen that asks for a passphrase at once. It hears when the dialog is there, and
// of each key.
type asking struct {
	idle
	heard chan string
}

func (a asking) Init() tea.Cmd {
	d := ui.NewPassphrase(ui.NewStyles(ui.Look{}), ui.Clock{Now: time.Now, Tick: tea.Tick}, ui.AskPassphrase{Role: "root", Try: 1})
	return ui.Send(ui.AskMsg{Dialog: &hearing{Dialog: d, heard: a.heard}, Answer: func(any) tea.Cmd { return nil }})
}

// hearing is a dialog that tells when it is there, and of each key.
type hearing struct {
	ui.Dialog
	heard chan string
	shown sync.Once
}

func (h *hearing) View(width, height int) string {
	h.shown.Do(func() { h.heard <- "open" })
	return h.Dialog.View(width, height)
}

func (h *hearing) Update(msg tea.Msg) (any, tea.Cmd) {
	result, cmd := h.Dialog.Update(msg)
	if _, ok := msg.(tea.KeyPressMsg); ok {
		h.heard <- "key"
	}
	return result, cmd
}

func (h *hearing) Wipe() { h.Dialog.(ui.Wiper).Wipe() }
