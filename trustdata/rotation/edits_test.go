package rotation_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

const (
	never   = trustdata.GUN("registry.acme.example/never")
	another = trustdata.GUN("registry.acme.example/pay/api")
)

// refreshable is two repositories whose targets role ends soon, as one plan.
func (w *world) refreshable() (*rotation.Edits, rotation.Keys) {
	w.t.Helper()
	w.publish(false)
	if _, err := w.foundOn(rotation.InitRequest{GUN: another}); err != nil {
		w.t.Fatal(err)
	}
	w.clock = w.clock.AddDate(2, 8, 0)
	all := w.planRefreshes(never, gun, another)
	if len(all.Edits) != 2 || len(all.Left) != 1 || all.Left[0].GUN != never || len(all.Needs()) != 2 {
		w.t.Fatalf("%+v", all)
	}
	keys := rotation.Keys{}
	for _, n := range all.Needs() {
		k, err := w.dir.Open(context.Background(), n.KeyID, keyring.NewPassphrase([]byte(pass)))
		if err != nil {
			w.t.Fatal(err)
		}
		keys[n.KeyID] = k
	}
	return all, keys
}

func (w *world) planRefreshes(guns ...trustdata.GUN) *rotation.Edits {
	w.t.Helper()
	r := w.rotator()
	all, err := r.PlanEdits(context.Background(), guns, 2, func(ctx context.Context, g trustdata.GUN) (*rotation.Edit, error) {
		return r.PlanRefresh(ctx, rotation.RefreshRequest{GUN: g})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	all.Again = "keyrite refresh"
	return all
}

const restOfTwo = "1 of 2 repositories are not done, and this does what is left: keyrite refresh --gun "

// One operation on several repositories: what fails stops nothing else, and is not left
// unfinished, since the command that is named then does what is left.
func TestRefreshOfSeveral(t *testing.T) {
	w := newWorld(t)
	all, keys := w.refreshable()
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPost && strings.Contains(r.URL.Path, string(gun)) {
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		next.ServeHTTP(rw, r)
	}
	out, err := w.rotator().ApplyEdits(context.Background(), all, keys, 2, func(trustdata.GUN, string) {})
	if err != nil || len(out) != 2 || !errors.Is(out[0].Err, rotation.ErrRefused) || out[1].Err != nil {
		t.Fatalf("%+v, %v", out, err)
	}
	if open, err := w.journal.Unfinished(); err != nil || len(open) != 0 {
		t.Errorf("unfinished: %+v, %v", open, err)
	}
	op, err := w.journal.Reload(all.ID)
	if err != nil || op.Rest() != restOfTwo+string(gun) {
		t.Errorf("the rest: %q, %v", op.Rest(), err)
	}
	if got := all.Rest(out); got == "" || !strings.HasSuffix(op.Rest(), ": "+got) {
		t.Errorf("the rest by what came of it: %q, by the journal %q", got, op.Rest())
	}
	w.meddle = nil
	all = w.planRefreshes(gun, another)
	if len(all.Edits) != 1 || all.Edits[0].GUN != gun || len(all.Left) != 1 {
		t.Fatalf("asking again: %+v", all)
	}
	if out, err = w.rotator().ApplyEdits(context.Background(), all, keys, 2, func(trustdata.GUN, string) {}); err != nil || out[0].Err != nil {
		t.Errorf("%+v, %v", out, err)
	}
	if got := all.Rest(out); got != "" {
		t.Errorf("the rest of what is done: %q", got)
	}
	if op, err = w.journal.Reload(all.ID); err != nil || op.Rest() != "" {
		t.Errorf("the rest of what is done: %q, %v", op.Rest(), err)
	}
}

// A power cut in the middle: the next start says of each repository how it is, and not of all
// what is true of one, and how to do what is left.
func TestRefreshOfSeveralCutOff(t *testing.T) {
	w := newWorld(t)
	all, keys := w.refreshable()
	copied := t.TempDir()
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPost && strings.Contains(r.URL.Path, string(gun)) {
			for _, folder := range []string{"trust", "state"} {
				from := filepath.Join(filepath.Dir(w.dir.Path()), folder)
				if err := os.CopyFS(filepath.Join(copied, folder), os.DirFS(from)); err != nil {
					t.Error(err)
				}
			}
		}
		next.ServeHTTP(rw, r)
		if r.Method == http.MethodPost {
			panic(http.ErrAbortHandler)
		}
	}
	if _, err := w.rotator().ApplyEdits(context.Background(), all, keys, 1, func(trustdata.GUN, string) {}); err != nil {
		t.Fatal(err)
	}
	w.meddle = nil
	place := w.dir.Path()
	w.remember(copied)
	r := w.rotator()
	r.Place = place // as the journal has it
	found, err := r.Recover(context.Background())
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	said := strings.Join(found[0].Sentences(), "\n")
	for _, want := range []string{"has ended: 1 done, 1 not begun", restOfTwo + string(another)} {
		if !strings.Contains(said, want) {
			t.Errorf("said %q, want %q", said, want)
		}
	}
}
