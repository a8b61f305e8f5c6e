package backup_test

import (
	"strings"
	"testing"
	"time"

	"keyrite/backup/media"
	"keyrite/ui/backup"
	"keyrite/ui/uitest"
)

func TestDrivesPage(t *testing.T) {
	good := media.Drive{Vendor: "SanDisk", Model: "Cruzer\x1b[2J", Serial: "4C53", Size: 30 << 30, Free: 29 << 30, FileSystem: "vfat", Label: "BACK\u202eUP",
		UUID: "1A2B-3C4D", Mount: "/media/ada/BACK\u202eUP", Device: "sdb1", Token: "00112233445566778899aabbccddeeff", Twin: "sdc1", Problem: "odd \a file"}
	empty := media.Drive{Model: "Reader", Device: "sdd", Free: -1, Refused: media.NoMedium}
	got := uitest.PageText(t, backup.DrivesPage([]media.Drive{good, empty}, time.Unix(0, 0)))
	uitest.InBoth(t, got, `SanDisk Cruzer\x1b[2J "BACK\u202eUP", serial 4C53`, "ready", "29.0 GiB", `/media/ada/BACK\u202eUP`, "there is no medium in it")
	for _, said := range []string{"It is a copy of sdc1", `odd \x07 file`, "00112233445566778899aabbccddeeff"} {
		if !strings.Contains(got, said) {
			t.Errorf("the page lacks %q:\n%s", said, got)
		}
	}
	got = uitest.PageText(t, backup.EjectedPage(good, media.Ejected{Unmounted: true, Note: "odd \x1b note"}))
	uitest.InBoth(t, got, `odd \x1b note`)
	got = uitest.PageText(t, backup.EjectedPage(good, media.Ejected{Unmounted: true}))
	uitest.InBoth(t, got, "can be taken out")
	got = uitest.PageText(t, backup.EjectedPage(good, media.Ejected{Unmounted: true, Off: true}))
	uitest.InBoth(t, got, "switched off: take it out")
	uitest.InBoth(t, uitest.PageText(t, backup.EjectPlanPage(good)), `/media/ada/BACK\u202eUP`)
}
