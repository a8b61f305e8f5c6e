package media_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"keyrite/backup/media"
	"keyrite/backup/media/mediatest"
)

const usbPath = "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0/block/"

// stick adds a USB stick with one partition as kernel and udev show it: sdb at 8:16 is
// mounted with ID 40 at /media/ada/BACKUP1.
func stick(tree *mediatest.Tree) (disk string) {
	disk = tree.Disk(usbPath+"sdb", "8:16", mediatest.Attrs{"removable": "1", "size": "31457280",
		"device/vendor": "SanDisk ", "device/model": "Cruzer Blade    ",
		"../../../../../../serial": "4C530001", "../../../../../../idVendor": "0781"})
	tree.Part(disk, "sdb1", "8:17", 31455232)
	tree.Udev("8:16", "ID_BUS=usb", "ID_SERIAL_SHORT=4C530001", "ID_VENDOR=SanDisk", "ID_MODEL=Cruzer_Blade")
	tree.Udev("8:17", "ID_FS_TYPE=vfat", "ID_FS_UUID=1A2B-3C4D", "ID_FS_LABEL=BACKUP1", "ID_FS_LABEL_ENC=BACKUP1")
	tree.Mount(`40 1 8:17 / /media/ada/BACKUP1 rw,nosuid,nodev shared:9 - vfat /dev/sdb1 rw,flush`)
	return disk
}

// asked answers for mount points: a made-up tree has no file systems. One without an
// answer does not answer.
type asked map[string]media.Answer

func (a asked) ask(ctx context.Context, point string, _ uint64) (media.Answer, error) {
	if answer, ok := a[point]; ok {
		return answer, nil
	}
	<-ctx.Done()
	return media.Answer{}, ctx.Err()
}

const token media.Token = "00112233445566778899aabbccddeeff"

var roomy = asked{"/media/ada/BACKUP1": {Free: 1 << 30, Token: token}}

func scan(t *testing.T, opt media.Options) []media.Drive {
	t.Helper()
	all, err := media.Scan(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var hidden = cmpopts.IgnoreUnexported(media.Drive{})

func TestScan(t *testing.T) {
	usual := media.Drive{Vendor: "SanDisk", Model: "Cruzer Blade", Serial: "4C530001", Bus: "usb", Size: 31455232 * 512, Free: 1 << 30, FileSystem: "vfat",
		Label: "BACKUP1", UUID: "1A2B-3C4D", Mount: "/media/ada/BACKUP1", Device: "sdb1", DiskSeq: 2, Boot: "0f9a7b1c-0000-4000-8000-000000000001", Token: token}
	tests := []struct {
		name   string
		make   func(*mediatest.Tree)
		opt    media.Options
		change func(d *media.Drive) // what differs from usual; nil: no drive is found
	}{
		{"a USB stick", func(tree *mediatest.Tree) { stick(tree) }, media.Options{}, func(*media.Drive) {}},
		{"no drive but the system's", func(*mediatest.Tree) {}, media.Options{}, nil},
		{"one that does not call itself removable", func(tree *mediatest.Tree) { tree.Set(stick(tree), "removable", "0") }, media.Options{}, func(*media.Drive) {}},
		{"without udev", func(tree *mediatest.Tree) { stick(tree); tree.Udev("8:16"); tree.Udev("8:17") }, media.Options{},
			func(d *media.Drive) { d.Label, d.UUID = "", "" }},
		{"read-only mount", func(tree *mediatest.Tree) {
			stick(tree)
			tree.Unmount("40")
			tree.Mount("40 1 8:17 / /media/ada/BACKUP1 ro - vfat /dev/sdb1 ro")
		}, media.Options{}, func(d *media.Drive) { d.ReadOnly, d.Refused = true, media.ReadOnly }},
		{"the switch of the stick", func(tree *mediatest.Tree) { tree.Set(stick(tree), "ro", "1") }, media.Options{},
			func(d *media.Drive) { d.ReadOnly, d.Refused = true, media.ReadOnly }},
		{"read-only after errors", func(tree *mediatest.Tree) {
			stick(tree)
			tree.Unmount("40")
			tree.Mount("40 1 8:17 / /media/ada/BACKUP1 rw - ext4 /dev/sdb1 rw,emergency_ro")
		}, media.Options{}, func(d *media.Drive) { d.ReadOnly, d.Refused = true, media.ReadOnly }},
		{"unmounted", func(tree *mediatest.Tree) { stick(tree); tree.Unmount("40") }, media.Options{},
			func(d *media.Drive) { d.Mount, d.Free, d.Token, d.Refused = "", -1, "", media.NotMounted }},
		{"no room", func(tree *mediatest.Tree) { stick(tree) }, media.Options{Need: 1<<30 + 1}, func(d *media.Drive) { d.Refused = media.Full }},
		{"no room for another name", func(tree *mediatest.Tree) { stick(tree) }, media.Options{Ask: asked{"/media/ada/BACKUP1": {Free: 1 << 30, Full: true, Token: token}}.ask},
			func(d *media.Drive) { d.Refused = media.Full }},
		{"the keys are on it", func(tree *mediatest.Tree) { stick(tree) }, media.Options{Keys: []string{"/nowhere", "/media/ada/BACKUP1/trust"}},
			func(d *media.Drive) { d.Refused = media.HoldsKeys }},
		{"the home folder is on it", func(tree *mediatest.Tree) { stick(tree) }, media.Options{Home: "/media/ada/BACKUP1/home/ada"},
			func(d *media.Drive) { d.Refused = media.HoldsSystem }},
		{"it does not answer", func(tree *mediatest.Tree) { stick(tree) }, media.Options{Ask: asked{}.ask, Patience: 1},
			func(d *media.Drive) { d.Free, d.Token, d.Refused = -1, "", media.Silent }},
		{"it is another user's", func(tree *mediatest.Tree) { stick(tree) }, media.Options{Ask: func(context.Context, string, uint64) (media.Answer, error) {
			return media.Answer{}, &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}
		}}, func(d *media.Drive) { d.Free, d.Token, d.Refused = -1, "", media.Denied }},
		{"something is mounted over it", func(tree *mediatest.Tree) {
			stick(tree)
			tree.Mount("41 40 0:50 / /media/ada/BACKUP1 rw - tmpfs tmpfs rw")
		}, media.Options{},
			func(d *media.Drive) { d.Free, d.Token, d.Refused = -1, "", media.Covered }},
		{"something is mounted over the folder above", func(tree *mediatest.Tree) { stick(tree); tree.Mount("41 1 0:50 / /media rw - tmpfs tmpfs rw") }, media.Options{},
			func(d *media.Drive) { d.Free, d.Token, d.Refused = -1, "", media.Covered }},
		{"a folder of it is mounted too", func(tree *mediatest.Tree) {
			tree.Mount(`39 1 8:17 /sub /b rw - vfat /dev/sdb1 rw`)
			stick(tree)
		}, media.Options{}, func(*media.Drive) {}},
		{"a name with a blank", func(tree *mediatest.Tree) {
			stick(tree)
			tree.Unmount("40")
			tree.Mount(`40 1 8:17 / /media/ada/MY\040STICK\134x rw - vfat /dev/sdb1 rw`)
		}, media.Options{Ask: asked{`/media/ada/MY STICK\x`: {Free: 1 << 30, Token: token}}.ask}, func(d *media.Drive) { d.Mount = `/media/ada/MY STICK\x` }},
		{"exFAT in user space", func(tree *mediatest.Tree) {
			stick(tree)
			tree.Unmount("40")
			tree.Udev("8:17", "ID_FS_UUID=1A2B-3C4D", "ID_FS_LABEL_ENC=BACKUP1")
			tree.Mount(`40 1 0:77 / /media/ada/BACKUP1 rw - fuse.exfat /dev/sdb1 rw,user_id=0`)
		}, media.Options{}, func(d *media.Drive) { d.FileSystem = "fuse.exfat" }},
		{"the file system is on the whole disk", func(tree *mediatest.Tree) {
			tree.Disk(usbPath+"sdb", "8:16", mediatest.Attrs{"removable": "1", "size": "31455232", "device/vendor": "SanDisk", "device/model": "Cruzer Blade"})
			tree.Udev("8:16", "ID_BUS=usb", "ID_SERIAL_SHORT=4C530001", "ID_FS_TYPE=vfat", "ID_FS_UUID=1A2B-3C4D", "ID_FS_LABEL=BACKUP1")
			tree.Mount(`40 1 8:16 / /media/ada/BACKUP1 rw - vfat /dev/sdb rw`)
		}, media.Options{}, func(d *media.Drive) { d.Device = "sdb" }},
		{"an encrypted stick", func(tree *mediatest.Tree) {
			disk := stick(tree)
			tree.Unmount("40")
			tree.Udev("8:17", "ID_FS_TYPE=crypto_LUKS", "ID_FS_UUID=of the outer")
			tree.Mapped("dm-0", "253:0", "luks-1", "CRYPT-LUKS2-1-luks-1", filepath.Join(disk, "sdb1"))
			tree.Udev("253:0", "ID_FS_TYPE=vfat", "ID_FS_UUID=1A2B-3C4D", "ID_FS_LABEL=BACKUP1")
			tree.Mount(`40 1 253:0 / /media/ada/BACKUP1 rw - vfat /dev/mapper/luks-1 rw`)
		}, media.Options{}, func(d *media.Drive) { d.Encrypted = true }},
		{"keys on an encrypted stick", func(tree *mediatest.Tree) {
			disk := stick(tree)
			tree.Unmount("40")
			tree.Mapped("dm-0", "253:0", "luks-1", "CRYPT-LUKS2-1-luks-1", filepath.Join(disk, "sdb1"))
			tree.Udev("253:0", "ID_FS_TYPE=vfat", "ID_FS_UUID=1A2B-3C4D", "ID_FS_LABEL=BACKUP1")
			tree.Mount(`40 1 0:77 / /media/ada/BACKUP1 rw - fuse.vfat /dev/mapper/luks-1 rw`)
		}, media.Options{Keys: []string{"/media/ada/BACKUP1"}}, func(d *media.Drive) { d.Encrypted, d.Refused = true, media.HoldsKeys }},
		{"an encrypted stick that is locked", func(tree *mediatest.Tree) {
			stick(tree)
			tree.Unmount("40")
			tree.Udev("8:17", "ID_FS_TYPE=crypto_LUKS", "ID_FS_UUID=of the outer")
		}, media.Options{}, func(d *media.Drive) {
			d.FileSystem, d.UUID, d.Label, d.Mount, d.Free, d.Token, d.Refused = "crypto_LUKS", "of the outer", "", "", -1, "", media.Locked
		}},
		{"an SD card", func(tree *mediatest.Tree) {
			disk := tree.Disk("pci0000:00/0000:00:1c.0/rtsx/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0", "179:0", mediatest.Attrs{"removable": "0", "size": "62333952",
				"device/type": "SD", "device/name": "SC32G", "device/serial": "0x1b2c3d4e"})
			tree.Part(disk, "mmcblk0p1", "179:1", 31455232)
			tree.Mount(`40 1 179:1 / /media/ada/BACKUP1 rw - vfat /dev/mmcblk0p1 rw`)
		}, media.Options{}, func(d *media.Drive) {
			d.Vendor, d.Model, d.Serial, d.Bus, d.Device, d.Label, d.UUID = "", "SC32G", "0x1b2c3d4e", "mmc", "mmcblk0p1", "", ""
		}},
		{"memory that is soldered in", func(tree *mediatest.Tree) {
			for i, name := range []string{"mmcblk1", "mmcblk1boot0", "mmcblk1rpmb"} {
				tree.Disk("platform/x/mmc_host/mmc1/mmc1:0001/block/"+name, []string{"179:8", "179:16", "179:24"}[i], mediatest.Attrs{"device/type": "MMC", "removable": "0"})
			}
		}, media.Options{}, nil},
		{"a disc, a floppy, memory as a disk", func(tree *mediatest.Tree) {
			tree.Disk("pci0000:00/ata2/host1/block/sr0", "11:0", mediatest.Attrs{"removable": "1"})
			tree.Disk("platform/floppy.0/block/fd0", "2:0", mediatest.Attrs{"removable": "1"})
			tree.Disk("virtual/block/zram0", "252:0", mediatest.Attrs{"removable": "1"})
		}, media.Options{}, nil},
		{"a disk image", func(tree *mediatest.Tree) { image(tree) }, media.Options{}, nil},
		{"a disk image, allowed", func(tree *mediatest.Tree) { image(tree) }, media.Options{Virtual: true}, func(d *media.Drive) {
			d.Vendor, d.Model, d.Serial, d.Bus, d.Device, d.Label, d.UUID, d.Size, d.FileSystem = "", "disk image s.img", "", "loop", "loop0", "", "", 16<<20, "ext4"
		}},
		{"memory, a network, a folder of the system's disk", func(tree *mediatest.Tree) {
			tree.Mount("40 1 0:50 / /media/ada/BACKUP1 rw - tmpfs tmpfs rw")
			tree.Mount("41 1 0:51 / /media/ada/NAS rw - nfs4 nas:/export rw")
			tree.Mount("42 1 0:52 / /media/ada/SMB rw - cifs //nas/export rw")
			tree.Mount("43 1 259:2 /srv /media/ada/SRV rw - ext4 /dev/nvme0n1p2 rw")
			tree.Mount("44 1 0:53 / /media/ada/PHONE rw - fuse.jmtpfs jmtpfs rw")
		}, media.Options{Virtual: true}, nil},
		{"a stick that the system runs from", func(tree *mediatest.Tree) {
			disk := stick(tree)
			tree.Part(disk, "sdb2", "8:18", 4096)
			tree.Mount("50 1 8:18 / /usr rw - ext4 /dev/sdb2 rw")
		}, media.Options{Ask: asked{"/media/ada/BACKUP1": roomy["/media/ada/BACKUP1"], "/usr": {}}.ask}, func(d *media.Drive) { d.Refused = media.HoldsSystem }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := mediatest.NewTree(t)
			tt.make(tree)
			tt.opt.Roots = tree.Roots
			if tt.opt.Ask == nil {
				tt.opt.Ask = roomy.ask
			}
			got := scan(t, tt.opt)
			if tt.change == nil {
				if len(got) != 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			want := usual
			tt.change(&want)
			if len(got) == 0 {
				t.Fatal("nothing was found")
			}
			if diff := cmp.Diff(want, got[0], hidden); diff != "" {
				t.Error(diff)
			}
			if want.Refused != "" && want.Refused.String() == "" {
				t.Errorf("no words for %q", want.Refused)
			}
		})
	}
}

// image adds a loop device with a file system, and one without a file.
func image(tree *mediatest.Tree) {
	tree.Disk("virtual/block/loop0", "7:0", mediatest.Attrs{"removable": "0", "loop/backing_file": "/home/ada/s.img"})
	tree.Disk("virtual/block/loop1", "7:1", mediatest.Attrs{"removable": "0", "size": "0"})
	tree.Mount(`40 1 7:0 / /media/ada/BACKUP1 rw - ext4 /dev/loop0 rw`)
}

// A reader for four kinds of cards is four disks with one serial number.
func TestScanCardReader(t *testing.T) {
	tree := mediatest.NewTree(t)
	for i, name := range []string{"sdb", "sdc"} {
		at := "pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0/host7/target7:0:0/7:0:0:" + string(rune('0'+i)) + "/block/"
		disk := tree.Disk(at+name, []string{"8:16", "8:32"}[i], mediatest.Attrs{"removable": "1", "size": []string{"0", "62333952"}[i]})
		tree.Udev([]string{"8:16", "8:32"}[i], "ID_BUS=usb", "ID_SERIAL_SHORT=0123456789ABCDEF")
		if i == 1 {
			tree.Part(disk, "sdc1", "8:33", 62331904)
		}
	}
	tree.Mount("40 1 8:33 / /media/ada/BACKUP1 rw - vfat /dev/sdc1 rw")
	all := scan(t, media.Options{Roots: tree.Roots, Ask: roomy.ask})
	if len(all) != 2 || all[0].Device != "sdc1" || all[0].Refused != "" || all[1].Device != "sdb" || all[1].Refused != media.NoMedium {
		t.Fatalf("%+v", all)
	}
	if all[0].Serial != all[1].Serial || all[0].Twin != "" {
		t.Errorf("one reader's serial number makes twins: %+v", all)
	}
}

func TestScanTwins(t *testing.T) {
	for name, uuid := range map[string]string{"a copy of the file system": "1A2B-3C4D", "cheap sticks with one serial number": "5E6F-7788"} {
		t.Run(name, func(t *testing.T) {
			tree := mediatest.NewTree(t)
			stick(tree)
			disk := tree.Disk("pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/host8/target8:0:0/8:0:0:0/block/sdc", "8:32", mediatest.Attrs{"removable": "1"})
			tree.Part(disk, "sdc1", "8:33", 30720)
			tree.Udev("8:32", "ID_BUS=usb", "ID_SERIAL_SHORT=4C530001")
			tree.Udev("8:33", "ID_FS_TYPE=vfat", "ID_FS_UUID="+uuid)
			tree.Mount("41 1 8:33 / /media/ada/BACKUP11 rw - vfat /dev/sdc1 rw")
			all := scan(t, media.Options{Roots: tree.Roots, Ask: asked{"/media/ada/BACKUP1": {Free: 9, Token: token}, "/media/ada/BACKUP11": {Free: 9}}.ask})
			if len(all) != 2 {
				t.Fatalf("%+v", all)
			}
			twins := []string{all[0].Twin, all[1].Twin}
			if want := []string{"sdc1", "sdb1"}; (uuid == "1A2B-3C4D") != slices.Equal(twins, want) {
				t.Errorf("twins %q", twins)
			}
		})
	}
}

// What a label or a serial number says is written out, and the drive has it as it is.
func TestHostileLabel(t *testing.T) {
	tree := mediatest.NewTree(t)
	disk := stick(tree)
	tree.Set(disk, "device/model", "Stick\x1b[2J")
	tree.Udev("8:16", "ID_BUS=usb", "ID_SERIAL_SHORT=1\u202e2")
	tree.Udev("8:17", `ID_FS_LABEL_ENC=BACK\x1b\xe2\x80\xaegnp`, "ID_FS_LABEL=BACK_gnp", "ID_FS_UUID=1A2B-3C4D")
	all := scan(t, media.Options{Roots: tree.Roots, Ask: roomy.ask})
	if len(all) != 1 || all[0].Label != "BACK\x1b\u202egnp" {
		t.Fatalf("%+v", all)
	}
	if got, want := all[0].Title(), `SanDisk Stick\x1b[2J "BACK\x1b\u202egnp", serial 1\u202e2`; got != want {
		t.Errorf("%s", got)
	}
}

// Where the kernel cannot be asked, that is not an empty list.
func TestScanSeesNothing(t *testing.T) {
	for name, spoil := range map[string]func(*mediatest.Tree){
		"no /sys":        func(tree *mediatest.Tree) { tree.Roots.Sys = filepath.Join(tree.Roots.Sys, "none") },
		"no /proc":       func(tree *mediatest.Tree) { tree.Roots.Proc = filepath.Join(tree.Roots.Proc, "none") },
		"an odd mount":   func(tree *mediatest.Tree) { tree.Mount("x 1 8:17 / /media rw - vfat /dev/sdb1 rw") },
		"a line cut off": func(tree *mediatest.Tree) { tree.Mount("40 1 8:17 / /media") },
	} {
		t.Run(name, func(t *testing.T) {
			tree := mediatest.NewTree(t)
			spoil(tree)
			if all, err := media.Scan(t.Context(), media.Options{Roots: tree.Roots}); !errors.Is(err, media.ErrNotFound) {
				t.Errorf("%v, %v", all, err)
			}
		})
	}
}

func TestScanEnds(t *testing.T) {
	tree := mediatest.NewTree(t)
	stick(tree)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := media.Scan(ctx, media.Options{Roots: tree.Roots, Ask: asked{}.ask}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRefusalsHaveWords(t *testing.T) {
	seen := map[string]media.Refusal{}
	for _, r := range []media.Refusal{media.NoMedium, media.HoldsKeys, media.HoldsSystem, media.Locked, media.NotMounted, media.Covered, media.Silent, media.Denied, media.ReadOnly, media.Full, media.NotRemovable} {
		seen[r.String()] = r
	}
	if len(seen) != 11 || seen[""] != "" {
		t.Errorf("%q", slices.Sorted(maps.Keys(seen)))
	}
}
