package media_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/backup/media"
	"keyrite/backup/media/mediatest"
)

// virtual finds the drive of a socket among the loop devices of the machine.
func virtual(t *testing.T, s *mediatest.Socket, opt media.Options) media.Drive {
	t.Helper()
	opt.Virtual = true
	for _, d := range scan(t, opt) {
		if d.Device == s.Name {
			return d
		}
	}
	t.Fatalf("%s is not among the drives", s.Name)
	return media.Drive{}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A real ext4 file system says of itself what a scan needs, without udev.
func TestRealStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s, image := mediatest.NewSocket(t), mediatest.Image(t, "BACK\u202eUP")
	s.Insert(image, false)
	d := virtual(t, s, media.Options{})
	if d.Refused != "" || d.Mount != s.Mount || d.FileSystem != "ext4" || d.Label != "BACK\u202eUP" || len(d.UUID) != 36 || d.Free < 1<<20 || d.Size != 16<<20 || d.DiskSeq == 0 || d.Boot == "" || d.Token != "" {
		t.Fatalf("%+v", d)
	}
	at, err := media.At(t.Context(), media.Options{Virtual: true}, filepath.Join(s.Mount, "lost+found"))
	if check(t, err); at.Device != s.Name || at.Refused != "" {
		t.Errorf("%+v", at)
	}
	if at, err = media.At(t.Context(), media.Options{}, s.Mount); err != nil || at.Refused != media.NotRemovable || at.Device != s.Name {
		t.Errorf("%+v, %v", at, err)
	}
	if d := virtual(t, s, media.Options{Keys: []string{filepath.Join(s.Mount, "trust", "not yet")}}); d.Refused != media.HoldsKeys {
		t.Errorf("the keys are on it: %q", d.Refused)
	}
	if d := virtual(t, s, media.Options{Need: 1 << 40}); d.Refused != media.Full {
		t.Errorf("a terabyte fits: %q", d.Refused)
	}
	s.Unmount()
	s.Insert(image, true)
	if d := virtual(t, s, media.Options{}); d.Refused != media.ReadOnly {
		t.Errorf("with its switch set: %q", d.Refused)
	}
}

// The token is written once, found by a scan, and never written over.
func TestMediumToken(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s := mediatest.NewSocket(t)
	s.Insert(mediatest.Image(t, "ONE"), false)
	folder, err := media.OpenFolder(s.Mount, false)
	check(t, err)
	defer folder.Close()
	none, err := media.TokenOf(folder)
	if none != "" || err != nil {
		t.Fatalf("%q, %v", none, err)
	}
	made, err := media.MakeToken(folder)
	check(t, err)
	again, err := media.MakeToken(folder)
	if check(t, err); made == "" || again != made {
		t.Errorf("%q and %q", made, again)
	}
	if d := virtual(t, s, media.Options{}); d.Token != made || d.Problem != "" {
		t.Errorf("a scan found %q, %q", d.Token, d.Problem)
	}
	foreign := filepath.Join(s.Mount, media.TokenFile)
	check(t, os.WriteFile(foreign, []byte("mine\n"), 0o600))
	if _, err := media.MakeToken(folder); !errors.Is(err, media.ErrToken) {
		t.Errorf("a foreign file: %v", err)
	}
	if d := virtual(t, s, media.Options{}); d.Token != "" || !strings.Contains(d.Problem, media.TokenFile) {
		t.Errorf("a scan found %q, %q", d.Token, d.Problem)
	}
	check(t, os.Remove(foreign))
	check(t, os.Symlink("/dev/zero", foreign))
	if d := virtual(t, s, media.Options{}); d.Token != "" || d.Problem == "" {
		t.Errorf("a link: %q, %q", d.Token, d.Problem)
	}
}

// What becomes of a mount is seen, and the host's folder below it is never taken for it.
func TestGuard(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	for why, happens := range map[media.Loss]func(s *mediatest.Socket, image string){
		media.Unmounted: func(s *mediatest.Socket, _ string) {
			s.Hold()
			s.UnmountLazily()
		},
		media.Overmounted: func(s *mediatest.Socket, _ string) { s.Cover() },
		media.TakenOut:    func(s *mediatest.Socket, image string) { s.Pull(image) },
		media.Exchanged: func(s *mediatest.Socket, _ string) {
			s.Unmount()
			s.Insert(mediatest.Image(t, "TWO"), false)
		},
	} {
		t.Run(string(why), func(t *testing.T) {
			s, image := mediatest.NewSocket(t), mediatest.Image(t, "ONE")
			s.Insert(image, false)
			g, err := media.NewGuard(media.Roots{}, virtual(t, s, media.Options{}))
			check(t, err)
			seen := make(chan error, 1)
			go func() { seen <- g.Wait(context.WithoutCancel(t.Context())) }()
			check(t, g.Check())
			happens(s, image)
			var lost *media.LostError
			if err := g.Check(); !errors.As(err, &lost) || lost.Why != why || !strings.Contains(err.Error(), s.Mount) {
				t.Errorf("%v", err)
			}
			if err := <-seen; !errors.Is(err, media.ErrLost) {
				t.Errorf("who waited heard %v", err)
			}
		})
	}
}

// The same medium mounted anew is not the mount that was chosen.
func TestGuardSeesANewMount(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s := mediatest.NewSocket(t)
	s.Insert(mediatest.Image(t, "ONE"), false)
	s.Hold()
	d := virtual(t, s, media.Options{})
	g, err := media.NewGuard(media.Roots{}, d)
	check(t, err)
	s.Unmount()
	s.MountAgain()
	if now := virtual(t, s, media.Options{}); now.DiskSeq != d.DiskSeq {
		t.Fatal("it was out")
	}
	if err := g.Check(); !errors.Is(err, media.ErrLost) {
		t.Errorf("%v", err)
	}
}

// A stick that is unplugged and comes back is known, and so is one that takes its place.
func TestWaitOutAndBack(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s, one, two := mediatest.NewSocket(t), mediatest.Image(t, "ONE"), mediatest.Image(t, "TWO")
	s.Insert(one, false)
	folder, err := media.OpenFolder(s.Mount, false)
	check(t, err)
	_, err = media.MakeToken(folder)
	check(t, errors.Join(err, folder.Close()))
	was := virtual(t, s, media.Options{}).Identity()

	out := make(chan error, 1)
	go func() { out <- media.WaitOut(context.WithoutCancel(t.Context()), media.Roots{}, was) }()
	s.Unmount()
	check(t, <-out)

	type told struct {
		like   media.Likeness
		reason string
	}
	notices := make(chan told, 10)
	type found struct {
		media.Drive
		error
	}
	back := make(chan found, 1)
	go func() {
		d, err := media.WaitBack(context.WithoutCancel(t.Context()), media.Options{Virtual: true}, was, func(d media.Drive, like media.Likeness, reason string) {
			if d.Device == s.Name {
				notices <- told{like, reason}
			}
		})
		back <- found{d, err}
	}()
	s.Insert(two, false)
	if n := <-notices; n.like != media.Other || !strings.Contains(n.reason, s.Name) {
		t.Errorf("%+v", n)
	}
	s.Unmount()
	s.Insert(one, false)
	f := <-back
	if check(t, f.error); f.Mount != s.Mount || f.Token != was.Token || f.DiskSeq == was.DiskSeq {
		t.Errorf("%+v", f.Drive)
	}
}

// Waiting ends with its context, and while nothing happens with nothing else.
func TestWaitEnds(t *testing.T) {
	tree := mediatest.NewTree(t)
	stick(tree)
	opt := media.Options{Roots: tree.Roots, Ask: roomy.ask}
	d := scan(t, opt)[0]
	g, err := media.NewGuard(tree.Roots, d)
	check(t, err)
	for name, wait := range map[string]func(context.Context) error{
		"guard": g.Wait,
		"out":   func(ctx context.Context) error { return media.WaitOut(ctx, tree.Roots, d.Identity()) },
		"back": func(ctx context.Context) error {
			_, err := media.WaitBack(ctx, opt, d.Identity(), nil)
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if err := wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}

// A pulled stick leaves its mount behind in mountinfo.
func TestGuardOfATree(t *testing.T) {
	for _, tt := range []struct {
		name    string
		happens func(tree *mediatest.Tree, disk string)
		why     media.Loss
	}{
		{"pulled", func(tree *mediatest.Tree, disk string) { tree.Pull(disk) }, media.TakenOut},
		{"another is in its place", func(tree *mediatest.Tree, disk string) { tree.Set(disk, "diskseq", "9") }, media.Exchanged},
		{"the card is out of the reader", func(tree *mediatest.Tree, disk string) { tree.Set(disk, "size", "0") }, media.TakenOut},
		{"unmounted", func(tree *mediatest.Tree, _ string) { tree.Unmount("40") }, media.Unmounted},
		{"another mount took its number", func(tree *mediatest.Tree, _ string) {
			tree.Unmount("40")
			tree.Mount("40 1 0:60 / /elsewhere rw - tmpfs tmpfs rw")
		}, media.Unmounted},
		{"covered from above", func(tree *mediatest.Tree, _ string) { tree.Mount("41 1 0:60 / /media rw - tmpfs tmpfs rw") }, media.Overmounted},
		{"read-only after an error", func(tree *mediatest.Tree, _ string) {
			tree.Unmount("40")
			tree.Mount("40 1 8:17 / /media/ada/BACKUP1 rw - vfat /dev/sdb1 rw,emergency_ro")
		}, media.TurnedReadOnly},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := mediatest.NewTree(t)
			disk := stick(tree)
			g, err := media.NewGuard(tree.Roots, scan(t, media.Options{Roots: tree.Roots, Ask: roomy.ask})[0])
			check(t, err)
			tt.happens(tree, disk)
			var lost *media.LostError
			if err := g.Check(); !errors.As(err, &lost) || lost.Why != tt.why {
				t.Errorf("%v", err)
			}
		})
	}
}

// A mount point with nothing mounted is a folder of the computer's own.
func TestAtAnEmptyMountPoint(t *testing.T) {
	dir := t.TempDir()
	d, err := media.At(t.Context(), media.Options{}, dir)
	if check(t, err); d.Refused != media.NotRemovable {
		t.Errorf("%+v", d)
	}
	if _, err := media.At(t.Context(), media.Options{}, filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	file := filepath.Join(dir, "file")
	check(t, os.WriteFile(file, nil, 0o600))
	if _, err := media.At(t.Context(), media.Options{}, file); err == nil {
		t.Error("a file passed for a folder")
	}
}
