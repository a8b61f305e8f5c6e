package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Key files that are held between the plan and the writing are the ones that lie there: a
// change is noticed even where size and time are as before, and what is only touched goes in.
// Files that are not held are read again.
func TestHeldFilesAreStillThere(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, file, text string)
		ok     bool
	}{
		"nothing": {func(*testing.T, string, string) {}, true},
		"touched": {func(t *testing.T, file, _ string) { check(t, os.Chtimes(file, testTime, testTime)) }, true},
		"written over": {func(t *testing.T, file, text string) {
			info, err := os.Stat(file)
			check(t, err)
			writeFile(t, file, strings.ToUpper(text))
			check(t, os.Chtimes(file, time.Time{}, info.ModTime()))
		}, false},
		"exchanged": {func(t *testing.T, file, text string) {
			writeFile(t, file+".new", strings.ToUpper(text))
			check(t, os.Rename(file+".new", file))
		}, false},
		"longer": {func(t *testing.T, file, text string) { writeFile(t, file, text+"\n") }, false},
		"gone":   {func(t *testing.T, file, _ string) { check(t, os.Remove(file)) }, false},
		"a link": {func(t *testing.T, file, _ string) {
			check(t, os.Rename(file, file+".x"))
			check(t, os.Symlink(file+".x", file))
		}, false},
		"its folder": {func(t *testing.T, file, _ string) { check(t, os.RemoveAll(filepath.Dir(file))) }, false},
	} {
		for _, held := range []bool{true, false} {
			r := newRig(t)
			id, to := newIdentity(t)
			p, err := PlanCreate(context.Background(), r.source(), CreateOptions{Dir: t.TempDir(), Recipients: []Recipient{to}, Identities: own(id), Now: testTime})
			check(t, err)
			for i, e := range p.entries {
				if (e.data != nil) != e.isKey() {
					t.Errorf("%q is held: %v", e.Path, e.data != nil)
				}
				if !held {
					p.entries[i].data = nil
				}
			}
			file := "private/" + string(r.ids[1]) + ".key"
			c.change(t, filepath.Join(r.dir, file), r.files[file])
			_, err = p.Apply(context.Background(), nil)
			if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrChanged) {
				t.Errorf("%s, held %v: error %v", name, held, err)
			}
		}
	}
}

// What is too much to hold is not, and goes in all the same.
func TestLargeFilesAreNotHeld(t *testing.T) {
	r := newRig(t)
	for i := range 200 {
		r.hold(fmt.Sprintf("private/%064x.key", i), strings.Repeat("x", 60<<10))
	}
	r.put(t)
	id, to := newIdentity(t)
	p, err := PlanCreate(context.Background(), r.source(), CreateOptions{Dir: t.TempDir(), Recipients: []Recipient{to}, Identities: own(id), Now: testTime})
	check(t, err)
	var held int64
	for _, e := range p.entries {
		held += int64(len(e.data))
	}
	if held > maxKept || held < maxKept/2 {
		t.Errorf("%d bytes are held", held)
	}
	got, err := p.Apply(context.Background(), nil)
	check(t, err)
	if len(got.Keys) != len(p.Manifest.keys()) || got.State != StateProven {
		t.Errorf("%d keys, %s", len(got.Keys), got.State)
	}
}
