package keychain

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"keyrite/trustdata"
)

// queue lets one call at a time through to the keychain: the library's calls share one
// connection, and one that waits for a question would take the answer to another.
type queue struct {
	turn chan struct{}
	// stuck counts calls that were given up and still run.
	stuck *atomic.Int32
}

func newQueue() queue { return queue{make(chan struct{}, 1), new(atomic.Int32)} }

// call runs do in a goroutine and waits for it as long as the time-out and ctx allow. A do
// that ends without an error after that is undone by undo, which may be nil. While a call
// that was given up still runs, another is ErrHung at once.
func (k *Keychain) call(ctx context.Context, do func() error, undo func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if k.line.stuck.Load() > 0 {
		return fmt.Errorf("%w: it has not answered an earlier question yet", ErrHung)
	}
	late := time.NewTimer(k.timeout)
	defer late.Stop()
	select {
	case k.line.turn <- struct{}{}:
	case <-late.C:
		return k.hung()
	case <-ctx.Done():
		return ctx.Err()
	}
	var settled atomic.Bool // whoever sets it first says how the call ended
	done := make(chan error, 1)
	go trustdata.Guarded(func() {
		err := guarded(do)
		if settled.CompareAndSwap(false, true) {
			<-k.line.turn
			done <- err
			return
		}
		if err == nil && undo != nil {
			_ = guarded(func() error { undo(); return nil })
		}
		k.line.stuck.Add(-1)
		<-k.line.turn
	})()
	return k.wait(ctx, late.C, done, &settled)
}

func (k *Keychain) wait(ctx context.Context, late <-chan time.Time, done <-chan error, settled *atomic.Bool) error {
	why := error(nil)
	select {
	case err := <-done:
		return err
	case <-late:
		why = k.hung()
	case <-ctx.Done():
		why = ctx.Err()
	}
	k.line.stuck.Add(1)
	if settled.CompareAndSwap(false, true) {
		return why
	}
	k.line.stuck.Add(-1) // it ended just now
	return <-done
}

func (k *Keychain) hung() error {
	return fmt.Errorf("%w within %v: it may be waiting for somebody to unlock it", ErrHung, k.timeout)
}

// guarded turns a panic into an error: the library panics when the bus goes away while it
// waits for a question, and when a service answers with other types than it should.
func guarded(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: it went away or broke the protocol (%q)", ErrNoService, fmt.Sprint(v))
		}
	}()
	return do()
}
