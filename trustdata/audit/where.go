package audit

import (
	"fmt"

	"keyrite/trustdata"
)

// where names what an item is about.
func (l Look) where(k kind, i Item) string {
	f := i.Findings[0]
	switch k.by {
	case bySelf:
		if f.GUN == "" {
			return "several repositories"
		}
		return l.tagged(f)
	case byRepository:
		return l.tagged(f)
	case byServer:
		if len(i.GUNs) > 1 {
			return fmt.Sprintf("%d repos on %s", len(i.GUNs), trustdata.Visible(trustdata.ExpandGUN(f.GUN).Host()))
		}
		return trustdata.Badged(string(f.GUN))
	case byKey:
		return l.keyed(i)
	}
	if f.KeyID == "" && f.Path == "" && len(i.GUNs) > 0 {
		return more(trustdata.Badged(string(i.GUNs[0])), len(i.GUNs)-1)
	}
	return more(l.subject(f), len(i.Findings)-1)
}

// tagged is a repository with the tags that a finding names.
func (l Look) tagged(f Finding) string {
	switch {
	case f.GUN == "":
		return l.subject(f)
	case len(f.Tags) == 0:
		return trustdata.Badged(string(f.GUN))
	}
	return more(trustdata.Badged(string(f.GUN)+":"+f.Tags[0]), len(f.Tags)-1)
}

// keyed is a key with the repositories that it is about.
func (l Look) keyed(i Item) string {
	f := i.Findings[0]
	name, n := l.subject(f), len(i.GUNs)
	if f.Path != "" || n == 0 { // a key file
		n = len(l.listed[f.KeyID])
		if f.KeyID == "" || n < 2 {
			return name
		}
	}
	if n == 1 {
		if f.KeyID == "" {
			return name
		}
		return trustdata.Badged(string(i.GUNs[0])) + ", " + l.keyName(f)
	}
	return fmt.Sprintf("%d repos, %s", n, l.keyName(f))
}

// subject is what a finding is about, in short.
func (l Look) subject(f Finding) string {
	switch {
	case f.KeyID != "":
		return l.keyName(f)
	case f.Path != "":
		return baseName(f.Path)
	case f.GUN != "":
		return trustdata.Badged(string(f.GUN))
	}
	return "this machine"
}

// name is the subject of one finding of several.
func (l Look) name(f Finding) string {
	if f.GUN != "" && f.Path == "" {
		return trustdata.Badged(string(f.GUN))
	}
	return l.subject(f)
}

func (l Look) keyName(f Finding) string {
	word := "key"
	switch f.Role {
	case trustdata.RoleRoot, trustdata.RoleSnapshot, trustdata.RoleTimestamp:
		word = string(f.Role)
	case trustdata.RoleTargets:
		word = "repository"
	}
	return word + " " + f.KeyID.Short()
}

// more says how many others there are.
func more(name string, others int) string {
	if others == 0 {
		return name
	}
	return fmt.Sprintf("%s and %d more", name, others)
}
