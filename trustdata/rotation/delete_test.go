package rotation_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
)

func (w *world) delete() (*rotation.DeletionResult, error) {
	w.t.Helper()
	r := w.rotator()
	plan, err := r.PlanDelete(context.Background(), gun)
	if err != nil {
		return nil, err
	}
	return r.ApplyDelete(context.Background(), plan, nil, func(string) {})
}

// gone reports whether a client with an empty cache finds nothing.
func (w *world) gone() bool {
	w.t.Helper()
	w.meddle = nil
	_, err := w.rotator().Fresh(context.Background(), gun)
	return errors.Is(err, remote.ErrNotFound)
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	w.publish(true)
	before := w.files()
	plan, err := w.rotator().PlanDelete(context.Background(), gun)
	if err != nil {
		t.Fatal(err)
	}
	says(t, plan.Changes, "1.0 loses its signature")
	says(t, plan.Changes, "a<b>& loses its signature")
	says(t, plan.WillNotFollow, "tuf/"+string(gun))
	seen, _, _ := w.state.Seen(gun)
	res, err := w.rotator().ApplyDelete(context.Background(), plan, []string{"archive"}, func(string) {})
	if err != nil || !res.Deleted || !res.Verified || res.Tags != 2 || !w.gone() {
		t.Fatalf("%+v, %v", res, err)
	}
	if still, ok, err := w.state.Seen(gun); err != nil || !ok || still.Root.Version != seen.Root.Version {
		t.Errorf("remembered now: %+v, %v, before %+v", still, err, seen)
	}
	if !maps.Equal(before, w.files()) {
		t.Error("keys have changed")
	}
	past, err := w.journal.Past()
	if err != nil || len(past) != 1 || past[0].State() != rotation.StateDone || len(past[0].Waived) != 1 {
		t.Errorf("%+v, %v", past, err)
	}
	if _, err := w.delete(); !errors.Is(err, remote.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	// What comes up under the name again is noticed, with the same keys too.
	_, err = w.rotator().PlanInit(context.Background(), rotation.InitRequest{GUN: gun})
	is(t, err, rotation.ErrSeenBefore)
	w.publish(true)
	if _, err := w.rotator().Plan(context.Background(), rotation.Request{GUN: gun, Role: targets}); err == nil {
		t.Error("a repository founded anew is taken for the old one")
	}
}

// TestDeleteMisanswered: what became of it is what the server shows, never what it answered.
func TestDeleteMisanswered(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		pass   bool // it is carried out all the same
		want   error
		state  rotation.State
	}{
		"refused":               {403, false, rotation.ErrRefused, rotation.StateRefused},
		"lost on the way there": {500, false, rotation.ErrUnknown, rotation.StateUnknown},
		"lost on the way back":  {500, true, nil, rotation.StateDone},
		"a yes and nothing":     {200, false, rotation.ErrUnknown, rotation.StateUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(false)
			w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				if r.Method != http.MethodDelete {
					next.ServeHTTP(rw, r)
					return
				}
				if c.pass {
					next.ServeHTTP(discard{http.Header{}}, r)
				}
				rw.WriteHeader(c.status)
			}
			_, err := w.delete()
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if w.gone() != c.pass {
				t.Error("the server's state is not what the test made it")
			}
			if c.state != rotation.StateUnknown {
				return
			}
			ops, err := w.journal.Unfinished()
			if err != nil || len(ops) != 1 {
				t.Fatalf("%v, %v", ops, err)
			}
			if _, err := w.delete(); !errors.Is(err, rotation.ErrUnfinished) {
				t.Errorf("begun beside an unfinished one: %v", err)
			}
			rec, err := w.rotator().Again(context.Background(), ops[0], func(_ trustdata.GUN, _ string) {})
			if err != nil || rec.Op.State() != rotation.StateDone || !w.gone() {
				t.Errorf("sent again: %+v, %v", rec, err)
			}
		})
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// TestDeleteWhatDoesNotVerify: a repository whose certificate has ended can be deleted, and
// nothing is said of its tags.
func TestDeleteWhatDoesNotVerify(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	w.clock = w.clock.AddDate(0, 0, 3651)
	plan, err := w.rotator().PlanDelete(context.Background(), gun)
	if err != nil {
		t.Fatal(err)
	}
	says(t, plan.Changes, "does not verify")
	if strings.Contains(strings.Join(plan.Changes, " "), "loses its signature") {
		t.Errorf("unverified tags are listed: %q", plan.Changes)
	}
	if res, err := w.rotator().ApplyDelete(context.Background(), plan, nil, func(string) {}); err != nil || !res.Verified || !w.gone() {
		t.Errorf("%+v, %v", res, err)
	}
}

// TestDeleteMoved: what is there is no longer what the plan listed.
func TestDeleteMoved(t *testing.T) {
	for name, move := range map[string]func(*world) error{
		"root": func(w *world) error { _, _, err := w.rotate(root, rotation.Same); return err },
		"tags": func(w *world) error { w.sign(rotation.TagTarget{Tag: "9", Target: target}); return nil },
	} {
		w := newWorld(t)
		w.publish(false)
		plan, err := w.rotator().PlanDelete(context.Background(), gun)
		if err != nil {
			t.Fatal(err)
		}
		if err := move(w); err != nil {
			t.Fatal(err)
		}
		_, err = w.rotator().ApplyDelete(context.Background(), plan, nil, func(string) {})
		is(t, err, rotation.ErrMoved)
		if w.gone() {
			t.Errorf("%s: it was deleted", name)
		}
	}
}
