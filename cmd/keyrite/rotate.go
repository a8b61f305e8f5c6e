package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui/rotate"
)

// rotateFlags are those of keyrite rotate alone.
type rotateFlags struct {
	to         string
	iterations int
	backupTo   string
	recipients []string
	// oldKey names the key that gives way, sameKey renews the certificate of a root key.
	oldKey  string
	sameKey bool
	// key is a key to list instead of a new one, by its ID or its file; rootCert the file of
	// a certificate that was issued for it.
	key, rootCert string
	// publicKey is the file of the public half of a key that somebody else holds.
	publicKey string
	// addOnly and removeOnly do half of the exchange.
	addOnly, removeOnly bool
	legacy              bool // earlier root keys sign along
	threshold           int
	// guns and rootKey name several repositories, in the place of GUN.
	guns    []string
	rootKey string
	// compromised says that somebody else may have the key; keep and drop name tags.
	compromised bool
	keep, drop  []string
	// resume and abandon name an unfinished operation, in the place of GUN and ROLE.
	resume, abandon string
}

func (c *cli) rotateCommand() *cobra.Command {
	var f rotateFlags
	cmd := &cobra.Command{
		Use: "rotate GUN ROLE", Short: "Replace the key of a role: root, targets, snapshot, timestamp or targets/<name>",
		Long: "Replace the key of a role, of one repository or of several at once. The new key waits in pending/ until the server's new state has been read\n" +
			"back with an empty cache and verified; only then it moves into private/, and an old targets or snapshot\n" +
			"key moves to the trash. Old root keys stay. --dry-run prints the plan.\n\n" +
			"A key of targets/<name> is exchanged in targets/releases too where it stands there, and both files are\n" +
			"signed again in the same upload. Where somebody else holds the new key (--public-key), it comes in first,\n" +
			"its holder signs, and then the old one goes: --remove-only --old-key ID.\n\n" +
			"Several at once: keyrite rotate ROLE --gun GUN..., or keyrite rotate [ROLE] --root-key ID.\n" +
			"What an earlier run has begun: keyrite rotate --resume ID, or --abandon ID.",
		Args: func(cmd *cobra.Command, args []string) error { return c.rotateArgs(cmd, args, f) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.resume+f.abandon != "" {
				return c.goOn(cmd.Context(), f)
			}
			if f.several() {
				return c.rotateMany(cmd.Context(), args, f)
			}
			if c.flags.tuf != "" {
				return c.rotateTUF(cmd.Context(), args[0], f)
			}
			return c.rotate(cmd.Context(), args[0], args[1], f)
		},
	}
	cmd.Flags().StringVar(&f.to, "to", "", "who holds the new key: `server` or local (default: as it is)")
	cmd.Flags().StringArrayVar(&f.guns, "gun", nil, "with ROLE alone: the repository `GUN` (repeatable), or every known one that a pattern with * names")
	cmd.Flags().StringVar(&f.rootKey, "root-key", "", "with ROLE alone (default root): every known repository whose root.json, fetched now, lists the root key `ID`")
	cmd.Flags().BoolVar(&f.compromised, "compromised", false, "somebody else may have the key: list what it vouched for, and ask of each tag whether the new key vouches for it again")
	cmd.Flags().StringArrayVar(&f.keep, "keep", nil, "with --compromised: vouch for `TAG` again (repeatable; a pattern with * names several)")
	cmd.Flags().StringArrayVar(&f.drop, "drop", nil, "with --compromised: do not vouch for `TAG` any more (repeatable; a pattern with * names several)")
	cmd.Flags().StringVar(&f.resume, "resume", "", "go on with the unfinished operation `ID`: keyrite rotations lists them")
	cmd.Flags().StringVar(&f.abandon, "abandon", "", "give up the unfinished operation `ID`")
	cmd.Flags().IntVar(&f.iterations, "kdf-iterations", keyring.DefaultIterations, "PBKDF2 rounds that lock a new key (at least 2048)")
	cmd.Flags().StringVar(&f.oldKey, "old-key", "", "the key `ID` that gives way, where the role has several")
	cmd.Flags().BoolVar(&f.sameKey, "same-key", false, "root: keep the key, and renew its certificate")
	cmd.Flags().StringVar(&f.key, "key", "", "list the key `ID|FILE`, which is here already or in a key file, instead of a new one")
	cmd.Flags().StringVar(&f.rootCert, "root-cert", "", "root: certificate chain of the new key in `FILE`, as a CA issued it (PEM)")
	cmd.Flags().StringVar(&f.publicKey, "public-key", "", "targets/<name>: list the public key in `FILE`, whose holder then signs; the old key stays until --remove-only")
	cmd.Flags().BoolVar(&f.addOnly, "add-only", false, "list the new key beside the others: none gives way")
	cmd.Flags().BoolVar(&f.removeOnly, "remove-only", false, "list the old key no more: none comes in")
	cmd.Flags().BoolVar(&f.legacy, "legacy", false, "root: every earlier root key that is here signs along, for clients older than notary 0.6")
	cmd.Flags().IntVar(&f.threshold, "threshold", 0, "how many of the role's keys must sign from now on: `N` (default: as it is)")
	cmd.Flags().StringVar(&f.backupTo, "backup-to", "", "before anything is sent, back up all keys, old and new, into `DIR` and read that back")
	cmd.Flags().StringArrayVarP(&f.recipients, "recipient", "r", nil, "age `RECIPIENT` of that backup (repeatable)")
	return cmd
}

// rotator is the session's way to rotate.
func (s *session) rotator(iterations int) (*rotation.Rotator, error) {
	journal, err := s.journal()
	if err != nil {
		return nil, err
	}
	// One set of connections for all of it: many repositories may be on one server.
	shared := *s
	shared.access = s.access.Shared()
	s = &shared
	return &rotation.Rotator{
		Fetch: s.exact().Fetch, Fresh: s.fresh().Fetch, Late: s.late().Fetch,
		Known: s.knownBefore, Pins: s.pins, Clients: s.clients,
		Server:      func(gun trustdata.GUN) (rotation.TrustServer, error) { return s.trustServer(gun) },
		Keys:        s.keys,
		State:       s.state,
		Journal:     journal,
		Place:       absolute(s.paths.trust[0]),
		StillListed: s.stillListed,
		Now:         s.cli.now,
		Format:      keyring.Format{Iterations: iterations},
	}, nil
}

// journal is that of every operation.
func (s *session) journal() (*rotation.Journal, error) {
	return rotation.OpenJournal(s.paths.state, s.cli.now)
}

// backupBefore backs up every key, the new one in pending/ included, reads it back, and
// decrypts it where an identity is at hand.
func (s *session) backupBefore(ctx context.Context, staged []keyring.Staged, dir string, recipients []backup.Recipient) (*backup.CreateResult, error) {
	src, err := s.backupSource(ctx)
	if err != nil {
		return nil, err
	}
	src.Staged = staged
	plan, err := backup.PlanCreate(ctx, src, backup.CreateOptions{Dir: absolute(dir), Recipients: recipients, Now: s.cli.now()})
	if err != nil {
		return nil, err
	}
	plan.Waive(uncompared(plan.Recipients)...)
	res, err := plan.Apply(ctx, nil)
	if err != nil {
		return nil, err
	}
	s.cli.remember(s, "back up", res.Record())
	return res, nil
}

func (c *cli) rotate(ctx context.Context, typedGUN, typedRole string, f rotateFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	role, err := trustdata.ParseRole(typedRole)
	if err != nil {
		return usage(err)
	}
	req, err := c.rotationFlags(f)
	if err != nil {
		return err
	}
	if c.flags.offline {
		return usagef("rotating is not possible with --offline")
	}
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	gun, err := s.resolve(ctx, typedGUN)
	if err != nil {
		return err
	}
	r, err := s.rotator(f.iterations)
	if err != nil {
		return err
	}
	req.GUN, req.Role = gun, role
	if err := s.nameKeys(ctx, &req, f); err != nil {
		return err
	}
	given, err := c.givenKey(ctx, s, &req, f)
	if err != nil {
		return err
	}
	defer given.wipe()
	plan, err := r.Plan(ctx, req)
	if err != nil {
		return c.unverified(gun, s.explain(ctx, err))
	}
	if f.compromised && role == trustdata.RoleTargets {
		if plan, err = c.judgeTags(ctx, r, plan, f); err != nil {
			return c.unverified(gun, s.explain(ctx, err))
		}
	}
	if c.flags.dryRun {
		return c.emitRotationPlan(ctx, s, r, plan, rotate.PlanPage(plan), []*rotation.Plan{plan}, nil)
	}
	return c.applyRotation(ctx, s, r, plan, f, given)
}

// rotationFlags is what every rotation has of its request by the flags alone.
func (c *cli) rotationFlags(f rotateFlags) (rotation.Request, error) {
	req := rotation.Request{To: rotation.Manager(f.to), SameKey: f.sameKey, Threshold: f.threshold, Legacy: f.legacy, Compromised: f.compromised}
	switch {
	case f.addOnly && f.removeOnly:
		return req, usagef("--add-only and --remove-only exclude each other: without either, one key gives way to another")
	case f.addOnly:
		req.Part = rotation.AddOnly
	case f.removeOnly:
		req.Part = rotation.RemoveOnly
	}
	if req.To != rotation.Same && req.To != rotation.Local && req.To != rotation.Server {
		return req, usagef("--to %q is neither server nor local", f.to)
	}
	if !f.compromised && len(f.keep)+len(f.drop) > 0 {
		return req, usagef("--keep and --drop go with --compromised")
	}
	if f.iterations < keyring.MinIterations {
		return req, usagef("--kdf-iterations %d is below %d", f.iterations, keyring.MinIterations)
	}
	return req, nil
}

// nameKeys adds the keys that the flags name.
func (s *session) nameKeys(ctx context.Context, req *rotation.Request, f rotateFlags) error {
	var err error
	if f.oldKey != "" {
		req.Old, err = s.wholeKeyID(ctx, f.oldKey)
	}
	if f.key != "" && !looksLikeFile(f.key) && err == nil {
		var info keyring.Info
		info, err = s.pickOwn(ctx, f.key)
		req.Key = info.KeyID
	}
	if f.publicKey != "" && err == nil {
		var public []byte
		if public, err = readBounded(f.publicKey, maxCertificates); err != nil {
			err = fmt.Errorf("public key %q: %w", f.publicKey, err)
		}
		req.Public = string(public)
	}
	if f.rootCert != "" && err == nil {
		var chain []byte
		chain, err = readCertificates(f.rootCert)
		req.Chain = string(chain)
	}
	return err
}

// goOn finishes or gives up what an earlier run has begun.
func (c *cli) goOn(ctx context.Context, f rotateFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	switch {
	case c.flags.offline:
		return usagef("going on with a change is not possible with --offline")
	case f.resume != "" && f.abandon != "":
		return usagef("--resume and --abandon exclude each other")
	case c.flags.dryRun:
		return usagef("--dry-run has no plan for this: keyrite rotations says how the operation stands")
	case f.resume != "":
		return c.resumeRotation(ctx, f.resume, f.iterations)
	}
	if strings.HasSuffix(f.abandon, rotation.FolderOp) {
		return c.abandonFolder(ctx, f.abandon)
	}
	return c.abandonRotation(ctx, f.abandon, f.iterations)
}
