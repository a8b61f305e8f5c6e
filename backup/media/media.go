// Package media is about the drives that backups go to: which there are, whether a drive
// is the one that was chosen, how to write to one that may hang or be pulled at any moment,
// and how to take it out. It knows nothing of what is written.
//
// A drive is found on Linux alone, by what the kernel shows in /proc/self/mountinfo and
// /sys and by udev's files. Elsewhere a person gives the path of a folder.
package media

import (
	"cmp"
	"errors"
	"strings"

	"keyrite/trustdata"
)

// ErrNotFound is what Scan returns where the system's drives cannot be seen: that is not
// the same as none.
var ErrNotFound = errors.New("the drives of this machine cannot be seen; give the path of a folder on the drive")

// Drive is one file system of a removable drive, or a removable drive without one. Its
// texts are as the drive, its file system and udev have them: any of them may be hostile.
type Drive struct {
	Vendor, Model, Serial string
	// Bus is "usb", "mmc", "loop" or whatever udev names; "" if it is not known.
	Bus string
	// Size is that of the file system's partition in bytes. Free is -1 if it is not known.
	Size, Free int64
	FileSystem string
	Label      string
	UUID       string
	// Mount is the folder where the file system is, "" if it is nowhere.
	Mount     string
	ReadOnly  bool
	Encrypted bool
	// Device is the kernel's name for it ("sdb1"), which the next drive may have.
	Device string
	// DiskSeq is the kernel's count of the medium: each one put in gets a new number. It
	// begins anew with every start of the machine, which Boot names.
	DiskSeq uint64
	Boot    string
	// Token is what keyrite wrote on the medium to know it again, "" if there is none.
	Token Token
	// Twin is the device of another drive with the same token or the same file-system UUID.
	Twin string
	// Problem says what is wrong with the medium's token file, "" if nothing is.
	Problem string
	// Refused is why nothing can be written to it, "" if it can.
	Refused Refusal

	disk  string // the whole disk's name
	mount uint64 // the mount's ID in mountinfo
	full  bool   // it says so itself
}

// Refusal is why a drive is not for backups.
type Refusal string

// The refusals, in the order in which they are looked for.
const (
	NoMedium     Refusal = "no_medium"
	HoldsKeys    Refusal = "holds_keys"
	HoldsSystem  Refusal = "holds_system"
	Locked       Refusal = "locked"
	NotMounted   Refusal = "not_mounted"
	Covered      Refusal = "covered"
	Silent       Refusal = "silent"
	Denied       Refusal = "denied"
	ReadOnly     Refusal = "read_only"
	Full         Refusal = "full"
	NotRemovable Refusal = "not_removable"
)

var refusals = map[Refusal]string{
	NoMedium:     "there is no medium in it",
	HoldsKeys:    "the keys themselves are on it",
	HoldsSystem:  "this computer runs from it",
	Locked:       "it is encrypted and not unlocked; open it in the file manager",
	NotMounted:   "it is not mounted; open it in the file manager",
	Covered:      "another file system is mounted over it",
	Silent:       "it does not answer; take it out and put it in again",
	Denied:       "you may not open its folder; another user has mounted it",
	ReadOnly:     "it is read-only; look for a switch on it",
	Full:         "it is full",
	NotRemovable: "it is not recognised as removable",
}

// String is the refusal as the end of a sentence.
func (r Refusal) String() string { return refusals[r] }

// Title names the drive for people: what it is, and what is written on it. It is fit for a
// terminal.
func (d Drive) Title() string {
	name := strings.TrimSpace(strings.TrimSpace(d.Vendor) + " " + strings.TrimSpace(d.Model))
	name = trustdata.Visible(cmp.Or(name, "drive"))
	if d.Label != "" {
		name += ` "` + trustdata.Visible(d.Label) + `"`
	}
	if d.Serial != "" {
		name += ", serial " + trustdata.Visible(d.Serial)
	}
	return name
}
