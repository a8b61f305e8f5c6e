package backup

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"keyrite/trustdata"
)

// Kind is what a file of a backup is. It follows from the file's path.
type Kind string

// The kinds of files.
const (
	KindKey      Kind = "key"
	KindRetired  Kind = "retired key"
	KindMetadata Kind = "metadata"
	KindArchive  Kind = "archive"
	KindSettings Kind = "settings"
)

const (
	manifestName = "manifest.json"
	privateDir   = "private"
	retiredDir   = "retired"
	tufDir       = "tuf"
	archiveDir   = "archive"
	settingsDir  = "settings"
	// settingsName is the one file of settings.
	settingsName = settingsDir + "/config.toml"
	keySuffix    = ".key"
	jsonSuffix   = ".json"
)

// maxPath bounds a member's path: the longest GUN fits, with every byte written as three,
// and the longest role.
const maxPath = 1200

// kindOf is the list of allowed names: it says what a member of that path is, and refuses
// every path that a backup does not hold.
func kindOf(name string) (Kind, error) {
	top, rest, _ := strings.Cut(name, "/")
	switch {
	case len(name) > maxPath || !fs.ValidPath(name) || strings.Contains(name, `\`) || trustdata.Visible(name) != name:
	case top == privateDir && keyFileName(rest):
		return KindKey, nil
	case top == retiredDir && keyFileName(rest):
		return KindRetired, nil
	case top == tufDir:
		if _, _, err := splitMetadata(rest, "metadata/"); err == nil {
			return KindMetadata, nil
		}
	case top == archiveDir:
		if _, err := splitArchive(rest); err == nil {
			return KindArchive, nil
		}
	case name == settingsName:
		return KindSettings, nil
	}
	return "", fmt.Errorf("%q is not a name that a backup holds", shorten(name))
}

func keyFileName(rest string) bool {
	base := path.Base(rest)
	return strings.HasSuffix(base, keySuffix) && base != keySuffix
}

// splitMetadata takes "<GUN>/<folder><role>.json" apart. A GUN may have a segment named as
// the folder, so the last one counts that leaves a role behind it.
func splitMetadata(rest, folder string) (trustdata.GUN, trustdata.Role, error) {
	stem, ok := strings.CutSuffix(rest, jsonSuffix)
	for i := len(stem); ok && i > 0; {
		i = strings.LastIndex(stem[:i], "/"+folder)
		if i < 0 {
			break
		}
		gun, gunErr := trustdata.ParseGUN(stem[:i])
		role, roleErr := trustdata.ParseRole(stem[i+1+len(folder):])
		if gunErr == nil && roleErr == nil {
			return gun, role, nil
		}
	}
	return "", "", fmt.Errorf("%q names no repository and role", rest)
}

// archived is what a path below archive/ says.
type archived struct {
	gun  trustdata.GUN
	role trustdata.Role
	// version is "" for the newest file of a role.
	version string
}

// archivePath is where metadata of a repository goes, name being "[<n>.]<role>.json".
func archivePath(gun trustdata.GUN, name string) string {
	return path.Join(archiveDir, portablePath(string(gun)), portablePath(name))
}

// splitArchive takes "<GUN>/[<n>.]<role>.json" apart, as archivePath writes it or with the
// names as they are, which is how backups of format 1 have them. The role is the longest
// that the path ends with, so that targets/a is a delegation and not the role of a longer
// GUN.
func splitArchive(rest string) (archived, error) {
	rest, err := plainPath(rest)
	if err != nil {
		return archived{}, err
	}
	for i := range len(rest) {
		if rest[i] != '/' {
			continue
		}
		role, version, err := archiveRole(rest[i+1:])
		if err != nil {
			continue
		}
		if gun, err := trustdata.ParseGUN(rest[:i]); err == nil {
			return archived{gun, role, version}, nil
		}
	}
	return archived{}, fmt.Errorf("%q names no repository and role", rest)
}

// archiveRole reads "[<n>.]<role>.json".
func archiveRole(name string) (role trustdata.Role, version string, err error) {
	stem, ok := strings.CutSuffix(name, jsonSuffix)
	if !ok {
		return "", "", fmt.Errorf("%q is not a metadata file's name", name)
	}
	if n, after, ok := strings.Cut(stem, "."); ok && isVersion(n) {
		stem, version = after, n
	}
	role, err = trustdata.ParseRole(stem)
	return role, version, err
}

func isVersion(s string) bool {
	return s != "" && len(s) <= 19 && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}

// parents are the folders above name, outermost first.
func parents(name string) []string {
	var dirs []string
	for i := range len(name) {
		if name[i] == '/' {
			dirs = append(dirs, name[:i])
		}
	}
	return dirs
}

// shorten keeps a hostile name from filling the screen.
func shorten(name string) string {
	const most = 200
	if len(name) > most {
		return name[:most] + "..."
	}
	return name
}
