package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A Terminal is the program in a tmux with a socket and a configuration of its own. What
// stood on the screen before the program, and how it ended, can be seen when it is left.
type Terminal struct {
	t    testing.TB
	tmux string
	env  []string
	dir  string // of the socket, and of the file with the program's process number
}

// What a terminal says around a run of the program. How it ended is followed by the exit
// code, and by the settings of the terminal.
const (
	TerminalBefore = "what was on the screen before"
	TerminalAfter  = "keyrite ended with "
)

// pane runs the program and stays, so that what it leaves behind can be looked at.
const pane = `echo "` + TerminalBefore + `"; sh -c 'echo $$ >"$0"; exec "$@"' "$@"; echo "` + TerminalAfter + `$?"; stty -a; exec cat`

// Terminal starts the program in a terminal of width columns and height lines. It ends
// with the test.
func (k *Keyrite) Terminal(width, height int, args ...string) *Terminal {
	t := k.t
	t.Helper()
	// A socket's path is short, which that of t.TempDir need not be.
	dir, err := os.MkdirTemp("", "keyrite-tmux-")
	if err != nil {
		t.Fatal(err)
	}
	x := &Terminal{t: t, tmux: Need(t, "tmux"), dir: dir}
	x.env = append(k.Environ(), "TMUX_TMPDIR="+dir, "TERM=xterm-256color", "SHELL=/bin/sh")
	server := exec.Command(x.tmux, "-L", "keyrite", "-f", os.DevNull, "-u", "-D")
	server.Dir, server.Env = k.Home, x.env
	endWithParent(server)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the terminal in the end:\n%s", x.Screen())
		}
		x.command("kill-server")
		server.Wait() // its exit code says nothing
		os.RemoveAll(dir)
	})
	x.Until("tmux answers", func() bool { _, err := x.command("set-option", "-g", "status", "off"); return err == nil })
	run := []string{"new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height), "sh", "-c", pane, "sh", filepath.Join(dir, "pid"), Binary(t)}
	x.must(append(append(run, k.Args...), args...)...)
	return x
}

// command runs a command of tmux, which never starts a server of its own.
func (x *Terminal) command(args ...string) (string, error) {
	cmd := exec.Command(x.tmux, append([]string{"-L", "keyrite", "-N", "-u"}, args...)...)
	cmd.Env = x.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (x *Terminal) must(args ...string) string {
	x.t.Helper()
	out, err := x.command(args...)
	if err != nil {
		x.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return out
}

// Until waits for something that is not a text.
func (x *Terminal) Until(what string, come func() bool) {
	x.t.Helper()
	for end := time.Now().Add(patience); !come(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			screen, _ := x.command("capture-pane", "-p")
			x.t.Fatalf("still not so: %s\n%s", what, screen)
		}
	}
}

// Screen is the text on the screen, line by line, without the blanks at the ends.
func (x *Terminal) Screen() string {
	out, _ := x.command("capture-pane", "-p") // of a terminal that is gone nothing is on the screen
	return out
}

// Shows reports whether all texts are on the screen.
func (x *Terminal) Shows(texts ...string) bool {
	screen := x.Screen()
	for _, s := range texts {
		if !strings.Contains(screen, s) {
			return false
		}
	}
	return true
}

// Wait waits until all texts are on the screen, and returns the screen.
func (x *Terminal) Wait(texts ...string) string {
	x.t.Helper()
	var screen string
	x.Until("on the screen: "+strings.Join(texts, ", "), func() bool {
		screen = x.Screen()
		for _, s := range texts {
			if !strings.Contains(screen, s) {
				return false
			}
		}
		return true
	})
	return screen
}

// Press presses a key by tmux's name for it, such as Enter, and waits for what that
// brings to the screen.
func (x *Terminal) Press(key string, texts ...string) string {
	x.t.Helper()
	x.must("send-keys", key)
	return x.Wait(texts...)
}

// Insist presses a key again and again until a text is on the screen, where it does not
// matter how often the key is heard.
func (x *Terminal) Insist(key, text string) {
	x.t.Helper()
	x.Until(key+" brings "+text, func() bool {
		x.must("send-keys", key)
		for range 50 {
			if x.Shows(text) {
				return true
			}
			time.Sleep(40 * time.Millisecond)
		}
		return false
	})
}

// Ponder lets the time pass during which a question that has just opened hears no key, as
// somebody does who reads it first.
func (x *Terminal) Ponder() { time.Sleep(time.Second) }

// Type types a text into an input. Anywhere else so many keys would be taken for a paste.
func (x *Terminal) Type(text string) {
	x.t.Helper()
	x.must("send-keys", "-l", text)
}

// Resize gives the terminal another size.
func (x *Terminal) Resize(width, height int) {
	x.t.Helper()
	x.must("resize-window", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
}

// State is what tmux knows of the terminal by one of its formats, such as cursor_flag.
func (x *Terminal) State(format string) string {
	x.t.Helper()
	return strings.TrimSpace(x.must("display-message", "-p", "#{"+format+"}"))
}

// Buffer is what a program has put into tmux's buffer last.
func (x *Terminal) Buffer() string {
	x.t.Helper()
	return x.must("show-buffer")
}

// Signal sends the program a signal.
func (x *Terminal) Signal(s os.Signal) {
	x.t.Helper()
	data, err := os.ReadFile(filepath.Join(x.dir, "pid"))
	if err != nil {
		x.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		x.t.Fatal(err)
	}
	if p, err := os.FindProcess(pid); err != nil || p.Signal(s) != nil {
		x.t.Fatalf("process %d cannot be signalled: %v", pid, err)
	}
}
