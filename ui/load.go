package ui

import (
	"context"
	"errors"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Loader runs a screen's work outside the event loop, one piece at a time. Starting anew
// cancels what runs, and what an older run still sends is dropped.
type Loader[T any] struct {
	ctx     context.Context
	clock   Clock
	gen     int
	cancel  context.CancelFunc
	running bool
	begun   time.Time
	queue   *queue[T]
	doing   string
	came    time.Time
	reader  Screen // whose reading the present run is, nil for other work
	reading Screen // the same for the next run
	failed  bool   // how the last reading ended that was not cancelled
}

// NewLoader makes a loader whose work ends with ctx at the latest.
func NewLoader[T any](ctx context.Context, clock Clock) *Loader[T] {
	return &Loader[T]{ctx: ctx, clock: clock}
}

// Reads says that the next run reads what a screen shows. Once one such run succeeds, the error
// of the one before is over.
func (l *Loader[T]) Reads(s Screen) *Loader[T] {
	l.reading = s
	return l
}

// Loaded is what a run sent. Values holds what came since the last one, oldest first.
// Ended marks the last of a run; Err is then how it ended, and nil if it was cancelled.
type Loaded[T any] struct {
	Values []T
	Ended  bool
	Err    error
	reader Screen
}

// Failed is the command that shows how the run ended, nil where it ended well.
func (l Loaded[T]) Failed() tea.Cmd {
	if l.Err == nil {
		return nil
	}
	return Send(ErrorMsg{Err: l.Err, Reader: l.reader})
}

// Each gives every value to take, oldest first. Where the run failed, the error is shown
// after what they led to.
func (l Loaded[T]) Each(take func(T) tea.Cmd) tea.Cmd {
	var cmds []tea.Cmd
	for _, v := range l.Values {
		cmds = append(cmds, take(v))
	}
	return tea.Batch(append(cmds, l.Failed())...)
}

type loadedMsg[T any] struct {
	loader *Loader[T]
	gen    int
	Loaded[T]
}

// Start runs work. It may emit any number of values, from any goroutine of its own.
func (l *Loader[T]) Start(work func(ctx context.Context, emit func(T)) error) tea.Cmd {
	return l.start(func(ctx context.Context, q *queue[T]) { q.close(work(ctx, q.add)) })
}

func (l *Loader[T]) start(work func(context.Context, *queue[T])) tea.Cmd {
	l.Cancel()
	l.gen++
	l.reader, l.reading = l.reading, nil
	ctx, cancel := context.WithCancel(l.ctx)
	q := newQueue[T]()
	l.cancel, l.running, l.begun, l.queue = cancel, true, l.clock.Now(), q
	run := func() tea.Msg {
		defer cancel()
		work(ctx, q)
		return nil
	}
	return tea.Batch(run, l.next())
}

// Get is Start for work with one result. It arrives together with the end: whoever takes
// it may start the next work.
func (l *Loader[T]) Get(work func(ctx context.Context) (T, error)) tea.Cmd {
	return l.start(func(ctx context.Context, q *queue[T]) {
		v, err := work(ctx)
		if err != nil {
			q.close(err)
			return
		}
		q.close(nil, v)
	})
}

// next waits for what the present run sends next.
func (l *Loader[T]) next() tea.Cmd {
	q, gen := l.queue, l.gen
	return func() tea.Msg { return loadedMsg[T]{l, gen, q.take()} }
}

// Take picks this loader's message out of all others. The command that it returns waits
// for the next one and must be run.
func (l *Loader[T]) Take(msg tea.Msg) (got Loaded[T], cmd tea.Cmd, ok bool) {
	m, isOne := msg.(loadedMsg[T])
	if !isOne || m.loader != l || m.gen != l.gen {
		return got, nil, false
	}
	got = m.Loaded
	got.reader = l.reader
	if len(got.Values) > 0 {
		l.came = l.clock.Now()
	}
	if !got.Ended {
		return got, l.next(), true
	}
	l.running = false
	if errors.Is(got.Err, context.Canceled) {
		got.Err = nil
		return got, nil, true
	}
	if l.reader == nil {
		return got, nil, true
	}
	if l.failed && got.Err == nil {
		cmd = Send(ReadMsg{l.reader})
	}
	l.failed = got.Err != nil
	return got, cmd, true
}

// Disk is the freshness of what was read so from this machine and its media.
func (l *Loader[T]) Disk() Freshness { return Freshness{Disk: true, At: l.came} }

// Cancel stops the present run. What it sent so far still arrives.
func (l *Loader[T]) Cancel() {
	if l.cancel != nil {
		l.cancel()
	}
	l.running = false
}

// Drop stops the present run, and nothing that it sent is taken any more.
func (l *Loader[T]) Drop() {
	l.Cancel()
	l.gen++
}

// Running reports whether a run is under way, and for how long.
func (l *Loader[T]) Running() (time.Duration, bool) {
	return l.clock.Now().Sub(l.begun), l.running
}

// queue passes values from work to the event loop. It never blocks the work, and hands
// over all that waits at once, so that thousands of values cost a few frames.
type queue[T any] struct {
	mu     sync.Mutex
	ready  *sync.Cond
	values []T
	ended  bool
	err    error
}

func newQueue[T any]() *queue[T] {
	q := new(queue[T])
	q.ready = sync.NewCond(&q.mu)
	return q
}

func (q *queue[T]) add(v T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.values = append(q.values, v)
	q.ready.Signal()
}

func (q *queue[T]) close(err error, last ...T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.values = append(q.values, last...)
	q.ended, q.err = true, err
	q.ready.Signal()
}

func (q *queue[T]) take() Loaded[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.values) == 0 && !q.ended {
		q.ready.Wait()
	}
	out := Loaded[T]{Values: q.values, Ended: q.ended, Err: q.err}
	q.values = nil
	return out
}
