package media

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mount is one line of /proc/self/mountinfo (proc_pid_mountinfo(5)).
type mount struct {
	id, parent           uint64
	number               string // of the device, "8:17"; "0:N" where there is none
	root, point          string
	kind, source         string
	options, superOption []string
}

// parseMounts reads mountinfo. A line of another form is an error: a mount that is left
// out could be the one that covers a drive.
func parseMounts(r io.Reader) ([]mount, error) {
	var all []mount
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m, err := parseMount(lines.Text())
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, lines.Err()
}

func parseMount(line string) (mount, error) {
	front, back, ok := strings.Cut(line, " - ")
	f, b := strings.Split(front, " "), strings.Split(back, " ")
	if !ok || len(f) < 6 || len(b) < 2 {
		return mount{}, fmt.Errorf("mountinfo has the line %q", line)
	}
	id, errID := strconv.ParseUint(f[0], 10, 64)
	parent, errParent := strconv.ParseUint(f[1], 10, 64)
	if errID != nil || errParent != nil {
		return mount{}, fmt.Errorf("mountinfo has the line %q", line)
	}
	m := mount{id: id, parent: parent, number: f[2], root: unescape(f[3]), point: unescape(f[4]),
		options: strings.Split(f[5], ","), kind: b[0], source: unescape(b[1])}
	if len(b) > 2 {
		m.superOption = strings.Split(b[2], ",")
	}
	return m, nil
}

// unescape undoes the octal escapes that mountinfo has for white space and backslashes.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// readOnly reports whether the kernel refuses writes. After input/output errors the super
// block says emergency_ro while the mount still says rw.
func (m mount) readOnly() bool {
	return slices.Contains(m.options, "ro") || slices.Contains(m.superOption, "ro") || slices.Contains(m.superOption, "emergency_ro")
}

// mounts are all mounts of this process's namespace.
type mounts []mount

// covered reports whether a path to m's mount point leads to another mount: to one on top
// of it or of a mount above, or to one that was mounted later on a folder above.
func (all mounts) covered(m mount) bool {
	var from mount // where the walk up to the root came from
	for range all {
		for _, n := range all {
			onTop := n.parent == m.id && n.point == m.point
			above := n.parent == m.parent && n.id != m.parent && n.point != m.point && below(m.point, n.point)
			if n.id != m.id && n.id != from.id && (onTop || above) {
				return true
			}
		}
		up := slices.IndexFunc(all, func(n mount) bool { return n.id == m.parent && n.id != m.id })
		if up < 0 {
			return false
		}
		from, m = m, all[up]
	}
	return false
}

// at is the mount that path lies on.
func (all mounts) at(path string) (mount, bool) {
	var best mount
	found := false
	for _, m := range all {
		if below(path, m.point) && !all.covered(m) && (!found || len(m.point) > len(best.point)) {
			best, found = m, true
		}
	}
	return best, found
}

// below reports whether path is dir or lies in it.
func below(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}
