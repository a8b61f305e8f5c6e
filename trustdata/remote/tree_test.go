package remote_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// TestDelegationsThatCircle has delegations list each other, their parent and themselves.
// The descent goes by names, so that only a child of the file can be listed; the role whose
// file says otherwise is left out by name, and nothing is asked for twice.
func TestDelegationsThatCircle(t *testing.T) {
	for _, listed := range []string{"targets/b", "targets/a", "targets", "root", "targets/a/x/y", "targets/a/../b"} {
		t.Run(listed, func(t *testing.T) {
			w := newWorld(t)
			w.delegate("targets/a", "1.1", "a")
			w.delegate("targets/b", "1.2", "b")
			w.delegate("targets/a/x", "1.3", "x")
			w.delegate("targets/b/x", "1.4", "x")
			w.publish()
			f, _ := w.newFetcher()
			w.mustFetch(f)
			seen, _, _ := f.State.Seen(w.gun)
			w.spoil("targets/a", edited(`"name":"targets/a/x"`, fmt.Sprintf(`"name":%q`, listed)))
			r, asked, err := w.fetch(f)
			if err != nil {
				t.Fatal(err)
			}
			if p := r.Repo.Skipped["targets/a"]; p.Reason != trustdata.ReasonFormat || r.Collection.Verified() {
				t.Errorf("skipped for %+v", p)
			}
			if after, _, _ := f.State.Seen(w.gun); after.Versions["targets/a"] != seen.Versions["targets/a"] {
				t.Errorf("remembered %+v, before %+v", after, seen)
			}
			if r.Repo.Targets["targets/b/x"] == nil || len(asked) > 10 {
				t.Errorf("%d requests for %v", len(asked), r.Repo.Order())
			}
		})
	}
}

// TestDeepDelegations goes 64 levels down, and no further than a name can go.
func TestDeepDelegations(t *testing.T) {
	w := newWorld(t)
	role := trustdata.RoleTargets
	for range 64 {
		role += "/a"
		w.delegate(role, "deep", "content")
	}
	w.publish()
	f, _ := w.newFetcher()
	r, asked, err := w.fetch(f)
	if err != nil || !r.Collection.Verified() || len(r.Repo.Targets) != 65 || len(asked) > 70 {
		t.Fatalf("%d requests, %v", len(asked), err)
	}
	w.spoil(role, edited(`"roles":[]`, `"roles":[{"keyids":[],"name":"`+string(role)+strings.Repeat("/a", 64)+`","paths":[],"threshold":1}]`))
	if r = w.mustFetch(f); r.Repo.Skipped[role].Reason != trustdata.ReasonFormat {
		t.Errorf("a name that is too long: %+v", r.Repo.Skipped)
	}
}

// broad lists n delegations of targets, all with one key and with no tag; the first few
// are published.
func (w *world) broad(n, published int) {
	w.t.Helper()
	key := newKey(w.t)
	id := key.public.ListedID()
	body := w.targets[trustdata.RoleTargets].Clone()
	body.Keys = map[trustdata.ListedID]trustdata.PublicKey{id: key.public}
	for i := range n {
		role := trustdata.Role(fmt.Sprintf("targets/d%d", i))
		body.Delegations = append(body.Delegations, notary.Delegation{Role: role, Paths: []string{""},
			RoleKeys: notary.RoleKeys{KeyIDs: []trustdata.ListedID{id}, Threshold: 1}})
		if i < published {
			w.keys[role], w.expires[role], w.targets[role] = key, now.Add(time.Hour), notary.Targets{}
		}
	}
	w.targets[trustdata.RoleTargets] = body
	w.publish()
}

// TestBroadTree has as many delegations, files and tags as may be, and one more.
func TestBroadTree(t *testing.T) {
	const many = 10_000
	t.Run("listed", func(t *testing.T) {
		w := newWorld(t)
		w.broad(many, 0)
		f, _ := w.newFetcher()
		start := time.Now()
		r := w.mustFetch(f)
		if n := len(r.Repo.Targets[trustdata.RoleTargets].Body.Delegations); n != many {
			t.Errorf("%d delegations", n)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("it took %v", took)
		}
		w.spoil(trustdata.RoleTargets, edited(`"roles":[{`, `"roles":[{"keyids":[],"name":"targets/more","paths":[],"threshold":1},{`))
		before, _, _ := f.State.Seen(w.gun)
		_, _, err := w.fetch(f)
		expectRefusal(t, err, trustdata.RoleTargets, trustdata.ReasonFormat)
		if err == nil || !strings.Contains(err.Error(), "more than 10000 delegations") {
			t.Errorf("got %v", err)
		}
		if after, _, _ := f.State.Seen(w.gun); after.Versions[trustdata.RoleTargets] != before.Versions[trustdata.RoleTargets] {
			t.Error("the version of the refused file is remembered")
		}
	})
	t.Run("given up", func(t *testing.T) {
		w := newWorld(t)
		w.broad(1000, 1000)
		f, dir := w.newFetcher()
		ctx, cancel := context.WithCancel(t.Context())
		var at time.Time
		w.hook = func(_ http.ResponseWriter, _ *http.Request, file string) bool {
			if strings.HasPrefix(file, "targets/d100.") {
				at = time.Now()
				cancel()
			}
			return false
		}
		_, err := f.Fetch(ctx, w.gun)
		if took := time.Since(at); !errors.Is(err, context.Canceled) || took > time.Second {
			t.Errorf("%v after it was given up: %v", took, err)
		}
		if n := len(contents(t, dir)); n > 1 {
			t.Errorf("%d files were kept", n)
		}
	})
}

// addTags adds n tags to those of a role.
func (w *world) addTags(role trustdata.Role, n int) {
	all := map[string]notary.Entry{}
	for _, e := range w.targets[role].Targets {
		all[e.Name] = e.Entry
	}
	for i := range n {
		all[fmt.Sprintf("%d.0", i)] = entry(fmt.Sprint(i))
	}
	body := w.targets[role].Clone()
	body.Targets = notary.EntriesOf(all)
	w.targets[role] = body
}

// TestManyTags reads 100,000 of them, which people have.
func TestManyTags(t *testing.T) {
	w := newWorld(t)
	w.addTags(trustdata.RoleTargets, 100_000)
	w.publish()
	f, _ := w.newFetcher()
	start := time.Now()
	r := w.mustFetch(f)
	if took := time.Since(start); len(r.Collection.Tags) != 100_000 || took > 20*time.Second {
		t.Errorf("%d tags in %v", len(r.Collection.Tags), took)
	}
}

// TestTagsOfAllFiles counts what all files of a repository list together.
func TestTagsOfAllFiles(t *testing.T) {
	w := newWorld(t)
	for _, role := range []trustdata.Role{"targets/a", "targets/b"} {
		w.delegate(role, "first", "content")
		w.addTags(role, notary.MaxTags/2)
	}
	w.publish()
	f, dir := w.newFetcher()
	_, _, err := w.fetch(f)
	expectRefusal(t, err, "targets/b", trustdata.ReasonFormat)
	if err == nil || !strings.Contains(err.Error(), "more than 150000 targets") {
		t.Errorf("got %v", err)
	}
	if n := len(contents(t, dir)); n > 1 {
		t.Errorf("%d files were kept", n)
	}
}
