package mediatest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"keyrite/trustdata/programtest"
)

// FAT is an empty stick with the file system that most are sold with, mounted by a program,
// since not every kernel has it. Unmount it to have its file system checked.
type FAT struct {
	Mount string
	image string
	tb    testing.TB
}

// NewFAT makes and mounts one. It needs Mounting.
func NewFAT(tb testing.TB) *FAT {
	tb.Helper()
	f := &FAT{Mount: tb.TempDir(), image: blank(tb), tb: tb}
	output(tb, "mkfs.vfat", "-n", "BACKUP1", f.image)
	f.Insert()
	return f
}

// Insert mounts it again.
func (f *FAT) Insert() {
	f.tb.Helper()
	output(f.tb, "fusefat", "-o", "rw+", f.image, f.Mount)
	f.tb.Cleanup(func() { _ = unix.Unmount(f.Mount, unix.MNT_DETACH) }) // mostly it is
}

// Unmount unmounts it, and checks what is on it.
func (f *FAT) Unmount() {
	f.tb.Helper()
	if err := unix.Unmount(f.Mount, 0); err != nil {
		f.tb.Fatal(err)
	}
	output(f.tb, "fsck.vfat", "-n", f.image)
}

// ExFAT makes the image of an empty stick with the file system of large ones.
func ExFAT(tb testing.TB) string {
	tb.Helper()
	image := blank(tb)
	output(tb, "mkfs.exfat", "-L", "BACKUP1", image)
	return image
}

// CheckExFAT checks the file system of an image that is out.
func CheckExFAT(tb testing.TB, image string) {
	tb.Helper()
	output(tb, "fsck.exfat", "-n", image)
}

// InsertExFAT puts in an image with exFAT and has a program mount it.
func (s *Socket) InsertExFAT(image string) {
	s.tb.Helper()
	device := s.load(image, false)
	defer device.Close() // the program keeps it
	output(s.tb, "mount.exfat-fuse", "-o", "rw", s.Device, s.Mount)
}

// blank is an image of zeros.
func blank(tb testing.TB) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "stick.img")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Truncate(file, 16<<20); err != nil {
		tb.Fatal(err)
	}
	return file
}

// output runs a program that must succeed.
func output(tb testing.TB, program string, args ...string) {
	tb.Helper()
	if out, err := exec.Command(programtest.Need(tb, program), args...).CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v\n%s", program, err, out)
	}
}
