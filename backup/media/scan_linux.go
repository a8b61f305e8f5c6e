package media

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Scan lists the removable drives, usable ones first. A drive is removable if the kernel
// says so, or if it hangs on USB or in a reader of cards: USB disks and many readers do not
// say so themselves. It asks each mounted one for its free space and its token, and gives
// up on those that do not answer in time. It changes nothing.
//
// An error Is ErrNotFound where the kernel shows no devices at all.
func Scan(ctx context.Context, opt Options) ([]Drive, error) {
	s, err := look(opt)
	if err != nil {
		return nil, err
	}
	var all []Drive
	for _, disk := range s.roots.wholes() {
		if s.removable(disk) {
			all = append(all, s.drives(disk)...)
		}
	}
	s.ask(ctx, all)
	for i := range all {
		all[i].Refused = s.refuse(all[i])
	}
	pair(all)
	slices.SortStableFunc(all, func(a, b Drive) int {
		return cmp.Or(usableFirst(a, b), cmp.Compare(a.Device, b.Device))
	})
	return all, ctx.Err()
}

func usableFirst(a, b Drive) int {
	switch ok := a.Refused == ""; {
	case ok == (b.Refused == ""):
		return 0
	case ok:
		return -1
	}
	return 1
}

// At is the drive that the folder at path lies on, which must be there. Where that is no
// removable drive it says so with Refused NotRemovable: a mount point with nothing mounted
// is a folder of this computer's own disk.
func At(ctx context.Context, opt Options, path string) (Drive, error) {
	s, err := look(opt)
	if err != nil {
		return Drive{}, err
	}
	resolve := opt.Resolve
	if resolve == nil {
		resolve = Resolve
	}
	resolving, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	real, err := resolve(resolving, path)
	if err != nil {
		return Drive{}, err
	}
	m, ok := s.mounts.at(real)
	if !ok {
		return Drive{}, fmt.Errorf("folder %q: %w", path, fs.ErrNotExist)
	}
	all, err := Scan(ctx, opt)
	if err != nil {
		return Drive{}, err
	}
	for _, d := range all {
		if d.mount == m.id {
			return d, nil
		}
	}
	return s.foreign(m), nil
}

// foreign describes a mount that is on no removable drive.
func (s *scan) foreign(m mount) Drive {
	d := Drive{Mount: m.point, FileSystem: m.kind, Free: -1, ReadOnly: m.readOnly(), Boot: s.roots.boot(), Refused: NotRemovable, mount: m.id}
	if b, ok := s.roots.device(m); ok {
		d.Device, d.Size, d.DiskSeq, d.disk = b.name(), b.size(), b.diskSeq(), b.disk().name()
	}
	return d
}

// scan is one look at the machine.
type scan struct {
	Options
	roots  Roots
	mounts mounts
	// reserved are the disks that are not for backups, by name.
	reserved map[string]Refusal
}

func look(opt Options) (*scan, error) {
	s := &scan{Options: opt, roots: opt.Roots.withDefaults(), reserved: map[string]Refusal{}}
	s.Patience = cmp.Or(opt.Patience, DefaultPatience)
	var err error
	if s.mounts, err = s.roots.mounts(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	if _, err := os.Stat(filepath.Join(s.roots.Sys, "block")); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	s.reserve()
	return s, nil
}

// removable decides whether a whole disk is one that is taken out.
func (s *scan) removable(disk block) bool {
	name, at := disk.name(), strings.TrimPrefix(disk.dir, s.roots.Sys)
	switch {
	case strings.Contains(at, "/virtual/"):
		return s.Virtual && strings.HasPrefix(name, "loop") && disk.size() > 0
	case strings.HasPrefix(name, "sr"), strings.HasPrefix(name, "fd"):
		return false // discs and floppies
	case strings.HasPrefix(name, "mmcblk"):
		// Soldered memory calls itself MMC, and has parts that only firmware uses.
		return disk.attr("device/type") != "MMC" && !strings.Contains(name, "boot") && !strings.Contains(name, "rpmb")
	}
	bus := s.roots.udev(disk.number())["ID_BUS"]
	return disk.attr("removable") == "1" || strings.Contains(at, "/usb") || slices.Contains([]string{"usb", "ieee1394", "sdio"}, bus)
}

// smallest is the size of the smallest partition that is shown without being mounted: the
// frame of logical partitions is smaller.
const smallest = 1 << 20

// drives are the file systems on a disk, mounted or not; at least one entry.
func (s *scan) drives(disk block) []Drive {
	var all []Drive
	for _, part := range append(disk.partitions(), disk) {
		for _, leaf := range part.leaves() {
			d := s.describe(disk, part, leaf)
			if d.Mount != "" || part != disk && d.Size >= smallest || part == disk && len(all) == 0 {
				all = append(all, d)
			}
		}
	}
	return all
}

// pair notes which drives have the same token or file system: copies of each other.
func pair(all []Drive) {
	for i := range all {
		for j := range all {
			a, b := &all[i], &all[j]
			if i != j && (agree(a.UUID, b.UUID) == yes || agree(string(a.Token), string(b.Token)) == yes) {
				a.Twin = b.Device
			}
		}
	}
}
