package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"
)

// TestAskEndsWithTheContext: an interrupt at a question must not wait for a line.
func TestAskEndsWithTheContext(t *testing.T) {
	silent, nobody := io.Pipe()
	defer nobody.Close()
	var screen bytes.Buffer
	c := newCLI(process{in: silent, out: io.Discard, err: &screen, getenv: func(string) string { return "" }, now: time.Now})
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel)
	ended := make(chan error, 1)
	go func() {
		_, err := c.ask(ctx, bufio.NewReader(silent), "Type \x1b[2J: ")
		ended <- err
	}()
	select {
	case err := <-ended:
		if code, _ := classify(ctx, err); !errors.Is(err, context.Canceled) || code != exitInterrupted {
			t.Errorf("ended with %v, exit code %d", err, code)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("an interrupted question still waits for its line")
	}
	if bytes.ContainsRune(screen.Bytes(), '\x1b') {
		t.Errorf("asked %q", screen.String())
	}
}
