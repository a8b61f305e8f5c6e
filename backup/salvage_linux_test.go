package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"keyrite/backup/media/mediatest"
)

// A stick that cannot be read from some place on gives what came before that, through the
// process that reads it.
func TestSalvageFromAFailingStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	f := newFaultyRig(t)
	f.hold("tuf/"+testGUN+"/metadata/snapshot.json", strings.Repeat("x", 6<<20))
	f.put(t)
	made := f.write(t)
	f.replug(t, f.image)
	to := filepath.Join(t.TempDir(), "trust")
	failed := false
	opt := RestoreOptions{Now: testTime, Salvage: true, Open: f.drives.Helper.Opener(t.Context(), nil), Progress: func(s Step) {
		if !failed && s.Phase == PhaseVerify && s.Done > 1<<20 {
			failed = true
			f.stick.Set(mediatest.FailReads)
		}
	}}
	p, err := PlanRestore(context.Background(), made.File, f.ids, openDir(t, to), opt)
	check(t, err)
	if p.Salvage == nil || p.SHA256 != "" || len(p.Salvage.Whole) != 3 || len(p.Salvage.Lost) != 0 || p.Count(ActionAdd) != 3 || !strings.Contains(p.Given[0].Problem, syscall.EIO.Error()) {
		t.Fatalf("the fault happened: %v; %+v of %+v", failed, p.Salvage, p.Given)
	}
	// A stick that fails at once gives nothing, and nothing is left of the attempt.
	if _, err := p.Apply(context.Background(), nil); !errors.Is(err, syscall.EIO) {
		t.Errorf("from a stick that cannot be read: %v", err)
	}
	if _, err := os.Lstat(to); err == nil {
		t.Error("it left something:", tree(t, to))
	}
	f.stick.Set(mediatest.Sound)
	r, err := p.Apply(context.Background(), nil)
	check(t, err)
	if r.OK || len(r.Restored) != 3 || len(r.LostMetadata) != 1 || len(files(t, to)) != 3 {
		t.Errorf("%+v, and %d files", r, len(files(t, to)))
	}
}
