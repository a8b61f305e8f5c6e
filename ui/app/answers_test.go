package app_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"keyrite/ui"
	"keyrite/ui/app"
)

// asked are the questions of a start, and answers what a terminal says to them.
var asked = []string{"\x1b[?2026$p", "\x1b[?2027$p", "\x1b[?u", "\x1b]11;?"}

const answers = "\x1b[?2026;2$y\x1b[?2027;0$y\x1b[?1u\x1b]11;rgb:ffff/ffff/ffff\x1b\\"

// idle is a screen that can be left at any time.
type idle struct{ holding }

func (idle) Busy() bool { return false }

// far is a program at a terminal that answers when the test does.
type far struct {
	transcript
	keyboard *io.PipeWriter
	styles   *ui.Styles
	signal   context.CancelFunc
	started  time.Time
	ended    chan error
}

// fromFar runs a console in the time of a bubble.
func fromFar(t *testing.T, look ui.Look, test func(*far)) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		in, keyboard := io.Pipe()
		f := &far{keyboard: keyboard, styles: ui.NewStyles(look), signal: cancel, started: time.Now(), ended: make(chan error, 1)}
		screen := idle{holding{make(chan bool), make(chan bool)}}
		opt := app.Options{Styles: f.styles, Clock: ui.Clock{Now: time.Now, Tick: tea.Tick}, Tabs: []app.Tab{{Digit: "2", Name: "Keys", Screen: screen}}}
		go func() {
			f.ended <- app.Run(ctx, opt, app.Terminal{In: in, Out: f, Env: []string{"TERM=xterm"}, Profile: colorprofile.TrueColor})
		}()
		<-screen.shown
		time.Sleep(100 * time.Millisecond)
		test(f)
		cancel()
		keyboard.Close()
		<-screen.cancelled
		time.Sleep(2 * time.Minute) // the minute hand is left behind
	})
}

// late answers after a while, up to which the console must not have ended.
func (f *far) late(t *testing.T, text string) {
	time.Sleep(150 * time.Millisecond)
	if len(f.ended) > 0 {
		t.Error("it ended before the answers came")
	}
	io.WriteString(f.keyboard, text)
}

// ends is how long the console takes to its end from now, and its error.
func (f *far) ends() (time.Duration, error) {
	now := time.Now()
	err := <-f.ended
	return time.Since(now), err
}

// The end waits for answers that are still to come, however it comes to it, and for a moment
// only.
func TestTheEndWaitsForAnswers(t *testing.T) {
	quit := func(_ *testing.T, f *far) { io.WriteString(f.keyboard, "\x03") }
	for name, tt := range map[string]struct {
		do     func(*testing.T, *far)
		least  time.Duration
		most   time.Duration
		signal bool
	}{
		"answered before": {func(_ *testing.T, f *far) {
			io.WriteString(f.keyboard, answers)
			time.Sleep(time.Millisecond)
			quit(nil, f)
		}, 0, 0, false},
		"answered late":     {func(t *testing.T, f *far) { quit(t, f); f.late(t, answers) }, 0, 50 * time.Millisecond, false},
		"not answered":      {quit, 250 * time.Millisecond, 250 * time.Millisecond, false},
		"asked long ago":    {func(t *testing.T, f *far) { time.Sleep(2 * time.Second); quit(t, f) }, 0, 50 * time.Millisecond, false},
		"signal, answered":  {func(t *testing.T, f *far) { f.signal(); f.late(t, answers) }, 0, 50 * time.Millisecond, true},
		"signal, no answer": {func(_ *testing.T, f *far) { f.signal() }, 250 * time.Millisecond, 250 * time.Millisecond, true},
		"some are answered, and the last question": {func(t *testing.T, f *far) { quit(t, f); f.late(t, "\x1b[?2026;2$y\x1b[5;9R") }, 0, 50 * time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			fromFar(t, ui.Look{}, func(f *far) {
				for _, q := range asked {
					if !strings.Contains(f.String(), q) {
						t.Errorf("%q was not asked, so this proves nothing of it", q)
					}
				}
				tt.do(t, f)
				took, err := f.ends()
				if took < tt.least || took > tt.most {
					t.Errorf("it ended after %v", took)
				}
				if (err != nil) != tt.signal || err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("it ended with %v", err)
				}
			})
		})
	}
}

// A theme that leaves it open follows the terminal's background; where it is known, or has no
// colour, nobody asks.
func TestBackgroundIsAsked(t *testing.T) {
	fromFar(t, ui.Look{}, func(f *far) {
		io.WriteString(f.keyboard, answers)
		time.Sleep(100 * time.Millisecond)
		if f.signal(); !errors.Is(<-f.ended, context.Canceled) || !f.styles.Light {
			t.Error("the terminal said that it is white, and the look is not")
		}
	})
	for name, look := range map[string]ui.Look{"fixed": {Fixed: true}, "mono": {Mono: true}} {
		fromFar(t, look, func(f *far) {
			if strings.Contains(f.String(), asked[3]) {
				t.Errorf("%s: the background was asked for", name)
			}
			f.signal()
			<-f.ended
		})
	}
}
