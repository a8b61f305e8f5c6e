package kill

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"keyrite/trustdata/state/statetest"
)

// TestDisks has the disk fail under each kind of change that makes keys, of one repository
// and of several: it takes nothing, or is full after so many pages more, one more each
// time, until it suffices. So each page that it needs is once the one that is not there.
func TestDisks(t *testing.T) {
	if !statetest.Namespace(t) {
		return
	}
	worlds := worlds{"": founded(t)}
	for _, c := range changes {
		if c.name != "rotate targets" && c.name != "rotate root of three" && c.name != "init" {
			continue
		}
		k := &kind{change: c, ready: worlds.given(t, c)}
		k.undisturbed(t)
		for _, folder := range []string{"trust", "home"} {
			t.Run(c.name+"/"+folder, func(t *testing.T) {
				k.at(t, 0, false).disk(folder, "read-only")
				failures := 0
				for pages := range 1000 {
					if k.at(t, pages, false).disk(folder, fmt.Sprint(pages)) == 0 {
						break
					}
					failures++
				}
				t.Logf("it failed with up to %d pages", failures)
				if failures == 0 {
					t.Errorf("it never failed: the fault does not bite")
				}
			})
		}
	}
}

// disk makes the change on a disk of its own for one folder, and gives the exit code. State
// is how many pages it still takes, or "read-only".
func (p *point) disk(folder, state string) int {
	p.t.Helper()
	at, err := filepath.EvalSymlinks(filepath.Join(p.folder, folder))
	p.ok(err)
	aside := filepath.Join(p.folder, "aside")
	p.ok(os.Rename(at, aside))
	p.ok(os.Mkdir(at, 0o700))
	p.ok(unix.Mount("none", at, "tmpfs", 0, "size=4m,mode=0700"))
	defer func() { p.ok(unix.Unmount(at, unix.MNT_DETACH)) }()
	p.ok(os.CopyFS(at, os.DirFS(aside)))
	ballast := filepath.Join(at, "ballast")
	if state == "read-only" {
		statetest.ReadOnly(p.t, at)
	} else {
		statetest.Fill(p.t, at)
		var pages int64
		_, err := fmt.Sscan(state, &pages)
		p.ok(err)
		info, err := os.Stat(ballast)
		p.ok(err)
		p.ok(os.Truncate(ballast, info.Size()-pages*int64(os.Getpagesize())))
	}
	_, all, code := p.try(p.args...)
	if code != 0 && code != 1 {
		p.t.Errorf("with a disk that is %s: exit %d\n%s", state, code, all)
	}
	p.whole("the failure")
	if state == "read-only" {
		p.ok(unix.Mount("none", at, "tmpfs", unix.MS_REMOUNT, "size=4m"))
	} else {
		p.ok(os.Remove(ballast))
	}
	p.recovers("the failure")
	return code
}
