package kill

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"keyrite/backup/media"
	"keyrite/backup/media/mediatest"
)

// rite is a verb about a backup on a stick.
type rite struct {
	name string
	args []string
	// onStick says that there is a backup on the stick before.
	onStick bool
}

var rites = []rite{
	{name: "create", args: []string{"backup", "create", "--to", theStick, "--allow-virtual", "--copies", "1", "-r", theRecipient, "-i", theIdentity, "--json"}},
	{name: "drill", args: []string{"backup", "drill", theBackup, "-i", theIdentity, "--json"}, onStick: true},
	{name: "restore", args: []string{"backup", "restore", theBackup, "-i", theIdentity, "--to", theOther, "--json"}, onStick: true},
}

// TestRites has each rite break off at each of its points, or at an even sample: keyrite is
// killed, or only the process that works on the stick, or everything with the stick's power,
// or the call fails.
func TestRites(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	bare := newDesk(t)
	full := bare.withBackup()
	for _, r := range rites {
		base := bare
		if r.onStick {
			base = full
		}
		dry := base.copy(t)
		tr, s := dry.faulted(fault{}, r.args...)
		if s.code != 0 {
			t.Fatalf("%s: exit %d\n%s%s", r.name, s.code, s.stdout, s.stderr)
		}
		if r.name == "drill" {
			dry.onlyState(tr)
		}
		all := faultsOf(tr.Calls)
		chosen := all
		if !*every {
			chosen = nil
			for i := range riteSample {
				chosen = append(chosen, all[i*len(all)/riteSample])
			}
		}
		t.Run(r.name, func(t *testing.T) {
			for _, f := range chosen {
				t.Run(fmt.Sprintf("%s %s", f, tr.Calls[f.at-1]), func(t *testing.T) {
					t.Parallel()
					base.copy(t).breaksOff(r, f)
				})
			}
		})
		t.Logf("%-8s %d points, broken off in %d of %d ways: %s", r.name, len(tr.Calls), len(chosen), len(all), strings.Join(tr.Calls, ", "))
	}
}

// riteSample is in how many ways each rite is broken off when not every one is.
const riteSample = 12

// faultsOf are all ways in which calls can break off.
func faultsOf(calls []string) (all []fault) {
	for i, call := range calls {
		all = append(all, fault{at: i + 1}, fault{at: i + 1, all: true}, fault{at: i + 1, errno: syscall.EIO})
		name, _, _ := strings.Cut(strings.TrimPrefix(call, "helper "), " ")
		if slices.Contains([]string{"write", "pwrite64", "fsync", "openat", "mkdirat", "renameat2"}, name) {
			all = append(all, fault{at: i + 1, errno: syscall.ENOSPC})
		}
	}
	return all
}

// breaksOff lets a rite break off, and then looks for harm, and tries the same again.
func (d *desk) breaksOff(r rite, f fault) {
	was := d.look()
	tr, s := d.faulted(f, r.args...)
	if !tr.Killed {
		d.t.Fatalf("the fault did not happen: it made %d calls", len(tr.Calls))
	}
	place := tr.Places[f.at-1]
	d.says(s, f, strings.HasPrefix(place, d.socket.Mount))
	if f.all {
		d.socket.Yank(d.image)
	} else {
		d.again()
	}
	d.unharmed(was, "the fault")
	if s.code == 1 {
		d.undone(was, s)
	}
	d.once(r)
	d.unharmed(was, "doing it again")
}

// once does a rite that must succeed. Two backups of one second have one name.
func (d *desk) once(r rite) {
	d.t.Helper()
	s := d.try(r.args...)
	for s.code == 1 && strings.Contains(s.stderr, "is never replaced") {
		s = d.try(r.args...)
	}
	if s.code != 0 {
		d.t.Errorf("done again: exit %d\n%s%s", s.code, s.stdout, s.stderr)
	}
	if r.name == "create" {
		for name := range d.files(d.socket.Mount) {
			if media.IsPart(filepath.Base(name)) {
				d.t.Errorf("done again, %q is left", name)
			}
		}
	}
	if r.name == "restore" {
		restored := d.files(d.other())
		for name, data := range d.files(filepath.Join(d.trust(), "private")) {
			if restored[filepath.Join("private", name)] != data {
				d.t.Errorf("done again, %q is not restored", name)
			}
		}
		for name := range restored {
			if top, _, _ := strings.Cut(name, "/"); top != "private" && top != "tuf" {
				d.t.Errorf("done again, %q is left", name)
			}
		}
	}
}
