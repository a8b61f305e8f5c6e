package backup

import "sync"

// atOnce is how many files may wait for the disk at a time: what it writes out for one it
// writes out for those that wait with it.
const atOnce = 32

// beside does pieces of work beside one another, until one fails.
type beside struct {
	running sync.WaitGroup
	slots   chan struct{}
	mu      sync.Mutex
	err     error
}

func newBeside() *beside { return &beside{slots: make(chan struct{}, atOnce)} }

// start begins a piece as soon as there is room, or gives the error of an earlier one.
func (b *beside) start(do func() error) error {
	b.slots <- struct{}{}
	if err := b.failed(); err != nil {
		<-b.slots
		return err
	}
	b.running.Go(func() {
		defer func() { <-b.slots }()
		if err := do(); err != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.err == nil {
				b.err = err
			}
		}
	})
	return nil
}

func (b *beside) failed() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// wait waits for all that was begun, and gives the error of the first that failed.
func (b *beside) wait() error {
	b.running.Wait()
	return b.failed()
}
