package backup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/backup/media"
	"keyrite/backup/media/mediatest"
)

// faultyRig is a stickRig whose stick can be made to fail.
type faultyRig struct {
	*stickRig
	stick *mediatest.Faulty
	plain string // the image below
	keys  map[string]string
}

func newFaultyRig(t *testing.T) *faultyRig {
	t.Helper()
	f := &faultyRig{stickRig: newStickRig(t)}
	f.socket.Unmount()
	f.plain = f.image
	f.stick = mediatest.NewFaulty(t, f.image)
	f.image = f.stick.Path
	f.socket.Insert(f.image, false)
	f.keys = tree(t, f.dir)
	return f
}

// writeWith writes a copy onto a stick that fails once everything was handed to its file
// system, or from the beginning.
func (f *faultyRig) writeWith(t *testing.T, fault mediatest.Fault, early bool) (*CreateResult, error) {
	t.Helper()
	p, err := f.drives.Plan(context.Background(), f.source(), f.options(1), nil)
	check(t, err)
	if early {
		f.stick.Set(fault)
	}
	return f.drives.Write(context.Background(), p, func(s Step) {
		if !early && s.Phase == PhaseWrite && s.Done == s.Total {
			f.stick.Set(fault)
		}
	})
}

// nothingCounts takes a stick that has failed out and looks at it in another machine: what
// has a backup's name there is whole, and nothing happened to the keys.
func (f *faultyRig) nothingCounts(t *testing.T) {
	t.Helper()
	f.stick.Set(mediatest.Sound)
	f.socket.UnmountLazily()
	s := mediatest.NewSocket(t)
	s.Insert(f.plain, false)
	for _, name := range names(t, s.Mount) {
		if !strings.HasSuffix(name, ageSuffix) {
			continue
		}
		if _, err := Verify(context.Background(), filepath.Join(s.Mount, name), f.ids, VerifyOptions{}); err != nil {
			t.Errorf("it looks like a backup: %v", err)
		}
	}
	if now := tree(t, f.dir); !maps.Equal(f.keys, now) {
		t.Error("the trust directory changed")
	}
}

// A stick that fails in any way while it is written gives no copy.
func TestFaultySticks(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	for _, tt := range []struct {
		fault mediatest.Fault
		early bool
		says  string
	}{
		{mediatest.FailWrites, true, ""}, {mediatest.FailWrites, false, ""},
		{mediatest.NoRoom, true, ""}, {mediatest.NoRoom, false, ""},
		{mediatest.FailReads, false, "input/output error"},
		{mediatest.Drop, true, "does not keep"}, {mediatest.Drop, false, "does not keep data"},
		{mediatest.Flip, false, "does not keep data"},
	} {
		t.Run(fmt.Sprintf("%s, early %v", tt.fault, tt.early), func(t *testing.T) {
			f := newFaultyRig(t)
			made, err := f.writeWith(t, tt.fault, tt.early)
			if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%+v, %v", made, err)
			}
			f.nothingCounts(t)
		})
	}
}

// A slow stick is as good as another.
func TestSlowStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	f := newFaultyRig(t)
	made, err := f.writeWith(t, mediatest.Slow, true)
	if err != nil || made.State != StateDrilled || made.Reading != media.Cold {
		t.Fatalf("%+v, %v", made, err)
	}
	v, err := f.prove(made, f.replug(t, f.image))
	if err != nil || v.Reading != media.Replugged {
		t.Errorf("%+v, %v", v, err)
	}
}

// A stick that answers every read from its own memory passes each check that can be made
// while it is in. Only after it was out it is known.
func TestStickThatForgets(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	f := newFaultyRig(t)
	made, err := f.writeWith(t, mediatest.Forget, true)
	if err != nil || made.State != StateDrilled || made.Reading != media.Cold {
		t.Fatalf("%+v, %v", made, err)
	}
	if v, err := f.prove(made, f.in(t)); err != nil || v.Reading != media.Cold {
		t.Errorf("while it is in: %+v, %v", v, err)
	}
	f.socket.Unmount()
	f.stick.Set(mediatest.Sound)
	f.socket.Insert(f.image, false)
	v, err := f.prove(made, f.in(t))
	if err == nil {
		t.Errorf("after it was out: %+v", v)
	}
	f.nothingCounts(t)
}

// A stick that hangs is given up, with the number of the process that nothing can end.
func TestHangingStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	f := newFaultyRig(t)
	f.drives.Helper.Patience = 5 * time.Second // a busy machine starts a process in less
	begin := time.Now()
	_, err := f.writeWith(t, mediatest.Hang, false)
	var hung *media.HungError
	if !errors.As(err, &hung) || hung.PID == 0 || time.Since(begin) > 30*time.Second {
		t.Fatalf("after %s: %v", time.Since(begin), err)
	}
	f.stick.Set(mediatest.Sound)
	for end := time.Now().Add(time.Minute); syscall.Kill(hung.PID, 0) == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the process outlives what it waited for")
		}
	}
	f.nothingCounts(t)
}

// Without power a stick loses what was not synced, at whatever step of the writing; and once
// the copy is written nothing of it.
func TestYankedStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	for name, now := range map[string]func(Step) bool{
		"at once":                 func(Step) bool { return true },
		"when all is handed over": func(s Step) bool { return s.Phase == PhaseWrite && s.Done == s.Total },
		"while it is proven":      func(s Step) bool { return s.Phase == PhaseProve },
	} {
		t.Run(name, func(t *testing.T) {
			f, cut := newFaultyRig(t), false
			p, err := f.drives.Plan(context.Background(), f.source(), f.options(1), nil)
			check(t, err)
			_, err = f.drives.Write(context.Background(), p, func(s Step) {
				if !cut && now(s) {
					cut = true
					f.socket.CutPower()
				}
			})
			if !cut || err == nil {
				t.Errorf("the power went (%v), and it counts as written: %v", cut, err)
			}
			f.nothingCounts(t)
		})
	}
	f := newFaultyRig(t)
	made := f.write(t)
	f.socket.Yank(f.image)
	if v, err := f.prove(made, f.in(t)); err != nil || v.State != StateDrilled || v.Reading != media.Replugged {
		t.Errorf("written before the power went: %+v, %v", v, err)
	}
}

// The file systems that sticks are sold with take a backup and give it back, and stay sound.
func TestOtherFileSystems(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	t.Run("exFAT", func(t *testing.T) {
		s := newStickRig(t)
		s.socket.Unmount()
		image := mediatest.ExFAT(t)
		s.socket.InsertExFAT(image)
		made := s.write(t)
		if made.Medium == nil || made.Medium.Token == "" || made.State != StateDrilled {
			t.Fatalf("%+v on %+v", made, made.Medium)
		}
		s.socket.Unmount()
		mediatest.CheckExFAT(t, image)
		s.socket.InsertExFAT(image)
		v, err := s.prove(made, s.in(t))
		if err != nil || v.State != StateDrilled || v.Reading != media.Replugged || v.SHA256 != made.SHA256 {
			t.Errorf("%+v, %v", v, err)
		}
	})
	t.Run("FAT", func(t *testing.T) {
		s, stick := newStickRig(t), mediatest.NewFAT(t)
		opt := s.options(1)
		opt.Dir = filepath.Join(stick.Mount, "KEYS")
		p, err := s.drives.Plan(context.Background(), s.source(), opt, nil)
		check(t, err)
		made, err := s.drives.Write(context.Background(), p, nil)
		check(t, err)
		if made.State != StateDrilled {
			t.Errorf("%+v", made)
		}
		stick.Unmount()
		stick.Insert()
		v, err := Verify(context.Background(), made.File, s.ids, VerifyOptions{Passphrases: s.passphrases})
		if err != nil || v.State != StateDrilled || v.SHA256 != made.SHA256 {
			t.Errorf("%+v, %v", v, err)
		}
		stick.Unmount()
	})
}

// A trust directory on a file system that knows no links, or lives in another program, takes
// a restore too.
func TestRestoreOntoOtherFileSystems(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	r := newRig(t)
	check(t, os.RemoveAll(filepath.Join(r.dir, "tuf"))) // these file systems take no port in a name
	maps.DeleteFunc(r.files, func(name, _ string) bool { return strings.HasPrefix(name, "tuf/") })
	id, recipient := newIdentity(t)
	file, ids := r.create(t, CreateOptions{Recipients: []Recipient{recipient}}).File, own(id)
	for name, mount := range map[string]func(t *testing.T) string{
		"FAT": func(t *testing.T) string { return mediatest.NewFAT(t).Mount },
		"exFAT": func(t *testing.T) string {
			s := mediatest.NewSocket(t)
			s.InsertExFAT(mediatest.ExFAT(t))
			return s.Mount
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := filepath.Join(mount(t), "trust")
			for _, n := range []int{1, 3, len(r.ids)} { // into nothing, and beside others
				for _, id := range r.ids[:n-1] {
					check(t, os.RemoveAll(filepath.Join(to, "private", string(id)+".key")))
				}
				got, err := planRestore(t, file, ids, to, RestoreOptions{}).Apply(context.Background(), nil)
				check(t, err)
				now := map[string]string{}
				for name, value := range tree(t, to) {
					if mode, text, regular := strings.Cut(value, " "); regular && mode[0] == '-' {
						now[name] = text
					}
				}
				if diff := cmp.Diff(r.files, now); diff != "" || !got.OK {
					t.Errorf("%d gone: %+v\n%s", n-1, got, diff)
				}
			}
		})
	}
}
