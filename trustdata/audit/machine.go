package audit

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"keyrite/trustdata"
)

// Machine is what was seen of this machine's set-up.
type Machine struct {
	// ContentTrust is the value of DOCKER_CONTENT_TRUST, "" where it is not set.
	ContentTrust string
	// Docker is the version of the docker client, "29.1.0", "" if there is none or it did
	// not say.
	Docker string
	Dirs   []TrustDir
	Roots  []RootKey
	// OldCertificates are folders that clients before 0.2 left.
	OldCertificates []string
	// InsecureRegistries are the hosts to which docker's daemon speaks without TLS.
	InsecureRegistries []string
	// Modes reports whether this system's files have modes to speak of.
	Modes bool
}

// TrustDir is a trust directory that is there.
type TrustDir struct {
	Path string
	Mode fs.FileMode
	Keys []KeyFile
}

// KeyFile is a key file with its mode.
type KeyFile struct {
	KeyID trustdata.KeyID
	Role  string
	Path  string
	Mode  fs.FileMode
}

// RootKey is a root key here, with the repositories whose root metadata lists it, as far
// as this machine has read them.
type RootKey struct {
	KeyID trustdata.KeyID
	Path  string
	Signs []trustdata.GUN
	// Replaced says that a change made from here has put another key in its place.
	Replaced bool
}

// findings are what is wrong with the machine.
func (m Machine) findings() []Finding {
	var out []Finding
	if on(m.ContentTrust) && major(m.Docker) >= services().IgnoresSince {
		out = append(out, Finding{Severity: Warning, Code: "content_trust_ignored",
			Message: fmt.Sprintf("DOCKER_CONTENT_TRUST is set, and docker %s here ignores it: since version %d docker pulls and pushes without looking at signatures", m.Docker, services().IgnoresSince),
			Remedy:  "Do not rely on it: let keyrite verify GUN:TAG say which digest is signed, and pull that digest."})
	}
	if m.Modes {
		out = append(out, m.modes()...)
	}
	out = append(out, m.roots()...)
	for _, dir := range m.OldCertificates {
		out = append(out, Finding{Severity: Info, Code: "old_certificates", Path: dir,
			Message: "an old client left certificates here that no client reads any more",
			Remedy:  "They can stay. keyrite neither reads nor removes them."})
	}
	return out
}

// on reads a switch as docker does: set, and not a false boolean.
func on(value string) bool {
	b, err := strconv.ParseBool(value)
	return value != "" && (err != nil || b)
}

// major is the first number of a version, 0 if it has none.
func major(version string) int {
	first, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return n
}

// others are the mode bits that let anybody but the owner in.
const others fs.FileMode = 0o077

func (m Machine) modes() []Finding {
	var out []Finding
	for _, dir := range m.Dirs {
		if dir.Mode.Perm()&others != 0 {
			out = append(out, Finding{Severity: Warning, Code: "folder_mode", Path: dir.Path,
				Message: fmt.Sprintf("the folder of the private keys is open to others: its mode is %04o", dir.Mode.Perm()),
				Remedy:  "chmod 700 " + quoteShell(dir.Path)})
		}
		for _, k := range dir.Keys {
			if k.Mode.Perm()&others != 0 {
				out = append(out, Finding{Severity: Warning, Code: "key_mode", KeyID: k.KeyID, Path: k.Path,
					Message: fmt.Sprintf("others can get at this key file: its mode is %04o", k.Mode.Perm()),
					Remedy:  "chmod 600 " + quoteShell(k.Path)})
			}
		}
	}
	return out
}

// roots finds root keys that nobody may have meant to make: the stock clients make one
// without asking where they find none, and take any where there are several.
func (m Machine) roots() []Finding {
	var out []Finding
	for i, r := range m.Roots {
		switch {
		case len(r.Signs) > 0 || slices.ContainsFunc(m.Roots[:i], func(before RootKey) bool { return before.KeyID == r.KeyID && len(before.Signs) == 0 }):
		case r.Replaced:
			out = append(out, m.replaced(r))
		case len(m.Roots) > 1:
			out = append(out, Finding{Severity: Warning, Code: "second_root", Role: trustdata.RoleRoot, KeyID: r.KeyID, Path: r.Path,
				Message: fmt.Sprintf("there are %d root keys here, and no repository that this machine knows lists this one: docker and notary make one unasked where they find none, and pick any where there are several", len(m.Roots)),
				Remedy:  "keyrite repos --check reads all that is known here. If it stays unused, back it up, and then move it away with keyrite keys remove."})
		}
	}
	if len(out) == 0 && len(m.Roots) > 1 {
		out = append(out, Finding{Severity: Info, Code: "several_roots", Role: trustdata.RoleRoot,
			Message: fmt.Sprintf("there are %d root keys here, each in use", len(m.Roots)),
			Remedy:  "One root key may serve many repositories. keyrite init asks which one to use, docker and notary do not."})
	}
	return out
}

// replaced is a root key that was rotated away and still lies where clients look.
func (m Machine) replaced(r RootKey) Finding {
	f := Finding{Severity: Info, Code: "root_replaced", Role: trustdata.RoleRoot, KeyID: r.KeyID, Path: r.Path,
		Message: "this root key was replaced, no repository known here lists it, and it still lies in private/",
		Remedy:  "keyrite retire " + string(r.KeyID)}
	lower := func(other RootKey) bool { return other.KeyID < r.KeyID }
	if !slices.ContainsFunc(m.Roots, lower) {
		f.Severity = Warning
		f.Message += ": docker would found the next repository on it, since its ID is the lowest"
	}
	return f
}

// quoteShell makes one word of a shell's line.
func quoteShell(s string) string { return trustdata.ShellWord(s) }
