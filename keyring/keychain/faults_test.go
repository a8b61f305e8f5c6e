package keychain_test

import (
	"context"
	"errors"
	"io/fs"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"keyrite/keyring/keychain"
)

// deaf says yes to everything and stores or removes nothing, as a Secret Service does
// whose question was dismissed.
type deaf struct{ memory }

func (deaf) Set(string, string, string) error { return nil }
func (deaf) Delete(string, string) error      { return nil }

func TestYesIsNotBelieved(t *testing.T) {
	m := memory{}
	honest, lying := keychain.Over(m, keychain.Options{}), keychain.Over(deaf{m}, keychain.Options{})
	want(t, "Remember", lying.Remember(t.Context(), id("a"), passphrase("new")), keychain.ErrDenied)

	must(t, honest.Remember(t.Context(), id("a"), passphrase("old")))
	want(t, "Remember over another", lying.Remember(t.Context(), id("a"), passphrase("new")), keychain.ErrDenied)
	want(t, "Forget", lying.Forget(t.Context(), id("a")), keychain.ErrDenied)
	if got, err := recall(t.Context(), honest, id("a")); got != "old" || err != nil {
		t.Errorf("what was stored is now %q, %v", got, err)
	}
}

// slow stores only when it is let go on, and counts who is waiting for that.
type slow struct {
	memory
	goOn   chan struct{}
	inside atomic.Int32
}

func newSlow() *slow { return &slow{memory: memory{}, goOn: make(chan struct{})} }

func (s *slow) Set(service, user, value string) error {
	s.inside.Add(1)
	defer s.inside.Add(-1)
	<-s.goOn
	return s.memory.Set(service, user, value)
}

func TestHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newSlow()
		k := keychain.Over(m, keychain.Options{})
		begin := time.Now()
		want(t, "Remember", k.Remember(t.Context(), id("a"), passphrase("x")), keychain.ErrHung)
		if took := time.Since(begin); took != keychain.DefaultTimeout {
			t.Errorf("it took %v", took)
		}
		// Until the call ends, nobody waits for its time-out again.
		begin = time.Now()
		_, err := k.Recall(t.Context(), id("b"))
		want(t, "Recall", err, keychain.ErrHung)
		if took := time.Since(begin); took != 0 {
			t.Errorf("the next call took %v", took)
		}
		close(m.goOn)
		synctest.Wait()
		if len(m.memory) != 0 {
			t.Errorf("what was reported as not stored is there: %q", m.memory)
		}
		contract(t, k)
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newSlow()
		k := keychain.Over(m, keychain.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begin := time.Now()
		want(t, "Remember", k.Remember(ctx, id("a"), passphrase("x")), context.Canceled)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("it took %v", took)
		}
		want(t, "a call that is cancelled before it begins", k.Forget(ctx, id("a")), context.Canceled)
		close(m.goOn)
		synctest.Wait()
		if len(m.memory) != 0 {
			t.Errorf("what was cancelled is there: %q", m.memory)
		}
	})
}

// Calls stand in line, each with its own time-out.
func TestOneCallAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newSlow()
		k := keychain.Over(m, keychain.Options{Timeout: time.Minute})
		errs := make(chan error, 2)
		for _, digit := range []string{"a", "b"} {
			go func() { errs <- k.Remember(t.Context(), id(digit), passphrase(digit)) }()
		}
		for range 2 {
			synctest.Wait()
			if n := m.inside.Load(); n != 1 {
				t.Errorf("%d calls at once", n)
			}
			m.goOn <- struct{}{}
			must(t, <-errs)
		}
		if len(m.memory) != 2 {
			t.Errorf("stored: %q", m.memory)
		}
	})
}

// broken panics, as the library does when the bus goes away under a question.
type broken struct{ memory }

func (broken) Get(string, string) (string, error) { panic("no signal") }

func TestPanic(t *testing.T) {
	k := keychain.Over(broken{memory{}}, keychain.Options{})
	want(t, "Remember", k.Remember(t.Context(), id("a"), passphrase("x")), keychain.ErrNoService)
	_, err := k.Recall(t.Context(), id("a"))
	want(t, "Recall", err, keychain.ErrNoService)
	if _, err := k.Has(t.Context(), id("a")); err == nil {
		t.Error("Has knows it")
	}
}

// failing gives one error for everything.
type failing struct{ err error }

func (f failing) Set(string, string, string) error   { return f.err }
func (f failing) Get(string, string) (string, error) { return "", f.err }
func (f failing) Delete(string, string) error        { return f.err }

func TestErrorsComeThrough(t *testing.T) {
	cause := errors.New("the disk is full")
	k := keychain.Over(failing{cause}, keychain.Options{})
	want(t, "Remember", k.Remember(t.Context(), id("a"), passphrase("x")), cause)
	want(t, "Forget", k.Forget(t.Context(), id("a")), cause)
	_, err := k.Recall(t.Context(), id("a"))
	want(t, "Recall", err, cause)
	if errors.Is(err, fs.ErrNotExist) {
		t.Error("a failure looks like an entry that is not there")
	}
}
