package mediatest

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"keyrite/trustdata/programtest"
	"keyrite/trustdata/state/statetest"
)

// Mounting reports whether the test may mount: as root, in a mount namespace of its own, in
// which no disk image of anybody else is mounted. Where it does not run in one it is run again,
// and the caller must return.
func Mounting(t *testing.T) bool {
	t.Helper()
	programtest.NeedRoot(t)
	programtest.Need(t, "mkfs.ext4")
	if !statetest.Namespace(t) {
		return false
	}
	alone(t)
	return true
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
	file := blank(tb)
	output(tb, "mkfs.ext4", "-q", "-F", "-m", "0", "-L", label, file)
	return file
}

// Insert puts an image in and mounts it, read-only where the switch is set.
func (s *Socket) Insert(image string, readOnly bool) {
	s.tb.Helper()
	device := s.load(image, readOnly)
	defer device.Close() // the mount keeps it
	flags := uintptr(0)
	if readOnly {
		flags = unix.MS_RDONLY
	}
	s.check(unix.Mount(s.Device, s.Mount, "ext4", flags, ""))
}

// load puts an image in, for as long as anybody has the device open.
func (s *Socket) load(image string, readOnly bool) *os.File {
	s.tb.Helper()
	how, flags := os.O_RDWR, uint32(unix.LO_FLAGS_AUTOCLEAR)
	if readOnly {
		how, flags = os.O_RDONLY, flags|unix.LO_FLAGS_READ_ONLY
	}
	file, err := os.OpenFile(image, how, 0)
	s.check(err)
	defer file.Close()
	device, err := os.OpenFile(s.Device, how, 0)
	s.check(err)
	s.check(unix.IoctlLoopConfigure(int(device.Fd()), &unix.LoopConfig{Fd: uint32(file.Fd()), Info: unix.LoopInfo64{Flags: flags}}))
	return device
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

// Yank takes the power from the stick, and puts it back in: what its ext4 file system had not
// written out is lost.
func (s *Socket) Yank(image string) {
	s.tb.Helper()
	s.CutPower()
	s.Unmount()
	s.Insert(image, false)
}

// CutPower has an ext4 file system take nothing more, and lose what it has not written out.
func (s *Socket) CutPower() {
	s.tb.Helper()
	const shutdown, noLogFlush = 0x8004587d, 2 // EXT4_IOC_SHUTDOWN of fs/ext4/ext4.h
	dir, err := os.Open(s.Mount)
	s.check(err)
	s.check(unix.IoctlSetPointerInt(int(dir.Fd()), shutdown, noLogFlush))
	s.check(dir.Close())
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
