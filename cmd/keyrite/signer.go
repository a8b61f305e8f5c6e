package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation"
	"keyrite/ui/tags"
)

func (c *cli) signerCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "signer", Short: "Who may sign tags: list, add and remove", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return usagef("signer what? list, add or remove") }}
	cmd.AddCommand(c.signerListCommand(), c.signerAddCommand(), c.signerRemoveCommand())
	return cmd
}

func (c *cli) signerListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list GUN", Short: "The signers of a repository, their keys, and how many tags each vouches for",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.signerList(cmd.Context(), args[0]) },
	}
}

func (c *cli) signerAddCommand() *cobra.Command {
	var files []string
	var releases bool
	cmd := &cobra.Command{
		Use: "add GUN NAME --key FILE...", Short: "Let somebody sign tags, with the public keys in FILE",
		Long: "List public keys (PUBLIC KEY or CERTIFICATE, as PEM) in targets/NAME and in targets/releases, as docker trust\n" +
			"signer add does. Roles that are not there yet are made, for every tag; one key is enough to sign. A signer\n" +
			"who was removed and is added again gets none of the old tags back.",
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.signerAdd(cmd.Context(), args[0], args[1], files, releases)
		},
	}
	cmd.Flags().StringArrayVar(&files, "key", nil, "a public key of the signer, in `FILE` (repeatable)")
	cmd.Flags().BoolVar(&releases, "releases", true, "let the signer release tags too; docker pulls only what is released")
	return cmd
}

func (c *cli) signerRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove GUN NAME", Short: "Take a signer's right away, and say which tags go with it",
		Long: "Delete targets/NAME and take its keys out of targets/releases, unless another signer has them too. Where only\n" +
			"that signer has signed what is released, it is signed again with a key that stays and is here; if there is\n" +
			"none, its tags can no longer be pulled, and that is said first.",
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.signerRemove(cmd.Context(), args[0], args[1]) },
	}
}

func (c *cli) signerList(ctx context.Context, typed string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, err := c.openView()
	if err != nil {
		return err
	}
	gun, err := s.resolve(ctx, typed)
	if err != nil {
		return err
	}
	col, err := s.collection(ctx, gun)
	if err != nil {
		return c.unverified(gun, err)
	}
	held, err := s.held(ctx)
	if err != nil {
		return err
	}
	return c.emit(signersJSON(col, held), tags.SignersPage(col, held))
}

// signerJSON is a signer with its keys. ListedID is the key's certificate where metadata
// lists it by one, else the same as KeyID.
type signerJSON struct {
	Name string          `json:"name"`
	Keys []signerKeyJSON `json:"keys"`
	Tags int             `json:"tags"`
	// Problem says why what the signer has signed does not count; "" where it does.
	Problem string `json:"problem"`
}

type signerKeyJSON struct {
	KeyID     trustdata.KeyID    `json:"key_id"`
	ListedID  trustdata.ListedID `json:"listed_id"`
	Algorithm string             `json:"algorithm"`
	Held      bool               `json:"held"`
}

func signersJSON(col *trustdata.Collection, held map[trustdata.KeyID]keyring.Info) []signerJSON {
	out := []signerJSON{}
	for _, r := range col.Roles {
		if r.Role.Signer() == "" {
			continue
		}
		one := signerJSON{Name: r.Role.Signer(), Keys: []signerKeyJSON{}, Tags: tags.Vouches(col, r.Role.Signer()), Problem: trustdata.Visible(r.Problem)}
		for _, k := range r.Keys {
			_, here := held[k.KeyID]
			one.Keys = append(one.Keys, signerKeyJSON{k.KeyID, trustdata.ListedID(cmp.Or(string(k.CertificateID), string(k.KeyID))), k.Algorithm, here})
		}
		out = append(out, one)
	}
	return out
}

func (c *cli) signerAdd(ctx context.Context, typed, name string, files []string, releases bool) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if len(files) == 0 {
		return usagef("--key FILE names a public key of %s", name)
	}
	req := rotation.SignerRequest{Name: name, Releases: releases}
	for _, file := range files {
		key, err := c.publicKey(file)
		if err != nil {
			return err
		}
		req.Keys = append(req.Keys, key)
	}
	return c.changeSigner(ctx, typed, name, func(ctx context.Context, r *rotation.Rotator, gun trustdata.GUN) (*rotation.Edit, error) {
		req.GUN = gun
		return r.PlanAddSigner(ctx, req)
	})
}

func (c *cli) signerRemove(ctx context.Context, typed, name string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.changeSigner(ctx, typed, name, func(ctx context.Context, r *rotation.Rotator, gun trustdata.GUN) (*rotation.Edit, error) {
		e, err := r.PlanRemoveSigner(ctx, gun, name)
		if errors.Is(err, rotation.ErrNothing) {
			return nil, fmt.Errorf("%q: %w: keyrite signer list %s names them", name, errNoSigner, gun)
		}
		return e, err
	})
}

// errNoSigner is what removing somebody who is no signer Is.
var errNoSigner = errors.New("there is no such signer")

func (c *cli) changeSigner(ctx context.Context, typed, name string, plan func(context.Context, *rotation.Rotator, trustdata.GUN) (*rotation.Edit, error)) error {
	s, gun, err := c.changing(ctx, "changing signers", typed)
	if err != nil {
		return err
	}
	r, err := s.rotator(keyring.DefaultIterations)
	if err != nil {
		return err
	}
	e, err := plan(ctx, r, gun)
	if errors.Is(err, rotation.ErrNothing) {
		return c.nothing(gun, err)
	}
	if err != nil {
		return c.unverified(gun, s.explain(ctx, err))
	}
	return c.applyEdit(ctx, s, r, e, name)
}

// publicKey reads a signer's public key. What is too large is not read to its end.
func (c *cli) publicKey(path string) (trustdata.PublicKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return trustdata.PublicKey{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, notary.MaxPublicKey+1))
	if err != nil {
		return trustdata.PublicKey{}, err
	}
	key, err := notary.ParsePublicKey(text, c.now())
	if err != nil {
		return key, fmt.Errorf("%q: %w", path, err)
	}
	return key, nil
}
