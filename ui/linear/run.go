package linear

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
)

// Terminal is what the text is shown on. It is in the mode in which it gives whole lines.
type Terminal struct {
	In  io.Reader
	Out io.Writer
	// Hide stops the echo of what is typed, until show is called.
	Hide func() (show func())
	// Interrupts tells of each Ctrl-c.
	Interrupts <-chan struct{}
}

// The moments that the text waits before it tells what is new.
const (
	// settling lets what follows at once come with it.
	settling = 40 * time.Millisecond
	// patience is for work that ends soon: then its result is told and not its beginning.
	patience = 300 * time.Millisecond
	// heartbeat is how often it is said that work goes on.
	heartbeat = 30 * time.Second
)

// errGone is the end of a terminal that answers no more.
var errGone = errors.New("the terminal is gone")

// linear is one run of the console as text.
type linear struct {
	teller
	console Console
	in      io.Reader

	msgs   chan tea.Msg
	panics chan any
	done   chan struct{}
	lines  chan typedLine

	told  *time.Timer // when to tell what is new
	armed bool
	soon  bool // armed for the shorter of the two moments
	beat  *time.Timer
	beats int // since the work began
	busy  bool
	quit  bool
	// waiting is set from the end of the input until the console can be left.
	waiting bool
	// ahead is the answer to what a key is about to ask, nil for none.
	ahead []byte
}

// Run tells the console until it is left. It is over at once when ctx is, as a signal wants
// it; whatever happens, the echo is back afterwards.
func Run(ctx context.Context, c Console, t Terminal) error {
	l := &linear{console: c, in: t.In, teller: teller{out: t.Out, hide: t.Hide},
		msgs: make(chan tea.Msg), panics: make(chan any), done: make(chan struct{}), lines: make(chan typedLine),
		told: time.NewTimer(heartbeat), beat: time.NewTimer(heartbeat)}
	l.told.Stop()
	l.beat.Stop()
	defer l.shown()
	defer close(l.done)
	go trustdata.Guarded(func() { read(t.In, l.lines, l.done) })()
	// Nothing is cut or too small here: the size only says that there is room.
	l.update(tea.WindowSizeMsg{Width: 400, Height: 400})
	l.run(c.Init())
	err := l.loop(ctx, t.Interrupts)
	if !errors.Is(err, tea.ErrProgramPanic) { // after one nothing is known of the screens
		c.End()
	}
	l.endLine()
	if errors.Is(err, errGone) {
		return nil
	}
	return errors.Join(err, l.err)
}

func (l *linear) loop(ctx context.Context, interrupts <-chan struct{}) error {
	for !l.quit && l.err == nil {
		lines := l.lines
		if !l.prompted || l.waiting { // what is typed ahead waits for its question
			lines = nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p := <-l.panics:
			return fmt.Errorf("%w: a %T", tea.ErrProgramPanic, p)
		case msg := <-l.msgs:
			l.deliver(msg)
		case <-interrupts:
			l.press(letterC)
		case in := <-lines:
			if err := l.take(in); err != nil {
				return err
			}
		case <-l.told.C:
			l.armed = false
			l.tell(l.console)
			l.watch()
			l.leaveAtLast()
		case <-l.beat.C:
			l.pulse()
		}
	}
	return nil
}

// letterC is Ctrl-c as the model knows it.
var letterC = tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}

// run runs a command by itself. A panic in it ends the console.
func (l *linear) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go trustdata.Guarded(func() {
		defer func() {
			if p := recover(); p != nil {
				select {
				case l.panics <- p:
				case <-l.done:
				}
			}
		}()
		msg := cmd()
		select {
		case l.msgs <- msg:
		case <-l.done:
		}
	})()
}

// deliver gives the model what a command has sent.
func (l *linear) deliver(msg tea.Msg) {
	switch msg := msg.(type) {
	case nil:
	case tea.BatchMsg:
		for _, cmd := range msg {
			l.run(cmd)
		}
	case tea.QuitMsg:
		l.quit = true
	default:
		l.update(msg)
	}
}

func (l *linear) update(msg tea.Msg) {
	_, cmd := l.console.Update(msg)
	l.run(cmd)
	l.changed()
}

// changed notes what was said, and sees to it that what is new is told soon.
func (l *linear) changed() {
	s := l.console.Scene()
	l.note(s.Status)
	if answer := l.ahead; answer != nil && s.Dialog != nil {
		l.ahead = nil
		l.reply(answer)
		return
	}
	if !l.knows(s) { // a line is an answer to what was told, not to what is there by now
		l.prompted = false
	}
	working := s.Dialog == nil && s.working()
	if l.armed && (l.soon || working) {
		return
	}
	l.armed, l.soon = true, !working
	if working {
		l.told.Reset(patience)
	} else {
		l.told.Reset(settling)
	}
}

// press gives the model a key, as if it had been pressed.
func (l *linear) press(k tea.KeyPressMsg) {
	l.note("")
	l.typed = true
	l.update(k)
}
