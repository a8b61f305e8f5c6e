package keyring

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"time"

	"keyrite/trustdata"
)

// Import implements Store. A file in an old layout counts as being there: the migration of
// docker and notary would write it over the one that is imported.
func (v vault) Import(ctx context.Context, pem []byte, p Passphrase) (trustdata.KeyID, bool, error) {
	k, _, err := Decode(pem, p)
	if err != nil {
		return "", false, err
	}
	id := k.KeyID()
	k.Wipe()
	added := false
	err = v.locked(ctx, func() error {
		there, name, err := v.find(ctx, id)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			name, added = keyName(id), true
			if err := v.disk.create(name, pem); err != nil {
				return v.wrap(name, err)
			}
		case err != nil:
			return err
		case !bytes.Equal(there, pem):
			return v.wrap(name, fs.ErrExist)
		}
		if err := v.readBack(name, pem); err != nil {
			return err
		}
		again, err := v.reopen(name, id, p)
		if err == nil {
			again.Wipe()
		}
		return err
	})
	return id, added && err == nil, err
}

// passwdOp is the operation under which a file waits that is to take another's place.
const passwdOp = "passwd"

// Passwd implements Store. Whatever the moment of a kill, private/<id>.key is the old file
// or the new one; what else may be left is a copy in the trash and, in pending/, the new
// file, which the next Passwd of the key moves to the trash.
func (v vault) Passwd(ctx context.Context, k *PrivateKey, p Passphrase, f Format, now time.Time) ([]string, error) {
	id := k.KeyID()
	name := keyName(id)
	kept := ""
	err := v.locked(ctx, func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		old, err := v.disk.read(name)
		if err != nil {
			return v.wrap(name, err)
		}
		was, err := parseFile(old)
		if err != nil {
			return v.wrap(name, err)
		}
		data, err := encode(k, p, keptHeaders(was.block.Headers), f)
		if err != nil {
			return err
		}
		beside, err := v.beside(ctx, id, data, p, now)
		if err != nil {
			return err
		}
		if kept, err = v.copyToTrash(id, old, now); err == nil {
			err = v.disk.replace(beside, name)
		}
		if err != nil {
			_, _ = v.toTrash(ctx, beside, id, now) // else the next Passwd takes it out of the way
			return v.wrap(name, err)
		}
		v.tidyPending(passwdOp)
		return v.readBack(name, data)
	})
	if err != nil {
		return nil, err
	}
	return []string{v.disk.full(kept)}, nil
}

// keptHeaders are the headers of a file that is encrypted anew: all that do not speak of
// the old encryption.
func keptHeaders(headers map[string]string) map[string]string {
	kept := maps.Clone(headers)
	maps.DeleteFunc(kept, func(name, _ string) bool { return name == "Proc-Type" || name == "DEK-Info" })
	return kept
}

// beside writes the file that is to take a key's place, and opens it.
func (v vault) beside(ctx context.Context, id trustdata.KeyID, data []byte, p Passphrase, now time.Time) (name string, err error) {
	if name, err = v.layBeside(ctx, passwdOp, id, data, now); err != nil {
		return "", err
	}
	k, err := v.reopen(name, id, p)
	if err != nil {
		return "", err
	}
	k.Wipe()
	return name, nil
}

// layBeside writes a file into pending/ and reads it back.
func (v vault) layBeside(ctx context.Context, op string, id trustdata.KeyID, data []byte, now time.Time) (name string, err error) {
	if name, err = pendingName(op, id); err != nil {
		return "", err
	}
	if _, err := v.disk.read(name); !errors.Is(err, fs.ErrNotExist) { // left of a run that was cut short
		if _, err := v.toTrash(ctx, name, id, now); err != nil {
			return "", err
		}
	}
	if err := v.disk.create(name, data); err != nil {
		v.tidyPending(op)
		return "", v.wrap(name, err)
	}
	return name, v.readBack(name, data)
}

// ReplaceOp is the operation under which a file waits in pending/ that Replace was given.
const ReplaceOp = "restore"

// Replace puts a key file, with the rules of Put, where another file of that key is, and
// gives the path of the old one, which is kept in the trash. Whatever the moment of a
// kill, private/<id>.key is the old file or the new one. After an error what was given may
// be left in pending/, where the next Replace of the key takes it out of the way.
func (v vault) Replace(ctx context.Context, id trustdata.KeyID, pem []byte, now time.Time) (string, error) {
	name, kept := keyName(id), ""
	if err := v.mayPut(name, pem); err != nil {
		return "", err
	}
	err := v.locked(ctx, func() error {
		old, err := v.disk.read(name)
		if err != nil {
			return v.wrap(name, err)
		}
		beside, err := v.layBeside(ctx, ReplaceOp, id, pem, now)
		if err != nil {
			return err
		}
		if kept, err = v.copyToTrash(id, old, now); err != nil {
			return err
		}
		if err := v.disk.replace(beside, name); err != nil {
			return v.wrap(name, err)
		}
		v.tidyPending(ReplaceOp)
		return v.readBack(name, pem)
	})
	if err != nil {
		return "", err
	}
	return v.disk.full(kept), nil
}

// copyToTrash keeps a file's bytes in the trash while the file stays where it is.
func (v vault) copyToTrash(id trustdata.KeyID, data []byte, now time.Time) (string, error) {
	name, err := inTrash(id, now, func(name string) error {
		err := v.disk.create(name, data)
		if there, readErr := v.disk.read(name); errors.Is(err, fs.ErrExist) && readErr == nil && bytes.Equal(there, data) {
			return v.disk.settle(path.Dir(name)) // kept by a run that was cut short
		}
		return err
	})
	if err != nil {
		return "", v.wrap(name, err)
	}
	return name, v.readBack(name, data)
}
