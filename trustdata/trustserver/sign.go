package trustserver

import (
	"bytes"
	"fmt"
	"maps"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// settleSnapshot checks the uploaded snapshot, or makes one.
func (u *update) settleSnapshot() error {
	raw, uploaded := u.upload[trustdata.RoleSnapshot]
	if !uploaded {
		return u.makeSnapshot()
	}
	// There is no timestamp yet, so the file vouches for its own hash.
	self := &notary.File[notary.Timestamp]{Body: notary.Timestamp{Snapshot: notary.MetaOf(raw)}}
	verified, err := u.policy.Snapshot(u.root, self, raw)
	if err != nil {
		return refuse(badSnapshot, "%v", err)
	}
	for role, want := range u.hashed() {
		if err := matches(verified.Body.Meta[role], want); err != nil {
			return refuse(badSnapshot, "%s: %v", role, err)
		}
	}
	u.snapshot = raw
	u.accept(trustdata.RoleSnapshot, verified.Body.Version, raw)
	return nil
}

// matches compares what a snapshot says of a file with the file: its length, and every
// hash of a known kind, of which there must be the SHA-256.
func matches(listed, file notary.Meta) error {
	if listed.Hashes["sha256"] == nil || listed.Length != file.Length {
		return fmt.Errorf("the snapshot does not list the file as it is")
	}
	for kind, sum := range file.Hashes {
		if got, ok := listed.Hashes[kind]; ok && !bytes.Equal(got, sum) {
			return fmt.Errorf("the %s checksum in the snapshot is not that of the file", kind)
		}
	}
	return nil
}

// makeSnapshot makes the next snapshot of the stored one and of the files at hand.
// Entries of delegations that are no more stay in it, as in the reference server.
func (u *update) makeSnapshot() error {
	body := notary.Snapshot{Version: 1, Meta: map[trustdata.Role]notary.Meta{}}
	if cur := u.repo.current(trustdata.RoleSnapshot); cur != nil {
		previous, err := notary.ParseSnapshot(cur.data)
		if err != nil {
			return errInvalidUpdate
		}
		body.Version = previous.Body.Version + 1
		maps.Copy(body.Meta, previous.Body.Meta)
	} else if u.targets[trustdata.RoleTargets] == nil {
		return refuse(badValidation, "targets must be loaded first")
	}
	maps.Copy(body.Meta, u.hashed())
	signers, ok := u.server.signers(u.root, trustdata.RoleSnapshot)
	if !ok {
		return updateError{errInvalidUpdate.withDetail(refusal{Name: badHierarchy, Error: refusalText{
			Missing: string(trustdata.RoleSnapshot),
			Msg:     "no snapshot was included in update and server does not hold current snapshot key for repository",
		}})}
	}
	body.Expires = expiry(u.policy.Now, trustdata.RoleSnapshot)
	signed, err := notary.SignSnapshot(body, signers)
	if err != nil {
		return refuse(badValidation, "%v", err)
	}
	u.snapshot = signed.Raw
	u.accept(trustdata.RoleSnapshot, body.Version, signed.Raw)
	return nil
}

// makeTimestamp makes the next timestamp, over the snapshot that was settled before.
func (u *update) makeTimestamp() error {
	signers, ok := u.server.signers(u.root, trustdata.RoleTimestamp)
	if !ok {
		return refuse(badRoot, "the server holds no timestamp key that the root lists")
	}
	body := notary.Timestamp{Version: 1, Snapshot: notary.MetaOf(u.snapshot), Expires: expiry(u.policy.Now, trustdata.RoleTimestamp)}
	if cur := u.repo.current(trustdata.RoleTimestamp); cur != nil {
		previous, err := notary.ParseTimestamp(cur.data)
		if err != nil {
			return errInvalidUpdate
		}
		body.Version = previous.Body.Version + 1
	}
	signed, err := notary.SignTimestamp(body, signers)
	if err != nil {
		return refuse(badValidation, "%v", err)
	}
	u.accept(trustdata.RoleTimestamp, body.Version, signed.Raw)
	return nil
}

func expiry(now time.Time, role trustdata.Role) time.Time {
	return now.Add(notary.Lifetime(role)).UTC().Truncate(time.Second)
}

// refresh makes a new timestamp, and a new snapshot where it is the server's, when one of
// them has expired; it does nothing for an unknown repository. It fails where the server
// lacks the key or the root has expired. The caller holds the lock.
func (s *Server) refresh(gun trustdata.GUN) error {
	repo, now := s.repos[gun], s.now()
	if repo == nil {
		return nil
	}
	snapshot, err := notary.ParseSnapshot(repo.current(trustdata.RoleSnapshot).data)
	if err != nil {
		return fmt.Errorf("stored snapshot: %w", err)
	}
	timestamp, err := notary.ParseTimestamp(repo.current(trustdata.RoleTimestamp).data)
	if err != nil {
		return fmt.Errorf("stored timestamp: %w", err)
	}
	stale := snapshot.Body.Expires.Before(now)
	if !stale && !timestamp.Body.Expires.Before(now) {
		return nil
	}
	u := &update{server: s, repo: repo, policy: notary.Policy{GUN: gun, Now: now}, snapshot: snapshot.Raw}
	if u.root, err = u.policy.FirstRoot(repo.current(trustdata.RoleRoot).data); err != nil {
		return fmt.Errorf("stored root: %w", err)
	}
	if stale {
		if err := u.makeSnapshot(); err != nil {
			return fmt.Errorf("failed to renew the snapshot: %s", err)
		}
	}
	if err := u.makeTimestamp(); err != nil {
		return fmt.Errorf("failed to renew the timestamp: %s", err)
	}
	return s.store(gun, u.accepted)
}
