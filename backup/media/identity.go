package media

import "fmt"

// Identity is by what a medium is known again.
type Identity struct {
	Token        Token
	UUID, Serial string
	// DiskSeq counts media since the start of the machine that Boot names; 0 is unknown.
	DiskSeq uint64
	Boot    string
	// Device is the kernel's name for it, which another medium may get next.
	Device string
}

// Identity is that of the drive as it is now.
func (d Drive) Identity() Identity {
	return Identity{Token: d.Token, UUID: d.UUID, Serial: d.Serial, DiskSeq: d.DiskSeq, Boot: d.Boot, Device: d.Device}
}

// Likeness is how two looks at a medium compare.
type Likeness string

// The likenesses. Only Back proves that a medium was away and is the same.
const (
	// Stayed is the same medium, which was not out, or not as far as can be seen.
	Stayed Likeness = "stayed"
	// Back is the same medium, put in anew, or seen after a new start of the machine.
	Back Likeness = "back"
	// Alike was put in anew and has the UUID and serial number of the other, which had no
	// token that could prove it.
	Alike Likeness = "alike"
	// Clone is another medium with a copy of the other's token or file system.
	Clone Likeness = "clone"
	// Other is another medium.
	Other Likeness = "other"
)

// Same compares a medium as it was with one that is there now, and says why it is or is
// not the same. The reason is the end of a sentence about the one that is there now.
func Same(was, now Identity) (Likeness, string) {
	serial, uuid := agree(was.Serial, now.Serial), agree(was.UUID, now.UUID)
	switch {
	case was.Token != "" && was.Token == now.Token:
		return sameToken(was, now, serial, uuid)
	case was.Token != "" && now.Token != "" && uuid == yes:
		return Clone, "it has the same file system, and another token: it is a copy"
	case was.Token != "" && now.Token != "":
		return Other, "it is another medium" + inPlace(was, now)
	case uuid == yes && serial == no:
		return Clone, "it has the same file system, and another serial number: it is a copy"
	case was.Token != "" && uuid == yes:
		return Other, "it looks like it, but its token is gone"
	case uuid != yes || serial == no:
		return Other, "it is another medium" + inPlace(was, now)
	case !putIn(was, now):
		return Stayed, "it was not taken out"
	}
	return Alike, "it looks like it, but no token proves it"
}

func sameToken(was, now Identity, serial, uuid verdict) (Likeness, string) {
	switch {
	case serial == no:
		return Clone, "it has the same token, and another serial number: it is a copy"
	case uuid == no:
		return Clone, "it has the same token on another file system: it is a copy"
	case !putIn(was, now):
		return Stayed, "it was not taken out"
	case was.Boot != now.Boot:
		return Back, "it is the same medium, and the computer was started anew or is another"
	}
	return Back, "it is the same medium, put in anew"
}

// putIn reports whether the medium of now is known to have been put in since was.
func putIn(was, now Identity) bool {
	if was.Boot != "" && now.Boot != "" && was.Boot != now.Boot {
		return true
	}
	return was.DiskSeq != 0 && now.DiskSeq != 0 && was.DiskSeq != now.DiskSeq
}

// inPlace says that another medium has got the kernel's name of the first.
func inPlace(was, now Identity) string {
	if was.Device == "" || was.Device != now.Device {
		return ""
	}
	return fmt.Sprintf(", which is now called %s as the first was", now.Device)
}

type verdict int

const (
	unknown verdict = iota
	yes
	no
)

func agree(a, b string) verdict {
	switch {
	case a == "" || b == "":
		return unknown
	case a == b:
		return yes
	}
	return no
}
