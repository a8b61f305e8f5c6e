package ui_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
	"keyrite/ui/uitest"
)

// both runs the two commands of a load: the work, and the wait for what it sends.
func both(t *testing.T, cmd tea.Cmd) tea.Msg {
	t.Helper()
	batch, ok := cmd().(tea.BatchMsg)
	if !ok || len(batch) != 2 {
		t.Fatalf("a load is %T", cmd())
	}
	if m := batch[0](); m != nil {
		t.Fatalf("the work sent %T by itself", m)
	}
	return batch[1]()
}

func TestLoader(t *testing.T) {
	l := ui.NewLoader[int](t.Context(), uitest.NewClock().UI())
	boom := errors.New("boom")
	msg := both(t, l.Start(func(_ context.Context, emit func(int)) error {
		emit(1)
		emit(2)
		return boom
	}))
	if _, on := l.Running(); !on {
		t.Error("it is not running before its end was taken")
	}
	got, next, ok := l.Take(msg)
	if !ok || next != nil || !slices.Equal(got.Values, []int{1, 2}) || !got.Ended || got.Err != boom {
		t.Errorf("took %+v, %v", got, ok)
	}
	if _, on := l.Running(); on {
		t.Error("it is running after its end")
	}
}

func TestLoaderDropsOldRuns(t *testing.T) {
	l := ui.NewLoader[int](t.Context(), uitest.NewClock().UI())
	one := func(n int) func(context.Context) (int, error) {
		return func(context.Context) (int, error) { return n, nil }
	}
	first := l.Get(one(1))
	second := l.Get(one(2))
	if _, _, ok := l.Take(both(t, first)); ok {
		t.Error("the answer of an older run was taken")
	}
	if at := l.Disk().At; !at.IsZero() {
		t.Errorf("before anything came, something was read at %s", at)
	}
	if got, _, ok := l.Take(both(t, second)); !ok || got.Values[0] != 2 {
		t.Errorf("the answer of the present run: %+v, %v", got, ok)
	}
	if f := l.Disk(); !f.Disk || !f.At.Equal(uitest.Start) {
		t.Errorf("what came now is of %+v", f)
	}
	other := ui.NewLoader[int](t.Context(), uitest.NewClock().UI())
	for range 3 {
		other.Get(one(4)) // it has as many runs as the other
	}
	if _, _, ok := other.Take(both(t, l.Get(one(3)))); ok {
		t.Error("another loader's answer was taken")
	}
}

// TestLoaderCancel: what runs is told, keeps what came, and its end is no error.
func TestLoaderCancel(t *testing.T) {
	l := ui.NewLoader[int](t.Context(), uitest.NewClock().UI())
	cmd := l.Start(func(ctx context.Context, emit func(int)) error {
		emit(1)
		<-ctx.Done()
		return ctx.Err()
	})
	l.Cancel()
	if _, on := l.Running(); on {
		t.Error("it is running after it was cancelled")
	}
	if got, _, ok := l.Take(both(t, cmd)); !ok || !slices.Equal(got.Values, []int{1}) || got.Err != nil || !got.Ended {
		t.Errorf("took %+v, %v", got, ok)
	}
	// A new run cancels the one before.
	stopped := false
	old := l.Start(func(ctx context.Context, _ func(int)) error { stopped = ctx.Err() != nil; return nil })
	l.Get(func(context.Context) (int, error) { return 0, nil })
	both(t, old)
	if !stopped {
		t.Error("the older run went on")
	}
}

// TestLoaderGet: the result never comes without the end, however the two goroutines meet.
func TestLoaderGet(t *testing.T) {
	for range 20_000 { // apart, the two would be seen once in many thousand
		l := ui.NewLoader[int](t.Context(), uitest.NewClock().UI())
		batch := l.Get(func(context.Context) (int, error) { return 7, nil })().(tea.BatchMsg)
		taken := make(chan tea.Msg)
		go func() { taken <- batch[1]() }()
		batch[0]()
		if got, _, ok := l.Take(<-taken); !ok || !got.Ended || !slices.Equal(got.Values, []int{7}) {
			t.Fatalf("took %+v, %v", got, ok)
		}
	}
}

// TestLoaderStreams: values come while the work goes on, and their reader waits anew.
func TestLoaderStreams(t *testing.T) {
	l := ui.NewLoader[int](t.Context(), uitest.NewClock().UI())
	more := make(chan int)
	batch := l.Start(func(_ context.Context, emit func(int)) error {
		for n := range more {
			emit(n)
		}
		return nil
	})().(tea.BatchMsg)
	done := make(chan struct{})
	go func() { batch[0](); close(done) }()
	wait := batch[1]
	for n := range 3 {
		more <- n
		got, next, ok := l.Take(wait())
		if !ok || !slices.Equal(got.Values, []int{n}) || got.Ended {
			t.Fatalf("value %d came as %+v, %v", n, got, ok)
		}
		wait = next
	}
	close(more)
	<-done
	if got, next, ok := l.Take(wait()); !ok || !got.Ended || next != nil || got.Err != nil {
		t.Errorf("the end came as %+v, %v", got, ok)
	}
}

// TestLoadedEach: what the values lead to happens in their order, and then the error is shown.
func TestLoadedEach(t *testing.T) {
	boom := errors.New("boom")
	cmd := ui.Loaded[int]{Values: []int{1, 2}, Err: boom}.Each(func(n int) tea.Cmd { return ui.Send(n) })
	var got []tea.Msg
	for _, c := range cmd().(tea.BatchMsg) {
		got = append(got, c())
	}
	if want := []tea.Msg{1, 2, ui.ErrorMsg{Err: boom}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if (ui.Loaded[int]{}).Each(nil) != nil {
		t.Error("nothing leads to something")
	}
}

// TestLoaderDrop: what was sent before is not taken any more, not even by the one that ran it.
func TestLoaderDrop(t *testing.T) {
	l := ui.NewLoader[int](t.Context(), uitest.NewClock().UI())
	var ended error
	msg := both(t, l.Start(func(ctx context.Context, emit func(int)) error {
		emit(1)
		l.Drop()
		ended = ctx.Err()
		return nil
	}))
	if _, on := l.Running(); on || ended == nil {
		t.Errorf("running %v, and the work was told %v", on, ended)
	}
	if got, _, ok := l.Take(msg); ok {
		t.Errorf("took %+v", got)
	}
	if _, _, ok := l.Take(both(t, l.Get(func(context.Context) (int, error) { return 2, nil }))); !ok {
		t.Error("nothing is taken after it")
	}
}

// TestLoaderEndsItsError: once a reading succeeds, the error of the one before is over. Other
// work says nothing of it, and one that was cancelled neither ends the error nor begins one.
func TestLoaderEndsItsError(t *testing.T) {
	l := ui.NewLoader[int](t.Context(), uitest.NewClock().UI())
	boom := errors.New("boom")
	for _, c := range []struct {
		name  string
		reads bool
		err   error
		over  bool
	}{
		{"fails", true, boom, false}, {"other work", false, nil, false}, {"cancelled", true, context.Canceled, false}, {"succeeds", true, nil, true},
		{"again", true, nil, false}, {"other work fails", false, boom, false}, {"nothing is over", true, nil, false},
	} {
		if c.reads {
			l.Reads(reader{})
		}
		got, cmd, ok := l.Take(both(t, l.Get(func(context.Context) (int, error) { return 1, c.err })))
		over := cmd != nil && cmd() == ui.ReadMsg{Reader: reader{}}
		if !ok || over != c.over {
			t.Errorf("%s: over is %v, want %v", c.name, over, c.over)
		}
		if failed := got.Failed(); (failed != nil) != (c.err == boom) {
			t.Errorf("%s: an error is shown: %v", c.name, failed != nil)
		}
	}
}

// reader is a screen of which only the identity counts.
type reader struct{ ui.Screen }
