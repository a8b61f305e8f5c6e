package notary

import (
	"fmt"

	"keyrite/trustdata"
)

// Limit is the greatest size in bytes that a role's file may have.
func Limit(role trustdata.Role) int64 {
	switch role {
	case trustdata.RoleRoot, trustdata.RoleSnapshot:
		return 16 * mib
	case trustdata.RoleTimestamp:
		return 1 * mib
	}
	return 64 * mib
}

// What one file may list. The size alone does not bound what reading takes: an entry of
// four bytes becomes an object of a hundred.
const (
	// MaxTags is for the targets of all files of a repository together, too.
	MaxTags        = 150_000
	maxDelegations = 10_000
	maxKeys        = 10_000
	// maxListed is for the key IDs and the paths of all roles of a file together.
	maxListed = 100_000
	// maxFiles is for the files that a snapshot names.
	maxFiles = 20_000
	// maxHashes is for one file or one target.
	maxHashes = 8
	// maxName is for the name of a target or of any other member, in bytes, and maxNames for
	// those of all targets of a file: they are copied, and sorted by copies.
	maxName  = 4096
	maxNames = 16 * mib
	// maxString is for a string that is kept, such as a certificate, and for any that has
	// escapes, in bytes.
	maxString = 2 * mib
	// maxReason is how much is said of what is wrong, in characters.
	maxReason = 500
	// maxSignatures is for one file: each may cost a verification.
	maxSignatures = 1000
	// maxUnknown is how many unknown members are named; one is enough to refuse by.
	maxUnknown = 8
	// maxLoose is the size in bytes of a body that is not in canonical form: the form has
	// to be made, in memory and twice over. Servers send it as it is.
	maxLoose = 16 * mib
)

// within refuses one more of what there are n of.
func within(n, limit int, what string) error {
	if n >= limit {
		return fmt.Errorf("it has more than %d %s", limit, what)
	}
	return nil
}
