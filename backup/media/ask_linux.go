package media

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"keyrite/trustdata"
)

// ask asks all drives whose mount a path leads to, at once.
func (s *scan) ask(ctx context.Context, all []Drive) {
	asking := s.Ask
	if asking == nil {
		asking = Ask
	}
	var wait sync.WaitGroup
	for i := range all {
		d := &all[i]
		if d.Mount == "" || s.mounts.covered(s.mountWith(d.mount)) {
			continue
		}
		wait.Go(trustdata.Guarded(func() {
			a, err := s.patiently(ctx, asking, *d)
			switch {
			case errors.Is(err, fs.ErrPermission):
				d.Refused = Denied
				return
			case err != nil:
				d.Refused = Silent
				return
			}
			d.Free, d.full, d.Token, d.Problem = a.Free, a.Full, a.Token, a.Problem
			d.Label, d.UUID = cmp.Or(d.Label, a.Label), cmp.Or(d.UUID, a.UUID)
		}))
	}
	wait.Wait()
}

// patiently leaves an answer behind that does not come.
func (s *scan) patiently(ctx context.Context, asking func(context.Context, string, uint64) (Answer, error), d Drive) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	type answered struct {
		Answer
		error
	}
	done := make(chan answered, 1)
	go trustdata.Guarded(func() {
		a, err := asking(ctx, d.Mount, d.mount)
		done <- answered{a, err}
	})()
	select {
	case a := <-done:
		return a.Answer, a.error
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}

// Ask asks the file system that is mounted at path under this ID of mountinfo. It fails if
// another one is there. Where the medium hangs it does not return.
func Ask(_ context.Context, path string, id uint64) (Answer, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return Answer{}, fmt.Errorf("folder %q: %w", path, err)
	}
	dir := os.NewFile(uintptr(fd), path)
	defer dir.Close()
	var x unix.Statx_t
	if err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &x); err != nil {
		return Answer{}, fmt.Errorf("folder %q: %w", path, err)
	}
	if x.Mask&unix.STATX_MNT_ID != 0 && x.Mnt_id != id {
		return Answer{}, fmt.Errorf("folder %q: another file system is mounted there now", path)
	}
	var space unix.Statfs_t
	if err := unix.Fstatfs(fd, &space); err != nil {
		return Answer{}, fmt.Errorf("folder %q: %w", path, err)
	}
	a := Answer{Free: int64(space.Bavail) * int64(space.Bsize), Label: label(fd), UUID: uuid(fd)}
	a.Full = space.Bavail == 0 || space.Files > 0 && space.Ffree == 0
	token, err := readToken(fd)
	if problem := tokenProblem(path, err); problem != nil {
		a.Problem = problem.Error()
	}
	a.Token = token
	return a, nil
}

func readToken(dir int) (Token, error) {
	fd, err := unix.Openat(dir, TokenFile, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	f := os.NewFile(uintptr(fd), TokenFile)
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", errors.Join(ErrToken, err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxTokenFile+1))
	if err != nil {
		return "", err
	}
	return ParseToken(b)
}
