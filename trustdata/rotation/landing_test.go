package rotation_test

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

func isUpload(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/tuf/")
}

// TestLandedAndNotVerified has the server break right after it took the change: that is
// not to be called a change of which nothing was sent.
func TestLandedAndNotVerified(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	landed := false
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if landed && strings.HasSuffix(r.URL.Path, "/timestamp.json") {
			rw.WriteHeader(http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(rw, r)
		landed = landed || isUpload(r)
	}
	plan, res, err := w.rotate(trustdata.RoleTargets, rotation.Same)
	is(t, err, rotation.ErrLanded)
	if res == nil || res.Published == nil || !*res.Published || res.Verified {
		t.Fatalf("result %+v, want one that is published and not verified", res)
	}
	files := w.files()
	if _, ok := files[string(res.NewKeys[0])+".key"]; !ok || w.pending() != 0 {
		t.Errorf("the new key is not in private/: %v, pending %d", files, w.pending())
	}
	if _, ok := files[string(plan.OldKeys[0])+".key"]; !ok {
		t.Error("the old key was let go although nothing was verified")
	}
}

func TestEditLandedAndNotVerified(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	landed := false
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if landed && strings.HasSuffix(r.URL.Path, "/timestamp.json") {
			rw.WriteHeader(http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(rw, r)
		landed = landed || isUpload(r)
	}
	e, err := w.rotator().PlanSign(context.Background(), gun, []rotation.TagTarget{{Tag: "2.0", Target: target}})
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.apply(e)
	is(t, err, rotation.ErrLanded)
	if res == nil || !res.Published || res.Verified {
		t.Errorf("result %+v, want one that is published and not verified", res)
	}
}

// TestOldKeyWithAnotherUse rotates a repository key that is a signer's key too: as long as
// the repository lists it, it stays.
func TestOldKeyWithAnotherUse(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: w.only(trustdata.RoleTargets)})
	plan, res, err := w.rotate(trustdata.RoleTargets, rotation.Same)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := w.files()[string(plan.OldKeys[0])+".key"]; !ok || len(res.Trashed) != 0 {
		t.Errorf("the key that %s signs with is in the trash: %v", alice, res.Trashed)
	}
	if len(res.Notes) != 1 || !strings.Contains(res.Notes[0], "targets/alice") {
		t.Errorf("notes %q, want one that names the role", res.Notes)
	}
}

// TestServerThatLies takes the change and shows something else under its version. Only
// another verified state is a conflict; until there is one, the new key waits.
func TestServerThatLies(t *testing.T) {
	for name, shown := range map[string]string{"garbage": "{}", "a page": "<html>", "its old root": ""} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(false)
			before := w.files()
			old, err := w.server().ByVersion(context.Background(), trustdata.RoleRoot, 1, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if shown == "" {
				shown = string(old)
			}
			lying := true
			w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				if lying && strings.HasSuffix(r.URL.Path, "/2.root.json") {
					rw.Write([]byte(shown))
					return
				}
				next.ServeHTTP(rw, r)
			}
			// The chain of roots ends at version 1 for whoever asks before the upload.
			inner := w.meddle
			sent := false
			w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				if !sent {
					next.ServeHTTP(rw, r)
				} else {
					inner(rw, r, next)
				}
				sent = sent || isUpload(r)
			}
			_, _, err = w.rotate(trustdata.RoleTargets, rotation.Same)
			is(t, err, rotation.ErrUnknown)
			if !maps.Equal(before, w.files()) || w.pending() != 1 {
				t.Fatalf("files %v, before %v, pending %d", w.files(), before, w.pending())
			}
			lying = false
			found, err := w.rotator().Recover(context.Background())
			if err != nil || len(found) != 1 || len(found[0].Promoted) != 1 {
				t.Errorf("once the server is honest: %+v, %v", found, err)
			}
		})
	}
}

// TestGivenUpOnTheWay has a proxy answer that the request took too long, while the server
// behind it goes on: that is no refusal.
func TestGivenUpOnTheWay(t *testing.T) {
	for _, status := range []int{http.StatusRequestTimeout, http.StatusTooEarly, 499} {
		w := newWorld(t)
		w.publish(false)
		w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
			if isUpload(r) {
				rw.WriteHeader(status)
				return
			}
			next.ServeHTTP(rw, r)
		}
		_, _, err := w.rotate(trustdata.RoleTargets, rotation.Same)
		is(t, err, rotation.ErrUnknown)
		if w.pending() != 1 {
			t.Errorf("status %d: %d keys pending, want the new one", status, w.pending())
		}
	}
}
