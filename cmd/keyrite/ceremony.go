package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	shown "keyrite/ui/ceremony"
)

func (c *cli) ceremonyCommand() *cobra.Command {
	parent := &cobra.Command{
		Use: "ceremony", Short: "Change keys with a root key that never touches an online machine",
		Long: "The online machine prepares a file, the offline one signs it, the online one publishes what was signed.\n" +
			"No private key is ever in a file. The root key is only needed by \"sign\", which asks no network.",
		Args: usageArgs(cobra.NoArgs), RunE: needVerb,
	}
	parent.AddCommand(c.ceremonyPrepareCommand(), c.ceremonySignCommand(), c.ceremonyPublishCommand(), c.ceremonyShowCommand())
	return parent
}

func (c *cli) ceremonyShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show FILE", Short: "Explain a ceremony's file, prepared or signed, and verify what is in it",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return c.ceremonyShow(args[0]) },
	}
}

// bundleJSON is the whole content of a ceremony's file.
type bundleJSON struct {
	File     string `json:"file"`
	SHA256   string `json:"sha256"`
	Verified bool   `json:"verified"`
	// Problems say why it does not verify.
	Problems []string           `json:"problems"`
	Stage    ceremony.Stage     `json:"stage,omitempty"`
	Prepared *ceremony.Prepared `json:"prepared"`
	Roots    []rootJSON         `json:"roots"`
	Signed   *ceremony.Signed   `json:"signed"`
}

// rootJSON is one root of a repository's chain.
type rootJSON struct {
	GUN     trustdata.GUN     `json:"gun"`
	Version int64             `json:"version"`
	Expires time.Time         `json:"expires"`
	SHA256  string            `json:"sha256"`
	Keys    []trustdata.KeyID `json:"root_key_ids"`
}

func (c *cli) ceremonyShow(file string) error {
	b, err := ceremony.ReadFile(absolute(file))
	if err != nil {
		return c.damagedBundle(file, err)
	}
	problems := rotation.CheckCeremony(b, notary.Policy{Now: c.now()})
	out := bundleJSON{File: absolute(file), SHA256: digest(b.SHA256), Verified: len(problems) == 0, Problems: list(problems),
		Stage: b.Stage(), Prepared: &b.Prepared, Roots: rootsOf(b), Signed: b.Signed}
	if err := c.emit(out, shown.ShowPage(absolute(file), b, problems)); err != nil {
		return err
	}
	if len(problems) > 0 {
		return &trustdata.VerifyError{Problem: trustdata.Problem{Role: trustdata.RoleRoot, Reason: trustdata.ReasonChain, Detail: problems[0]}}
	}
	return nil
}

func rootsOf(b *ceremony.Bundle) []rootJSON {
	out := []rootJSON{}
	for i := range b.Repositories {
		r := &b.Repositories[i]
		for _, raw := range r.Roots() {
			root, err := notary.ParseRoot(raw)
			if err != nil {
				continue // a problem of its chain
			}
			row := rootJSON{GUN: r.GUN, Version: root.Body.Version, Expires: root.Body.Expires, SHA256: digest(ceremony.Sum(raw)), Keys: []trustdata.KeyID{}}
			for _, id := range root.Body.Roles[trustdata.RoleRoot].KeyIDs {
				if key, err := root.Body.Keys[id].KeyID(); err == nil {
					row.Keys = append(row.Keys, key)
				}
			}
			out = append(out, row)
		}
	}
	return out
}

// damagedBundle prints what exit code 3 promises to JSON readers, for a file that is
// damaged; it returns err.
func (c *cli) damagedBundle(file string, err error) error {
	if !c.flags.json || !errors.Is(err, ceremony.ErrDamaged) {
		return err
	}
	return errors.Join(err, c.emitJSON(bundleJSON{File: absolute(file), Problems: []string{trustdata.VisibleError(err)}, Roots: []rootJSON{}}))
}

// ceremonyFlags are those of keyrite ceremony.
type ceremonyFlags struct {
	rotateFlags
	dir, role, again string
	refresh          bool
}

func (c *cli) ceremonyPrepareCommand() *cobra.Command {
	var f ceremonyFlags
	cmd := &cobra.Command{
		Use: "prepare GUN...", Short: "Write the file that asks the offline machine for signatures; the root key is not needed",
		Long: "Write the file that asks the offline machine for signatures, for one repository or many. New keys that do not\n" +
			"belong to root are made here and wait in pending/; a new root key is made on the offline machine. Nothing is\n" +
			"sent: keyrite rotations shows what waits, and rotate --abandon ID gives it up.",
		Args: usageArgs(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, args []string) error { return c.ceremonyPrepare(cmd.Context(), args, f) },
	}
	cmd.Flags().StringVar(&f.dir, "to", "", "the folder that the file goes to, on a stick for example: `DIR`")
	cmd.Flags().StringVar(&f.role, "role", "root", "whose key is replaced: `ROLE` (root, targets, snapshot or timestamp)")
	cmd.Flags().BoolVar(&f.sameKey, "same-key", false, "keep the root key and give it a new certificate")
	cmd.Flags().BoolVar(&f.refresh, "refresh", false, "change no key: sign root.json again with a new end date")
	cmd.Flags().StringVar(&f.rotateFlags.to, "manager", "", "who holds the new snapshot key: `server` or local (default: as it is)")
	cmd.Flags().StringVar(&f.oldKey, "old-key", "", "the key `ID` that gives way, where the role has several")
	cmd.Flags().StringArrayVar(&f.guns, "gun", nil, "the repository `GUN` (repeatable), or every known one that a pattern with * names")
	cmd.Flags().StringVar(&f.rootKey, "root-key", "", "every known repository whose root.json, fetched now, lists the root key `ID`")
	cmd.Flags().StringVar(&f.again, "again", "", "write the file of the ceremony `ID` once more, which waits already")
	cmd.Flags().IntVar(&f.iterations, "kdf-iterations", keyring.DefaultIterations, "PBKDF2 rounds that lock a new key (at least 2048)")
	return cmd
}

// request is what the flags ask of each repository.
func (c *cli) ceremonyRequest(f ceremonyFlags) (rotation.CeremonyRequest, error) {
	req := rotation.CeremonyRequest{Change: ceremony.NewKey}
	role, err := trustdata.ParseRole(f.role)
	switch {
	case err != nil:
		return req, usage(err)
	case role.IsDelegation():
		return req, usagef("a delegation's keys are the repository key's to change, and that is online: keyrite rotate GUN %s", role)
	case f.sameKey && f.refresh:
		return req, usagef("--same-key and --refresh exclude each other")
	case (f.sameKey || f.refresh) && role != trustdata.RoleRoot:
		return req, usagef("--same-key and --refresh are for root alone")
	case f.refresh && f.oldKey != "":
		return req, usagef("--refresh changes no key: --old-key makes no sense with it")
	}
	if f.oldKey != "" {
		if req.Old, err = trustdata.ParseKeyID(f.oldKey); err != nil {
			return req, usage(err)
		}
	}
	old := req.Old
	if req.Request, err = c.rotationFlags(f.rotateFlags); err != nil {
		return req, err
	}
	req.Role, req.Old = role, old
	if f.sameKey {
		req.Change = ceremony.NewCertificate
	}
	if f.refresh {
		req.Change = ceremony.Refresh
	}
	return req, nil
}

// preparedJSON is a file that was prepared.
type preparedJSON struct {
	File     string          `json:"file"`
	SHA256   string          `json:"sha256"`
	Ceremony string          `json:"ceremony"`
	Kind     string          `json:"kind"`
	GUNs     []trustdata.GUN `json:"guns"`
	LeftOut  []leftOutJSON   `json:"left_out"`
}

func (c *cli) ceremonyPrepare(ctx context.Context, typed []string, f ceremonyFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	req, err := c.ceremonyRequest(f)
	switch {
	case err != nil:
		return err
	case c.flags.offline:
		return usagef("preparing asks the server, and is not possible with --offline")
	case f.dir == "" && !c.flags.dryRun:
		return usagef("say where the file goes: --to DIR")
	case f.again == "" && len(typed) == 0 && !f.several():
		return usagef("name the repositories, or --gun or --root-key")
	case f.rootKey != "" && (len(typed) > 0 || len(f.guns) > 0):
		return usagef("--root-key and names of repositories exclude each other")
	}
	if f.again != "" {
		return c.prepareAgain(f)
	}
	s, r, release, err := c.settled(ctx, rotating(f.iterations))
	if err != nil {
		return err
	}
	defer release()
	guns, err := s.ceremonyGUNs(ctx, typed, f)
	if err != nil {
		return err
	}
	reqs := make([]rotation.CeremonyRequest, len(guns))
	for i, gun := range guns {
		reqs[i] = req
		reqs[i].GUN = gun
	}
	plan, err := r.PlanCeremony(ctx, reqs, s.atOnce(false))
	if err != nil {
		return err
	}
	return c.prepared(ctx, s, r, plan, f)
}
