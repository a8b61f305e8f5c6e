package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
	"filippo.io/age/plugin"

	"keyrite/trustdata"
)

// talk runs a plugin and ends with its answer, or with an error once it has been silent
// for too long or ctx has ended. Package age cannot stop a plugin, so that one is ended here,
// with all that it has started.
func talk[T any](ctx context.Context, p Plugins, name string, run func(*plugin.ClientUI) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	c := &conversation{by: p, asking: make(chan bool)}
	done := make(chan answer, 1)
	gone := make(chan struct{})
	defer close(gone)
	c.gone = gone
	go trustdata.Guarded(func() {
		v, err := run(c.ui())
		done <- answer{v, err}
	})()
	patience := cmp.Or(p.Patience, defaultPatience)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case a := <-done:
			return a.value, c.explain(name, a.err)
		case begun := <-c.asking:
			if timer.Stop(); !begun {
				timer.Reset(patience)
			}
		case <-ctx.Done():
			var none T
			return none, errors.Join(ctx.Err(), over(name, done))
		case <-timer.C:
			var none T
			err := over(name, done)
			return none, errors.Join(fmt.Errorf("the program %q has not answered for %v: look whether its device is plugged in and waits for a touch, and try again", "age-plugin-"+name, patience), err)
		}
	}
}

// mourning is how long a plugin that was ended may take until its end is seen.
const mourning = 2 * time.Second

// over ends a plugin, once more where it was only just being started, until its conversation
// is over.
func over[T any](name string, done <-chan T) error {
	late := time.After(mourning)
	for {
		err := endPlugin("age-plugin-" + name)
		select {
		case <-done:
			return err
		case <-late:
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// conversation is what one run of a plugin says and asks.
type conversation struct {
	by     Plugins
	asking chan bool // true when a question begins, false when it has its answer
	gone   chan struct{}

	mu      sync.Mutex
	refused string // a question that nobody was there to answer
}

func (c *conversation) ui() *plugin.ClientUI {
	return &plugin.ClientUI{
		DisplayMessage: func(name, message string) error { c.tell(name, message); return nil },
		WaitTimer:      func(name string) { c.tell(name, "still waiting; does the device want to be touched?") },
		RequestValue:   c.ask,
		Confirm: func(name, prompt, yes, no string) (bool, error) {
			typed, err := c.ask(name, fmt.Sprintf("%s (%s, %s)", prompt, yes, cmp.Or(no, "no")), false)
			return strings.EqualFold(typed, yes) || strings.EqualFold(typed, "yes"), err
		},
	}
}

func (c *conversation) tell(name, text string) {
	if c.by.Tell != nil {
		c.by.Tell(name, safe(text))
	}
}

func (c *conversation) ask(name, question string, secret bool) (string, error) {
	if c.by.Ask == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.refused = safe(question)
		return "", errors.New("nobody can be asked here")
	}
	c.pause(true)
	defer c.pause(false)
	return c.by.Ask(name, safe(question), secret)
}

func (c *conversation) pause(begun bool) {
	select {
	case c.asking <- begun:
	case <-c.gone:
	}
}

// explain makes a plugin's error one of ours: what a program wrote is not fit for a
// terminal, and the usual reasons have a way out.
func (c *conversation) explain(name string, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	program := "age-plugin-" + name
	var missing *plugin.NotFoundError
	switch {
	case err == nil, errors.Is(err, age.ErrIncorrectIdentity):
		return err
	case errors.As(err, &missing):
		return fmt.Errorf("the program %q is not on the PATH: install it, and try again", program)
	case c.refused != "":
		return fmt.Errorf("the program %q asks %q, which can only be answered by a verb of keyrite in a terminal", program, c.refused)
	}
	return fmt.Errorf("the program %q failed: %s", program, safe(strings.TrimPrefix(err.Error(), name+" plugin: ")))
}

// safe is a plugin's text, cut and fit for a terminal.
func safe(text string) string {
	const most = 300
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return trustdata.Visible(strings.TrimSpace(text))
}
