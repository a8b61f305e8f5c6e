package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/importkeys"
)

// importScreen brings key files in, or says why it cannot.
func (d *desk) importScreen() (ui.Screen, string) { return d.importFile("") }

// importFile brings in what a file holds; "" asks for one.
func (d *desk) importFile(path string) (ui.Screen, string) {
	if d.session.cli.flags.readOnly {
		return nil, "This session is read-only: start keyrite without --read-only to change something."
	}
	return importkeys.New(importkeys.Options{Profile: d.session.cli.profileLabel(), Context: d.ctx, Styles: d.styles, Clock: d.clock, Service: importService{d}, Path: path}), ""
}

// importService is what the importing screen needs of the layers below.
type importService struct{ desk *desk }

var _ importkeys.Service = importService{}

// Read implements importkeys.Service.
func (s importService) Read(ctx context.Context, typed, role string) (importkeys.Batch, error) {
	c, session := s.desk.session.cli, s.desk.session
	path := c.typedPath(typed)
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		return nil, fmt.Errorf("key file %q: %w", path, err)
	}
	data, err := readBounded(path, 2<<20)
	if err != nil {
		return nil, fmt.Errorf("key file %q: %w", path, err)
	}
	defer clear(data)
	blocks, skipped, err := keyring.ParseBundle(data)
	if err != nil {
		return nil, fmt.Errorf("key file %q: %w", path, err)
	}
	b := &importBatch{desk: s.desk}
	if info.Mode().Perm()&0o077 != 0 {
		b.notes = append(b.notes, fmt.Sprintf("The file has mode %04o: others on this machine can read it.", info.Mode().Perm()))
	}
	for _, kind := range skipped {
		b.notes = append(b.notes, fmt.Sprintf("A block of type %s is no private key and was passed over.", kind))
	}
	for _, block := range blocks {
		if block.Header.Role == "" && role == "" {
			return nil, fmt.Errorf("key file %q: %w", path, importkeys.ErrNoRole)
		}
		in := &incoming{from: path, block: block, id: block.KeyID}
		if in.header, err = session.purpose(ctx, block.Header, importFlags{role: role}); err != nil {
			return nil, fmt.Errorf("key file %q: %w", path, err)
		}
		b.all = append(b.all, in)
	}
	return b, nil
}

// importBatch is a file on its way in. The console may wipe it while a key is being opened.
type importBatch struct {
	desk  *desk
	notes []string

	mu    sync.Mutex
	all   []*incoming
	wiped bool
}

var _ importkeys.Batch = (*importBatch)(nil)

// Keys implements importkeys.Batch.
func (b *importBatch) Keys() []importkeys.Key {
	out := make([]importkeys.Key, len(b.all))
	for i, in := range b.all {
		out[i] = importkeys.Key{ID: in.block.KeyID, Role: in.header.Role, GUN: in.header.GUN, Locked: in.block.Encrypted}
	}
	return out
}

// Notes implements importkeys.Batch.
func (b *importBatch) Notes() []string { return b.notes }

// Open implements importkeys.Batch.
func (b *importBatch) Open(_ context.Context, i int, p keyring.Passphrase) (trustdata.KeyID, error) {
	in := b.all[i]
	first := p
	if !in.block.Encrypted {
		first = keyring.Passphrase{}
	}
	key, err := in.block.Open(first)
	if err != nil {
		p.Wipe()
		return "", err
	}
	defer key.Wipe()
	var file []byte
	if in.block.Encrypted {
		file, err = in.block.File(in.header)
	} else {
		file, err = keyring.Encode(key, p, in.header, keyring.Format{Iterations: keyring.DefaultIterations})
	}
	if err != nil {
		p.Wipe()
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wiped {
		p.Wipe()
		return "", context.Canceled
	}
	in.id, in.algorithm, in.file, in.pass = key.KeyID(), key.Public().Type, file, p
	return in.id, nil
}

// Store implements importkeys.Batch. The end of the program waits for it.
func (b *importBatch) Store(ctx context.Context) ([]importkeys.Stored, error) {
	b.desk.working.Add(1)
	defer b.desk.working.Done()
	session := b.desk.session
	all, err := distinct(b.all)
	if err != nil {
		return nil, err
	}
	if err := session.cli.ensureTrustDir(session); err != nil {
		return nil, err
	}
	unlock, err := session.keys.Lock(ctx)
	if err != nil {
		return nil, err
	}
	err = session.storeAll(ctx, all)
	if err = errors.Join(err, unlock()); err != nil {
		return nil, err
	}
	out := make([]importkeys.Stored, len(all))
	for i, in := range all {
		info, err := rowOf(ctx, session, in.id)
		if err != nil {
			return nil, err
		}
		out[i] = importkeys.Stored{ID: in.id, Path: info.Path, Same: in.state == "same"}
	}
	return out, nil
}

// Wipe implements importkeys.Batch.
func (b *importBatch) Wipe() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wiped = true
	for _, in := range b.all {
		in.pass.Wipe()
	}
}
