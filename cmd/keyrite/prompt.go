package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/term"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// prompt reads one line from the terminal without echo. Spaces at both ends are dropped
// and a sentence says so, because notary drops them too and could not open the key.
func (c *cli) prompt(ctx context.Context, question string) (keyring.Passphrase, error) {
	fd, ok := terminal(c.in)
	if !ok {
		return keyring.Passphrase{}, errUnanswered
	}
	defer c.hideTyping()()
	fmt.Fprint(c.err, trustdata.Visible(question)) // it names roles, which key files say
	line, err := readHidden(ctx, fd)
	fmt.Fprintln(c.err)
	if err != nil {
		return keyring.Passphrase{}, fmt.Errorf("reading the passphrase: %w", err)
	}
	trimmed := bytes.TrimSpace(line)
	if len(trimmed) != len(line) {
		fmt.Fprintln(c.err, "Spaces at the ends were dropped: notary drops them too.")
	}
	return keyring.NewPassphrase(trimmed), nil
}

// hideTyping turns the terminal's echo off until the function that it returns is called.
// A question is only asked with the echo off, and it stays off while an answer is tried:
// who types ahead must not see a passphrase on the screen.
func (c *cli) hideTyping() (show func()) {
	fd, ok := terminal(c.in)
	if !ok {
		return func() {}
	}
	before, err := term.GetState(fd)
	if err != nil || echoOff(fd) != nil {
		return func() {} // reading the passphrase will say what is wrong
	}
	return func() { _ = term.Restore(fd, before) }
}

// dropTypedAtEnd drops what was typed and not read yet when something from outside, or a fault,
// ends what is done until the function that it returns is called: it may be half a passphrase,
// which would be shown, and go to the shell.
func (c *cli) dropTypedAtEnd(ctx context.Context) (done func()) {
	fd, ok := terminal(c.in)
	if !ok {
		return func() {}
	}
	stop := context.AfterFunc(ctx, trustdata.Guarded(func() { _ = dropTyped(fd) }))
	return func() {
		if !stop() {
			_ = dropTyped(fd)
		}
	}
}

// readHidden reads a line without echo. An interrupt ends it at once, drops what was typed so
// far and gives the terminal its echo back; the read that is left behind ends with the program.
func readHidden(ctx context.Context, fd int) ([]byte, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	// Here and not beside the reading, or it could come after the echo was given back.
	if err := echoOff(fd); err != nil {
		return nil, err
	}
	type answer struct {
		line []byte
		err  error
	}
	got := make(chan answer, 1)
	go trustdata.Guarded(func() {
		line, err := readTyped(fd)
		got <- answer{line, err}
	})()
	select {
	case a := <-got:
		return a.line, errors.Join(a.err, term.Restore(fd, before))
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), dropTyped(fd), term.Restore(fd, before))
	}
}

// ask reads one visible line from the terminal. An interrupt ends it at once; the read that
// is left behind ends with the program.
func (c *cli) ask(ctx context.Context, in *bufio.Reader, question string) (string, error) {
	fmt.Fprint(c.err, trustdata.Visible(question))
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go trustdata.Guarded(func() {
		line, err := in.ReadString('\n')
		got <- answer{line, err}
	})()
	select {
	case a := <-got:
		if a.err != nil {
			return "", fmt.Errorf("reading the answer: %w", a.err)
		}
		return strings.TrimSpace(a.line), nil
	case <-ctx.Done():
		fmt.Fprintln(c.err)
		return "", fmt.Errorf("nothing has changed: %w", ctx.Err())
	}
}
