package rotation

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// TestBringIn has many units bring in the key that they share, at once: it is done once,
// nobody goes on before it is, and a failure leaves it to the next.
func TestBringIn(t *testing.T) {
	r := &run{}
	failed := errors.New("the disk is full")
	if err := r.bringIn("shared", func() error { return failed }); !errors.Is(err, failed) {
		t.Fatalf("got %v", err)
	}
	var done atomic.Int32
	begin := make(chan struct{})
	var units sync.WaitGroup
	for range 8 {
		units.Go(func() {
			<-begin
			if err := r.bringIn("shared", func() error { done.Add(1); return nil }); err != nil || done.Load() != 1 {
				t.Errorf("%v, done %d times", err, done.Load())
			}
		})
	}
	close(begin)
	units.Wait()
	if err := r.bringIn("another", func() error { done.Add(1); return nil }); err != nil || done.Load() != 2 {
		t.Errorf("another key: %v, done %d times", err, done.Load())
	}
}
