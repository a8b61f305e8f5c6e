package trustdata

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// GUN is the globally unique name of a trusted repository, such as
// "docker.io/library/alpine". A GUN that ParseGUN returned is safe to use as a relative
// path and as a part of a URL path.
type GUN string

// maxGUN bounds a name: Docker's reference grammar ends at 255 bytes.
const maxGUN = 255

// ParseGUN checks the shape of a GUN. It refuses what the reference client would turn
// into a path outside its trust directory (a segment "." or "..", an empty segment, a
// leading or trailing slash), wildcards, white space, control and invisible runes, and
// the characters that mean something in a URL or in a Windows path.
func ParseGUN(s string) (GUN, error) {
	switch {
	case s == "":
		return "", fmt.Errorf("repository name is empty")
	case len(s) > maxGUN:
		return "", fmt.Errorf("repository name %q is longer than %d bytes", s[:32]+"...", maxGUN)
	case !utf8.ValidString(s):
		return "", fmt.Errorf("repository name %q is not valid UTF-8", s)
	}
	for seg := range strings.SplitSeq(s, "/") {
		switch seg {
		case "":
			return "", fmt.Errorf("repository name %q has an empty segment or a leading or trailing slash", s)
		case ".", "..":
			return "", fmt.Errorf("repository name %q has the segment %q", s, seg)
		}
	}
	if i := strings.IndexFunc(s, badGUNRune); i >= 0 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		return "", fmt.Errorf("repository name %q has the character %q", s, r)
	}
	if host, _, ok := strings.Cut(s, "/"); strings.Count(s, ":") > 1 || strings.Contains(s, ":") && (!ok || !strings.Contains(host, ":")) {
		return "", fmt.Errorf("repository name %q has a colon outside its host (a tag is no part of the name)", s)
	}
	return GUN(s), nil
}

func badGUNRune(r rune) bool {
	return r <= ' ' || strings.ContainsRune(`*?#%\"'<>|@&`, r) || hidden(r)
}

// ParseHost checks that s can be what Host gives: a registry's name, with a port or not,
// without scheme or path.
func ParseHost(s string) error {
	if gun, err := ParseGUN(s + "/any"); err != nil || gun.Host() != s || strings.HasSuffix(s, ":") {
		return fmt.Errorf("%q is not the host of a registry, such as reg.example:5000", s)
	}
	return nil
}

// Host is the registry that the name begins with, or "" where the first segment is no
// host by Docker's rule (it has no dot and no colon, and is not "localhost").
func (g GUN) Host() string {
	first, _, ok := strings.Cut(string(g), "/")
	if !ok || !strings.ContainsAny(first, ".:") && first != "localhost" {
		return ""
	}
	return first
}

// Path is the repository's name within its registry: the GUN without its host.
func (g GUN) Path() string {
	if h := g.Host(); h != "" {
		return string(g)[len(h)+1:]
	}
	return string(g)
}

// dockerHub is the host of names that carry none, and hubAlias its older spelling.
const (
	dockerHub = "docker.io"
	hubAlias  = "index.docker.io"
)

// ExpandGUN gives the name that Docker derives from a short one: "alpine" is
// "docker.io/library/alpine", "foo/bar" is "docker.io/foo/bar", and the alias
// index.docker.io is docker.io. A name with any other host stays as it is.
func ExpandGUN(g GUN) GUN {
	host, path := g.Host(), g.Path()
	if host == hubAlias {
		host = dockerHub
	}
	if host == "" {
		host = dockerHub
	}
	if host == dockerHub && !strings.Contains(path, "/") {
		path = "library/" + path
	}
	return GUN(host + "/" + path)
}

// SplitTag cuts "repository:tag" into its halves. A colon that belongs to the host's
// port is no separator; tag is "" where there is none.
func SplitTag(s string) (repository, tag string) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.Contains(s[i:], "/") {
		return s, ""
	}
	return s[:i], s[i+1:]
}
