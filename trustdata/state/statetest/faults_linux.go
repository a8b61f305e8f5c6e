package statetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// nobody is the user that a test becomes which must be refused something.
const nobody = 65534

// Namespace reports whether the test runs in a mount namespace of its own. Where it does
// not, it is run again in one, and the caller must return.
func Namespace(t *testing.T) bool {
	t.Helper()
	if isChild(t) {
		return true
	}
	attr := &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 {
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	again(t, attr)
	return false
}

// Tmpfs mounts a file system of size bytes (rounded up to pages) and returns its folder.
// It needs Namespace.
func Tmpfs(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatal("mount:", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error("unmount:", err)
		}
	})
	return dir
}

// ReadOnly makes what Tmpfs mounted at dir read-only, and proves that it is.
func ReadOnly(t *testing.T, dir string) {
	t.Helper()
	if err := unix.Mount("none", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal("remount:", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bite"), nil, 0o600); err == nil {
		t.Fatal("the read-only file system can be written")
	}
}

// Fill takes all space of the file system at dir, and proves it.
func Fill(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if err := os.WriteFile(filepath.Join(dir, "bite"), []byte("x"), 0o600); err == nil {
		t.Fatal("the full file system takes more")
	}
	os.Remove(filepath.Join(dir, "bite"))
}

// Unprivileged reports whether the test runs as a user who is refused things, and gives a
// folder of that user's. Where it does not, it is run again as one, and the caller must
// return.
func Unprivileged(t *testing.T) (dir string, ok bool) {
	t.Helper()
	if os.Getuid() != 0 {
		return t.TempDir(), true
	}
	if !isChild(t) {
		again(t, nil)
		return "", false
	}
	dir = t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chown(d, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody)} {
		if err != nil {
			t.Fatal("become another user:", err)
		}
	}
	return dir, true
}

// Refuse takes the owner's right to write from dir until the test ends, and proves it.
func Refuse(t *testing.T, dir string) {
	t.Helper()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	if err := os.WriteFile(filepath.Join(dir, "bite"), nil, 0o600); err == nil {
		t.Fatal("the folder can be written although it must not")
	}
}

func mark(t *testing.T) string { return "child:" + t.Name() }

func isChild(t *testing.T) bool { return slices.Contains(os.Args, mark(t)) }

func again(t *testing.T, attr *syscall.SysProcAttr) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var run []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		run = append(run, "^"+regexp.QuoteMeta(part)+"$")
	}
	cmd := exec.Command(exe, append(handedDown(), "-test.run="+strings.Join(run, "/"), "-test.count=1", "-test.v", mark(t))...)
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("in a process of its own: %v\n%s", err, out)
	}
	if testing.Verbose() {
		t.Logf("in a process of its own:\n%s", out)
	}
}

// handedDown are the flags of the test's own, and how long it may take.
func handedDown() (flags []string) {
	for _, arg := range os.Args[1:] {
		if strings.HasPrefix(arg, "-test.timeout") || strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "-test.") {
			flags = append(flags, arg)
		}
	}
	return flags
}
