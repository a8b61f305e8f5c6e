package media

import (
	"io"
	"os"
	"path/filepath"
	"strings"
)

func (r Roots) withDefaults() Roots {
	for at, usual := range map[*string]string{&r.Sys: "/sys", &r.Proc: "/proc", &r.Udev: "/run/udev/data"} {
		if *at == "" {
			*at = usual
		}
	}
	return r
}

// maxAttribute bounds the kernel's and udev's small files.
const maxAttribute = 64 << 10

// read is a small file's text without white space around it, "" if it is not there.
func read(parts ...string) string {
	f, err := os.Open(filepath.Join(parts...))
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxAttribute))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func (r Roots) mountInfo() string { return filepath.Join(r.Proc, "self", "mountinfo") }

func (r Roots) mounts() (mounts, error) {
	f, err := os.Open(r.mountInfo())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseMounts(f)
}

// boot names the start of the machine.
func (r Roots) boot() string { return read(r.Proc, "sys", "kernel", "random", "boot_id") }

// swaps are the files and devices that memory is swapped to.
func (r Roots) swaps() []string {
	var all []string
	for line := range strings.Lines(read(r.Proc, "swaps")) {
		if name := strings.Fields(line)[0]; strings.HasPrefix(name, "/") {
			all = append(all, unescape(name))
		}
	}
	return all
}

// udev are the properties that udev keeps of the device with this number, by name.
func (r Roots) udev(number string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(read(r.Udev, "b"+number)) {
		if property, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "E:"); ok {
			name, value, _ := strings.Cut(property, "=")
			all[name] = value
		}
	}
	return all
}
