package audit

import (
	"fmt"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
)

// Reference is an image as whoever runs it has written it down.
type Reference struct {
	// Text is as it was written.
	Text string
	GUN  trustdata.GUN
	// Tag is "" only where the reference has a digest instead.
	Tag string
	// Digest is the SHA-256 that the reference names, 64 lower-case hex digits, "" for none.
	Digest string
}

// ParseReference reads a reference by docker's rules: a name without a host is Docker Hub's,
// one without tag and digest means the tag latest. known are names that stand for themselves.
func ParseReference(text string, known func(trustdata.GUN) bool) (Reference, error) {
	r := Reference{Text: text}
	name, digest, pinned := strings.Cut(text, "@")
	if pinned {
		hash, ok := strings.CutPrefix(digest, "sha256:")
		if _, err := trustdata.ParseKeyID(hash); !ok || err != nil {
			return r, fmt.Errorf("%q is no reference of an image: after @ comes sha256: and 64 lower-case hex digits", text)
		}
		r.Digest = hash
	}
	repository, tag := trustdata.SplitTag(name)
	if tag == "" && repository != name || tag != "" && !registry.ValidTag(tag) {
		return r, fmt.Errorf("%q is no reference of an image: %q cannot be a tag", text, tag)
	}
	gun, err := trustdata.ParseGUN(repository)
	if err != nil {
		return r, fmt.Errorf("%q is no reference of an image: %w", text, err)
	}
	if !known(gun) {
		gun = trustdata.ExpandGUN(gun)
	}
	if r.GUN, r.Tag = gun, tag; tag == "" && !pinned {
		r.Tag = "latest"
	}
	return r, nil
}
