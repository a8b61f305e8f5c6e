package main

import (
	"context"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
)

// backupSource is everything that goes into a backup.
func (s *session) backupSource(ctx context.Context) (backup.Source, error) {
	return s.backupSourceFetched(ctx, false)
}

// backupSourceFetched is backupSource that, if fetch is set, first asks the servers for what
// this machine does not have of the evidence.
func (s *session) backupSourceFetched(ctx context.Context, fetch bool) (backup.Source, error) {
	src := backup.Source{Dirs: s.dirs, Tool: "keyrite " + version(), Settings: s.cli.settings()}
	scan, err := backup.ScanDirs(ctx, s.dirs)
	if err != nil {
		return src, err
	}
	guns, err := s.knownBy(ctx, scan)
	if err != nil {
		return src, err
	}
	if !fetch { // else it would be old by the time that it is planned with
		src.Scan = scan
	}
	return src, s.collectEvidence(ctx, &src, guns, fetch)
}

// knownBy is known where the key files have been read for a backup.
func (s *session) knownBy(ctx context.Context, scan *backup.Scan) ([]trustdata.GUN, error) {
	var infos []keyring.Info
	for _, gun := range scan.GUNs() {
		infos = append(infos, keyring.Info{GUN: gun})
	}
	return s.knownWith(ctx, infos)
}

// givenSource is what goes into a backup of key files that are no trust directory: they, and
// what this machine has of the repositories that they sign for.
func (s *session) givenSource(ctx context.Context, path string, fetch bool) (backup.Source, error) {
	src := backup.Source{Tool: "keyrite " + version()}
	var err error
	if src.Given, err = backup.ReadKeyFiles(ctx, absolute(path)); err != nil {
		return src, err
	}
	guns, err := s.known(ctx)
	if err != nil {
		return src, err
	}
	var concerned []trustdata.GUN
	for _, gun := range guns {
		one := newEvidence(s, &backup.Source{})
		if err := one.cached(gun); err != nil {
			return src, err
		}
		if yes, err := src.Given.Concerns(gun, one.src.Metadata); err != nil {
			return src, err
		} else if yes {
			concerned = append(concerned, gun)
		}
	}
	return src, s.collectEvidence(ctx, &src, concerned, fetch)
}
