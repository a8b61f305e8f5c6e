package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata/state/statetest"
)

func TestFullDisk(t *testing.T) {
	if !statetest.Namespace(t) {
		return
	}
	dir := statetest.Tmpfs(t, "256k")
	root := openRoot(t, dir)
	if err := WriteFile(root, "f", []byte("old")); err != nil {
		t.Fatal(err)
	}
	log, err := OpenLog(filepath.Join(dir, "log"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := log.Append("a", "before"); err != nil {
		t.Fatal(err)
	}
	statetest.Fill(t, dir)
	before := names(t, dir)
	if err := WriteFile(root, "f", make([]byte, 8192)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("WriteFile: %v, want ENOSPC", err)
	}
	if err := CreateFile(root, "g", make([]byte, 8192)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("CreateFile: %v, want ENOSPC", err)
	}
	if err := log.Append("a", string(make([]byte, 8192))); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Append: %v, want ENOSPC", err)
	}
	if err := log.Append("a", "after"); err == nil {
		t.Error("a log whose write failed took another record")
	}
	wantFile(t, filepath.Join(dir, "f"), "old")
	if after := names(t, dir); len(after) != len(before) {
		t.Errorf("left behind: %q, had %q", after, before)
	}
	again, err := OpenLog(filepath.Join(dir, "log"), time.Now)
	if err != nil || len(again.Records()) != 1 {
		t.Errorf("the log has %d records, %v; want the one from before", len(again.Records()), err)
	}
}

// A batch that the disk has no room for, or only for some of, leaves nothing.
func TestBatchOnAFullDisk(t *testing.T) {
	if !statetest.Namespace(t) {
		return
	}
	dir := statetest.Tmpfs(t, "256k")
	root := openRoot(t, dir)
	statetest.Fill(t, dir)
	for free := range int64(12) {
		if err := os.Truncate(filepath.Join(dir, "ballast"), 256<<10-(free+2)<<12); err != nil {
			t.Fatal(err)
		}
		before := content(t, dir)
		b, err := NewBatch(root)
		for i := 0; err == nil && i < 16; i++ {
			err = b.Add("private/"+strconv.Itoa(i), make([]byte, 4096))
		}
		if err == nil {
			err = b.Place()
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%d pages free: %v, want ENOSPC", free, err)
		}
		if err := b.Drop(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(before, content(t, dir)); diff != "" {
			t.Fatalf("%d pages free, left:\n%s", free, diff)
		}
	}
}

func TestReadOnlyDisk(t *testing.T) {
	if !statetest.Namespace(t) {
		return
	}
	dir := statetest.Tmpfs(t, "256k")
	store, err := OpenStore(dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Remember(seen(1)); err != nil {
		t.Fatal(err)
	}
	statetest.ReadOnly(t, dir)
	if got, ok, err := store.Seen(seen(1).GUN); err != nil || !ok || got.Root.Version != 1 {
		t.Errorf("Seen = %v, %v, %v", got, ok, err)
	}
	if err := store.Remember(seen(2)); !errors.Is(err, syscall.EROFS) {
		t.Errorf("Remember: %v, want EROFS", err)
	}
	if err := store.Activity().Append(Act{What: "x"}); err == nil {
		t.Error("an act was noted on a read-only disk")
	}
}

func TestRefusedPermission(t *testing.T) {
	dir, ok := statetest.Unprivileged(t)
	if !ok {
		return
	}
	root := openRoot(t, dir)
	if err := WriteFile(root, "f", []byte("old")); err != nil {
		t.Fatal(err)
	}
	statetest.Refuse(t, dir)
	if err := WriteFile(root, "f", []byte("new")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("WriteFile: %v, want fs.ErrPermission", err)
	}
	if err := Rename(root, "f", "g"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Rename: %v, want fs.ErrPermission", err)
	}
	wantFile(t, filepath.Join(dir, "f"), "old")
	store, err := OpenStore(filepath.Join(dir, "state"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := store.Seen("example.com/a"); ok || err != nil {
		t.Errorf("Seen in an absent store = %v, %v", ok, err)
	}
	if err := store.Remember(seen(1)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Remember: %v, want fs.ErrPermission", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "state")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state folder: %v", err)
	}
}
