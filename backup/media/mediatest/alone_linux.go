package mediatest

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// alone takes the disk images that others have mounted off this namespace's tree, unless the
// test itself lives on one: a test that takes the first stick would write to theirs.
func alone(t *testing.T) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		source, rest, _ := strings.Cut(line, " ")
		point, _, _ := strings.Cut(rest, " ")
		point = unescape.Replace(point)
		if !strings.HasPrefix(source, "/dev/loop") || within(here, point) || within(os.TempDir(), point) {
			continue
		}
		if err := unix.Unmount(point, unix.MNT_DETACH); err != nil {
			t.Fatalf("unmount %q of %s: %v", point, source, err)
		}
	}
}

// unescape undoes what the kernel does to the names of mount points.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

func within(path, folder string) bool {
	return folder == "/" || path == folder || strings.HasPrefix(path, folder+"/")
}
