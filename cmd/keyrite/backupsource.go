package main

import (
	"context"

	"keyrite/backup"
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
	guns, err := s.known(ctx)
	if err != nil {
		return src, err
	}
	return src, s.collectEvidence(ctx, &src, guns, fetch)
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
