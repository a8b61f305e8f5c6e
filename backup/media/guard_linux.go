package media

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Guard tells whether a folder still lies on the medium that was chosen. It asks the kernel
// alone and never the medium, so it does not hang with it.
type Guard struct {
	drive Drive
	roots Roots
	// unique is the mount's ID that is never used again, 0 where the kernel has none.
	unique uint64
}

// NewGuard guards a drive that Scan or At found mounted. It fails with a LostError if the
// drive is not there as it was.
func NewGuard(roots Roots, d Drive) (*Guard, error) {
	g := &Guard{drive: d, roots: roots.withDefaults()}
	g.unique = uniqueID(d.Mount)
	return g, g.Check()
}

// Check fails with a LostError if the folder is not on the medium now. A pulled stick is
// seen by its disk, which is gone, while its mount stays and reads as an empty folder.
// A guard that is nil has nothing to look after.
func (g *Guard) Check() error {
	if g == nil {
		return nil
	}
	if why := g.disk(); why != "" {
		return g.lost(why)
	}
	all, err := g.roots.mounts()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(m mount) bool { return m.id == g.drive.mount && m.point == g.drive.Mount })
	switch {
	case i < 0:
		return g.lost(Unmounted)
	case all.covered(all[i]):
		return g.lost(Overmounted)
	case g.unique != 0 && uniqueID(g.drive.Mount) != g.unique:
		return g.lost(Unmounted)
	case all[i].readOnly() && !g.drive.ReadOnly:
		return g.lost(TurnedReadOnly)
	}
	return nil
}

// disk looks at the disk below the file system, if there is one.
func (g *Guard) disk() Loss {
	if g.drive.disk == "" {
		return ""
	}
	disk, ok := g.roots.byName(g.drive.disk)
	switch {
	case !ok || disk.size() == 0:
		return TakenOut
	case disk.diskSeq() != g.drive.DiskSeq:
		return Exchanged
	}
	return ""
}

func (g *Guard) lost(why Loss) error {
	return &LostError{Title: g.drive.Title(), Mount: g.drive.Mount, Why: why}
}

// Wait returns the LostError as soon as Check would, or ctx's error.
func (g *Guard) Wait(ctx context.Context) error {
	w, err := g.roots.watch(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	for {
		if err := g.Check(); err != nil {
			return err
		}
		if err := w.wait(ctx); err != nil {
			return err
		}
	}
}

// name names the medium of a folder in sentences.
func (g *Guard) name(path string) string {
	if g == nil {
		return fmt.Sprintf("the medium at %q", path)
	}
	return fmt.Sprintf("%s at %q", g.drive.Title(), g.drive.Mount)
}

// holds reports a folder that is open and lies on another mount than the guarded one,
// through a link for instance. Kernels before 5.8 tell no ID.
func (g *Guard) holds(path string, id uint64) error {
	if g == nil || id == 0 || id == g.drive.mount {
		return nil
	}
	return fmt.Errorf("folder %q is not on %s", path, g.name(path))
}

// activity changes as long as the kernel counts reads or writes that the disk finished.
func (g *Guard) activity() string {
	disk, ok := g.roots.byName(g.drive.disk)
	if !ok {
		return ""
	}
	return disk.activity()
}

func (b block) activity() string {
	f := strings.Fields(b.attr("stat")) // Documentation/block/stat.rst
	if len(f) < 7 {
		return ""
	}
	return strings.Join([]string{f[0], f[2], f[4], f[6]}, " ")
}

// activityOf is the activity of the disk below a mount that nobody guards, "" where there is
// none, as of a network's file system.
func (r Roots) activityOf(id uint64) func() string {
	r = r.withDefaults()
	return func() string {
		all, err := r.mounts()
		i := slices.IndexFunc(all, func(m mount) bool { return m.id == id })
		if err != nil || i < 0 {
			return ""
		}
		disk, ok := r.device(all[i])
		if !ok {
			return ""
		}
		return disk.activity()
	}
}

// mountID is the ID in mountinfo of what an open folder of this process lies on.
func mountID(f Folder) uint64 {
	in, ok := f.(local)
	if !ok {
		return 0
	}
	dir, err := in.root.Open(".")
	if err != nil {
		return 0
	}
	defer dir.Close()
	var x unix.Statx_t
	if err := unix.Statx(int(dir.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &x); err != nil || x.Mask&unix.STATX_MNT_ID == 0 {
		return 0
	}
	return x.Mnt_id
}

// uniqueID is the ID of the mount at path, 0 if it has none. It needs Linux 6.8.
func uniqueID(path string) uint64 {
	var x unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT, unix.STATX_MNT_ID_UNIQUE, &x)
	if err != nil || x.Mask&unix.STATX_MNT_ID_UNIQUE == 0 {
		return 0
	}
	return x.Mnt_id
}
