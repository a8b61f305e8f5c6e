package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// answer is what a person types once a question is on the screen.
type answer struct{ question, line string }

// answers parses lines of "question|answer".
func answers(text string) ([]answer, error) {
	var list []answer
	for line := range strings.Lines(text) {
		question, typed, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "|")
		if !ok {
			return nil, fmt.Errorf("%q is not question|answer", line)
		}
		list = append(list, answer{question, typed})
	}
	return list, nil
}

// tty runs keyrite with stdin and stderr at a terminal and stdout in a pipe, and types the
// answers, each when its question has been asked. All of them must be asked for.
func (s *stage) tty(ts *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: tty ANSWERS CODE ARG...")
	}
	list, err := answers(ts.ReadFile(args[0]))
	if err != nil {
		return err
	}
	code, args, err := parseCode(args[1:])
	if err != nil {
		return err
	}
	return s.expect(ts, code, args, func(cmd *exec.Cmd) (result, error) { return atTerminal(cmd, list) }, unchanged)
}

func atTerminal(cmd *exec.Cmd, list []answer) (result, error) {
	control, terminal, err := pty.Open()
	if err != nil {
		return result{}, err
	}
	defer control.Close()
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, &out, terminal
	if err := cmd.Start(); err != nil {
		return result{}, errors.Join(err, terminal.Close())
	}
	typed := make(chan error, 1)
	var screen strings.Builder
	go func() { typed <- converse(control, &screen, list) }()
	err = cmd.Wait()
	// With the last descriptor of the terminal its output ends.
	closing := terminal.Close()
	talking := <-typed
	if talking != nil {
		return result{}, fmt.Errorf("%w; on the screen: %q", talking, screen.String())
	}
	res, err := ended(cmd, err, out.String(), strings.ReplaceAll(screen.String(), "\r\n", "\n"))
	return res, errors.Join(err, closing)
}

// converse types each answer when its question is on the screen, and reads to the end.
func converse(control io.ReadWriter, screen *strings.Builder, list []answer) error {
	seen := 0
	buf := make([]byte, 4096)
	for {
		for len(list) > 0 {
			i := strings.Index(screen.String()[seen:], list[0].question)
			if i < 0 {
				break
			}
			seen += i + len(list[0].question)
			if _, err := io.WriteString(control, list[0].line+"\n"); err != nil {
				return err
			}
			list = list[1:]
		}
		n, err := control.Read(buf)
		screen.Write(buf[:n])
		if err != nil { // EIO: the last program has left the terminal
			break
		}
	}
	if len(list) > 0 {
		return fmt.Errorf("never asked %q", list[0].question)
	}
	return nil
}
