// Package archive keeps a repository's raw evidence: every root version, the current
// metadata of every role as the server sent it, and a transcript of what was verified
// while it still could be. A trust server that closes takes none of that with it.
//
// An archive of one repository is a folder:
//
//	<GUN, "/" written %2F and ":" %3A>/
//	  archive.json            format, when and from where, every file with its SHA-256
//	  transcript.txt          what was verified, in words
//	  root.1.json ...         every root version that the server still had
//	  root.json targets.json snapshot.json timestamp.json
//	  targets/<name>.json     delegations
//
// archive.json vouches for nothing: reading an archive checks every hash, walks the chain
// of roots, and verifies all of it anew as of the time that archive.json names. That time
// is the archive's own claim.
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
	"time"

	"keyrite/trustdata"
)

// format is the number of the layout above; another one is refused.
const format = 1

const (
	manifestName   = "archive.json"
	transcriptName = "transcript.txt"
)

// Limits of what is read back, in bytes and files.
const (
	maxManifest = 16 << 20
	maxFiles    = 100_000
)

// Manifest lists an archive.
type Manifest struct {
	Format int           `json:"format"`
	Tool   string        `json:"tool"`
	GUN    trustdata.GUN `json:"gun"`
	// Server is where it was fetched from, VerifiedAt when it verified.
	Server     string    `json:"server"`
	VerifiedAt time.Time `json:"verified_at"`
	Files      []File    `json:"files"`
	// Missing are root versions that the server did not have any more.
	Missing []int64 `json:"missing_roots"`
}

// File is one file of an archive.
type File struct {
	Path string         `json:"path"`
	Role trustdata.Role `json:"role"`
	// Version is set for numbered roots, and 0 for the current file of a role.
	Version int64  `json:"version"`
	Size    int64  `json:"size"`
	SHA256  string `json:"sha256"`
}

// Folder is the name of a repository's archive within the folder of archives. It is flat,
// for one repository's name may be the path of another's delegation; some file systems
// take no colon; and "%" is no character of a GUN.
func Folder(gun trustdata.GUN) string {
	return strings.NewReplacer("/", "%2F", ":", "%3A").Replace(string(gun))
}

// pathOf is a role's file within an archive. A delegation is a path of its own, which
// ParseRole has found harmless.
func pathOf(role trustdata.Role, version int64) string {
	if version > 0 {
		return fmt.Sprintf("%s.%d.json", role, version)
	}
	return path.Clean(string(role)) + ".json"
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
