package rotation_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

func TestRotate(t *testing.T) {
	for name, c := range map[string]struct {
		local bool // the snapshot key lies here
		role  trustdata.Role
		to    rotation.Manager
		// gone and kept say what becomes of the old key.
		trashed, makes bool
	}{
		"targets":                       {role: trustdata.RoleTargets, trashed: true, makes: true},
		"targets, snapshot key here":    {local: true, role: trustdata.RoleTargets, trashed: true, makes: true},
		"root":                          {role: trustdata.RoleRoot, makes: true},
		"root, snapshot key here":       {local: true, role: trustdata.RoleRoot, makes: true},
		"snapshot here":                 {local: true, role: trustdata.RoleSnapshot, trashed: true, makes: true},
		"snapshot to the server":        {local: true, role: trustdata.RoleSnapshot, to: rotation.Server, trashed: true},
		"snapshot from the server":      {role: trustdata.RoleSnapshot, to: rotation.Local, makes: true},
		"snapshot again at the server":  {role: trustdata.RoleSnapshot, to: rotation.Server},
		"timestamp":                     {role: trustdata.RoleTimestamp},
		"timestamp, snapshot key here":  {local: true, role: trustdata.RoleTimestamp},
		"timestamp to server, explicit": {role: trustdata.RoleTimestamp, to: rotation.Server},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(c.local)
			before, tags := w.files(), w.collection().Tags
			plan, res, err := w.rotate(c.role, c.to)
			if err != nil {
				t.Fatal(err)
			}
			if !res.Verified || res.Published == nil || !*res.Published || res.RootVersion != 2 || len(res.Notes) != 0 {
				t.Errorf("result %+v", res)
			}
			col := w.collection()
			if len(col.Tags) != len(tags) {
				t.Errorf("tags %v, before %v", col.Tags, tags)
			}
			view, _ := col.Role(c.role)
			if len(view.Keys) != 1 || view.Keys[0].KeyID != res.NewKeys[0] || res.NewKeys[0] == plan.OldKeys[0] {
				t.Errorf("%s lists %v, the result says %v instead of %v", c.role, view.Keys, res.NewKeys, plan.OldKeys)
			}
			after := w.files()
			_, oldHere := after[string(plan.OldKeys[0])+".key"]
			_, newHere := after[string(res.NewKeys[0])+".key"]
			if _, was := before[string(plan.OldKeys[0])+".key"]; was && oldHere == c.trashed {
				t.Errorf("the old key is in private/: %v, want %v", oldHere, !c.trashed)
			}
			if newHere != c.makes || w.pending() != 0 || len(res.Trashed) != map[bool]int{true: 1}[c.trashed] {
				t.Errorf("the new key is in private/: %v, want %v; pending %d; trashed %v", newHere, c.makes, w.pending(), res.Trashed)
			}
			for _, path := range res.Trashed {
				if b, err := os.ReadFile(path); err != nil || sha(b) != before[string(plan.OldKeys[0])+".key"] {
					t.Errorf("trash %q does not hold the old key: %v", path, err)
				}
			}
			if _, _, err := w.rotate(trustdata.RoleTargets, rotation.Same); c.role != trustdata.RoleTargets && c.role != trustdata.RoleRoot && err != nil {
				t.Errorf("rotating on with the new keys: %v", err)
			}
		})
	}
}

// TestNothingMoves lists what goes wrong before the change has landed: every key file is
// where it was with the same bytes, and nothing waits in pending/.
func TestNothingMoves(t *testing.T) {
	answer := func(status int, body string, drop bool) func(http.ResponseWriter, *http.Request, http.Handler) {
		return func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
			if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/tuf/") {
				next.ServeHTTP(rw, r)
				return
			}
			if drop {
				conn, _, err := http.NewResponseController(rw).Hijack()
				if err == nil {
					conn.Close()
				}
				return
			}
			rw.WriteHeader(status)
			rw.Write([]byte(body))
		}
	}
	for name, meddle := range map[string]func(http.ResponseWriter, *http.Request, http.Handler){
		"400":       answer(400, `{"errors":[{"code":"INVALID_UPDATE","message":"no","detail":{}}]}`, false),
		"401":       answer(401, `{"errors":[{"code":"UNAUTHORIZED","message":"no","detail":null}]}`, false),
		"403":       answer(403, "", false),
		"500":       answer(500, "<html>", false),
		"200 alone": answer(200, "", false),
		"dropped":   answer(0, "", true),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(false)
			before := w.files()
			w.meddle = meddle
			_, res, err := w.rotate(trustdata.RoleTargets, rotation.Same)
			if err == nil {
				t.Fatalf("result %+v, want an error", res)
			}
			if name == "200 alone" || name == "500" || name == "dropped" {
				is(t, err, rotation.ErrUnknown) // what was sent may still be stored: the key must wait
				if w.pending() != 1 {
					t.Errorf("%d keys pending, want the new one", w.pending())
				}
			} else {
				is(t, err, rotation.ErrRefused)
				if w.pending() != 0 {
					t.Errorf("%d keys pending, want none", w.pending())
				}
			}
			if after := w.files(); !maps.Equal(before, after) {
				t.Errorf("key files changed: %v, before %v", after, before)
			}
			w.meddle = nil
			if w.pending() == 1 {
				_, _, err := w.rotate(trustdata.RoleTargets, rotation.Same)
				is(t, err, rotation.ErrUnfinished)
				w.giveUp()
			}
			if _, _, err := w.rotate(trustdata.RoleTargets, rotation.Same); err != nil {
				t.Errorf("rotating afterwards: %v", err)
			}
		})
	}
}

// TestAnswerLost holds that what the POST answered decides nothing: the server took the
// change, and its answer was lost, or refused our own success on a retry.
func TestAnswerLost(t *testing.T) {
	for _, status := range []int{0, 400, 500} {
		w := newWorld(t)
		w.publish(false)
		w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
			if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/tuf/") {
				next.ServeHTTP(rw, r)
				return
			}
			next.ServeHTTP(httptest.NewRecorder(), r)
			if status != 0 {
				rw.WriteHeader(status)
				rw.Write([]byte(`{"errors":[{"code":"VERSION","message":"newer","detail":{}}]}`))
				return
			}
			if conn, _, err := http.NewResponseController(rw).Hijack(); err == nil {
				conn.Close()
			}
		}
		plan, res, err := w.rotate(trustdata.RoleTargets, rotation.Same)
		if err != nil {
			t.Fatalf("status %d: %v", status, err)
		}
		if !res.Verified || len(res.Notes) != 1 || len(res.Trashed) != 1 {
			t.Errorf("status %d: result %+v", status, res)
		}
		if _, ok := w.files()[string(plan.OldKeys[0])+".key"]; ok {
			t.Errorf("status %d: the old key is still in private/", status)
		}
	}
}

// TestRecover loses the connection for good after the server took the change: the key
// waits in pending/ and the next start brings it in.
func TestRecover(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	dead := false
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if dead {
			rw.WriteHeader(http.StatusBadGateway)
			return
		}
		if r.Method == http.MethodPost {
			next.ServeHTTP(httptest.NewRecorder(), r)
			dead = true
			rw.WriteHeader(http.StatusBadGateway)
			return
		}
		next.ServeHTTP(rw, r)
	}
	before := w.files()
	_, _, err := w.rotate(trustdata.RoleTargets, rotation.Same)
	is(t, err, rotation.ErrUnknown)
	if !maps.Equal(before, w.files()) || w.pending() != 1 {
		t.Fatalf("files %v, before %v, pending %d", w.files(), before, w.pending())
	}
	r := w.rotator()
	found, err := r.Recover(context.Background())
	if err != nil || len(found) != 1 || len(found[0].Promoted) != 0 || found[0].Op.State() != rotation.StateUnknown {
		t.Fatalf("while the server is away: %+v, %v", found, err)
	}
	dead, w.meddle = false, nil
	found, err = r.Recover(context.Background())
	if err != nil || len(found) != 1 || len(found[0].Promoted) != 1 || !found[0].Op.Closed {
		t.Fatalf("with the server back: %+v, %v", found, err)
	}
	if _, ok := w.files()[string(found[0].Promoted[0])+".key"]; !ok || w.pending() != 0 {
		t.Errorf("the key is not in private/, or still pending (%d)", w.pending())
	}
	if len(found[0].Trashed) != 1 || len(w.files()) != len(before) {
		t.Errorf("trashed %v, files %v: the old key should have given way", found[0].Trashed, w.files())
	}
}

func TestRecoverKeepsUnsentKeys(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	r := w.rotator()
	ctx := context.Background()
	plan, err := r.Plan(ctx, rotation.Request{GUN: gun, Role: trustdata.RoleTargets})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Prepare(ctx, plan, keyring.NewPassphrase([]byte(pass))); err != nil {
		t.Fatal(err)
	}
	found, err := r.Recover(ctx)
	if err != nil || len(found) != 1 || len(found[0].Promoted) != 0 || found[0].Op.State() != rotation.StatePlanned || w.pending() != 1 {
		t.Errorf("an unsent key: %+v, %v, pending %d", found, err, w.pending())
	}
}

func TestSecondPublisher(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	ctx := context.Background()
	r := w.rotator()
	plan, err := r.Plan(ctx, rotation.Request{GUN: gun, Role: trustdata.RoleTargets})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.rotate(trustdata.RoleTimestamp, rotation.Same); err != nil {
		t.Fatal(err)
	}
	_, err = r.Prepare(ctx, plan, keyring.NewPassphrase([]byte(pass)))
	is(t, err, rotation.ErrMoved)

	plan, err = r.Plan(ctx, rotation.Request{GUN: gun, Role: trustdata.RoleTargets})
	if err != nil {
		t.Fatal(err)
	}
	prep, err := r.Prepare(ctx, plan, keyring.NewPassphrase([]byte(pass)))
	if err != nil {
		t.Fatal(err)
	}
	before := w.files()
	raced := false
	w.meddle = func(rw http.ResponseWriter, q *http.Request, next http.Handler) {
		if q.Method == http.MethodPost && strings.HasSuffix(q.URL.Path, "/tuf/") && !raced {
			raced = true
			w.meddle = nil
			if _, _, err := w.elsewhere().rotate(trustdata.RoleTimestamp, rotation.Same); err != nil {
				t.Error(err)
			}
		}
		next.ServeHTTP(rw, q)
	}
	_, err = r.Publish(ctx, prep, w.open(plan), func(string) {})
	is(t, err, rotation.ErrConflict)
	if !maps.Equal(before, w.files()) || w.pending() != 0 {
		t.Errorf("files %v, before %v, pending %d", w.files(), before, w.pending())
	}
}

// TestSnapshotStaysWhereItWasPut rotates without naming who holds the key: the server,
// once it was given to it from here.
func TestSnapshotStaysWhereItWasPut(t *testing.T) {
	w := newWorld(t)
	w.publish(true)
	if _, _, err := w.rotate(trustdata.RoleSnapshot, rotation.Server); err != nil {
		t.Fatal(err)
	}
	plan, res, err := w.rotate(trustdata.RoleSnapshot, rotation.Same)
	if err != nil {
		t.Fatal(err)
	}
	if plan.MakesKey() || res.RootVersion != 3 {
		t.Errorf("the key was made here, or root is version %d, want 3", res.RootVersion)
	}
}

func TestPlanRefuses(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	for _, req := range []rotation.Request{
		{GUN: gun, Role: trustdata.RoleTimestamp, To: rotation.Local},
		{GUN: gun, Role: trustdata.RoleRoot, To: rotation.Server},
		{GUN: gun, Role: trustdata.RoleTargets, To: rotation.Server},
		{GUN: gun, Role: trustdata.RoleSnapshot}, // who holds it is not known here
		{GUN: gun, Role: "targets/alice"},
	} {
		_, err := w.rotator().Plan(context.Background(), req)
		is(t, err, rotation.ErrUsage)
	}
}

// TestServerGone kills the server between the last look at it and the POST: no connection
// is made, so nothing can have landed and the new key need not wait.
func TestServerGone(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	ctx := context.Background()
	r := w.rotator()
	alive := r.Server
	r.Server = func(g trustdata.GUN) (rotation.TrustServer, error) {
		w.config.Server = "http://127.0.0.1:1"
		return alive(g)
	}
	plan, err := r.Plan(ctx, rotation.Request{GUN: gun, Role: trustdata.RoleTargets})
	if err != nil {
		t.Fatal(err)
	}
	prep, err := r.Prepare(ctx, plan, keyring.NewPassphrase([]byte(pass)))
	if err != nil {
		t.Fatal(err)
	}
	before := w.files()
	_, err = r.Publish(ctx, prep, w.open(plan), func(string) {})
	is(t, err, rotation.ErrUnsent)
	if !maps.Equal(before, w.files()) || w.pending() != 0 {
		t.Errorf("files %v, before %v, pending %d", w.files(), before, w.pending())
	}
}

func TestPlanNeedsTheRootKey(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	ctx := context.Background()
	view, _ := w.collection().Role(trustdata.RoleRoot)
	if _, err := w.dir.Trash(ctx, view.Keys[0].KeyID, w.now()); err != nil {
		t.Fatal(err)
	}
	_, err := w.rotator().Plan(ctx, rotation.Request{GUN: gun, Role: trustdata.RoleTargets})
	var missing *rotation.MissingKeyError
	if !asMissing(err, &missing) || missing.Role != trustdata.RoleRoot || missing.Found != 0 {
		t.Errorf("error %v, want a missing root key", err)
	}
}
