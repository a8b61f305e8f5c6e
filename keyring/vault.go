package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"keyrite/trustdata"
)

// disk is what a vault needs below it. Names are slash-separated and relative; full gives
// the one that people are shown. Folders appear with the first file in them.
type disk interface {
	full(name string) string
	entries(folder string) ([]fs.FileInfo, error) // fs.ErrNotExist for a folder that is not there
	read(name string) ([]byte, error)             // regular files only, at most maxFile+1 bytes
	shelf(folder string) (shelf, error)           // for reading many files of one folder
	create(name string, data []byte) error        // durable; fs.ErrExist
	move(from, to string) error                   // one rename, durable; fs.ErrExist
	replace(from, to string) error                // one rename over what is there, durable
	settle(folder string) error                   // make a folder's entries durable
	tidy(folder string)                           // remove it if it is empty
	acquire(ctx context.Context) (release func() error, err error)
}

// vault is the trust directory's layout and rules, on any disk.
type vault struct{ disk disk }

const (
	private = "private"
	pending = "pending"
	trash   = "trash"
	retired = "retired"
	suffix  = ".key"
)

// legacyFolders are below private.
var legacyFolders = []string{"root_keys", "tuf_keys"}

func keyName(id trustdata.KeyID) string { return path.Join(private, string(id)+suffix) }

// Lock implements Store.
func (v vault) Lock(ctx context.Context) (func() error, error) { return v.disk.acquire(ctx) }

// Raw implements Store.
func (v vault) Raw(ctx context.Context, id trustdata.KeyID) ([]byte, error) {
	data, _, err := v.find(ctx, id)
	return data, err
}

// Open implements Store.
func (v vault) Open(ctx context.Context, id trustdata.KeyID, p Passphrase) (*PrivateKey, error) {
	data, name, err := v.find(ctx, id)
	if err != nil {
		return nil, err
	}
	k, _, err := Decode(data, p)
	if err != nil {
		return nil, v.wrap(name, err)
	}
	if got := k.KeyID(); got != id {
		k.Wipe()
		return nil, v.wrap(name, fmt.Errorf("%w: %s", ErrMismatch, got))
	}
	return k, nil
}

// find reads the file of a key: in private, else in a legacy folder.
func (v vault) find(ctx context.Context, id trustdata.KeyID) (data []byte, name string, err error) {
	if _, err := trustdata.ParseKeyID(string(id)); err != nil {
		return nil, "", err
	}
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	name = keyName(id)
	data, err = v.disk.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		if name, err = v.findLegacy(ctx, id); err != nil {
			return nil, "", err
		}
		data, err = v.disk.read(name)
	}
	if err != nil {
		return nil, "", v.wrap(name, err)
	}
	return data, name, nil
}

func (v vault) findLegacy(ctx context.Context, id trustdata.KeyID) (string, error) {
	found := ""
	for _, folder := range legacyFolders {
		err := v.walk(ctx, path.Join(private, folder), func(name string, _ fs.FileInfo) {
			if stem, _ := legacyStem(name); found == "" && stem == string(id) {
				found = name
			}
		})
		if err != nil {
			return "", err
		}
	}
	if found == "" {
		return "", &fs.PathError{Op: "open", Path: v.disk.full(keyName(id)), Err: fs.ErrNotExist}
	}
	return found, nil
}

// walk calls file for each "*.key" below folder, in order. A folder that cannot be read
// is passed over.
func (v vault) walk(ctx context.Context, folder string, file func(string, fs.FileInfo)) error {
	entries, err := v.disk.entries(folder)
	if err != nil {
		return nil
	}
	for _, info := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := path.Join(folder, info.Name())
		if strings.HasSuffix(name, suffix) {
			file(name, info)
		} else if info.IsDir() {
			if err := v.walk(ctx, name, file); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v vault) wrap(name string, err error) error {
	return fmt.Errorf("key file %q: %w", v.disk.full(name), err)
}
