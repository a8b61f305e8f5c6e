package rotation_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// settledFirst is a store that holds a discarded key against the journal.
type settledFirst struct {
	keyring.Store
	w     *world
	calls int
}

func (s *settledFirst) Discard(ctx context.Context, op string, id trustdata.KeyID, now time.Time) (string, error) {
	s.calls++
	ops, err := s.w.journal.Unfinished()
	if err != nil || len(ops) != 1 || !ops[0].Ended() {
		s.w.t.Errorf("a key goes to the trash while the journal has its upload as sent: %v, %v", ops, err)
	}
	return s.Store.Discard(ctx, op, id, now)
}

// TestRefusedIsDurableFirst holds that a key is given up only after that is durable: the
// next start sends again what the journal has as sent, and then needs the key.
func TestRefusedIsDurableFirst(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if isUpload(r) {
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		next.ServeHTTP(rw, r)
	}
	ctx, r := context.Background(), w.rotator()
	store := &settledFirst{Store: w.dir, w: w}
	r.Keys = store
	plan, err := r.Plan(ctx, rotation.Request{GUN: gun, Role: trustdata.RoleTargets})
	if err != nil {
		t.Fatal(err)
	}
	prep, err := r.Prepare(ctx, plan, keyring.NewPassphrase([]byte(pass)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Publish(ctx, prep, w.open(plan), func(string) {})
	is(t, err, rotation.ErrRefused)
	if store.calls != 1 || w.pending() != 0 {
		t.Errorf("%d keys went to the trash, %d wait", store.calls, w.pending())
	}
}

// TestEndedStaysEnded goes on with an operation that the start of the program has just
// settled, as a person does who was told to: its journal stays as it is, and readable.
func TestEndedStaysEnded(t *testing.T) {
	for name, goOn := range map[string]func(*rotation.Rotator, *rotation.Operation) (rotation.Recovered, error){
		"again": func(r *rotation.Rotator, op *rotation.Operation) (rotation.Recovered, error) {
			return r.Again(context.Background(), op, func(trustdata.GUN, string) {})
		},
		"given up": func(r *rotation.Rotator, op *rotation.Operation) (rotation.Recovered, error) {
			return r.GiveUp(context.Background(), op)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(false)
			var away atomic.Bool // set and seen by requests that end with their connection
			w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				if away.Load() {
					panic(http.ErrAbortHandler)
				}
				next.ServeHTTP(rw, r)
				if isUpload(r) {
					away.Store(true)
				}
			}
			_, _, err := w.rotate(trustdata.RoleTargets, rotation.Same)
			is(t, err, rotation.ErrUnknown)
			away.Store(false)
			r := w.rotator()
			found, err := r.Recover(context.Background())
			if err != nil || len(found) != 1 || !found[0].Op.Closed {
				t.Fatalf("settling: %+v, %v", found, err)
			}
			op, err := w.journal.Reload(found[0].Op.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := goOn(r, op); err != nil || op.State() != rotation.StateDone {
				t.Errorf("going on: %v, %v", op.State(), err)
			}
			if ops, err := w.journal.Unfinished(); err != nil || len(ops) != 0 {
				t.Errorf("unfinished: %v, %v", ops, err)
			}
		})
	}
}

// TestLandsAfterAll holds an upload back until it was given up, and lets it land then. The
// next change says which key the server lists now, and the file that has it.
func TestLandsAfterAll(t *testing.T) {
	for _, role := range []trustdata.Role{trustdata.RoleRoot, trustdata.RoleTargets} {
		t.Run(string(role), func(t *testing.T) {
			w := newWorld(t)
			w.publish(false)
			var upload []byte
			var kind string
			w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				if isUpload(r) {
					upload, _ = io.ReadAll(r.Body)
					kind = r.Header.Get("Content-Type")
					rw.WriteHeader(http.StatusInternalServerError)
					return
				}
				next.ServeHTTP(rw, r)
			}
			_, _, err := w.rotate(role, rotation.Same)
			is(t, err, rotation.ErrUnknown)
			w.giveUp()
			w.meddle = nil
			r := w.rotator()
			r.StillListed = w.listedInCache
			if found, err := r.Recover(context.Background()); err != nil || len(found) != 0 {
				t.Errorf("before it lands: %+v, %v", found, err)
			}
			resp, err := http.Post(w.config.Server+"/v2/"+string(gun)+"/_trust/tuf/", kind, bytes.NewReader(upload))
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatal(resp, err)
			}
			resp.Body.Close()
			if _, err := r.Fetch(context.Background(), gun); err != nil {
				t.Fatal(err)
			}
			found, err := r.Recover(context.Background())
			if err != nil || len(found) != 1 || found[0].AfterAll == nil {
				t.Fatalf("once it has landed: %+v, %v", found, err)
			}
			file := found[0].AfterAll.Key.Path
			if said := found[0].Sentences(); len(said) != 1 || !strings.Contains(said[0], "keyrite keys import "+strconv.Quote(file)) {
				t.Errorf("said %q", said)
			}
			pem, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := w.dir.Import(context.Background(), pem, keyring.NewPassphrase([]byte(pass))); err != nil {
				t.Fatal(err)
			}
			if found, err := r.Recover(context.Background()); err != nil || len(found) != 0 {
				t.Errorf("once it is back: %+v, %v", found, err)
			}
			w.sign(rotation.TagTarget{Tag: "2.0", Target: target})
		})
	}
}

// listedInCache is Rotator.StillListed by what was read of the one repository.
func (w *world) listedInCache(_ context.Context, id trustdata.KeyID, _ trustdata.GUN) ([]trustdata.GUN, error) {
	files, err := w.cache.Files(gun)
	for _, raw := range files {
		if bytes.Contains(raw, []byte(id)) {
			return []trustdata.GUN{gun}, err
		}
	}
	return nil, err
}
