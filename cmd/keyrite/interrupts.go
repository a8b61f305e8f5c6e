package main

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"

	"keyrite/trustdata"
)

// interrupts are the Ctrl-c of a run. Each ends it, unless somebody takes them for something
// less: in the console Ctrl-c first leaves a question, then stops what runs.
type interrupts struct{ taken atomic.Pointer[chan struct{}] }

// end gives a context that ends with the first interrupt that nobody takes.
func (i *interrupts) end(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	got := make(chan os.Signal, 1)
	signal.Notify(got, os.Interrupt)
	go trustdata.Guarded(func() {
		for {
			select {
			case <-got:
				i.pass(cancel)
			case <-ctx.Done():
				return
			}
		}
	})()
	return ctx, func() { signal.Stop(got); cancel() }
}

func (i *interrupts) pass(cancel context.CancelFunc) {
	taken := i.taken.Load()
	if taken == nil {
		cancel()
		return
	}
	select {
	case *taken <- struct{}{}:
	default: // one is waiting to be heard
	}
}

// take has interrupts come out of the channel until release is called.
func (i *interrupts) take() (each <-chan struct{}, release func()) {
	c := make(chan struct{}, 1)
	i.taken.Store(&c)
	return c, func() { i.taken.Store(nil) }
}
