package rotation_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// tagged is a tag of that name with a digest of one digit alone.
func tagged(tag, digit string) rotation.TagTarget {
	return rotation.TagTarget{Tag: tag, Target: rotation.Target{Digest: strings.Repeat(digit, 64), Length: 8}}
}

// compromised plans the rotation of a stolen targets key and asks what it vouched for.
func (w *world) compromised() (*rotation.Plan, *rotation.History) {
	w.t.Helper()
	plan, err := w.rotator().Plan(w.t.Context(), rotation.Request{GUN: gun, Role: trustdata.RoleTargets, Compromised: true})
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := w.rotator().Vouched(w.t.Context(), plan)
	if err != nil {
		w.t.Fatal(err)
	}
	return plan, h
}

// spans writes a history down: name, first letter of the digest, versions, "!" for what is
// signed now.
func spans(h *rotation.History) string {
	var out []string
	for _, v := range h.Tags {
		now := ""
		if v.Now {
			now = "!"
		}
		out = append(out, fmt.Sprintf("%s:%s %d-%d%s", v.Name, strings.TrimPrefix(v.Digest, "sha256:")[:1], v.From, v.To, now))
	}
	return fmt.Sprintf("%d-%d %v %s", h.From, h.To, h.Whole, strings.Join(out, ", "))
}

// TestVouched: a moved tag is two rows, and the history ends where the key begins.
func TestVouched(t *testing.T) {
	w := newWorld(t)
	w.publish(true) // its targets.json is version 2; nobody has version 1
	w.sign(tagged("new", "a"))
	w.sign(tagged("new", "b"))
	_, h := w.compromised()
	first := spans(h)
	if want := "2-4 false "; !strings.HasPrefix(first, want) || !strings.Contains(first, "new:b 4-4!") || !strings.Contains(first, "new:a 3-3") || strings.Contains(first, "new:a 3-3!") || !strings.Contains(first, " 2-4!") {
		t.Errorf("%s, want it to begin with %q", first, want)
	}
	if _, _, err := w.rotate(trustdata.RoleTargets, rotation.Same); err != nil {
		t.Fatal(err)
	}
	if _, h = w.compromised(); h.From != 5 || h.To != 5 || !h.Whole {
		t.Errorf("the new key's history is %s", spans(h))
	}
}

// TestJudged: what is dropped has no signature any more, all else has; what was judged before
// somebody else published is judged no more.
func TestJudged(t *testing.T) {
	w := newWorld(t)
	w.publish(true)
	plan, _ := w.compromised()
	r := w.rotator()
	if _, err := r.Judged(t.Context(), plan, []string{"nothing"}); !errors.Is(err, rotation.ErrUsage) {
		t.Errorf("a tag that is not there: %v", err)
	}
	next, err := r.Judged(t.Context(), plan, []string{"1.0"})
	if err != nil {
		t.Fatal(err)
	}
	w.sign(tagged("new", "a"))
	if _, err := r.Judged(t.Context(), plan, []string{"1.0"}); !errors.Is(err, rotation.ErrMoved) {
		t.Errorf("after somebody published: %v", err)
	}
	if next, err = r.Plan(t.Context(), next.Request); err != nil {
		t.Fatal(err)
	}
	prep, err := r.Prepare(t.Context(), next, keyring.NewPassphrase([]byte(pass)))
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.Publish(t.Context(), prep, w.open(next), func(string) {})
	if err != nil || !res.Compromised || len(res.Trashed) != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	var names []string
	for _, tag := range w.collection().Tags {
		names = append(names, tag.Name)
	}
	if got := strings.Join(names, " "); strings.Contains(got, "1.0") || !strings.Contains(got, "new") || len(names) != 2 {
		t.Errorf("signed are %q", got)
	}
	past, err := w.journal.Past()
	at := slices.IndexFunc(past, func(op *rotation.Operation) bool { return op.Kind == "rotate targets, compromised" })
	if err != nil || at < 0 || !past[at].Units[0].Compromised {
		t.Errorf("no record says that the key was compromised: %+v, %v", past, err)
	}
}

// TestVouchedAsksOn: a server that fails to answer is no end of the history.
func TestVouchedAsksOn(t *testing.T) {
	w := newWorld(t)
	w.publish(true)
	w.sign(tagged("new", "a"))
	plan, _ := w.compromised()
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		rw.WriteHeader(http.StatusBadGateway)
	}
	if h, err := w.rotator().Vouched(t.Context(), plan); err == nil {
		t.Errorf("a server that is down gave %s", spans(h))
	}
}

// trust writes down what a root key trusted others with: role, versions, "!" for what is
// listed now.
func trust(h *rotation.RootHistory) string {
	var out []string
	for _, k := range h.Keys {
		now := ""
		if k.Now {
			now = "!"
		}
		out = append(out, fmt.Sprintf("%s %d-%d%s", k.Role, k.From, k.To, now))
	}
	return fmt.Sprintf("%d-%d %v %s", h.From, h.To, h.Whole, strings.Join(out, ", "))
}

// TestTrusted: root.json is read version by version, as far as the compromised key has signed
// it, and a key that it does not list any more is named too.
func TestTrusted(t *testing.T) {
	w := newWorld(t)
	w.publish(true)
	for _, role := range []trustdata.Role{trustdata.RoleTargets, trustdata.RoleRoot, trustdata.RoleSnapshot} {
		if _, _, err := w.rotate(role, rotation.Local); err != nil {
			t.Fatal(err)
		}
	}
	stolen := rotation.Request{GUN: gun, Role: trustdata.RoleRoot, Compromised: true}
	plan, err := w.rotator().Plan(t.Context(), stolen)
	if err != nil {
		t.Fatal(err)
	}
	// The second root key came with version 3.
	if got, want := trust(plan.Trusted), "3-4 true root 3-4!, targets 3-4!, snapshot 4-4!, timestamp 3-4!, snapshot 3-3"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	said := strings.Join(plan.Changes, "\n")
	for _, k := range plan.Trusted.Keys {
		if line := fmt.Sprintf("%s key %s, versions %d to %d", k.Role, k.KeyID.Short(), k.From, k.To); !strings.Contains(said, line) {
			t.Errorf("the plan does not say %q: %s", line, said)
		}
	}
	// A server that has not kept the old versions ends the list there, and that is said.
	gone := http.StatusNotFound
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/3.root.json") {
			rw.WriteHeader(gone)
			return
		}
		next.ServeHTTP(rw, r)
	}
	if plan, err = w.rotator().Plan(t.Context(), stolen); err != nil || plan.Trusted.Whole || plan.Trusted.From != 4 {
		t.Errorf("%+v, %v", plan, err)
	}
	// One that fails does not keep the stolen key in use.
	gone = http.StatusBadGateway
	if plan, err = w.rotator().Plan(t.Context(), stolen); err != nil || plan.Trusted != nil || !strings.Contains(strings.Join(plan.Changes, "\n"), "NOT LOOKED THROUGH") {
		t.Errorf("%+v, %v", plan, err)
	}
}
