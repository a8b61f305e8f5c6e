package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/state"
)

// maxCollection bounds all files of one repository together, in bytes. A target counts
// for what it takes in memory, too, in whichever form it is listed.
const (
	maxCollection = 192 << 20
	tagWeight     = 640
)

// maxTargets bounds how many files of targets and delegations are read, each with a request
// of its own.
const maxTargets = 10_000

// source gives raw bytes. ErrNotFound says that it does not have them.
type source interface {
	// firstRoot is the current root.json.
	firstRoot(ctx context.Context) ([]byte, error)
	// rootAt is version n of root.json; a file with this hash will do if one is given.
	rootAt(ctx context.Context, n int64, sha256hex string) ([]byte, error)
	timestamp(ctx context.Context) ([]byte, error)
	// byHash is the file of a role that its parent names so.
	byHash(ctx context.Context, role trustdata.Role, meta notary.Meta) ([]byte, error)
	// lookAgain is called when what was read does not fit together, which a cache on
	// the way to the server can cause.
	lookAgain()
}

// session is one fetch of one repository.
type session struct {
	ctx    context.Context
	now    time.Time
	policy notary.Policy
	seen   state.Seen
	known  bool // that seen is something
	local  []Local
	from   source
	// size is what the files below root have together, and tags are their targets.
	size int64
	tags int
	// chain is the size of the roots that were followed.
	chain int64
	// pins are the roots that local holds and what is remembered is not known to follow from.
	pins []pin
	// anchor is the root that was remembered, and renewed are the roles that the root at hand
	// lists other keys for.
	anchor  *notary.File[notary.Root]
	renewed []trustdata.Role
	// reached is the last root of a chain that was too long for this run.
	reached *notary.File[notary.Root]
	// asCached says that the repository is what the cache has, byte for byte.
	asCached bool
}

// run verifies the repository from its root down. What does not fit together may come of
// a publish that happened meanwhile, or of a stale copy on the way, so then the server is
// asked once more, for newer roots too. The second answer counts.
func (s *session) run() (*notary.Repository, error) {
	if repo := s.unchanged(); repo != nil {
		return repo, nil
	}
	if from, ok := s.from.(*live); ok {
		defer from.goAhead(s.ctx)()
	}
	root, err := s.root()
	if err != nil {
		return nil, err
	}
	repo, err := s.below(root)
	if err == nil || !errors.Is(err, trustdata.ErrVerify) {
		return repo, err
	}
	s.from.lookAgain()
	if root, err = s.walk(root); err != nil {
		return nil, err
	}
	if repo, err = s.below(root); err != nil {
		return nil, s.explainRoot(root, err)
	}
	return repo, nil
}

// below verifies everything under a verified root.
func (s *session) below(root *notary.File[notary.Root]) (*notary.Repository, error) {
	s.size, s.tags = 0, 0
	s.renew(root)
	repo := &notary.Repository{
		GUN: s.policy.GUN, Root: root,
		Targets: map[trustdata.Role]*notary.File[notary.Targets]{},
		Skipped: map[trustdata.Role]trustdata.Problem{},
	}
	raw, err := s.from.timestamp(s.ctx)
	if err != nil {
		return nil, err
	}
	if repo.Timestamp, err = s.policy.Timestamp(root, raw); err != nil {
		return nil, err
	}
	if raw, err = s.read(trustdata.RoleSnapshot, repo.Timestamp.Body.Snapshot); err != nil {
		return nil, err
	}
	if repo.Snapshot, err = s.policy.Snapshot(root, repo.Timestamp, raw); err != nil {
		return nil, namesRoot(err, raw)
	}
	if raw, err = s.read(trustdata.RoleTargets, repo.Snapshot.Body.Meta[trustdata.RoleTargets]); err != nil {
		return nil, err
	}
	targets, err := s.policy.Targets(root, repo.Snapshot, raw)
	if err != nil {
		return nil, err
	}
	if err := s.take(repo, trustdata.RoleTargets, targets); err != nil {
		return nil, err
	}
	if err := s.delegations(repo, targets); err != nil {
		return nil, err
	}
	return repo, nil
}

// read gets a file that its parent names. What is longer than announced is not what the
// parent means, whatever follows.
func (s *session) read(role trustdata.Role, meta notary.Meta) ([]byte, error) {
	if meta.Length > notary.Limit(role) {
		return nil, trustdata.Refuse(role, trustdata.ReasonFormat, "it has %d bytes, more than the limit of %d", meta.Length, notary.Limit(role))
	}
	if s.size += meta.Length; s.size > maxCollection {
		return nil, s.tooLarge(role)
	}
	raw, err := s.from.byHash(s.ctx, role, meta)
	if errors.Is(err, ErrTooLarge) {
		return nil, trustdata.Refuse(role, trustdata.ReasonChecksum, "it is longer than the %d bytes that its parent names", meta.Length)
	}
	return raw, err
}

func (s *session) tooLarge(role trustdata.Role) error {
	return fmt.Errorf("with %s the metadata of %q is larger than %d bytes", role, s.policy.GUN, maxCollection)
}

// take adds a verified file, unless it is one too many or has too much in it.
func (s *session) take(repo *notary.Repository, role trustdata.Role, file *notary.File[notary.Targets]) error {
	repo.Targets[role] = file
	switch s.tags += len(file.Body.Targets); {
	case s.tags > notary.MaxTags:
		return trustdata.Refuse(role, trustdata.ReasonFormat, "with it %q has more than %d targets", s.policy.GUN, notary.MaxTags)
	case s.size+tagWeight*int64(s.tags) > maxCollection:
		return s.tooLarge(role)
	case len(repo.Targets) > maxTargets:
		return trustdata.Refuse(role, trustdata.ReasonFormat, "with it %q has more than %d files of targets", s.policy.GUN, maxTargets)
	}
	return nil
}

// delegations verifies the roles that a verified file lists, each with what is below it,
// in the order of the file. A name is one segment longer than its parent's and bounded,
// so the descent ends.
func (s *session) delegations(repo *notary.Repository, parent *notary.File[notary.Targets]) error {
	for _, d := range parent.Body.Delegations {
		meta, published := repo.Snapshot.Body.Meta[d.Role]
		if !published {
			if v := s.seen.Versions[d.Role]; v > 0 {
				repo.Skipped[d.Role] = trustdata.Problem{Role: d.Role, Reason: trustdata.ReasonMissing,
					Detail: fmt.Sprintf("the snapshot names no file of it, although version %d was seen before", v)}
			}
			continue
		}
		file, err := s.delegation(repo, parent, d, meta)
		var refused *trustdata.VerifyError
		switch {
		case errors.As(err, &refused):
			repo.Skipped[d.Role] = refused.Problem
			continue
		case err != nil:
			return err
		}
		if err := s.take(repo, d.Role, file); err != nil {
			return err
		}
		if err := s.delegations(repo, file); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) delegation(repo *notary.Repository, parent *notary.File[notary.Targets], d notary.Delegation, meta notary.Meta) (*notary.File[notary.Targets], error) {
	raw, err := s.read(d.Role, meta)
	if errors.Is(err, ErrNotFound) {
		return nil, trustdata.Refuse(d.Role, trustdata.ReasonMissing, "the file that the snapshot names is not there")
	} else if err != nil {
		return nil, err
	}
	return s.policy.Delegation(parent, d, repo.Snapshot, raw)
}

// fits reports whether raw is the file that its parent names by SHA-256 and length.
func fits(raw []byte, meta notary.Meta) bool {
	return int64(len(raw)) == meta.Length && string(meta.Hashes["sha256"]) == string(sumOf(raw))
}
