package media

import (
	"strings"
	"testing"
)

// lines are mounts as ID PARENT POINT; the rest of a line of mountinfo does not matter.
func lines(t *testing.T, short ...string) mounts {
	t.Helper()
	var b strings.Builder
	for _, s := range short {
		f := strings.Fields(s)
		b.WriteString(f[0] + " " + f[1] + " 0:9 / " + f[2] + " rw - ext4 x rw\n")
	}
	all, err := parseMounts(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCovered(t *testing.T) {
	tests := []struct {
		name   string
		mounts []string
		at     map[string]uint64 // the ID of the mount that a path leads to
	}{
		{"side by side", []string{"1 0 /", "2 1 /a", "3 1 /b"}, map[string]uint64{"/": 1, "/a": 2, "/a/x": 2, "/ab": 1, "/b": 3}},
		{"one in another", []string{"1 0 /", "2 1 /a", "3 2 /a/b"}, map[string]uint64{"/a": 2, "/a/b/c": 3}},
		{"one on another", []string{"1 0 /", "2 1 /a", "3 2 /a"}, map[string]uint64{"/a": 3, "/": 1}},
		{"three on one point", []string{"1 0 /", "2 1 /a", "3 2 /a", "4 3 /a"}, map[string]uint64{"/a": 4}},
		{"one above, later", []string{"1 0 /", "2 1 /a/b", "3 1 /a"}, map[string]uint64{"/a/b": 3, "/a": 3}},
		{"one above, later, and again below", []string{"1 0 /", "2 1 /a/b", "3 1 /a", "4 3 /a/b"}, map[string]uint64{"/a/b": 4}},
		{"its parent is covered", []string{"1 0 /", "2 1 /a", "3 2 /a/b", "4 2 /a"}, map[string]uint64{"/a/b": 4}},
		{"its parent is covered from above", []string{"1 0 /", "2 1 /x/a", "3 2 /x/a/b", "4 1 /x"}, map[string]uint64{"/x/a/b": 4}},
		{"the root is its own parent", []string{"1 1 /", "2 1 /a"}, map[string]uint64{"/a": 2, "/b": 1}},
	}
	for _, tt := range tests {
		all := lines(t, tt.mounts...)
		for path, id := range tt.at {
			if m, ok := all.at(path); !ok || m.id != id {
				t.Errorf("%s: %q leads to %d", tt.name, path, m.id)
			}
		}
	}
	if _, ok := lines(t, "2 1 /a").at("/b"); ok {
		t.Error("a path outside every mount has one")
	}
}

func FuzzParseMounts(f *testing.F) {
	f.Add("27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n40 27 8:17 / /media/MY\\040STICK rw - vfat /dev/sdb1 rw\n")
	f.Add("1 0 0:1 / /a\\134\\0 rw - x y\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseMounts(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, m := range all {
			mounts(all).covered(m)
			m.readOnly()
		}
		mounts(all).at("/media/x")
	})
}
