package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata/state/statetest"
)

// page is the unit in which a tmpfs takes space.
const page = 4096

// leave makes n pages free on a disk that was filled.
func leave(t *testing.T, disk string, n int64) {
	t.Helper()
	ballast := filepath.Join(disk, "ballast")
	check(t, os.Remove(ballast))
	statetest.Fill(t, disk)
	info, err := os.Stat(ballast)
	check(t, err)
	check(t, os.Truncate(ballast, info.Size()-n*page))
}

// The disk is full at every point of the writing in turn.
func TestCreateOnAFullDisk(t *testing.T) {
	if !statetest.Namespace(t) {
		return
	}
	r, disk := newRig(t), statetest.Tmpfs(t, "512k")
	id, to := newIdentity(t)
	statetest.Fill(t, disk)
	for free := int64(0); ; free++ {
		leave(t, disk, free)
		before := tree(t, disk)
		opt := CreateOptions{Dir: disk, Recipients: []Recipient{to}, Identities: own(id), Now: testTime}
		p, err := PlanCreate(context.Background(), r.source(), opt)
		check(t, err)
		result, err := p.Apply(context.Background(), nil)
		if err == nil {
			if free < 3 || result.State != StateProven {
				t.Errorf("%d pages were enough for state %q: the fault did not bite", free, result.State)
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%d pages free: %v", free, err)
		}
		if diff := cmp.Diff(before, tree(t, disk)); diff != "" {
			t.Fatalf("%d pages free, left:\n%s", free, diff)
		}
	}
}

func TestRestoreOnAFullDisk(t *testing.T) {
	if !statetest.Namespace(t) {
		return
	}
	r, file, ids := backedUp(t)
	disk := statetest.Tmpfs(t, "512k")
	writeFile(t, filepath.Join(disk, "private", string(r.ids[1])+".key"), "the one here")
	statetest.Fill(t, disk)
	for free := int64(0); ; free++ {
		leave(t, disk, free)
		before := tree(t, disk)
		p := planRestore(t, file, ids, disk, RestoreOptions{Replace: true})
		_, err := p.Apply(context.Background(), nil)
		if err == nil {
			if free < 3 {
				t.Errorf("%d pages were enough: the fault did not bite", free)
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%d pages free: %v", free, err)
		}
		if diff := cmp.Diff(before, tree(t, disk)); diff != "" {
			t.Fatalf("%d pages free, left:\n%s", free, diff)
		}
	}
}

func TestReadOnlyTargets(t *testing.T) {
	if !statetest.Namespace(t) {
		return
	}
	r, file, ids := backedUp(t)
	disk := statetest.Tmpfs(t, "256k")
	statetest.ReadOnly(t, disk)
	_, to := newIdentity(t)
	for _, dir := range []string{disk, filepath.Join(disk, "new")} {
		p, err := PlanCreate(context.Background(), r.source(), CreateOptions{Dir: dir, Recipients: []Recipient{to}, Now: testTime})
		check(t, err)
		if _, err := p.Apply(context.Background(), nil); !errors.Is(err, syscall.EROFS) {
			t.Errorf("backup into %q: %v", dir, err)
		}
	}
	p := planRestore(t, file, ids, disk, RestoreOptions{})
	if _, err := p.Apply(context.Background(), nil); !errors.Is(err, syscall.EROFS) {
		t.Errorf("restore: %v", err)
	}
}

func TestRefusedPermission(t *testing.T) {
	dir, ok := statetest.Unprivileged(t)
	if !ok {
		return
	}
	statetest.Refuse(t, dir)
	r, file, ids := backedUp(t)
	_, to := newIdentity(t)
	p, err := PlanCreate(context.Background(), r.source(), CreateOptions{Dir: dir, Recipients: []Recipient{to}, Now: testTime})
	check(t, err)
	if _, err := p.Apply(context.Background(), nil); !errors.Is(err, syscall.EACCES) {
		t.Errorf("backup: %v", err)
	}
	if _, err := planRestore(t, file, ids, filepath.Join(dir, "trust"), RestoreOptions{}).Apply(context.Background(), nil); !errors.Is(err, syscall.EACCES) {
		t.Errorf("restore: %v", err)
	}
}

// Names that come from a folder on a stick are never opened unless they are plain files.
func TestListPassesOverPipes(t *testing.T) {
	dir := t.TempDir()
	check(t, syscall.Mkfifo(filepath.Join(dir, "pipe.age"), 0o600))
	check(t, os.Symlink("/dev/zero", filepath.Join(dir, "zero.age")))
	list, err := List(context.Background(), dir, nil, nil)
	check(t, err)
	if len(list) != 2 || list[0].Problem == "" || list[1].Problem == "" {
		t.Errorf("%+v", list)
	}
}
