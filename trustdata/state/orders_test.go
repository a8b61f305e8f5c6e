package state

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOrders: what was kept last is there for the next run, and a file that is no such list, or
// a newer one, is said and not guessed at.
func TestOrders(t *testing.T) {
	store, dir := openStore(t)
	if got, err := store.Orders(); err != nil || len(got) != 0 {
		t.Errorf("at first: %v, %v", got, err)
	}
	for _, want := range []map[string]string{{"tag": "state"}, {"tag": "tag", "key": "ends"}, {}} {
		if err := store.KeepOrders(want); err != nil {
			t.Fatal(err)
		}
		again, err := OpenStore(dir, clock)
		if err != nil {
			t.Fatal(err)
		}
		got, err := again.Orders()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	}
	path := filepath.Join(dir, "orders.json")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for text, want := range map[string]error{`{"format":2,"orders":{"tag":"x"}}`: ErrNewer, `{"format":1,"ord`: nil, "": nil} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := store.Orders(); err == nil || got != nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
