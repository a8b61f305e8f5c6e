package media

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// beat is how often /sys is looked at, which does not tell when a disk goes. The kernel
// tells about mounts at once.
const beat = 200 * time.Millisecond

// watcher waits for a change of what is mounted and plugged in.
type watcher struct {
	mounts     int // mountinfo; Go's own poller must not see its events first
	stop, wake *os.File
	undo       func() bool
}

func (r Roots) watch(ctx context.Context) (*watcher, error) {
	fd, err := unix.Open(r.mountInfo(), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	wake, stop, err := os.Pipe()
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &watcher{fd, stop, wake, context.AfterFunc(ctx, func() { stop.Close() })}, nil
}

// wait returns when something was mounted or unmounted, after a beat, or with ctx's error.
func (w *watcher) wait(ctx context.Context) error {
	fds := []unix.PollFd{{Fd: int32(w.mounts), Events: unix.POLLPRI}, {Fd: int32(w.wake.Fd()), Events: unix.POLLIN}}
	if _, err := unix.Poll(fds, int(beat.Milliseconds())); err != nil && err != unix.EINTR {
		return err
	}
	return ctx.Err()
}

func (w *watcher) close() {
	w.undo()
	unix.Close(w.mounts)
	w.wake.Close()
	w.stop.Close()
}

// WaitOut returns when the medium is not in the machine any more: taken out of a reader, or
// the drive pulled or powered off. Until then it waits for ctx's end.
func WaitOut(ctx context.Context, roots Roots, was Identity) error {
	roots = roots.withDefaults()
	w, err := roots.watch(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	for roots.isIn(was) {
		if err := w.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// isIn reports whether the medium is in since it was looked at.
func (r Roots) isIn(was Identity) bool {
	if boot := r.boot(); was.Boot != "" && boot != "" && boot != was.Boot {
		return false
	}
	for _, disk := range r.wholes() {
		if disk.diskSeq() == was.DiskSeq && disk.size() > 0 && (was.DiskSeq != 0 || strings.HasPrefix(was.Device, disk.name())) {
			return true
		}
	}
	return false
}

// WaitBack returns the drive when the medium is in again and mounted, and Same says Back.
// Others that were put in since are told once each to notice, which may be nil: a person
// who plugs in the wrong stick should hear of it. Until then it waits for ctx's end.
func WaitBack(ctx context.Context, opt Options, was Identity, notice func(d Drive, like Likeness, reason string)) (Drive, error) {
	roots := opt.Roots.withDefaults()
	w, err := roots.watch(ctx)
	if err != nil {
		return Drive{}, err
	}
	defer w.close()
	told := map[string]bool{}
	for before := ""; ; {
		now := roots.fingerprint()
		if now != before {
			all, err := Scan(ctx, opt)
			if err != nil {
				return Drive{}, err
			}
			if d, ok := back(all, was, told, notice); ok {
				return d, nil
			}
			if !slices.ContainsFunc(all, func(d Drive) bool { return d.Refused == Silent }) {
				before = now // else it may answer the next time
			}
		}
		if err := w.wait(ctx); err != nil {
			return Drive{}, err
		}
	}
}

// back finds the medium among drives, and tells about the others.
func back(all []Drive, was Identity, told map[string]bool, notice func(Drive, Likeness, string)) (Drive, bool) {
	for _, d := range all {
		if d.Mount == "" || d.Refused == Silent || d.Refused == Denied || d.Refused == Covered || !putIn(was, d.Identity()) {
			continue
		}
		like, reason := Same(was, d.Identity())
		if like == Back {
			return d, true
		}
		key := fmt.Sprint(d.Boot, d.DiskSeq, d.Device, like)
		if notice != nil && !told[key] {
			notice(d, like, reason)
		}
		told[key] = true
	}
	return Drive{}, false
}

// fingerprint changes with what is mounted and what is plugged in.
func (r Roots) fingerprint() string {
	var b strings.Builder
	if text, err := os.ReadFile(r.mountInfo()); err == nil {
		b.Write(text)
	}
	for _, disk := range r.wholes() {
		fmt.Fprintln(&b, disk.name(), disk.diskSeq(), disk.size(), disk.attr("ro"))
	}
	return b.String()
}
