package media

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// block is a block device as /sys has it: a whole disk, a partition or a mapped device.
type block struct {
	dir string // its real folder below /sys/devices
}

func (b block) name() string            { return filepath.Base(b.dir) }
func (b block) attr(name string) string { return read(b.dir, name) }
func (b block) number() string          { return b.attr("dev") }
func (b block) isPartition() bool       { return b.attr("partition") != "" }

// sector is the unit of sysfs's sizes, whatever the disk's own is.
const sector = 512

func (b block) size() int64 {
	n, err := strconv.ParseInt(b.attr("size"), 10, 54)
	if err != nil {
		return 0
	}
	return n * sector
}

func (b block) readOnly() bool { return b.attr("ro") == "1" || b.disk().attr("ro") == "1" }

// disk is the whole disk of a partition, or the device itself.
func (b block) disk() block {
	if b.isPartition() {
		return block{filepath.Dir(b.dir)}
	}
	return b
}

func (b block) diskSeq() uint64 {
	n, err := strconv.ParseUint(b.disk().attr("diskseq"), 10, 64)
	if err != nil {
		return 0 // kernels before 5.15
	}
	return n
}

// partitions are the parts of a whole disk.
func (b block) partitions() []block {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return nil
	}
	var all []block
	for _, e := range entries {
		if part := (block{filepath.Join(b.dir, e.Name())}); e.IsDir() && part.isPartition() {
			all = append(all, part)
		}
	}
	return all
}

// linked are the devices that the folder called name points to: "slaves" are what a mapped
// device lies on, "holders" are what lies on a device.
func (b block) linked(name string) []block {
	entries, err := os.ReadDir(filepath.Join(b.dir, name))
	if err != nil {
		return nil
	}
	var all []block
	for _, e := range entries {
		if dir, err := filepath.EvalSymlinks(filepath.Join(b.dir, name, e.Name())); err == nil {
			all = append(all, block{dir})
		}
	}
	return all
}

// maxStack bounds how many mapped devices may lie on each other.
const maxStack = 16

// disks are the whole disks that b lies on, through encryption, volumes and arrays.
func (b block) disks() []block {
	found := []block{}
	level := []block{b}
	for range maxStack {
		var next []block
		for _, at := range level {
			under := at.disk().linked("slaves")
			if len(under) == 0 && !slices.Contains(found, at.disk()) {
				found = append(found, at.disk())
			}
			next = append(next, under...)
		}
		level = next
	}
	return found
}

// leaves are the devices on top of b, on which file systems lie.
func (b block) leaves() []block {
	level := []block{b}
	for range maxStack {
		var next []block
		for _, at := range level {
			over := at.linked("holders")
			if len(over) == 0 {
				over = []block{at}
			}
			next = append(next, over...)
		}
		level = next
	}
	return level
}

// byNumber and byName find a block device; ok is false where there is none.
func (r Roots) byNumber(number string) (block, bool) {
	dir, err := filepath.EvalSymlinks(filepath.Join(r.Sys, "dev", "block", number))
	return block{dir}, err == nil
}

func (r Roots) byName(name string) (block, bool) {
	if name == "" || strings.ContainsAny(name, "/") {
		return block{}, false
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(r.Sys, "class", "block", name))
	return block{dir}, err == nil
}

// bySource finds the device that a mount or a swap names: /dev/sdb1, or /dev/mapper/NAME.
func (r Roots) bySource(source string) (block, bool) {
	name, ok := strings.CutPrefix(source, "/dev/")
	if !ok {
		return block{}, false
	}
	if mapped, ok := strings.CutPrefix(name, "mapper/"); ok {
		return r.mapped(mapped)
	}
	return r.byName(strings.ReplaceAll(name, "/", "!"))
}

func (r Roots) mapped(name string) (block, bool) {
	for _, b := range r.wholes() {
		if b.attr("dm/name") == name {
			return b, true
		}
	}
	return block{}, false
}

// device is the block device of a mount. File systems in user space and btrfs have device
// numbers that are no block device's; they name their source.
func (r Roots) device(m mount) (block, bool) {
	if b, ok := r.byNumber(m.number); ok {
		return b, true
	}
	return r.bySource(m.source)
}

// wholes are all whole disks and mapped devices, in the order of their names.
func (r Roots) wholes() []block {
	entries, err := os.ReadDir(filepath.Join(r.Sys, "block"))
	if err != nil {
		return nil
	}
	var all []block
	for _, e := range entries {
		if dir, err := filepath.EvalSymlinks(filepath.Join(r.Sys, "block", e.Name())); err == nil {
			all = append(all, block{dir})
		}
	}
	return all
}
