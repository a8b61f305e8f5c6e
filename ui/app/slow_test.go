package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/state"
	"keyrite/ui/app"
	"keyrite/ui/repos"
	"keyrite/ui/uitest"
)

// slow is three repositories whose servers answer when the test says so.
type slow struct {
	*world
	answer map[trustdata.GUN]chan struct{}
	ended  chan error // of each check
}

// days tell the rows apart: an end of its own for each.
var days = map[trustdata.GUN]int{"registry.acme.io/a": 301, "registry.acme.io/b": 302, "registry.acme.io/c": 303}

func newSlow() *slow {
	s := &slow{world: newWorld(), answer: map[trustdata.GUN]chan struct{}{}, ended: make(chan error, 2)}
	for gun := range days {
		s.answer[gun] = make(chan struct{})
	}
	return s
}

func (s *slow) Known(context.Context) ([]repos.Repo, error) {
	return []repos.Repo{{GUN: "registry.acme.io/a"}, {GUN: "registry.acme.io/b"}, {GUN: "registry.acme.io/c"}}, nil
}

func (s *slow) Check(ctx context.Context, guns []trustdata.GUN, _ func(repos.Heard), each func(repos.Repo)) error {
	held, err := s.Held(ctx)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, gun := range guns {
		wg.Go(func() {
			select {
			case <-s.answer[gun]:
				each(repos.Of(collection(gun, days[gun]), held))
			case <-ctx.Done():
			}
		})
	}
	wg.Wait()
	s.ended <- ctx.Err()
	return ctx.Err()
}

func ends(gun trustdata.GUN) string {
	return uitest.Start.AddDate(0, 0, days[gun]).Format(time.DateOnly)
}

// reposOn is the console with its list of repositories on that source, and commands that take
// their time.
func reposOn(t *testing.T, w *world, source repos.Source) *uitest.Driver {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	d := w.consoleWith(t, 100, 30, func(opt *app.Options) {
		opt.Tabs[2].Screen = repos.New(repos.Options{Context: ctx, Styles: opt.Styles, Clock: opt.Clock, Source: source})
	})
	return d.Background()
}

// TestRowsFill: each row is filled as its server answers, whatever the others do; Esc stops
// the rest, what came stays, and r asks anew.
func TestRowsFill(t *testing.T) {
	s := newSlow()
	a, b, c := trustdata.GUN("registry.acme.io/a"), trustdata.GUN("registry.acme.io/b"), trustdata.GUN("registry.acme.io/c")
	d := reposOn(t, s.world, s).Press("3").Await(string(a), string(b), string(c)).Lacks(ends(a), ends(b), ends(c))
	close(s.answer[b])
	d.Await(ends(b)).Lacks(ends(a), ends(c)).Advance(5 * time.Second).Has("checked 1 of 3")
	before := d.Text()
	if d.Press("j"); d.Text() == before {
		t.Errorf("the mark did not move while servers are asked:\n%s", before)
	}
	d.Press("esc")
	if err := <-s.ended; err != context.Canceled {
		t.Errorf("the check ended with %v", err)
	}
	d.Advance(5*time.Second).Has(ends(b), string(a), string(c)).Lacks("checked 1 of 3", ends(a), ends(c)).Fits()
	close(s.answer[a])
	close(s.answer[c])
	d.Press("r").Await(ends(a), ends(b), ends(c))
	if err := <-s.ended; err != nil {
		t.Errorf("the second check ended with %v", err)
	}
}

// hung is a list of one repository whose trust server takes every request and answers none.
type hung struct {
	*world
	fetcher *remote.Fetcher
}

func (h *hung) Known(context.Context) ([]repos.Repo, error) {
	return []repos.Repo{{GUN: "registry.acme.io/a"}, {GUN: "registry.acme.io/b"}}, nil
}

func (h *hung) Check(ctx context.Context, guns []trustdata.GUN, _ func(repos.Heard), each func(repos.Repo)) error {
	for _, gun := range guns {
		if _, err := h.fetcher.Fetch(ctx, gun); err != nil {
			each(repos.NewRepo(gun, nil, nil, err))
		}
	}
	return ctx.Err()
}

// TestHungServer: while a request hangs every key is answered with a frame, and Esc takes the request back.
func TestHungServer(t *testing.T) {
	asked, left := make(chan struct{}, 16), make(chan struct{}, 16)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
		left <- struct{}{}
	}))
	t.Cleanup(server.Close)
	store, err := state.OpenStore(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	h := &hung{newWorld(), &remote.Fetcher{Config: access.Config{Server: server.URL, Timeout: time.Hour}, State: store, Now: func() time.Time { return uitest.Start }}}
	d := reposOn(t, h.world, h).Press("3").Await("registry.acme.io/a", "registry.acme.io/b")
	<-asked
	before := d.Text()
	if d.Press("j"); d.Text() == before {
		t.Errorf("the mark did not move while the request hangs:\n%s", before)
	}
	d.Press("?").Await("ON THIS SCREEN (repos)").Press("esc").Await("REPOSITORY", "registry.acme.io/a").Lacks("ON THIS SCREEN")
	d.Advance(5 * time.Second).Has("checked 0 of 2").Fits()
	select {
	case <-left:
		t.Fatal("the request was given up before anybody asked for that")
	default:
	}
	d.Press("esc")
	<-left
	d.Lacks("checked 0 of 2")
}
