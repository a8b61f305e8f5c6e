package audit

import (
	"errors"
	"fmt"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
)

// Image is a deployed reference and what came of looking for its signature.
type Image struct {
	Reference
	State registry.State
	// Reason explains a state that is not obvious; "" otherwise.
	Reason string
	// Signed is the digest that is signed, and Served the one that the reference gets, 64 hex
	// digits each, "" for none.
	Signed, Served string
	// Created is when the served image says that it was built, zero if it does not, and
	// CreatedErr why that could not be asked.
	Created    time.Time
	CreatedErr error
}

// Judge says how a reference stands: col is its repository as it was read, or err why it was
// not. Served is the digest that it gets, or notServed says why there is none.
func (r Reference) Judge(col *trustdata.Collection, err error, served string, notServed error) Image {
	image := Image{Reference: r, Served: served}
	unsigned := errors.Is(err, remote.ErrNotFound) && !errors.Is(err, remote.ErrNotCached)
	if err != nil && !unsigned {
		image.State, image.Reason = registry.Unknown, trustdata.VisibleError(err)
		return image
	}
	if unsigned {
		col = &trustdata.Collection{}
		image.Reason = "its repository has no trust data"
	}
	row := registry.Judge(col, r.name(col), served, notServed)
	image.State = row.State
	if row.Pulled {
		image.Signed = row.Digest
	}
	doubt := doubtful(col)
	switch {
	case row.Pulled && doubt != "":
		image.State, image.Reason = registry.Unknown, doubt
	case errors.Is(notServed, registry.ErrNotFound) && row.State == registry.Unknown:
		image.Reason = "it is neither signed nor served"
	case row.Reason != "":
		image.Reason = row.Reason
	}
	return image
}

// doubtful says why what a collection signs does not stand, or is "": an audit reads what has
// expired, too, and docker looks into targets/releases first.
func doubtful(col *trustdata.Collection) string {
	for _, p := range col.Problems {
		if p.Reason == trustdata.ReasonExpired && (!p.Role.IsDelegation() || p.Role == trustdata.RoleReleases) {
			return p.String()
		}
	}
	if releases, _ := col.Role(trustdata.RoleReleases); releases.Problem != "" {
		return fmt.Sprintf("%q may say otherwise, and its file does not count: %s", trustdata.RoleReleases, releases.Problem)
	}
	return ""
}

// name is the tag to look for. A digest without one is good under any tag that docker
// resolves to it.
func (r Reference) name(col *trustdata.Collection) string {
	if r.Tag != "" {
		return r.Tag
	}
	for _, t := range col.Tags {
		if t.Pulled && t.Digest == r.Digest {
			return t.Name
		}
	}
	return ""
}

// Images judges what is deployed: the states that are not signed, and what was built longer
// ago than olderThan, where that is not 0.
func Images(now time.Time, images []Image, olderThan time.Duration) []Finding {
	var out []Finding
	for _, i := range images {
		f := Finding{Severity: Warning, Code: "image_" + string(i.State), GUN: i.GUN, Message: fmt.Sprintf("%q is deployed, and %s", i.Text, i.verdict()),
			Remedy: "keyrite tags " + quoteShell(string(i.GUN)) + " --compare"}
		if i.Tag != "" {
			f.Tags = []string{i.Tag}
		}
		if i.Reason != "" {
			f.Message += ": " + i.Reason
		}
		if i.State != registry.Signed {
			out = append(out, f)
		}
		if old, is := i.old(now, olderThan); is {
			old.GUN, old.Tags = f.GUN, f.Tags
			out = append(out, old)
		}
	}
	return WorstFirst(out)
}

// old judges the age of what is served.
func (i Image) old(now time.Time, olderThan time.Duration) (Finding, bool) {
	f := Finding{Severity: Info, Code: "image_age_unknown", Remedy: "keyrite doctor " + quoteShell(string(i.GUN))}
	switch age := now.Sub(i.Created); {
	case olderThan == 0 || i.Served == "":
		return f, false
	case i.CreatedErr != nil:
		f.Severity, f.Message = Warning, fmt.Sprintf("the age of %q could not be asked: %s", i.Text, trustdata.VisibleError(i.CreatedErr))
	case i.Created.IsZero():
		f.Message, f.Remedy = fmt.Sprintf("%q does not say when it was built", i.Text), "Have the build write the time into the image."
	case age > olderThan:
		f.Severity, f.Code, f.Message = Warning, "image_old", fmt.Sprintf("%q was built on %s, %s ago", i.Text, day{i.Created}, days(age))
		f.Remedy = "Build it anew, and then keyrite sign " + quoteShell(string(i.GUN)) + ":TAG"
	default:
		return f, false
	}
	return f, true
}

func (i Image) verdict() string {
	switch i.State {
	case registry.Moved:
		return "something else is signed"
	case registry.Gone:
		return "is signed, but no longer served"
	case registry.Unsigned:
		return "nobody signed it"
	}
	return "nothing can be said of its signature"
}
