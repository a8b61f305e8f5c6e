package linear_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/linear"
	"keyrite/ui/uitest"
)

// screen is a list of three rows, with work that a test begins and ends.
type screen struct {
	*ui.List
	busy   bool
	held   string
	opened []string
}

func newScreen() *screen {
	s := &screen{List: ui.NewList(uitest.Styles(), "key", "keys")}
	s.fill("one", "two", "three")
	return s
}

func (s *screen) fill(names ...string) {
	p := ui.Page{Title: "Keys", Summary: trustdata.Plural(len(names), "key", "keys"), Columns: []ui.Column{{Title: "NAME", Priority: 1}, {Title: "NOTE", Priority: 2}}, Empty: "There are none."}
	for _, n := range names {
		p.Rows = append(p.Rows, ui.Row{ID: n, Cells: []string{n}, Mark: ui.MarkOK})
	}
	s.Set(ui.NewListing(p))
}

var enter = ui.Bind("Enter", "open", "enter")

func (s *screen) Init() tea.Cmd             { return nil }
func (s *screen) Title() string             { return "keys" }
func (s *screen) Busy() bool                { return s.busy }
func (s *screen) Cancel()                   { s.busy = false }
func (s *screen) Hold() string              { return s.held }
func (s *screen) ShortHelp() []key.Binding  { return []key.Binding{enter, ui.Bind("R", "rotate", "R")} }
func (s *screen) FullHelp() [][]key.Binding { return [][]key.Binding{s.Moves()} }
func (s *screen) Update(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok && key.Matches(k, enter) {
		s.opened = append(s.opened, s.ID())
	} else if ok && k.String() == "R" {
		return func() tea.Msg { panic("a secret") }
	} else {
		s.List.Update(msg)
	}
	return nil
}

// console is a model with one screen. What a test does to it comes as a message.
type console struct {
	screen  *screen
	dialog  ui.Dialog
	trouble *ui.Trouble
	status  string
	answer  any
	ended   bool
	asks    func() ui.Dialog // what a colon asks
	pressed []string
}

type do func()

func (c *console) Init() tea.Cmd { return nil }
func (c *console) End()          { c.ended = true }
func (c *console) Dismiss()      { c.trouble = nil }
func (c *console) Scene() linear.Scene {
	return linear.Scene{Path: []string{"keys"}, Screen: c.screen, Dialog: c.dialog, Trouble: c.trouble, Status: c.status, Badge: "RO",
		Places: []linear.Place{{Key: "2", Name: "Keys"}, {Key: "3", Name: "Repos"}}}
}

func (c *console) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case do:
		msg()
	case tea.KeyPressMsg:
		c.pressed = append(c.pressed, msg.String())
		switch msg.String() {
		case "q":
			return nil, tea.Quit
		case ":":
			return nil, func() tea.Msg { return do(func() { c.dialog = c.asks() }) }
		}
		return nil, c.screen.Update(msg)
	}
	return nil, nil
}

func (c *console) Reply(line []byte) (string, tea.Cmd) {
	result, cmd := c.dialog.Reply(line)
	said := c.dialog.Plain().Said
	if result != nil {
		c.answer, c.dialog = result, nil
	}
	return said, cmd
}

func (c *console) Leave() (tea.Cmd, string) {
	if c.screen.held != "" {
		return nil, c.screen.held
	}
	return tea.Quit, ""
}

// shown is what has been written, safe to be read while it is.
type shown struct {
	mu   sync.Mutex
	text strings.Builder
	read int
}

func (s *shown) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// fresh is what came since the last time.
func (s *shown) fresh() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.text.String()[s.read:]
	s.read = s.text.Len()
	return out
}

// A session is a console at a keyboard, in the time of a bubble.
type session struct {
	*console
	t        *testing.T
	out      shown
	keyboard *io.PipeWriter
	poke     chan do
	signal   context.CancelFunc
	ctrlC    chan struct{}
	hidden   bool
	end      chan error
}

// Init has the console take what a test does to it.
func (s *session) Init() tea.Cmd { return s.next() }

func (s *session) next() tea.Cmd {
	return func() tea.Msg { return <-s.poke }
}

func (s *session) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m, cmd := s.console.Update(msg)
	if _, ok := msg.(do); ok {
		return m, tea.Batch(cmd, s.next())
	}
	return m, cmd
}

func inBubble(t *testing.T, test func(*session)) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		in, keyboard := io.Pipe()
		s := &session{console: &console{screen: newScreen()}, t: t, keyboard: keyboard, poke: make(chan do), signal: cancel,
			ctrlC: make(chan struct{}, 1), end: make(chan error, 1)}
		hide := func() func() {
			s.hidden = true
			return func() { s.hidden = false }
		}
		go func() {
			s.end <- linear.Run(ctx, s, linear.Terminal{In: in, Out: &s.out, Hide: hide, Interrupts: s.ctrlC})
		}()
		s.wait(time.Second)
		test(s)
		cancel()
		keyboard.Close()
		close(s.poke)
	})
}

func (s *session) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// say types a line and returns what comes of it.
func (s *session) say(line string) string {
	fmt.Fprintln(s.keyboard, line)
	s.wait(time.Second)
	return s.out.fresh()
}

// happens has something happen by itself, and returns what is told of it.
func (s *session) happens(f func()) string {
	s.poke <- f
	s.wait(time.Second)
	return s.out.fresh()
}

func (s *session) has(text string, wants ...string) {
	s.t.Helper()
	for _, w := range wants {
		if !strings.Contains(text, w) {
			s.t.Errorf("%q is not told:\n%s", w, text)
		}
	}
}

func (s *session) lacks(text string, wants ...string) {
	s.t.Helper()
	for _, w := range wants {
		if strings.Contains(text, w) {
			s.t.Errorf("%q is told:\n%s", w, text)
		}
	}
}

// TestTellsWhatIsNew: a screen once, then the lines that change, and nothing while nothing
// happens.
func TestTellsWhatIsNew(t *testing.T) {
	inBubble(t, func(s *session) {
		s.has(s.out.fresh(), "keyrite: keys. Read only: RO.\nKeys.\n3 keys.\n1 of 3. Fine. Name one.\n2 of 3. Fine. Name two.\n",
			"Type a number for open, an empty line to hear this again, R for rotate, /text to filter, repos to go there, q to quit, ? for help: ")
		if got := s.happens(func() {}); got != "" {
			t.Errorf("told of nothing: %q", got)
		}
		got := s.happens(func() { s.screen.fill("one", "two", "three", "four") })
		s.has(got, "\n4 keys.\n4 of 4. Fine. Name four.\nType a number or a key")
		s.lacks(got, "one", "two")
		got = s.happens(func() { s.status = "Copied." })
		s.has(got, "\nCopied.\n")
		got = s.happens(func() {
			s.trouble = &ui.Trouble{What: "It failed.", Means: "Nothing changed.", Do: "Try again.", Detail: "disk\x1b[2J"}
		})
		s.has(got, "What happened: It failed.\nWhat it means: Nothing changed.\nWhat you can do: Try again.\nDetail: disk\\x1b[2J\n")
		if s.trouble != nil {
			t.Error("what was told still stands")
		}
	})
}

// TestLines: what each line is taken for.
func TestLines(t *testing.T) {
	inBubble(t, func(s *session) {
		s.out.fresh()
		s.say("2")
		s.say(" 3 ")
		if got := strings.Join(s.screen.opened, " "); got != "two three" {
			t.Errorf("opened %q", got)
		}
		s.has(s.say("9"), "There is no line 9 here.")
		s.has(s.say("rotate it"), `"rotate it" is neither a number nor a key.`)
		s.has(s.say("k"), "Selected: 2 of 3. Fine. Name two.")
		s.has(s.say("w"), "w does nothing here.")
		s.has(s.say(""), "keyrite: keys.", "1 of 3. Fine. Name one.")
		s.has(s.say("again"), "1 of 3. Fine. Name one.")
		got := s.say("/t")
		s.has(got, "1 of 2. Fine. Name two.", "2 of 2. Fine. Name three.", `Filter "t": 2 of 3 keys.`)
		s.say("1")
		if got := s.screen.opened[2]; got != "two" {
			t.Errorf("the number means %q, not what was read out with it", got)
		}
		s.has(s.say("/"), "3 of 3. Fine. Name three.")
		s.say("REPOS")
		s.say("esc")
		s.say("ctrl-l")
		if got := s.pressed[len(s.pressed)-3:]; strings.Join(got, " ") != "3 esc ctrl+l" {
			t.Errorf("pressed %q", got)
		}
	})
}

// TestNumberMeansTheRowThatWasRead: rows that come in between do not push another one under
// a number before they are told.
func TestNumberMeansTheRowThatWasRead(t *testing.T) {
	inBubble(t, func(s *session) {
		s.poke <- func() { s.screen.busy = true; s.screen.fill("zero", "one", "two", "three") }
		s.say("1")
		if got := strings.Join(s.screen.opened, " "); got != "one" {
			t.Errorf("opened %q", got)
		}
		got := s.happens(func() { s.screen.busy = false })
		s.has(got, "1 of 4. Fine. Name zero.", "2 of 4. Fine. Name one.")
	})
}

// TestManyRows: a long list is read out in parts.
func TestManyRows(t *testing.T) {
	inBubble(t, func(s *session) {
		var names []string
		for i := range 100 {
			names = append(names, fmt.Sprintf("key-%d", i+1))
		}
		got := s.happens(func() { s.screen.fill(names...) })
		s.has(got, "40 of 100. Fine. Name key-40.", "60 lines follow: more reads the next 40")
		s.lacks(got, "key-41")
		got = s.say("more")
		s.has(got, "41 of 100. Fine. Name key-41.", "80 of 100.", "20 lines follow")
		s.lacks(got, "\n40 of 100")
		s.say("77")
		if got := s.screen.opened[0]; got != "key-77" {
			t.Errorf("opened %q", got)
		}
	})
}

// TestHeartbeat: work says that it goes on, and its rows are told when it is done.
func TestHeartbeat(t *testing.T) {
	inBubble(t, func(s *session) {
		s.out.fresh()
		if got := s.happens(func() { s.screen.busy = true; s.screen.fill("one") }); got != "" {
			t.Errorf("told before it is whole: %q", got)
		}
		s.wait(30 * time.Second)
		s.has(s.out.fresh(), "Still working, 30 s.")
		s.wait(30 * time.Second)
		s.has(s.out.fresh(), "Still working, 60 s.")
		got := s.happens(func() { s.screen.busy = false })
		s.has(got, "1 key.")
		s.wait(5 * time.Minute)
		if got := s.out.fresh(); got != "" {
			t.Errorf("told after the end: %q", got)
		}
	})
}

// TestSecretIsTypedUnseen: the echo is off before the question stands there, stays off while
// the answer is tried, and is back with the next question.
func TestSecretIsTypedUnseen(t *testing.T) {
	clock := ui.Clock{Now: time.Now, Tick: tea.Tick}
	ask := func(s *session) {
		s.dialog = ui.NewPassphrase(uitest.Styles(), clock, ui.AskPassphrase{Role: "root", Try: 1})
	}
	inBubble(t, func(s *session) {
		s.has(s.happens(func() { ask(s) }), "PASSPHRASE OF THE ROOT KEY.\nPassphrase, typed unseen (an empty line: leave, nothing changes): ")
		if !s.hidden {
			t.Fatal("it would be seen")
		}
		got := s.say("granite under the lake")
		s.has(got, "\nType a number")
		s.lacks(got, "granite")
		if s.hidden || s.answer == nil {
			t.Errorf("hidden %v, answer %v", s.hidden, s.answer)
		}
		s.happens(func() { ask(s) })
		s.signal()
		s.wait(time.Second)
		if err := <-s.end; !errors.Is(err, context.Canceled) || s.hidden || !s.ended {
			t.Errorf("after a signal: %v, hidden %v, given up %v", err, s.hidden, s.ended)
		}
	})
}

// TestTypedAhead: a line that was typed before a question of danger could be read is no
// answer to it.
func TestTypedAhead(t *testing.T) {
	clock := ui.Clock{Now: time.Now, Tick: tea.Tick}
	inBubble(t, func(s *session) {
		s.poke <- func() {
			s.dialog = ui.NewConfirm(uitest.Styles(), clock, ui.Question{Headline: "DELETE", Thing: "one", Keep: "Cancel", Act: "Delete it", Type: "one"})
		}
		synctest.Wait()
		got := s.say("one")
		s.has(got, "was not taken", "Type  one  to do it")
		if s.answer != nil {
			t.Fatalf("answered %v", s.answer)
		}
		s.wait(time.Second)
		s.say("one")
		if _, yes := s.answer.(ui.Confirmed); !yes {
			t.Errorf("answered %v", s.answer)
		}
	})
}

// TestEnds: how the console ends, and what it leaves behind.
func TestEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		do   func(*session)
		want error
		kept bool // nothing is given up
	}{
		"q":       {func(s *session) { s.say("q") }, nil, false},
		"Ctrl-d":  {func(s *session) { s.keyboard.Close() }, nil, false},
		"gone":    {func(s *session) { s.keyboard.CloseWithError(errors.New("input/output error")) }, nil, false},
		"a panic": {func(s *session) { s.say("R") }, tea.ErrProgramPanic, true},
		"Ctrl-d while something is sent": {func(s *session) {
			s.happens(func() { s.screen.held = "Finishing this: sending." })
			s.keyboard.Close()
			s.wait(time.Minute)
			select {
			case err := <-s.end:
				s.t.Errorf("left half way: %v", err)
			default:
			}
			got := s.out.fresh()
			s.has(got, "Finishing this: sending.", "Still working, 30 s.")
			if n := strings.Count(got, "Finishing"); n != 1 {
				s.t.Errorf("told %d times: %s", n, got)
			}
			s.poke <- func() { s.screen.held = "" }
		}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(s *session) {
				tt.do(s)
				s.wait(time.Second)
				select {
				case err := <-s.end:
					if !errors.Is(err, tt.want) || err != nil && tt.want == nil || s.ended == tt.kept {
						t.Errorf("ended with %v, given up %v", err, s.ended)
					}
					if err != nil && strings.Contains(err.Error(), "a secret") {
						t.Errorf("a panic's value is told: %v", err)
					}
				default:
					t.Error("it has not ended")
				}
			})
		})
	}
}

// TestInterrupt: Ctrl-c is the model's key.
func TestInterrupt(t *testing.T) {
	inBubble(t, func(s *session) {
		s.ctrlC <- struct{}{}
		s.wait(time.Second)
		if len(s.pressed) != 1 || s.pressed[0] != "ctrl+c" {
			t.Errorf("pressed %q", s.pressed)
		}
		s.has(s.out.fresh(), "? for help: \nType a number or a key")
	})
}

// TestAfterAQuestion: what changed below a question is told when it is answered, and not the
// screen once more.
func TestAfterAQuestion(t *testing.T) {
	inBubble(t, func(s *session) {
		s.out.fresh()
		got := s.happens(func() { s.dialog = ui.NewChoice(uitest.Styles(), "WHICH", []string{"this", "that"}) })
		s.has(got, "WHICH.\n1 of 2. this.\n2 of 2. that.\nType a number from 1 to 2 (an empty line leaves): ")
		s.happens(func() { s.screen.fill("one", "two", "three", "four") })
		got = s.say("3")
		s.has(got, "That is not one of the numbers.", "Type a number from 1 to 2")
		s.lacks(got, "WHICH", "four")
		got = s.say("2")
		s.has(got, "4 of 4. Fine. Name four.")
		s.lacks(got, "Name one")
		if s.answer != 1 {
			t.Errorf("answered %v", s.answer)
		}
	})
}

// TestCommand: a colon asks, and what follows it is the answer to that.
func TestCommand(t *testing.T) {
	inBubble(t, func(s *session) {
		s.asks = func() ui.Dialog { return ui.NewInput(uitest.Styles(), ui.Input{Title: "GO", Prompt: "Where:"}) }
		s.out.fresh()
		s.lacks(s.say(": repos "), "GO")
		if s.answer != "repos" {
			t.Errorf("answered %v", s.answer)
		}
		s.has(s.say(":"), "GO.\nWhere (")
	})
}

// TestChangedFactHasItsTitle: a fact that changes is told under the title that it stands
// under, once, and so is one that comes with its title.
func TestChangedFactHasItsTitle(t *testing.T) {
	page := func(where string, more ...ui.Section) ui.Page {
		return ui.Page{Title: "Back up", Sections: append([]ui.Section{
			{Title: "WHERE", Facts: []ui.Fact{{Value: where}, {Label: "Size", Value: "13 KiB"}}}}, more...)}
	}
	inBubble(t, func(s *session) {
		s.happens(func() { s.screen.Set(ui.NewListing(page("nowhere yet"))) })
		s.has(s.happens(func() { s.screen.Set(ui.NewListing(page("/media/a"))) }), "\nWHERE.\n/media/a.\nType")
		got := s.happens(func() {
			s.screen.Set(ui.NewListing(page("/media/a", ui.Section{Title: "WHO", Facts: []ui.Fact{{Value: "nobody"}}})))
		})
		s.has(got, "\nWHO.\nnobody.\nType")
	})
}

// TestListThatIsRead: of a list that has nothing yet it is not said that there is nothing.
func TestListThatIsRead(t *testing.T) {
	inBubble(t, func(s *session) {
		next := newScreen()
		next.fill()
		next.busy = true
		s.out.fresh()
		got := s.happens(func() { s.screen = next })
		s.has(got, "keyrite: keys.", "Type a number or a key")
		s.lacks(got, "There are none.")
		if got := s.happens(func() { next.fill("one") }); got != "" {
			t.Errorf("told before it is whole: %q", got)
		}
		s.has(s.happens(func() { next.busy = false }), "1 of 1. Fine. Name one.", "Type a number for open")
	})
}
