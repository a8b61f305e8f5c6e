package media_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/backup/media"
	"keyrite/backup/media/mediatest"
)

// mounted puts a stick in and gives the way to its folder.
func mounted(t *testing.T, ctx context.Context, patience time.Duration) (s *mediatest.Socket, image string, open media.Opener) {
	t.Helper()
	s, image = mediatest.NewSocket(t), mediatest.Image(t, "ONE")
	s.Insert(image, false)
	g, err := media.NewGuard(media.Roots{}, virtual(t, s, media.Options{}))
	check(t, err)
	h := helper(t, "serve")
	h.Patience = patience
	return s, image, h.Opener(ctx, g)
}

// A stick whose writes hang is given up in time. What waits for it cannot be killed, and
// ends with the stick's silence.
func TestHungStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s, _, open := mounted(t, t.Context(), 5*time.Second) // a busy machine starts a process in less
	f, err := open(s.Mount, false)
	check(t, err)
	w, err := f.Create("FILE")
	check(t, err)
	thaw := s.Freeze()
	_, err = w.Write(make([]byte, 1<<20))
	var hung *media.HungError
	if !errors.As(err, &hung) || hung.PID == 0 || !strings.Contains(err.Error(), s.Mount) || !strings.Contains(err.Error(), strconv.Itoa(hung.PID)) {
		t.Fatalf("%v", err)
	}
	state, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(hung.PID), "stat"))
	if check(t, err); len(state) == 0 {
		t.Error("the process that waits is gone")
	}
	for _, err := range []error{w.Sync(), f.Remove("FILE"), f.Settle(), f.Close()} {
		if !errors.Is(err, media.ErrHung) {
			t.Errorf("later: %v", err)
		}
	}
	thaw()
	process, err := os.FindProcess(hung.PID)
	check(t, err)
	for end := time.Now().Add(time.Minute); process.Signal(syscall.Signal(0)) == nil && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if process.Signal(syscall.Signal(0)) == nil {
		t.Error("the process outlives what it waited for")
	}
}

// A stick whose disk moves is slow and not hung: it is waited for.
func TestSlowStickIsWaitedFor(t *testing.T) {
	tree := mediatest.NewTree(t)
	disk := stick(tree)
	moves := func(n int) { tree.Set(disk, "stat", fmt.Sprintf("9 0 72 5 %d 0 %d 9 1 9 9", n, 8*n)) }
	moves(0)
	g, err := media.NewGuard(tree.Roots, scan(t, media.Options{Roots: tree.Roots, Ask: roomy.ask})[0])
	check(t, err)
	h := helper(t, "hang")
	h.Patience = time.Second
	still := make(chan struct{})
	go func() {
		for n := range 75 {
			moves(n)
			time.Sleep(20 * time.Millisecond)
		}
		close(still)
	}()
	_, err = h.Opener(t.Context(), g)("/media/ada/BACKUP1", false)
	select {
	case <-still:
	default:
		t.Error("it was given up while it moved")
	}
	if !errors.Is(err, media.ErrHung) {
		t.Errorf("%v", err)
	}
	<-still
}

// Once the work is given up there is time to clean up, and little.
func TestFarewell(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	ctx, cancel := context.WithCancel(t.Context())
	s, _, open := mounted(t, ctx, time.Hour)
	f, err := open(s.Mount, false)
	check(t, err)
	w, err := f.Create("FILE")
	check(t, err)
	cancel()
	check(t, errors.Join(w.Close(), f.Remove("FILE")))
	w, err = f.Create("FILE")
	check(t, err)
	s.Freeze()
	if _, err := w.Write([]byte("x")); !errors.Is(err, media.ErrHung) {
		t.Errorf("%v", err)
	}
}

// What happens to a medium while it is written ends the write with its loss.
func TestStickIsLostWhileItIsWritten(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	for why, happens := range map[media.Loss]func(s *mediatest.Socket, image string){
		media.TakenOut:    func(s *mediatest.Socket, image string) { s.Pull(image) },
		media.Unmounted:   func(s *mediatest.Socket, _ string) { s.UnmountLazily() },
		media.Overmounted: func(s *mediatest.Socket, _ string) { s.Cover() },
	} {
		t.Run(string(why), func(t *testing.T) {
			s, image, open := mounted(t, t.Context(), time.Minute)
			f, err := open(s.Mount, false)
			check(t, err)
			w, err := f.Create("FILE")
			check(t, err)
			_, err = w.Write([]byte("x"))
			check(t, err)
			happens(s, image)
			var lost *media.LostError
			if err := w.Sync(); !errors.As(err, &lost) || lost.Why != why {
				t.Errorf("sync: %v", err)
			}
			if err := f.Place("FILE", "FINAL"); !errors.Is(err, media.ErrLost) {
				t.Errorf("place: %v", err)
			}
			if err := f.Close(); err != nil && !errors.Is(err, media.ErrLost) {
				t.Errorf("close: %v", err)
			}
		})
	}
}

// A call that waits hears of the loss at once and not after its patience.
func TestPulledStickIsSeenAtOnce(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s, image, open := mounted(t, t.Context(), time.Hour)
	f, err := open(s.Mount, false)
	check(t, err)
	w, err := f.Create("FILE")
	check(t, err)
	thaw := s.Freeze()
	done := make(chan error, 1)
	go func() {
		_, err := w.Write(make([]byte, 1<<20))
		done <- err
	}()
	s.Pull(image)
	if err := <-done; !errors.Is(err, media.ErrLost) {
		t.Errorf("%v", err)
	}
	thaw()
	if err := f.Close(); !errors.Is(err, media.ErrLost) {
		t.Errorf("%v", err)
	}
}

// Where the stick is not, nothing is opened and nothing is made.
func TestNothingIsWrittenBesideTheStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s, _, open := mounted(t, t.Context(), time.Minute)
	outside := t.TempDir()
	check(t, os.Symlink(outside, filepath.Join(s.Mount, "LINK")))
	for _, path := range []string{outside, filepath.Join(s.Mount, "LINK")} {
		if _, err := open(path, false); err == nil || !strings.Contains(err.Error(), "is not on") {
			t.Errorf("%q: %v", path, err)
		}
	}
	s.Unmount()
	if _, err := open(filepath.Join(s.Mount, "KEYS"), true); !errors.Is(err, media.ErrLost) {
		t.Errorf("%v", err)
	}
	if names, err := filepath.Glob(filepath.Join(s.Mount, "*")); err != nil || len(names) != 0 {
		t.Errorf("on this computer's disk: %q", names)
	}
}

// A full stick and a read-only one say so with the system's own number.
func TestHelperKeepsTheNumbersOfErrors(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s, _, open := mounted(t, t.Context(), time.Minute)
	f, err := open(s.Mount, false)
	check(t, err)
	if err := media.WriteFile(f, "TEMP", "BIG", make([]byte, 20<<20)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v", err)
	}
	names, err := f.Names()
	if diff := cmp.Diff([]string{"lost+found"}, names); diff != "" || err != nil {
		t.Errorf("left: %v\n%s", err, diff)
	}
	check(t, f.Close())
}

// The helper asks a drive in place of this process.
func TestHelperAsks(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s := mediatest.NewSocket(t)
	s.Insert(mediatest.Image(t, "ONE"), false)
	direct, asked := virtual(t, s, media.Options{}), virtual(t, s, media.Options{Ask: helper(t, "serve").Ask})
	if diff := cmp.Diff(direct, asked, hidden); diff != "" {
		t.Error(diff)
	}
	link := filepath.Join(t.TempDir(), "LINK")
	check(t, os.Symlink(s.Mount, link))
	opt := media.Options{Virtual: true, Ask: helper(t, "serve").Ask, Resolve: helper(t, "serve").Resolve}
	if d, err := media.At(t.Context(), opt, link); err != nil || d.Mount != s.Mount {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := media.At(t.Context(), opt, link+"2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	h := helper(t, "hang")
	h.Patience = 100 * time.Millisecond
	if _, err := media.At(t.Context(), media.Options{Resolve: h.Resolve}, s.Mount); !errors.Is(err, media.ErrHung) {
		t.Errorf("%v", err)
	}
	if d := virtual(t, s, media.Options{Ask: h.Ask, Patience: 100 * time.Millisecond}); d.Refused != media.Silent {
		t.Errorf("%q", d.Refused)
	}
}
