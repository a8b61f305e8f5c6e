package media

import (
	"path/filepath"
	"strings"
)

// systemFolders are those that a running system needs, as far as they can be mounts.
var systemFolders = []string{"/", "/boot", "/boot/efi", "/efi", "/usr", "/var"}

// reserve notes the disks that carry the system, the home folder, swapped memory, or keys.
func (s *scan) reserve() {
	for _, path := range append(systemFolders, s.Home) {
		s.reserveFolder(path, HoldsSystem)
	}
	for _, swap := range s.roots.swaps() {
		if b, ok := s.roots.bySource(swap); ok {
			s.reserveDevice(b, HoldsSystem)
		} else {
			s.reserveFolder(swap, HoldsSystem)
		}
	}
	for _, path := range s.Keys {
		s.reserveFolder(path, HoldsKeys)
	}
}

func (s *scan) reserveFolder(path string, why Refusal) {
	if !filepath.IsAbs(path) {
		return
	}
	m, ok := s.mounts.at(existing(path))
	if !ok {
		return
	}
	if b, ok := s.roots.device(m); ok {
		s.reserveDevice(b, why)
	}
}

func (s *scan) reserveDevice(b block, why Refusal) {
	for _, disk := range b.disks() {
		s.reserved[disk.name()] = why
	}
}

// existing is path without links, as far as it exists.
func existing(path string) string {
	for dir := path; ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, strings.TrimPrefix(path, dir))
		}
	}
}

// refuse decides why a drive is not for backups, "" if it is. What was asked of the drive
// is in it already.
func (s *scan) refuse(d Drive) Refusal {
	m := s.mountWith(d.mount)
	switch why := s.reserved[d.disk]; {
	case d.Size == 0:
		return NoMedium
	case why != "":
		return why
	case d.Mount == "" && strings.HasPrefix(d.FileSystem, "crypto"):
		return Locked
	case d.Mount == "":
		return NotMounted
	case s.mounts.covered(m):
		return Covered
	case d.Refused != "": // Silent, Denied
		return d.Refused
	case d.ReadOnly:
		return ReadOnly
	case d.full || d.Free >= 0 && d.Free < s.Need:
		return Full
	}
	return ""
}

func (s *scan) mountWith(id uint64) mount {
	for _, m := range s.mounts {
		if m.id == id {
			return m
		}
	}
	return mount{}
}
