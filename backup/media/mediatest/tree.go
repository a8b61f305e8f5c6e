// Package mediatest gives tests drives: made-up trees of what the kernel and udev show, disk
// images that are mounted as sticks, a medium that hangs, and a fake UDisks2.
package mediatest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"keyrite/backup/media"
)

// Tree is a machine made of files, as /sys, /proc and /run/udev/data would show it. A new
// one has a system disk, nvme0n1, with /, /boot, /home and swap.
type Tree struct {
	Roots  media.Roots
	tb     testing.TB
	mounts []string // lines of mountinfo
	seq    int
}

// boot is the start of the made-up machine.
const boot = "0f9a7b1c-0000-4000-8000-000000000001"

// NewTree makes one.
func NewTree(tb testing.TB) *Tree {
	tb.Helper()
	dir, err := filepath.EvalSymlinks(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	tree := &Tree{tb: tb, Roots: media.Roots{Sys: filepath.Join(dir, "sys"), Proc: filepath.Join(dir, "proc"), Udev: filepath.Join(dir, "udev")}}
	tree.check(os.MkdirAll(filepath.Join(tree.Roots.Sys, "block"), 0o700))
	tree.Boot(boot)
	tree.write(filepath.Join(tree.Roots.Proc, "swaps"), "Filename\tType\tSize\tUsed\tPriority\n/dev/nvme0n1p3 partition 8388604 0 -2\n")
	disk := tree.Disk("pci0000:00/0000:00:1d.0/nvme/nvme0/nvme0n1", "259:0", Attrs{"removable": "0", "size": "1000215216"})
	tree.Part(disk, "nvme0n1p1", "259:1", 2<<20)
	tree.Part(disk, "nvme0n1p2", "259:2", 900<<20)
	tree.Part(disk, "nvme0n1p3", "259:3", 16<<20)
	tree.Mount("1 0 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw")
	tree.Mount("2 1 0:21 / /proc rw - proc proc rw")
	tree.Mount("3 1 259:1 / /boot rw - vfat /dev/nvme0n1p1 rw")
	return tree
}

// Attrs are files of /sys by name.
type Attrs map[string]string

// Disk adds a whole disk. At is its folder below /sys/devices, its last part the disk's
// name; number is MAJOR:MINOR. It gets the next disk sequence number, a size of 16 MiB and
// ro 0, unless attrs says otherwise. Attrs can name files of the devices above: "../../serial".
func (tr *Tree) Disk(at, number string, attrs Attrs) (dir string) {
	tr.tb.Helper()
	tr.seq++
	all := Attrs{"size": "32768", "ro": "0", "diskseq": strconv.Itoa(tr.seq)}
	maps.Copy(all, attrs)
	dir = filepath.Join(tr.Roots.Sys, "devices", at)
	tr.block(dir, number, all)
	tr.link(dir, "block", filepath.Base(dir))
	return dir
}

// Part adds a partition of so many sectors to the disk at dir.
func (tr *Tree) Part(disk, name, number string, sectors int) (dir string) {
	tr.tb.Helper()
	dir = filepath.Join(disk, name)
	tr.block(dir, number, Attrs{"partition": "1", "size": strconv.Itoa(sectors), "ro": "0"})
	return dir
}

// Mapped adds a device-mapper device that lies on the block device at dir.
func (tr *Tree) Mapped(name, number, mapping, uuid, on string) (dir string) {
	tr.tb.Helper()
	dir = tr.Disk("virtual/block/"+name, number, Attrs{"dm/name": mapping, "dm/uuid": uuid})
	tr.linkTo(on, filepath.Join(dir, "slaves", filepath.Base(on)))
	tr.linkTo(dir, filepath.Join(on, "holders", name))
	return dir
}

func (tr *Tree) block(dir, number string, attrs Attrs) {
	tr.tb.Helper()
	for name, text := range attrs {
		tr.write(filepath.Join(dir, filepath.FromSlash(name)), text+"\n")
	}
	tr.write(filepath.Join(dir, "dev"), number+"\n")
	tr.link(dir, "class/block", filepath.Base(dir))
	tr.link(dir, "dev/block", number)
}

// Set changes a file of /sys of the device at dir.
func (tr *Tree) Set(dir, attr, text string) {
	tr.tb.Helper()
	tr.write(filepath.Join(dir, attr), text+"\n")
}

// Pull takes the disk at dir out: /sys forgets it, and mounts stay as they are.
func (tr *Tree) Pull(dir string) {
	tr.tb.Helper()
	for _, folder := range []string{"block", "class/block", "dev/block"} {
		links, err := filepath.Glob(filepath.Join(tr.Roots.Sys, folder, "*"))
		tr.check(err)
		for _, link := range links {
			if to, err := os.Readlink(link); err == nil && (to == dir || strings.HasPrefix(to, dir+"/")) {
				tr.check(os.Remove(link))
			}
		}
	}
	tr.check(os.RemoveAll(dir))
}

// Udev writes what udev knows of the device with this number: NAME=VALUE.
func (tr *Tree) Udev(number string, properties ...string) {
	tr.tb.Helper()
	var b strings.Builder
	b.WriteString("S:disk/by-id/x\nI:1234\n")
	for _, p := range properties {
		fmt.Fprintf(&b, "E:%s\n", p)
	}
	tr.write(filepath.Join(tr.Roots.Udev, "b"+number), b.String())
}

// Mount adds a line to mountinfo.
func (tr *Tree) Mount(line string) {
	tr.tb.Helper()
	tr.mounts = append(tr.mounts, line)
	tr.writeMounts()
}

// Unmount takes the line with this ID away.
func (tr *Tree) Unmount(id string) {
	tr.tb.Helper()
	n := len(tr.mounts)
	tr.mounts = slices.DeleteFunc(tr.mounts, func(line string) bool { return strings.HasPrefix(line, id+" ") })
	if len(tr.mounts) != n-1 {
		tr.tb.Fatalf("mountinfo has no mount %s", id)
	}
	tr.writeMounts()
}

// Process adds a process that has a file open.
func (tr *Tree) Process(pid int, name, file string) {
	tr.tb.Helper()
	dir := filepath.Join(tr.Roots.Proc, strconv.Itoa(pid))
	tr.write(filepath.Join(dir, "comm"), name+"\n")
	tr.linkTo("/", filepath.Join(dir, "cwd"))
	tr.linkTo(file, filepath.Join(dir, "fd", "7"))
}

// Boot starts the machine anew.
func (tr *Tree) Boot(id string) {
	tr.tb.Helper()
	tr.write(filepath.Join(tr.Roots.Proc, "sys/kernel/random/boot_id"), id+"\n")
}

func (tr *Tree) writeMounts() {
	tr.tb.Helper()
	file := filepath.Join(tr.Roots.Proc, "self", "mountinfo")
	tr.write(file+".new", strings.Join(tr.mounts, "\n")+"\n")
	tr.check(os.Rename(file+".new", file)) // a reader sees all of it or nothing
}

func (tr *Tree) link(dir, folder, name string) {
	tr.tb.Helper()
	tr.linkTo(dir, filepath.Join(tr.Roots.Sys, filepath.FromSlash(folder), name))
}

func (tr *Tree) linkTo(dir, link string) {
	tr.tb.Helper()
	tr.check(os.MkdirAll(filepath.Dir(link), 0o700))
	tr.check(os.Symlink(dir, link))
}

func (tr *Tree) write(file, text string) {
	tr.tb.Helper()
	tr.check(os.MkdirAll(filepath.Dir(file), 0o700))
	tr.check(os.WriteFile(file, []byte(text), 0o600))
}

func (tr *Tree) check(err error) {
	tr.tb.Helper()
	if err != nil {
		tr.tb.Fatal(err)
	}
}
