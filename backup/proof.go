package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"

	"filippo.io/age"
)

// proveEach is all with a proof for each: a random nonce is closed for it alone, and the
// identities try to open it; one that was proven before for another copy is not asked again. Nothing of this reaches a disk. It is an error where
// identities are at hand and open for nobody: what would be written with them could not
// be proven.
func proveEach(ctx context.Context, all []Recipient, ids []Identity) ([]Recipient, error) {
	all = slices.Clone(all)
	any := len(ids) == 0
	for i := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !all[i].Proven {
			proven, err := all[i].prove(ctx, ids)
			if err != nil {
				return nil, fmt.Errorf("recipient %q: %w", all[i].Name(), err)
			}
			all[i].Proven = proven
		}
		any = any || all[i].Proven
	}
	if !any {
		return nil, fmt.Errorf("%w: none of the %d identities given opens what is closed for the recipients, and nothing was written", ErrIdentity, len(ids))
	}
	return all, together(ctx, all)
}

func (r Recipient) prove(ctx context.Context, ids []Identity) (bool, error) {
	if r.own != nil {
		return true, nil // it opens what it closes; trying costs a gigabyte and a second
	}
	nonce := make([]byte, 32)
	if _, err := rand.Read(nonce); err != nil {
		return false, err
	}
	closed := new(bytes.Buffer)
	if err := closeFor(closed, nonce, until(ctx, r.to)); err != nil {
		return false, err
	}
	if len(ids) == 0 {
		return false, nil
	}
	plain, err := decrypt(ctx, closed, ids)
	if errors.Is(err, ErrIdentity) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("proving that it can decrypt: %w", err)
	}
	got, err := io.ReadAll(io.LimitReader(plain, int64(len(nonce))+1))
	if err != nil {
		return false, fmt.Errorf("proving that it can decrypt: %w", err)
	}
	return bytes.Equal(got, nonce), nil
}

func closeFor(dst io.Writer, plain []byte, to ...age.Recipient) error {
	w, err := age.Encrypt(dst, to...)
	if err != nil {
		return err
	}
	_, err = w.Write(plain)
	return errors.Join(err, w.Close())
}

// together refuses recipients that age does not mix. Which ones, only a plugin knows of
// its own.
func together(ctx context.Context, all []Recipient) error {
	if len(all) < 2 {
		return nil
	}
	var to []age.Recipient
	for _, r := range all {
		to = append(to, until(ctx, r.to))
	}
	if _, err := age.Encrypt(io.Discard, to...); err != nil {
		return fmt.Errorf("these recipients cannot share a backup: %w", err)
	}
	return nil
}

// unproven are the recipients that nobody at hand has shown to be able to decrypt.
func unproven(all []Recipient) (names []string) {
	for _, r := range all {
		if !r.Proven {
			names = append(names, r.Name())
		}
	}
	return names
}

// waivers are what a set for these recipients does without: WaiverProof where nobody is
// proven, else one waiver for each who is not, with its name behind a colon.
func waivers(all []Recipient) []string {
	names := unproven(all)
	if len(names) == len(all) {
		return []string{WaiverProof}
	}
	for i, name := range names {
		names[i] = WaiverProof + ":" + name
	}
	return names
}
