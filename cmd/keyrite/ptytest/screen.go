// Package ptytest runs a program on a pseudo-terminal and keeps what it shows: every byte
// that it wrote, and the screen that these bytes make. tmux, which the package interop uses,
// shows only the latter, and filters.
package ptytest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// patience is how long a screen may take to come.
const patience = 30 * time.Second

// A Screen is a program on a terminal of its own, which answers what terminals are asked.
type Screen struct {
	t testing.TB
	// Cmd is the program, nil for one in this process.
	Cmd *exec.Cmd

	tty   *os.File // the terminal's side that this process holds
	emu   *vt.SafeEmulator
	drawn sync.Mutex    // held while cells are drawn or read: the emulator gives them out unlocked
	ended chan struct{} // closed when the program's last byte was read
	mute  atomic.Bool

	mu   sync.Mutex
	raw  bytes.Buffer
	last time.Time // of the latest byte
	come chan struct{}
}

// Start runs cmd on a terminal of width columns and height lines, with TERM as a modern one
// has it unless cmd.Env says otherwise. It ends with the test.
func Start(t testing.TB, cmd *exec.Cmd, width, height int) *Screen {
	t.Helper()
	if !slices.ContainsFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "TERM=") }) {
		cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	}
	races := filepath.Join(t.TempDir(), "race")
	cmd.Env = append(cmd.Env, "GORACE=atexit_sleep_ms=0 log_path="+races) // not on the screen
	t.Cleanup(func() { reportRaces(t, races) })
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	if err != nil {
		t.Fatal(err)
	}
	s := on(t, tty, width, height)
	s.Cmd = cmd
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait() // of a program that was waited for already, and says nothing else
		s.close()
	})
	return s
}

// Here is a terminal for a program in this process, and the side of it that the program has
// for its input and its output. The program must be at its end before the test is.
func Here(t testing.TB, width, height int) (*Screen, *os.File) {
	t.Helper()
	tty, program, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(tty, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		t.Fatal(err)
	}
	s := on(t, tty, width, height)
	t.Cleanup(func() {
		program.Close()
		s.close()
	})
	return s, program
}

// on shows what comes from a terminal.
func on(t testing.TB, tty *os.File, width, height int) *Screen {
	s := &Screen{t: t, tty: tty, emu: vt.NewSafeEmulator(width, height), ended: make(chan struct{}), come: make(chan struct{}, 1)}
	go s.read()
	go s.answer()
	return s
}

func (s *Screen) close() {
	if s.t.Failed() {
		s.t.Logf("the screen in the end:\n%s", s.Text())
	}
	s.tty.Close()
	<-s.ended
	if answers, ok := s.emu.InputPipe().(io.Closer); ok {
		answers.Close() // the emulator's own Close races with its Read
	}
}

// read takes what the program writes until its terminal is gone.
func (s *Screen) read() {
	defer close(s.ended)
	buf := make([]byte, 64<<10)
	for {
		n, err := s.tty.Read(buf)
		if n > 0 {
			s.mu.Lock()
			s.raw.Write(buf[:n])
			s.last = time.Now()
			s.mu.Unlock()
			s.drawn.Lock()
			s.emu.Write(buf[:n])
			s.drawn.Unlock()
			select {
			case s.come <- struct{}{}:
			default:
			}
		}
		if err != nil {
			return
		}
	}
}

// Mute has the terminal answer no question from now on.
func (s *Screen) Mute() { s.mute.Store(true) }

// answer writes what the terminal says to questions about itself.
func (s *Screen) answer() {
	buf := make([]byte, 4096)
	for {
		n, err := s.emu.Read(buf)
		if n > 0 && !s.mute.Load() {
			s.tty.Write(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

// Text is the screen, line by line, without the blanks at the ends.
func (s *Screen) Text() string {
	s.drawn.Lock()
	defer s.drawn.Unlock()
	lines := make([]string, s.emu.Height())
	for y := range lines {
		var b strings.Builder
		for x := 0; x < s.emu.Width(); x++ {
			switch c := s.emu.CellAt(x, y); {
			case c == nil || c.Width > 0 && c.Content == "":
				b.WriteByte(' ')
			case c.Width > 0:
				b.WriteString(c.Content)
			}
		}
		lines[y] = strings.TrimRight(b.String(), " ")
	}
	return strings.Join(lines, "\n")
}

// Raw is every byte that the program has written.
func (s *Screen) Raw() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.raw.Bytes())
}

// Bytes is how many these are, and when the latest came.
func (s *Screen) Bytes() (n int, last time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.raw.Len(), s.last
}

// Shows reports whether all texts are on the screen.
func (s *Screen) Shows(texts ...string) bool {
	screen := s.Text()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			return false
		}
	}
	return true
}

// Wait waits until all texts are on the screen, and returns the screen.
func (s *Screen) Wait(texts ...string) string {
	s.t.Helper()
	s.Until("on the screen: "+strings.Join(texts, ", "), func() bool { return s.Shows(texts...) })
	return s.Text()
}

// Until waits for something that comes with bytes of the program, or with its end. It looks
// now and then besides, for what comes of looking.
func (s *Screen) Until(what string, come func() bool) {
	s.t.Helper()
	end := time.After(patience)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for !come() {
		select {
		case <-s.come:
		case <-again.C:
		case <-s.ended:
			if !come() {
				s.t.Fatalf("it ended before this: %s\n%s", what, s.Text())
			}
			return
		case <-end:
			s.t.Fatalf("still not so: %s\n%s", what, s.Text())
		}
	}
}

// Type sends keys as a terminal does: "j", "\r" for Enter, "\x1b[B" for Down.
func (s *Screen) Type(keys string) {
	s.t.Helper()
	if _, err := s.tty.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// Press sends keys and waits for what they bring to the screen.
func (s *Screen) Press(keys string, texts ...string) string {
	s.t.Helper()
	s.Type(keys)
	return s.Wait(texts...)
}

// Resize gives the terminal another size, of which the program is told.
func (s *Screen) Resize(width, height int) {
	s.t.Helper()
	s.drawn.Lock()
	s.emu.Resize(width, height)
	s.drawn.Unlock()
	s.Tell(width, height)
}

// Tell tells the program of a size, at most the terminal's own, which stays: the emulator may
// not be made smaller than what is still on its way to it.
func (s *Screen) Tell(width, height int) {
	s.t.Helper()
	if err := pty.Setsize(s.tty, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		s.t.Fatal(err)
	}
}

// Alternate reports whether the program holds the alternate screen.
func (s *Screen) Alternate() bool { return s.emu.IsAltScreen() }

// End waits for the program's end and returns its exit code, -1 where a signal ended it.
func (s *Screen) End() int {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatalf("it has not ended\n%s", s.Text())
	}
	var exit *exec.ExitError
	if err := s.Cmd.Wait(); err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return s.Cmd.ProcessState.ExitCode()
}
