package main

import (
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/app"
)

// sownSecret is a passphrase that must be nowhere.
const sownSecret = "canary-passphrase-4711"

// faultyMain is keyrite with one more verb: a console whose screen breaks at the key f, where
// the argument says. With BREAK_AT=N any verb breaks when it asks for the time the Nth time.
func faultyMain() {
	var asked atomic.Int64
	at, _ := strconv.ParseInt(os.Getenv("BREAK_AT"), 10, 64)
	now := func() time.Time {
		if asked.Add(1) == at {
			fail(sownSecret)
		}
		return time.Now()
	}
	c := newCLI(process{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, environ: os.Environ, now: now})
	c.root.AddCommand(&cobra.Command{Use: "faulty", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
		if args[0] == "verb" {
			fail(sownSecret)
		}
		if args[0] == "prompt" {
			p, err := c.prompt(cmd.Context(), "Passphrase: ")
			p.Wipe()
			return err
		}
		t := app.Terminal{In: c.in, Out: c.out, Env: c.environment(), Profile: c.profile()}
		st := ui.NewStyles(ui.Look{})
		return c.runFrame(cmd.Context(), app.Options{Styles: st, Clock: app.Clock(c.now), Tabs: []app.Tab{{Digit: "1", Name: "Faulty", Screen: &faulty{at: args[0]}}}}, t)
	}})
	os.Exit(c.run(os.Args[1:]))
}

// fail breaks with a secret in its value and in its argument.
func fail(secret string) { panic("opened with " + secret) }

// faulty is a screen that breaks.
type faulty struct {
	at     string
	broken bool
}

func (f *faulty) Init() tea.Cmd {
	if f.at == "first command" {
		return func() tea.Msg { fail(sownSecret); return nil }
	}
	return nil
}

func (f *faulty) Title() string             { return "faulty" }
func (f *faulty) Page() ui.Page             { return ui.Page{Title: "Faulty"} }
func (f *faulty) ShortHelp() []key.Binding  { return nil }
func (f *faulty) FullHelp() [][]key.Binding { return nil }

func (f *faulty) View(int, int) string {
	if f.broken {
		fail(sownSecret)
	}
	return "ready to break"
}

func (f *faulty) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); !ok || k.String() != "f" {
		return nil
	}
	breaking := func() tea.Msg { fail(sownSecret); return nil }
	switch f.at {
	case "update":
		fail(sownSecret)
	case "view":
		f.broken = true
	case "command":
		return breaking
	case "batch":
		return tea.Batch(ui.Say("one"), tea.Batch(ui.Say("two"), breaking))
	case "sequence":
		return tea.Sequence(ui.Say("one"), breaking)
	case "goroutine":
		return func() tea.Msg {
			go trustdata.Guarded(func() { fail(sownSecret) })()
			return nil
		}
	case "group":
		return func() tea.Msg {
			var all sync.WaitGroup
			all.Go(trustdata.Guarded(func() { fail(sownSecret) }))
			all.Wait()
			return nil
		}
	}
	return nil
}
