package rotation

import (
	"errors"
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation/ceremony"
)

// CeremonyTrust is what the offline machine may believe roots by, besides what it
// remembers of the repository itself.
type CeremonyTrust struct {
	// Local gives the metadata that docker or notary hold of a repository here.
	Local func(trustdata.GUN) ([]remote.Local, error)
	// Given are the SHA-256 of roots that a person has named, by repository.
	Given map[trustdata.GUN]string
	// FirstUse takes the roots of a repository that nothing is known of as they are.
	FirstUse bool
}

// firstUse is why roots are believed that nothing speaks for.
const firstUse = "first use: nothing was known here, and NOTHING WAS COMPARED"

// believe says why the roots of a repository are the right ones: every root that this
// machine knows of it must be among them. It is "" where nothing is known here.
func (r *Rotator) believe(repo *ceremony.Repository, t CeremonyTrust) (why string, err error) {
	seen, known, err := r.State.Seen(repo.GUN)
	if err != nil {
		return "", err
	}
	if known {
		if err := among(repo, seen.Root.Version, seen.Root.SHA256, "this machine has seen"); err != nil {
			return "", err
		}
		why = fmt.Sprintf("the roots lead on from version %d, which this machine has seen", seen.Root.Version)
	}
	local, err := t.Local(repo.GUN)
	if err != nil {
		return "", err
	}
	for _, l := range local {
		raw, ok := l.Files[trustdata.RoleRoot]
		if !ok {
			continue
		}
		root, err := notary.ParseRoot(raw)
		if err != nil {
			return "", fmt.Errorf("the root that %q holds: %w", l.Path, err)
		}
		if err := among(repo, root.Body.Version, ceremony.Sum(raw), fmt.Sprintf("%q holds", l.Path)); err != nil {
			return "", err
		}
		if why == "" {
			why = fmt.Sprintf("the roots lead on from version %d, which %q holds", root.Body.Version, l.Path)
		}
	}
	if given := t.Given[repo.GUN]; given != "" {
		n, ok := named(repo, given)
		if !ok {
			return "", trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonPin, "no root of %q in the file has the SHA-256 %s that was given", repo.GUN, given)
		}
		if why == "" {
			why = fmt.Sprintf("the SHA-256 of version %d was given by a person", n)
		}
	}
	if why == "" && t.FirstUse {
		why = firstUse
	}
	return why, nil
}

// ErrOutdated is what a ceremony's file Is that was prepared before a root which this machine
// knows. It is a rollback too: an old file that is shown on purpose looks the same.
var ErrOutdated = errors.New("so that what it asks for is out of date")

// among refuses roots that do not have one which is known.
func among(repo *ceremony.Repository, version int64, sha256hex, who string) error {
	switch {
	case version > repo.Last:
		return fmt.Errorf("%w, %w", trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonRollback, "the file ends with version %d, and %s version %d", repo.Last, who, version), ErrOutdated)
	case version < repo.First:
		return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain, "the file begins with version %d, and does not lead on from version %d, which %s", repo.First, version, who)
	case ceremony.Sum(repo.Roots()[version-repo.First]) != sha256hex:
		return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain, "version %d has other content in the file than the one that %s", version, who)
	}
	return nil
}

// named finds the root with a SHA-256.
func named(repo *ceremony.Repository, sha256hex string) (version int64, ok bool) {
	for i, raw := range repo.Roots() {
		if ceremony.Sum(raw) == sha256hex {
			return repo.First + int64(i), true
		}
	}
	return 0, false
}
