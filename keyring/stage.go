package keyring

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"path"
	"slices"
	"strings"

	"keyrite/trustdata"
)

// probe is what a new key signs to show that it can; it can never parse as metadata.
const probe = "keyrite/probe/v1\n"

// maxOp bounds the name of an operation.
const maxOp = 128

// Stage implements Store.
func (v vault) Stage(ctx context.Context, op string, k *PrivateKey, p Passphrase, h Header, f Format) (Staged, error) {
	id := k.KeyID()
	name, err := pendingName(op, id)
	if err != nil {
		return Staged{}, err
	}
	data, err := Encode(k, p, h, f)
	if err != nil {
		return Staged{}, err
	}
	err = v.locked(ctx, func() error {
		err := v.disk.create(name, data)
		if errors.Is(err, fs.ErrExist) {
			data = nil // staged before; what is there must do
		} else if err != nil {
			return v.wrap(name, err)
		}
		return v.prove(name, data, id, p)
	})
	if err != nil {
		return Staged{}, err
	}
	return v.staged(op, name), nil
}

// OpenStaged implements Store.
func (v vault) OpenStaged(ctx context.Context, op string, id trustdata.KeyID, p Passphrase) (*PrivateKey, error) {
	name, err := pendingName(op, id)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return v.reopen(name, id, p)
}

// prove reads a staged key back and uses it: the bytes must be those of data, unless that
// is nil, and the key in them the one of that ID, able to sign.
func (v vault) prove(name string, data []byte, id trustdata.KeyID, p Passphrase) error {
	if data != nil {
		if err := v.readBack(name, data); err != nil {
			return err
		}
	}
	k, err := v.reopen(name, id, p)
	if err != nil {
		return err
	}
	defer k.Wipe()
	if err := k.try(); err != nil {
		return v.wrap(name, err)
	}
	return nil
}

// reopen opens a file as it is now on the disk.
func (v vault) reopen(name string, id trustdata.KeyID, p Passphrase) (*PrivateKey, error) {
	stored, err := v.disk.read(name)
	if err != nil {
		return nil, v.wrap(name, err)
	}
	k, _, err := Decode(stored, p)
	if err != nil {
		return nil, v.wrap(name, err)
	}
	if k.KeyID() != id {
		k.Wipe()
		return nil, v.wrap(name, ErrMismatch)
	}
	return k, nil
}

// try signs a probe and verifies it with the public half as metadata will list it.
func (k PrivateKey) try() error {
	sig, err := k.Sign([]byte(probe))
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(probe))
	var pub crypto.PublicKey = ed25519.PublicKey(k.public.Value)
	if k.public.Type != trustdata.KeyED25519 {
		if pub, err = x509.ParsePKIXPublicKey(k.public.Value); err != nil {
			return err
		}
	}
	good := false
	switch pub := pub.(type) {
	case *ecdsa.PublicKey:
		half := len(sig.Bytes) / 2
		r, s := new(big.Int).SetBytes(sig.Bytes[:half]), new(big.Int).SetBytes(sig.Bytes[half:])
		good = ecdsa.Verify(pub, digest[:], r, s)
	case *rsa.PublicKey:
		good = rsa.VerifyPSS(pub, crypto.SHA256, digest[:], sig.Bytes, pssOptions) == nil
	case ed25519.PublicKey:
		good = ed25519.Verify(pub, []byte(probe), sig.Bytes)
	}
	if !good {
		return errors.New("the key's signature does not verify")
	}
	return nil
}

// Pending implements Store.
func (v vault) Pending(ctx context.Context) ([]Staged, error) {
	ops, err := v.disk.entries(pending)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Staged
	for _, dir := range ops {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !dir.IsDir() {
			continue
		}
		files, err := v.disk.entries(path.Join(pending, dir.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // promoted or discarded meanwhile
		}
		if err != nil {
			return nil, err
		}
		for _, info := range files {
			if strings.HasSuffix(info.Name(), suffix) {
				all = append(all, v.staged(dir.Name(), path.Join(pending, dir.Name(), info.Name())))
			}
		}
	}
	slices.SortFunc(all, func(a, b Staged) int {
		return cmp.Or(cmp.Compare(a.Op, b.Op), cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(a.Path, b.Path))
	})
	return all, nil
}

func (v vault) staged(op, name string) Staged {
	s := Staged{Op: op, Path: v.disk.full(name)}
	data, err := v.disk.read(name)
	if err != nil {
		s.Problem = cause(err)
	} else {
		info := Inspect(data)
		s.Role, s.GUN, s.Problem = info.Role, info.GUN, info.Problem
	}
	if s.KeyID, err = trustdata.ParseKeyID(strings.TrimSuffix(path.Base(name), suffix)); err != nil && s.Problem == "" {
		s.Problem = "the file's name is no key ID"
	}
	return s
}

// pendingName is where a staged key lies. An operation's name becomes a folder, so it is
// held to letters, digits, "-" and "_".
func pendingName(op string, id trustdata.KeyID) (string, error) {
	if op == "" || len(op) > maxOp || strings.Trim(op, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return "", fmt.Errorf("%q is no name for an operation", clip(op))
	}
	if _, err := trustdata.ParseKeyID(string(id)); err != nil {
		return "", err
	}
	return path.Join(pending, op, string(id)+suffix), nil
}

func (v vault) tidyPending(op string) {
	v.disk.tidy(path.Join(pending, op))
	v.disk.tidy(pending)
}
