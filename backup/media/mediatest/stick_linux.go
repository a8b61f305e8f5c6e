package mediatest

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keyrite/trustdata/programtest"
	"keyrite/trustdata/state/statetest"
)

// Mounting reports whether the test may mount: as root, in a mount namespace of its own.
// Where it does not run in one it is run again, and the caller must return.
func Mounting(t *testing.T) bool {
	t.Helper()
	programtest.NeedRoot(t)
	programtest.Need(t, "mkfs.ext4")
	return statetest.Namespace(t)
}

// Socket is a place for a stick: a loop device that nobody else uses. It needs Mounting.
type Socket struct {
	// Name is the kernel's name of what is put in, loop4711, and Device its path.
	Name, Device string
	// Mount is the folder where Mounted mounts it.
	Mount string
	tb    testing.TB
}

// NewSocket makes an empty one, which goes with the test.
func NewSocket(tb testing.TB) *Socket {
	tb.Helper()
	control, err := unix.Open("/dev/loop-control", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		tb.Fatal("loop devices:", err)
	}
	number := 0
	for err = unix.EEXIST; err == unix.EEXIST; {
		var b [4]byte
		_, _ = rand.Read(b[:])
		number = 1000 + int(binary.BigEndian.Uint32(b[:])%100_000)
		err = unix.IoctlSetInt(control, unix.LOOP_CTL_ADD, number)
	}
	if err != nil {
		tb.Fatal("add a loop device:", err)
	}
	name := fmt.Sprintf("loop%d", number)
	s := &Socket{Name: name, Device: "/dev/" + name, Mount: filepath.Join(tb.TempDir(), "STICK"), tb: tb}
	if err := os.Mkdir(s.Mount, 0o700); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		for unix.Unmount(s.Mount, unix.MNT_DETACH) == nil {
		}
		s.clear()
		if err := errors.Join(remove(control, number), unix.Close(control)); err != nil {
			tb.Errorf("remove %s: %v", name, err)
		}
	})
	return s
}

// remove removes a loop device, as soon as the last process that was killed at work on it
// has gone.
func remove(control, number int) error {
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		err := unix.IoctlSetInt(control, unix.LOOP_CTL_REMOVE, number)
		if err != unix.EBUSY || time.Now().After(end) {
			return err
		}
	}
}

// Image makes the image of a stick with an ext4 file system on it.
func Image(tb testing.TB, label string) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "stick.img")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Truncate(file, 16<<20); err != nil {
		tb.Fatal(err)
	}
	if out, err := exec.Command(programtest.Need(tb, "mkfs.ext4"), "-q", "-F", "-m", "0", "-L", label, file).CombinedOutput(); err != nil {
		tb.Fatalf("mkfs.ext4: %v\n%s", err, out)
	}
	return file
}

// Insert puts an image in and mounts it, read-only where the switch is set.
func (s *Socket) Insert(image string, readOnly bool) {
	s.tb.Helper()
	how, flags, mountFlags := os.O_RDWR, uint32(unix.LO_FLAGS_AUTOCLEAR), uintptr(0)
	if readOnly {
		how, flags, mountFlags = os.O_RDONLY, flags|unix.LO_FLAGS_READ_ONLY, unix.MS_RDONLY
	}
	file, err := os.OpenFile(image, how, 0)
	s.check(err)
	defer file.Close()
	device, err := os.OpenFile(s.Device, how, 0)
	s.check(err)
	defer device.Close() // the mount keeps it
	s.check(unix.IoctlLoopConfigure(int(device.Fd()), &unix.LoopConfig{Fd: uint32(file.Fd()), Info: unix.LoopInfo64{Flags: flags}}))
	s.check(unix.Mount(s.Device, s.Mount, "ext4", mountFlags, ""))
}

// MountAgain mounts what is still in.
func (s *Socket) MountAgain() {
	s.tb.Helper()
	s.check(unix.Mount(s.Device, s.Mount, "ext4", 0, ""))
}

// Unmount unmounts the stick, and with the last mount it is out. A process that another
// test is just starting may hold what this one has open, until its program runs.
func (s *Socket) Unmount() {
	s.tb.Helper()
	err := unix.Unmount(s.Mount, 0)
	for end := time.Now().Add(10 * time.Second); err == unix.EBUSY && time.Now().Before(end); err = unix.Unmount(s.Mount, 0) {
		time.Sleep(time.Millisecond)
	}
	s.check(err)
}

// TryUnmount is Unmount for a fake UDisks, with its error for a stick that is in use.
func (s *Socket) TryUnmount() error {
	err := unix.Unmount(s.Mount, 0)
	if err == unix.EBUSY {
		return Fail("DeviceBusy")
	}
	return err
}

// Hold keeps what is in from going out with its last mount, until the test ends.
func (s *Socket) Hold() {
	s.tb.Helper()
	device, err := os.Open(s.Device)
	s.check(err)
	s.tb.Cleanup(func() { device.Close() })
}

// UnmountLazily takes the stick off the tree of folders while files on it stay open.
func (s *Socket) UnmountLazily() {
	s.tb.Helper()
	s.check(unix.Unmount(s.Mount, unix.MNT_DETACH))
}

// Cover mounts another file system over the stick.
func (s *Socket) Cover() {
	s.tb.Helper()
	s.check(unix.Mount("none", s.Mount, "tmpfs", 0, "size=1m"))
}

// Pull pulls the stick: its device has no sectors any more, and the mount stays.
func (s *Socket) Pull(image string) {
	s.tb.Helper()
	s.check(os.Truncate(image, 0))
	s.control(unix.LOOP_SET_CAPACITY)
}

// Freeze lets every write to the stick hang, as a broken one does, until Thaw.
func (s *Socket) Freeze() (thaw func()) {
	s.tb.Helper()
	const fiFreeze, fiThaw = 0xc0045877, 0xc0045878 // linux/fs.h
	dir, err := os.Open(s.Mount)
	s.check(err)
	s.check(unix.IoctlSetInt(int(dir.Fd()), fiFreeze, 0))
	frozen := true
	thaw = func() {
		if frozen {
			s.check(unix.IoctlSetInt(int(dir.Fd()), fiThaw, 0))
			s.check(dir.Close())
		}
		frozen = false
	}
	s.tb.Cleanup(thaw)
	return thaw
}

func (s *Socket) control(request uint) {
	s.tb.Helper()
	device, err := os.Open(s.Device)
	s.check(err)
	defer device.Close()
	s.check(unix.IoctlSetInt(int(device.Fd()), request, 0))
}

// clear takes out what a failed test left in.
func (s *Socket) clear() {
	if device, err := os.Open(s.Device); err == nil {
		_ = unix.IoctlSetInt(int(device.Fd()), unix.LOOP_CLR_FD, 0) // ENXIO: it is empty
		device.Close()
	}
}

func (s *Socket) check(err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Fatal(err)
	}
}
