package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/trustdata/archive"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
)

// maxEvidence bounds the older metadata that is held in memory for a backup, in bytes. A
// root has a few thousand.
const maxEvidence = 64 << 20

// evidence collects the metadata of a backup: for each repository the current files, every
// root version that is at hand, and older files where an archive has them.
type evidence struct {
	session *session
	src     *backup.Source
	seen    map[string][32]byte // hashes, by GUN and name
	held    int
}

func newEvidence(s *session, src *backup.Source) *evidence {
	return &evidence{session: s, src: src, seen: map[string][32]byte{}}
}

func (s *session) collectEvidence(ctx context.Context, src *backup.Source, guns []trustdata.GUN, fetch bool) error {
	e := newEvidence(s, src)
	if fetch {
		e.fetch(ctx, guns)
	}
	published, folders, err := s.ownRecords()
	if err != nil {
		return err
	}
	for _, gun := range guns {
		if err := e.cached(gun); err != nil {
			return err
		}
		for _, raw := range published[gun] {
			e.numbered(gun, trustdata.RoleRoot, raw)
		}
		for _, dir := range folders[gun] {
			e.archived(ctx, dir, gun)
		}
		local, err := s.local(gun)
		if err != nil {
			return err
		}
		for _, l := range local {
			e.numbered(gun, trustdata.RoleRoot, l.Files[trustdata.RoleRoot])
		}
	}
	src.Verified = s.verifiedHere(ctx, guns)
	return nil
}

// ownRecords are the roots that were published from here, and where archives were saved.
func (s *session) ownRecords() (published map[trustdata.GUN][][]byte, folders map[trustdata.GUN][]string, err error) {
	journal, err := s.journal()
	if err != nil {
		return nil, nil, err
	}
	defer journal.Close()
	if published, err = journal.Published(); err != nil {
		return nil, nil, err
	}
	acts, err := s.state.Activity().List()
	if err != nil {
		return nil, nil, err
	}
	folders = map[trustdata.GUN][]string{}
	for _, act := range acts {
		gun := trustdata.GUN(act.On)
		if act.What == "archive" && filepath.Base(act.Detail) == archive.Folder(gun) {
			folders[gun] = append(folders[gun], filepath.Dir(act.Detail))
		}
	}
	return published, folders, nil
}

// verifiedHere are the repositories whose metadata here verifies as of now, every role's.
func (s *session) verifiedHere(ctx context.Context, guns []trustdata.GUN) map[trustdata.GUN]bool {
	verified := map[trustdata.GUN]bool{}
	s.each(ctx, guns, true, func(i int, col *trustdata.Collection, err error) {
		verified[guns[i]] = err == nil && col.Verified()
	})
	return verified
}

// cached adds what is in keyrite's cache.
func (e *evidence) cached(gun trustdata.GUN) error {
	files, err := e.session.cache.Files(gun)
	if err != nil {
		return err
	}
	for _, role := range slices.Sorted(maps.Keys(files)) {
		e.current(gun, role, files[role], func() ([]byte, error) {
			raw, _, err := e.session.cache.Read(gun, role)
			return raw, err
		})
	}
	e.numbered(gun, trustdata.RoleRoot, files[trustdata.RoleRoot])
	return nil
}

// archived adds what an archive has that was saved from here, if it still lies there.
func (e *evidence) archived(ctx context.Context, dir string, gun trustdata.GUN) {
	a, err := archive.Read(ctx, dir, gun)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !errors.Is(err, archive.ErrDamaged):
	case err != nil:
		e.leave(filepath.Join(dir, archive.Folder(gun)), err)
	default:
		e.all(gun, &a.Evidence)
	}
}

// fetch asks the servers, several at a time; what has expired is evidence too. A repository
// that cannot be had stays out and is named: the keys are not to wait for a server that is
// gone.
func (e *evidence) fetch(ctx context.Context, guns []trustdata.GUN) {
	found, failed := make([]*archive.Evidence, len(guns)), make([]error, len(guns))
	fetcher := e.session.late()
	e.session.sideBySide(false, len(guns), func(i int) func() {
		one, err := e.session.gather(ctx, fetcher, guns[i])
		return func() { found[i], failed[i] = one, err }
	})
	for i, gun := range guns {
		if failed[i] != nil {
			e.leave("evidence of "+string(gun), failed[i])
			continue
		}
		e.all(gun, found[i])
	}
}

func (s *session) gather(ctx context.Context, f *remote.Fetcher, gun trustdata.GUN) (*archive.Evidence, error) {
	res, err := f.Fetch(ctx, gun)
	if err != nil {
		return nil, err
	}
	client, err := s.trustServer(gun)
	if err != nil {
		return nil, err
	}
	return archive.Gather(ctx, res, client)
}

// all adds evidence that is in memory.
func (e *evidence) all(gun trustdata.GUN, from *archive.Evidence) {
	for _, role := range slices.Sorted(maps.Keys(from.Files)) {
		raw := from.Files[role]
		e.current(gun, role, raw, func() ([]byte, error) { return raw, nil })
	}
	for _, version := range slices.Sorted(maps.Keys(from.Numbered)) {
		e.numbered(gun, trustdata.RoleRoot, from.Numbered[version])
	}
}

// current adds the file of a role. Where there is another one already, which is newer, this
// one goes in under its version.
func (e *evidence) current(gun trustdata.GUN, role trustdata.Role, raw []byte, read func() ([]byte, error)) {
	name := string(role) + ".json"
	if _, taken := e.seen[string(gun)+"/"+name]; taken {
		e.numbered(gun, role, raw)
		return
	}
	e.add(gun, name, raw, read)
}

// numbered adds a file under its version, unless it is there as it is. What cannot be read
// as metadata is evidence of nothing.
func (e *evidence) numbered(gun trustdata.GUN, role trustdata.Role, raw []byte) {
	version, err := versionOf(role, raw)
	hash := sha256.Sum256(raw)
	if err != nil || role != trustdata.RoleRoot && e.seen[fmt.Sprintf("%s/%s.json", gun, role)] == hash {
		return
	}
	name := fmt.Sprintf("%d.%s.json", version, role)
	if e.seen[string(gun)+"/"+name] == hash {
		return
	}
	if e.held += len(raw); e.held > maxEvidence {
		e.leave(fmt.Sprintf("%s of %s", name, gun), fmt.Errorf("all older metadata together is larger than %d bytes", maxEvidence))
		return
	}
	e.add(gun, name, raw, func() ([]byte, error) { return raw, nil })
}

func versionOf(role trustdata.Role, raw []byte) (int64, error) {
	switch role {
	case trustdata.RoleRoot:
		f, err := notary.ParseRoot(raw)
		if err != nil {
			return 0, err
		}
		return f.Body.Version, nil
	case trustdata.RoleSnapshot:
		f, err := notary.ParseSnapshot(raw)
		if err != nil {
			return 0, err
		}
		return f.Body.Version, nil
	case trustdata.RoleTimestamp:
		f, err := notary.ParseTimestamp(raw)
		if err != nil {
			return 0, err
		}
		return f.Body.Version, nil
	}
	f, err := notary.ParseTargets(role, raw)
	if err != nil {
		return 0, err
	}
	return f.Body.Version, nil
}

// add adds a file. One that differs from another of its name is added too: what becomes of
// two roots of one version, the backup says.
func (e *evidence) add(gun trustdata.GUN, name string, raw []byte, read func() ([]byte, error)) {
	at := string(gun) + "/" + name
	if _, taken := e.seen[at]; !taken {
		e.seen[at] = sha256.Sum256(raw)
	}
	e.src.Metadata = append(e.src.Metadata, backup.MetadataFile{GUN: gun, Name: name, Read: read})
}

func (e *evidence) leave(what string, err error) {
	e.src.LeftOut = append(e.src.LeftOut, backup.LeftOut{Path: what, Reason: trustdata.VisibleError(err)})
}
