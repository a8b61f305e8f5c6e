package media

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"keyrite/trustdata"
)

// Helper starts processes that work on a medium in place of this one: a process that waits
// for a medium which hangs cannot be ended by anything, and must not be the console.
type Helper struct {
	// Program is the path of a program that calls Serve with its standard input and output,
	// if it is started with Args: its own name first.
	Program string
	Args    []string
	// Patience is how long the medium may stand still; 0 is DefaultPatience. A step may
	// take longer as long as the kernel counts that the disk moves.
	Patience time.Duration
	// Progress, if it is not nil, is told after each write how many bytes of a file the
	// medium's file system has taken.
	Progress func(name string, written int64)
}

// ErrHung is what every HungError Is.
var ErrHung = errors.New("the medium does not answer")

// HungError says that a medium stood still.
type HungError struct {
	// Medium is the drive's title or, where that is not known, the folder.
	Medium string
	After  time.Duration
	// PID is the process that still waits for the medium, 0 if it could be ended.
	PID int
}

func (e *HungError) Error() string {
	text := fmt.Sprintf("%s has not answered for %s: it is broken, or very slow; what was last written to it does not count", e.Medium, e.After)
	if e.PID != 0 {
		text += fmt.Sprintf("; process %d still waits for it, and ends when the medium answers or is taken out", e.PID)
	}
	return text
}

// Is makes it ErrHung.
func (e *HungError) Is(target error) bool { return target == ErrHung }

// Ask is the function of this name, in a process of its own, which can hang. It is made for
// Options.Ask.
func (h Helper) Ask(ctx context.Context, mount string, id uint64) (Answer, error) {
	got, err := h.once(ctx, request{Op: "ask", Name: mount, ID: id})
	if err != nil || got.Answer == nil {
		return Answer{}, cmp.Or(err, errNoAnswer)
	}
	return *got.Answer, nil
}

// Resolve is the function of this name, in a process of its own. It is made for
// Options.Resolve.
func (h Helper) Resolve(ctx context.Context, path string) (string, error) {
	got, err := h.once(ctx, request{Op: "resolve", Name: path})
	if err != nil || len(got.Names) != 1 {
		return "", cmp.Or(err, errNoAnswer)
	}
	return got.Names[0], nil
}

var errNoAnswer = errors.New("the process that works on the medium gave no answer")

// once has a process do one thing.
func (h Helper) once(ctx context.Context, req request) (reply, error) {
	t, err := h.start(ctx, fmt.Sprintf("the medium at %q", req.Name))
	if err != nil {
		return reply{}, err
	}
	got, _, err := t.call(req, nil)
	return got, cmp.Or(err, t.discard())
}

// Opener opens folders in processes of their own, for as long as ctx lasts: after its end a
// file can still be closed and removed, if the medium takes it at once. The guard may be
// nil, for a folder that is not on a removable drive; else the folder must be on its drive,
// and every call fails with the LostError as soon as that is not where it was.
func (h Helper) Opener(ctx context.Context, g *Guard) Opener {
	return func(path string, make bool) (Folder, error) { return h.open(ctx, g, path, make) }
}

func (h Helper) open(ctx context.Context, g *Guard, path string, make bool) (Folder, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	t, err := h.start(ctx, g.name(path))
	if err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	f := &far{talk: t, path: path, guard: g, progress: h.Progress, stop: stop}
	if g != nil {
		t.moved = g.activity
		go trustdata.Guarded(func() { f.watch(watching) })()
	}
	got, _, err := t.call(request{Op: "enter", Name: path, Make: make}, nil)
	if err == nil {
		err = Also(g.Check(), g.holds(path, got.Mount))
	}
	if err != nil {
		stop()
		return nil, Also(err, t.discard())
	}
	if g == nil {
		t.moved = Roots{}.activityOf(got.Mount)
	}
	return f, nil
}
