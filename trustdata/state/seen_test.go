package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
)

func seen(version int64) Seen {
	return Seen{
		GUN: "example.com/acme/app", Server: "https://trust.example.com",
		Root:     RootSeen{version, "aa"},
		Versions: map[trustdata.Role]int64{trustdata.RoleTargets: 4, "targets/alice": 2},
	}
}

func openStore(t *testing.T) (*Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	store, err := OpenStore(dir, clock)
	if err != nil {
		t.Fatal(err)
	}
	return store, dir
}

func wantSeen(t *testing.T, store *Store, want Seen) {
	t.Helper()
	want.At = clock()
	got, ok, err := store.Seen(want.GUN)
	if diff := cmp.Diff(want, got); !ok || err != nil || diff != "" {
		t.Errorf("Seen: %v, %v, -want +got:\n%s", ok, err, diff)
	}
}

func TestRemember(t *testing.T) {
	store, _ := openStore(t)
	if _, ok, err := store.Seen("example.com/acme/app"); ok || err != nil {
		t.Errorf("an empty store has seen it: %v, %v", ok, err)
	}
	if err := store.Remember(seen(3)); err != nil {
		t.Fatal(err)
	}
	wantSeen(t, store, seen(3))

	next := seen(4)
	next.Root.SHA256 = "bb"
	next.Versions = map[trustdata.Role]int64{trustdata.RoleTargets: 2, trustdata.RoleSnapshot: 9}
	if err := store.Remember(next); err != nil {
		t.Fatal(err)
	}
	want := next
	want.Chained = []RootSeen{seen(3).Root}
	want.Versions = map[trustdata.Role]int64{trustdata.RoleTargets: 4, trustdata.RoleSnapshot: 9, "targets/alice": 2}
	wantSeen(t, store, want)
	if _, ok, err := store.Seen("example.com/acme/other"); ok || err != nil {
		t.Errorf("another repository: %v, %v", ok, err)
	}
}

func TestNothingNewIsNotNoted(t *testing.T) {
	store, _ := openStore(t)
	for range 3 {
		if err := store.Remember(seen(1)); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(openLog(t, store.seenPath(seen(1).GUN)).Records()); got != 1 {
		t.Errorf("%d records, want 1", got)
	}
}

func TestRootNeverGoesBack(t *testing.T) {
	store, _ := openStore(t)
	if err := store.Remember(seen(3)); err != nil {
		t.Fatal(err)
	}
	other := seen(3)
	other.Root.SHA256 = "bb"
	for name, bad := range map[string]Seen{"older": seen(2), "other bytes": other} {
		if err := store.Remember(bad); !errors.Is(err, ErrBackwards) {
			t.Errorf("%s: %v, want ErrBackwards", name, err)
		}
	}
	wantSeen(t, store, seen(3))
}

func TestSeenOfAnotherRepository(t *testing.T) {
	store, _ := openStore(t)
	if err := store.Remember(seen(3)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(store.seenPath(seen(3).GUN), store.seenPath("example.com/acme/other")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Seen("example.com/acme/other"); !errors.Is(err, ErrBroken) {
		t.Errorf("error = %v, want ErrBroken", err)
	}
}

func TestOpenStoreOnAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenStore(file, clock); err == nil {
		t.Error("a file was opened as a state folder")
	}
	if _, err := OpenStore("", clock); err == nil {
		t.Error("a folder without a name was opened")
	}
}

func TestActivity(t *testing.T) {
	store, dir := openStore(t)
	acts := store.Activity()
	if got, err := acts.List(); len(got) != 0 || err != nil {
		t.Errorf("an empty store has acts: %v, %v", got, err)
	}
	act := Act{What: "rotate targets", On: "example.com/acme/app", Result: "done", Detail: "root version 4"}
	for range 2 {
		if err := acts.Append(act); err != nil {
			t.Fatal(err)
		}
	}
	got, err := acts.List()
	want := []ActRecord{{1, clock(), act}, {2, clock(), act}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("List: %v, -want +got:\n%s", err, diff)
	}
	if err := os.WriteFile(filepath.Join(dir, "activity.jsonl"), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := acts.List(); !errors.Is(err, ErrBroken) {
		t.Errorf("error = %v, want ErrBroken", err)
	}
}

func TestForget(t *testing.T) {
	store, _ := openStore(t)
	if err := store.Forget(seen(3).GUN); err != nil {
		t.Fatal(err)
	}
	if err := store.Remember(seen(3)); err != nil {
		t.Fatal(err)
	}
	anew := seen(1)
	anew.Root.SHA256 = "bb"
	if err := store.Remember(anew); !errors.Is(err, ErrBackwards) {
		t.Fatalf("before it was forgotten: %v", err)
	}
	for range 2 {
		if err := store.Forget(anew.GUN); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok, err := store.Seen(anew.GUN); ok || err != nil {
		t.Errorf("forgotten, and still %+v, %v", got, err)
	}
	if err := store.Remember(anew); err != nil {
		t.Fatal(err)
	}
	wantSeen(t, store, anew)
}

// TestChainedRootsAreBounded has more roots follow one another than are kept, and some be
// told of that were never remembered here.
func TestChainedRootsAreBounded(t *testing.T) {
	store, _ := openStore(t)
	told := seen(1)
	told.Chained = []RootSeen{{Version: 1, SHA256: "docker"}, told.Root}
	for v := range int64(maxChained + 10) {
		next := seen(v + 1)
		next.Root.SHA256 = fmt.Sprint(v + 1)
		if v == 0 {
			next.Chained = told.Chained
		}
		if err := store.Remember(next); err != nil {
			t.Fatal(err)
		}
		got, _, err := store.Seen(next.GUN)
		if err != nil || !got.Follows(next.Root.SHA256) || v > 0 && !got.Follows(fmt.Sprint(v)) || got.Follows("never") || len(got.Chained) > maxChained {
			t.Fatalf("version %d: %v, %+v", v+1, err, got)
		}
		if v == 3 && !got.Follows("docker") {
			t.Error("the root of docker is forgotten")
		}
	}
}

// TestRenewedRolesStartAnew: only a newer root ends what was seen of a role's versions.
func TestRenewedRolesStartAnew(t *testing.T) {
	store, _ := openStore(t)
	if err := store.Remember(seen(3)); err != nil {
		t.Fatal(err)
	}
	next := seen(3)
	next.Versions = map[trustdata.Role]int64{trustdata.RoleTargets: 1}
	next.Renewed = []trustdata.Role{trustdata.RoleTargets}
	for _, want := range []int64{seen(3).Versions[trustdata.RoleTargets], 1} {
		if err := store.Remember(next); err != nil {
			t.Fatal(err)
		}
		if got, _, err := store.Seen(next.GUN); err != nil || got.Versions[trustdata.RoleTargets] != want {
			t.Errorf("root version %d: targets %d, %v, want %d", next.Root.Version, got.Versions[trustdata.RoleTargets], err, want)
		}
		next.Root = RootSeen{Version: 4, SHA256: "bb"}
	}
}
