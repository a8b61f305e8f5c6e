package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/keys"
)

// generateFlags are those of keyrite keys generate.
type generateFlags struct {
	role, gun, algorithm, dir string
	iterations                int
}

func (c *cli) keysGenerate() *cobra.Command {
	f := generateFlags{}
	cmd := &cobra.Command{
		Use: "generate [NAME]", Short: "Make a key: a signer's with its public half, or one for a role",
		Long: "Make a key. With NAME it is a signer's, as of docker trust key generate: the private key goes into the\n" +
			"trust directory, and its public half, for whoever adds the signer, to NAME.pub. With --role it is a key\n" +
			"for that role, and --gun says of which repository where the role is targets or snapshot.\n" +
			"It is reported only after it was read back, opened, compared by its ID and tried.\n\n" +
			"JSON: a list of one key as in keys list, with \"state\":\"generated\" and, for a signer, \"public_file\".",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.generate(cmd.Context(), strings.Join(args, ""), len(args) > 0, f)
		},
	}
	cmd.Flags().StringVar(&f.role, "role", "", "the `ROLE` that the key is for: root, targets, snapshot, targets/NAME")
	cmd.Flags().StringVar(&f.gun, "gun", "", "the repository (`GUN`) of a targets or snapshot key")
	cmd.Flags().StringVar(&f.algorithm, "algorithm", string(trustdata.KeyECDSA), "`ecdsa` (P-256), rsa (3072 bits) or ed25519")
	cmd.Flags().StringVar(&f.dir, "dir", "", "the folder `DIR` that NAME.pub goes to (default: this one)")
	cmd.Flags().IntVar(&f.iterations, "kdf-iterations", keyring.DefaultIterations, "PBKDF2 rounds that lock the key (at least 2048)")
	return cmd
}

// newKey is a key to be made.
type newKey struct {
	header    keyring.Header
	algorithm trustdata.KeyType
	public    string // file of the public half, "" without one
	format    keyring.Format
}

func (c *cli) generate(ctx context.Context, name string, named bool, f generateFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, err := c.changeKeys(true)
	if err != nil {
		return err
	}
	k, err := s.newKey(ctx, name, named, f)
	if err != nil {
		return err
	}
	if err := free(k.public); err != nil {
		return fmt.Errorf("public half %q: %w", k.public, err)
	}
	if c.flags.dryRun {
		return c.emitKeyPlan("Make "+article(k.header.Role)+" key", k.plan(s))
	}
	pass, err := c.newPassphrase(ctx, k.header.Role)
	if err != nil {
		return err
	}
	defer pass.Wipe()
	key, err := keyring.Generate(k.algorithm)
	if err != nil {
		return err
	}
	defer key.Wipe()
	if err := c.underLock(ctx, s, func() error { return c.bringIn(ctx, s, k, key, pass) }); err != nil {
		return err
	}
	info, err := rowOf(ctx, s, key.KeyID())
	if err != nil {
		return err
	}
	info.Algorithm = string(k.algorithm)
	return c.emit([]changedKey{{keyRow: newKeyRow(info), State: "generated", PublicFile: k.public}}, generatedPage(c, k, info))
}

// newKey checks what was asked for.
func (s *session) newKey(ctx context.Context, name string, named bool, f generateFlags) (newKey, error) {
	k := newKey{header: keyring.Header{Role: f.role}, algorithm: trustdata.KeyType(f.algorithm), format: keyring.Format{Iterations: f.iterations}}
	if err := checkIterations(f.iterations); err != nil {
		return k, err
	}
	switch k.algorithm {
	case trustdata.KeyECDSA, trustdata.KeyRSA, trustdata.KeyED25519:
	default:
		return k, usagef("--algorithm %q is none of ecdsa, rsa and ed25519", f.algorithm)
	}
	if named {
		if f.role != "" {
			return k, usagef("a signer's name and --role exclude each other")
		}
		if !isSigner(name) {
			return k, usagef("%q is no signer's name: small letters, digits, - and _, and no role of the metadata's own; a key for such a role is made with --role", name)
		}
		k.header.Role, k.public = name, absolute(filepath.Join(f.dir, name+".pub"))
	} else if f.dir != "" {
		return k, usagef("--dir is for the public half of a signer's key, which needs a NAME")
	}
	gun, err := s.gunFor(ctx, k.header.Role, f.gun)
	if err != nil {
		return k, err
	}
	k.header.GUN = gun
	switch {
	case k.header.Role == "":
		return k, usagef("say whose key it is: a signer's NAME, or --role root, targets, snapshot or targets/NAME")
	case k.header.Role == string(trustdata.RoleTimestamp):
		return k, usagef("timestamp keys are made by the trust server alone")
	case !isSigner(k.header.Role) && !isRole(k.header.Role):
		return k, usagef("--role %q is neither a role nor a signer's name", k.header.Role)
	case k.header.Role == string(trustdata.RoleRoot) && k.algorithm == trustdata.KeyED25519:
		return k, usagef("a root key needs a certificate, and there is none of ed25519 keys: choose ecdsa or rsa")
	}
	return k, nil
}

// gunFor settles the repository that a key's file names: only base roles but root have one.
func (s *session) gunFor(ctx context.Context, role, typed string) (trustdata.GUN, error) {
	ofOne := role == string(trustdata.RoleTargets) || role == string(trustdata.RoleSnapshot) || role == string(trustdata.RoleTimestamp)
	switch {
	case ofOne && typed == "":
		return "", usagef("a %s key belongs to one repository: say which with --gun", role)
	case !ofOne && typed != "":
		return "", usagef("--gun is for targets and snapshot keys; any other key can serve several repositories")
	case typed == "":
		return "", nil
	}
	return s.resolve(ctx, typed)
}

func checkIterations(n int) error {
	if n < keyring.MinIterations {
		return usagef("--kdf-iterations %d is below %d", n, keyring.MinIterations)
	}
	return nil
}

func isRole(s string) bool {
	_, err := trustdata.ParseRole(s)
	return err == nil
}

// isSigner is docker's rule for the names of signers, less the names that mean something
// else in metadata.
func isSigner(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	return s != "" && strings.Trim(s, letters+"-_") == "" && strings.ContainsAny(s[:1], letters) &&
		len(s) <= 200 && !trustdata.Role(s).IsBase() && s != "releases"
}

func article(role string) string {
	if role != "" && strings.Contains("aeiou", role[:1]) {
		return "an " + role
	}
	return "a " + role
}

func (k newKey) plan(s *session) planJSON {
	p := keyPlan("keys generate", k.header.Role, "make the key", "write it to pending/, read it back, open it, compare its ID, and sign with it")
	where := "the trust directory"
	if len(s.paths.trust) > 0 {
		where = filepath.Join(s.paths.trust[0], "private")
	}
	p.Changes = append(p.Changes, fmt.Sprintf("a new %s key for %s in %s", k.algorithm, forWhom(k.header), where))
	if k.public != "" {
		p.Steps = append(p.Steps, "write the public half")
		p.Changes = append(p.Changes, "its public half in "+k.public)
		p.WillNotFollow = append(p.WillNotFollow, "no repository lists the key until its administrator adds the signer")
	} else {
		p.WillNotFollow = append(p.WillNotFollow, "no repository lists the key yet")
	}
	p.Steps = append(p.Steps, "move it into private/")
	p.Needs = append(p.Needs, rotation.Need{Role: trustdata.Role(k.header.Role), GUN: k.header.GUN, Why: "to lock the new key", New: true})
	return p
}

func forWhom(h keyring.Header) string {
	if h.GUN != "" {
		return fmt.Sprintf("%s of %s", h.Role, h.GUN)
	}
	return h.Role
}

// shownFor is forWhom in a plan or a question, with a badge where the name may be read as another.
func shownFor(h keyring.Header) string {
	if trustdata.MixedScript(h.Role) || trustdata.MixedScript(string(h.GUN)) {
		return forWhom(h) + " (mixed script)"
	}
	return forWhom(h)
}

// bringIn stores a new key: first whole in pending/, so that no public half is ever without
// its private one, then the public half, then by one rename among the others.
func (c *cli) bringIn(ctx context.Context, s *session, k newKey, key *keyring.PrivateKey, pass keyring.Passphrase) error {
	if _, err := s.keys.Stage(ctx, opGenerate, key, pass, k.header, k.format); err != nil {
		return err
	}
	if k.public != "" {
		if err := writePublic(k.public, k.header.Role, key.Public(), c); err != nil {
			_, undo := s.keys.Discard(ctx, opGenerate, key.KeyID(), c.now())
			return errors.Join(fmt.Errorf("public half %q: %w", k.public, err), undo)
		}
	}
	if err := s.keys.Promote(ctx, opGenerate, key.KeyID()); err != nil {
		return err
	}
	s.act("generate key", string(key.KeyID()), forWhom(k.header))
	return nil
}

// writePublic writes a public half as docker does, with the role as a header, and reads it
// back as whoever adds the signer will. It replaces nothing.
func writePublic(path, role string, public trustdata.PublicKey, c *cli) error {
	der := public.Value
	if public.Type == trustdata.KeyED25519 {
		var err error
		if der, err = x509.MarshalPKIXPublicKey(ed25519.PublicKey(public.Value)); err != nil {
			return err
		}
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Headers: map[string]string{"role": role}, Bytes: der})
	if err := createBeside(path, text); err != nil {
		return err
	}
	again, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	read, err := notary.ParsePublicKey(again, c.now())
	if err == nil && (!bytes.Equal(again, text) || read.ListedID() != public.ListedID()) {
		err = errors.New("what was written does not read back")
	}
	return err
}

// free says why a new file cannot have that path; "" is none.
func free(path string) error {
	switch {
	case path == "":
		return nil
	case !isDir(filepath.Dir(path)):
		return fmt.Errorf("its folder: %w", fs.ErrNotExist)
	case !missing(path):
		return fs.ErrExist
	}
	return nil
}

// createBeside writes a new file durably, with mode 0600.
func createBeside(path string, data []byte) error {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer root.Close()
	return state.CreateFile(root, filepath.Base(path), data)
}

func generatedPage(c *cli, k newKey, info keyring.Info) ui.Page {
	notes := []string{"Back it up: there is no other copy of it."}
	if k.public != "" {
		notes = append(notes, "Give "+k.public+" to whoever holds the repository key; it is not secret.")
		if k.algorithm == trustdata.KeyED25519 {
			notes = append(notes, "Docker and notary cannot add a signer from an ed25519 file, though they verify its signatures.")
		}
	}
	return keys.ChangedPage("A new key", fmt.Sprintf("%s key %s for %s was made, read back and tried.", k.algorithm, info.KeyID.Short(), forWhom(k.header)),
		[]keys.Changed{{Info: info, State: "generated", File: k.public}}, notes, c.now())
}
