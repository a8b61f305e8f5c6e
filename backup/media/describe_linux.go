package media

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// describe is the drive of a file system: part is its partition and leaf the device that
// is mounted, which differs where the partition is encrypted.
func (s *scan) describe(disk, part, leaf block) Drive {
	d := Drive{Device: part.name(), disk: disk.name(), Size: part.size(), Free: -1, DiskSeq: disk.diskSeq(), Boot: s.roots.boot(),
		ReadOnly: leaf.readOnly() || part.readOnly(), Encrypted: strings.HasPrefix(leaf.attr("dm/uuid"), "CRYPT-")}
	s.name(&d, disk)
	known := s.roots.udev(leaf.number())
	d.FileSystem, d.UUID = known["ID_FS_TYPE"], known["ID_FS_UUID"]
	d.Label = cmp.Or(decode(known["ID_FS_LABEL_ENC"]), known["ID_FS_LABEL"])
	if m, ok := s.mountOf(leaf); ok {
		d.Mount, d.mount = m.point, m.id
		d.FileSystem = cmp.Or(known["ID_FS_TYPE"], m.kind)
		d.ReadOnly = d.ReadOnly || m.readOnly()
	}
	return d
}

// mountOf is where a device is mounted: by preference its whole file system, at a path that
// leads there, the shortest.
func (s *scan) mountOf(b block) (mount, bool) {
	var here []mount
	for _, m := range s.mounts {
		if at, ok := s.roots.device(m); ok && at == b {
			here = append(here, m)
		}
	}
	if len(here) == 0 {
		return mount{}, false
	}
	return slices.MinFunc(here, func(x, y mount) int {
		return cmp.Or(worse(s.mounts.covered(x), s.mounts.covered(y)), worse(x.root != "/", y.root != "/"), cmp.Compare(len(x.point), len(y.point)))
	}), true
}

func worse(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return 1
	}
	return -1
}

// name fills in what the disk says of itself. Where no udev runs, the USB device above it
// has the serial number.
func (s *scan) name(d *Drive, disk block) {
	known, usb := s.roots.udev(disk.number()), s.usb(disk)
	d.Bus = cmp.Or(known["ID_BUS"], s.bus(disk))
	d.Vendor = cmp.Or(disk.attr("device/vendor"), read(usb, "manufacturer"), decode(known["ID_VENDOR_ENC"]))
	d.Model = cmp.Or(disk.attr("device/model"), disk.attr("device/name"), read(usb, "product"), decode(known["ID_MODEL_ENC"]))
	d.Serial = cmp.Or(known["ID_SERIAL_SHORT"], read(usb, "serial"), disk.attr("device/serial"))
	if d.Bus == "loop" {
		d.Model = cmp.Or(d.Model, "disk image "+filepath.Base(disk.attr("loop/backing_file")))
	}
}

func (s *scan) bus(disk block) string {
	at := strings.TrimPrefix(disk.dir, s.roots.Sys)
	switch {
	case strings.Contains(at, "/usb"):
		return "usb"
	case strings.HasPrefix(disk.name(), "mmcblk"):
		return "mmc"
	case strings.HasPrefix(disk.name(), "loop"):
		return "loop"
	}
	return ""
}

// usb is the folder of the USB device that a disk belongs to, "" if there is none.
func (s *scan) usb(disk block) string {
	for dir := disk.dir; below(dir, s.roots.Sys) && dir != s.roots.Sys; dir = filepath.Dir(dir) {
		if read(dir, "idVendor") != "" {
			return dir
		}
	}
	return ""
}

// decode undoes udev's \x20 for what it takes for unsafe in the names of links.
func decode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.HasPrefix(s[i:], `\x`) && i+4 <= len(s) {
			if c, err := strconv.ParseUint(s[i+2:i+4], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return strings.TrimSpace(b.String())
}
