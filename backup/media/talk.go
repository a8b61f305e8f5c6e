package media

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"sync"
	"time"

	"keyrite/trustdata"
)

// farewell is how long cleaning up may take once the work was given up.
const farewell = 3 * time.Second

// ending is how long a killed process may take to end before it counts as left behind.
const ending = 200 * time.Millisecond

// talk is a running helper process. Its calls come one after the other.
type talk struct {
	name     string // of the medium
	patience time.Duration
	moved    func() string // changes as long as the disk moves
	cmd      *exec.Cmd
	in       io.WriteCloser
	out      io.ReadCloser
	stderr   *bounded // to be read once ended is closed
	ended    chan struct{}
	ctx      context.Context
	lost     chan error // what the guard found, once

	mu     sync.Mutex
	broken error // of every later call
}

// start starts a helper. Nothing of the environment is handed down.
func (h Helper) start(ctx context.Context, name string) (*talk, error) {
	t := &talk{name: name, patience: cmp.Or(h.Patience, DefaultPatience), ctx: ctx, ended: make(chan struct{}), lost: make(chan error, 1), stderr: new(bounded),
		moved: func() string { return "" }}
	toHelper, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, fromHelper, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, toHelper.Close(), in.Close())
	}
	t.in, t.out = in, out
	t.cmd = &exec.Cmd{Path: h.Program, Args: h.Args, Env: []string{}}
	t.cmd.Stdin, t.cmd.Stdout, t.cmd.Stderr = toHelper, fromHelper, t.stderr
	t.cmd.WaitDelay = ending
	err = t.cmd.Start()
	err = errors.Join(err, toHelper.Close(), fromHelper.Close())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the process that works on %s: %w", name, err), in.Close(), out.Close())
	}
	go trustdata.Guarded(func() {
		_ = t.cmd.Wait() // how it ended is told by what it did not answer
		close(t.ended)
	})()
	return t, nil
}

// answered is what a call came to.
type answered struct {
	reply
	data []byte
	err  error
}

// call has the helper do one thing. It fails when the medium stands still, when the guard
// has lost it, or when the helper ended; and then every later call fails alike.
func (t *talk) call(req request, body []byte) (reply, []byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken != nil {
		return reply{}, nil, t.broken
	}
	done := make(chan answered, 1)
	go trustdata.Guarded(func() {
		var a answered
		if a.err = writeFrame(t.in, req, body); a.err == nil {
			a.data, a.err = readFrame(t.out, &a.reply)
		}
		done <- a
	})()
	a, err := t.await(done)
	if err != nil {
		t.broken = t.abandon(err)
		return reply{}, nil, t.broken
	}
	if a.err != nil {
		t.broken = t.abandon(fmt.Errorf("the process that works on %s ended: %w", t.name, a.err))
		return reply{}, nil, t.broken
	}
	return a.reply, a.data, a.Fault.err()
}

// beats is how often the medium is looked at while it is waited for.
const beats = 20

// await waits for an answer as long as the medium moves. Once ctx has ended only as long as
// a farewell takes. The time is counted in beats, and a beat that comes late counts once: a
// process that was stopped, or got no processor, did not wait for the medium meanwhile. An
// answer that is there counts, however late this looks.
func (t *talk) await(done <-chan answered) (answered, error) {
	limit, over := t.patience, t.ctx.Done()
	timer := time.NewTimer(limit / beats)
	defer timer.Stop()
	for still, before := 0, ""; ; {
		select {
		case a := <-done:
			return a, nil
		case err := <-t.lost:
			return answered{}, err
		case <-over:
			over, limit, still = nil, min(limit, farewell), 0
		case <-timer.C:
			if now := t.moved(); still > 0 && now == before {
				still++
			} else {
				still, before = 1, now
			}
		}
		if still < beats {
			timer.Reset(limit / beats)
			continue
		}
		select {
		case a := <-done:
			return a, nil
		default:
			return answered{}, &HungError{Medium: t.name, After: limit}
		}
	}
}

// abandon ends the helper, or leaves it behind where nothing can end it, and gives err with
// what became of it.
func (t *talk) abandon(err error) error {
	t.in.Close()
	t.cmd.Process.Kill() // an error means that it has ended
	hung := (*HungError)(nil)
	switch {
	case !t.wait(ending) && errors.As(err, &hung):
		hung.PID = t.cmd.Process.Pid
	case t.wait(0) && t.stderr.Len() > 0:
		err = fmt.Errorf("%w: %q", err, t.stderr)
	}
	t.out.Close()
	return err
}

// wait reports whether the helper ended in time.
func (t *talk) wait(limit time.Duration) bool {
	select {
	case <-t.ended:
		return true
	default:
	}
	select {
	case <-t.ended:
		return true
	case <-time.After(limit):
		return false
	}
}

// end lets the helper finish and end.
func (t *talk) end() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken != nil {
		return t.broken
	}
	t.broken = fs.ErrClosed
	t.in.Close()
	if !t.wait(t.patience) {
		return t.abandon(&HungError{Medium: t.name, After: t.patience})
	}
	return t.out.Close()
}

// discard is end for a talk that failed, with what is to be told about it already.
func (t *talk) discard() error {
	t.mu.Lock()
	broken := t.broken
	t.mu.Unlock()
	if broken != nil {
		return nil
	}
	return t.end()
}

// bounded keeps the beginning of what a helper says on standard error, which is nothing
// unless it broke down.
type bounded struct{ bytes.Buffer }

const maxSaid = 4 << 10

func (b *bounded) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), maxSaid-b.Len())])
	return len(p), nil
}
