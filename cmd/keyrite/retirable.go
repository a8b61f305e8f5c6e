package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/ui/change"
)

// listing is what the trust servers said, asked just now, of which repositories list a key.
type listing struct {
	checked int
	// blocks are sentences, one for each repository that lists the key still, or of which
	// nobody can tell.
	blocks []string
	// late are the repositories that have expired: what they list was verified all the same.
	late []trustdata.GUN
}

// whoLists asks for every known repository, side by side, whether it lists the key in any
// role. Which keys a root lists does not end with its date, so an expired one tells it too.
func (s *session) whoLists(ctx context.Context, id trustdata.KeyID) (listing, error) {
	known, err := s.known(ctx)
	if err != nil {
		return listing{}, err
	}
	kept, err := s.stillListed(ctx, id, "")
	if err != nil {
		return listing{}, err
	}
	l := listing{checked: len(known)}
	fetcher := s.late()
	s.sideBySide(false, len(known), func(i int) func() {
		col, err := s.readWith(ctx, fetcher, known[i])
		return func() {
			if why := blocks(known[i], col, err, id, kept); why != "" {
				l.blocks = append(l.blocks, why)
			}
			if err == nil && col.Expires().Before(s.cli.now()) && !col.Expires().IsZero() {
				l.late = append(l.late, known[i])
			}
		}
	})
	slices.Sort(l.blocks)
	slices.Sort(l.late)
	return l, ctx.Err()
}

// blocks says why a repository keeps a key from being retired, or is "". One that its server
// does not have blocks where metadata that was kept here lists the key: the wrong server may
// have been asked.
func blocks(gun trustdata.GUN, col *trustdata.Collection, err error, id trustdata.KeyID, kept []trustdata.GUN) string {
	switch {
	case errors.Is(err, remote.ErrNotFound) && slices.Contains(kept, gun):
		return fmt.Sprintf("%s is not on the server that was asked, and metadata kept here lists the key", gun)
	case errors.Is(err, remote.ErrNotFound):
		return ""
	case err != nil:
		return fmt.Sprintf("%s cannot be told: %s", gun, trustdata.VisibleError(err))
	}
	if roles := listingRoles(col, id); len(roles) > 0 {
		return fmt.Sprintf("%s lists it for %s", gun, strings.Join(roles, " and "))
	}
	return ""
}

func listingRoles(col *trustdata.Collection, id trustdata.KeyID) (roles []string) {
	for _, role := range col.Roles {
		if slices.ContainsFunc(role.Keys, func(k trustdata.RoleKey) bool { return k.KeyID == id }) {
			roles = append(roles, string(role.Role))
		}
	}
	return roles
}

// lines say what was asked, for people.
func (l listing) lines(id trustdata.KeyID) []string {
	lines := []string{fmt.Sprintf("%d known repositories were asked for; none lists root key %s", l.checked, id)}
	for _, gun := range l.late {
		lines = append(lines, fmt.Sprintf("%s has expired; everything else about it was verified, and its root does not list the key", gun))
	}
	return lines
}

// free is nil where nobody lists the key any more.
func (l listing) free(id trustdata.KeyID) error {
	if len(l.blocks) == 0 {
		return nil
	}
	return fmt.Errorf("key %q stays in private/, because of %d of %d repositories: %s: %w",
		id.Short(), len(l.blocks), l.checked, strings.Join(l.blocks, "; "), change.ErrListed)
}

// unfinishedWith is an error where a change that is not settled makes or replaces the key.
func (s *session) unfinishedWith(id trustdata.KeyID) error {
	journal, err := s.journal()
	if err != nil {
		return err
	}
	defer journal.Close()
	open, err := journal.Unfinished()
	if err != nil {
		return err
	}
	for _, op := range open {
		touches := func(u *rotation.Unit) bool { return slices.Contains(slices.Concat(u.NewKeys, u.OldKeys), id) }
		if slices.ContainsFunc(op.Units, touches) {
			return fmt.Errorf("key %q is part of the unfinished operation %q: %w", id.Short(), op.ID, rotation.ErrUnfinished)
		}
	}
	return nil
}

// retiredNote names the retired keys in a sentence, for people: they are none of the keys
// in use.
func (s *session) retiredNote(ctx context.Context) ([]string, error) {
	infos, err := s.keys.Retired(ctx)
	if err != nil || len(infos) == 0 {
		return nil, err
	}
	var ids []trustdata.KeyID
	for _, info := range infos {
		if info.KeyID != "" && !slices.Contains(ids, info.KeyID) {
			ids = append(ids, info.KeyID)
		}
	}
	return []string{"Retired: " + shortIDs(ids) + "."}, nil
}

// proofOf is the newest record of a backup with that key that was decrypted to its end.
func (s *session) proofOf(id trustdata.KeyID) (backup.Record, bool, error) {
	records, err := s.backupRecords()
	if err != nil {
		return backup.Record{}, false, err
	}
	defer records.Close()
	proof, found := records.Proof(id)
	return proof, found, nil
}
