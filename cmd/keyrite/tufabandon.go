package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui/keys"
)

// abandonFolder moves the new key of a folder's rotation that was cut short to the trash. The
// key comes into private/ before the folder is written, so that nothing lists one that waits.
func (c *cli) abandonFolder(ctx context.Context, id string) error {
	s, err := c.changeKeys(false)
	if err != nil {
		return err
	}
	unlock, err := s.keys.Lock(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	waiting, err := s.strayOf(ctx, func(k keyring.Staged) bool { return k.Op == id })
	if err != nil {
		return err
	}
	if len(waiting) == 0 {
		return fmt.Errorf("no key waits in pending/ for an operation %q", id)
	}
	stray := waiting[0]
	lines := []string{fmt.Sprintf("key %s, which nothing lists, moves from pending/ to the trash", stray.KeyID)}
	if err := c.confirm(ctx, lines, id, "giving up "+id); err != nil {
		return err
	}
	path, err := s.keys.Discard(ctx, stray.Op, stray.KeyID, c.now())
	if err != nil {
		return err
	}
	s.act("rotate", id, "given up; the unused key is "+path)
	no := false
	row := outcomeJSON{Role: trustdata.Role(stray.Role), State: string(rotation.StateAbandoned), OldKeys: []trustdata.KeyID{}, NewKeys: []trustdata.KeyID{stray.KeyID}, Published: &no, Waived: []string{}}
	info := keyring.Info{KeyID: stray.KeyID, Role: stray.Role}
	return c.emit([]outcomeJSON{row}, keys.ChangedPage("Gave up "+id, "The unused key is in the trash.", []keys.Changed{{Info: info, State: "given up", File: path}}, nil, c.now()))
}

// strayOf are the keys that wait for the rotation of a folder.
func (s *session) strayOf(ctx context.Context, which func(keyring.Staged) bool) ([]keyring.Staged, error) {
	pending, err := s.keys.Pending(ctx)
	return slices.DeleteFunc(pending, func(k keyring.Staged) bool { return !strings.HasSuffix(k.Op, rotation.FolderOp) || !which(k) }), err
}
