package interop

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// Lines is the program on a terminal that only shows what comes, as a screen reader reads it:
// nothing is drawn, and every byte that the program has written is kept.
type Lines struct {
	t        testing.TB
	cmd      *exec.Cmd
	control  *os.File
	terminal *os.File
	ended    chan struct{}

	mu   sync.Mutex
	all  bytes.Buffer
	seen int // what was there when the last line was typed
}

// Lines starts the program. It ends with the test.
func (k *Keyrite) Lines(args ...string) *Lines {
	k.t.Helper()
	x := &Lines{t: k.t, ended: make(chan struct{})}
	var err error
	if x.control, x.terminal, err = pty.Open(); err != nil {
		k.t.Fatal(err)
	}
	x.cmd = exec.Command(Binary(k.t), append(append([]string(nil), k.Args...), args...)...)
	x.cmd.Dir, x.cmd.Env = k.Home, append([]string{"TERM=xterm-256color"}, k.Environ()...)
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = x.terminal, x.terminal, x.terminal
	ownTerminal(x.cmd)
	if err := x.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() {
		if k.t.Failed() {
			k.t.Logf("what was told in the end:\n%s", x.Text())
		}
		x.cmd.Process.Kill()
		x.terminal.Close()
		x.control.Close()
		<-x.ended
	})
	go x.listen()
	return x
}

func (x *Lines) listen() {
	defer close(x.ended)
	buf := make([]byte, 1<<16)
	for {
		n, err := x.control.Read(buf)
		x.mu.Lock()
		x.all.Write(buf[:n])
		x.mu.Unlock()
		if err != nil { // the last one has left the terminal
			return
		}
	}
}

// Bytes are all that has been shown so far, with what the terminal has echoed.
func (x *Lines) Bytes() []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	return bytes.Clone(x.all.Bytes())
}

// Text is that as lines.
func (x *Lines) Text() string { return strings.ReplaceAll(string(x.Bytes()), "\r\n", "\n") }

// Wait waits until all texts have been told since the last line was typed, and returns what
// has.
func (x *Lines) Wait(texts ...string) string {
	x.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		fresh, missing := strings.ReplaceAll(string(x.Bytes()[x.seen:]), "\r\n", "\n"), ""
		for _, s := range texts {
			if !strings.Contains(fresh, s) {
				missing = s
			}
		}
		if missing == "" {
			return fresh
		}
		if time.Now().After(end) {
			x.t.Fatalf("never told: %s\n%s", missing, fresh)
		}
	}
}

// Say types a line once its question is there, and waits for what it brings.
func (x *Lines) Say(line string, texts ...string) string {
	x.t.Helper()
	x.question()
	return x.Send(line+"\n", texts...)
}

// Send types without waiting for a question.
func (x *Lines) Send(typed string, texts ...string) string {
	x.t.Helper()
	x.seen = len(x.Bytes())
	if _, err := x.control.WriteString(typed); err != nil {
		x.t.Fatal(err)
	}
	return x.Wait(texts...)
}

// question waits until a question stands at the end of what is told.
func (x *Lines) question() {
	x.t.Helper()
	for end := time.Now().Add(patience); !bytes.HasSuffix(x.Bytes(), []byte(": ")); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			x.t.Fatalf("no question:\n%s", x.Text())
		}
	}
}

// Ponder lets the time pass in which a question is read; a line that comes sooner is none.
func (x *Lines) Ponder() { time.Sleep(time.Second) }

// Signal sends the program a signal.
func (x *Lines) Signal(s os.Signal) {
	x.t.Helper()
	if err := x.cmd.Process.Signal(s); err != nil {
		x.t.Fatal(err)
	}
}

// End waits for the end of the program, and returns its exit code.
func (x *Lines) End() int {
	x.t.Helper()
	ended := make(chan struct{})
	go func() {
		x.cmd.Wait() // the code says how it ended
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		x.t.Fatalf("it has not ended:\n%s", x.Text())
	}
	return x.cmd.ProcessState.ExitCode()
}

// Echoes reports whether the terminal shows what is typed.
func (x *Lines) Echoes() bool {
	x.t.Helper()
	cmd := exec.Command(Need(x.t, "stty"), "-a")
	cmd.Stdin = x.terminal
	out, err := cmd.CombinedOutput()
	if err != nil {
		x.t.Fatalf("stty: %v\n%s", err, out)
	}
	return strings.Contains(string(out), " echo ")
}
