package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui/keys"
)

// importFlags are those of keyrite keys import.
type importFlags struct {
	role, gun  string
	iterations int
}

func (c *cli) keysImport() *cobra.Command {
	f := importFlags{}
	cmd := &cobra.Command{
		Use: "import FILE...", Short: "Bring in keys: bundles of notary, key files of docker, openssl and others",
		Long: "Bring in keys: bundles that notary or keyrite exported, key files of docker and notary, and what openssl\n" +
			"and other programs write. A key that is locked stays as it is, to the byte, and must open with its\n" +
			"passphrase; one that is not locked gets a passphrase. --role and --gun speak for keys whose file does not\n" +
			"say what they are for. Nothing is replaced, and all keys are opened before the first is written. A key is\n" +
			"reported only after it was read back from the disk, opened, and compared by its ID.\n\n" +
			"JSON: a list of keys as in keys list, each with \"from\" and \"state\": \"imported\", or \"same\" where the\n" +
			"very file was there before.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.importKeys(cmd.Context(), args, f) },
	}
	cmd.Flags().StringVar(&f.role, "role", "", "the `ROLE`, or signer's name, of keys whose file names none")
	cmd.Flags().StringVar(&f.gun, "gun", "", "the repository (`GUN`) of targets and snapshot keys whose file names none")
	cmd.Flags().IntVar(&f.iterations, "kdf-iterations", keyring.DefaultIterations, "PBKDF2 rounds that lock keys which are not locked yet (at least 2048)")
	return cmd
}

// incoming is one key on its way in.
type incoming struct {
	from   string
	block  keyring.Block
	header keyring.Header

	// From here on it is known once the key was opened.
	id        trustdata.KeyID
	algorithm trustdata.KeyType
	file      []byte
	pass      keyring.Passphrase
	state     string
}

func (c *cli) importKeys(ctx context.Context, files []string, f importFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if err := checkIterations(f.iterations); err != nil {
		return err
	}
	s, err := c.changeKeys(true)
	if err != nil {
		return err
	}
	var all []*incoming
	for _, file := range files {
		found, err := c.readBundle(ctx, s, file, f)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	if c.flags.dryRun {
		return c.emitKeyPlan("Import "+trustdata.Plural(len(all), "key", "keys"), importPlan(all, s))
	}
	defer func() {
		for _, in := range all {
			in.pass.Wipe()
		}
	}()
	if err := c.openAll(ctx, all, keyring.Format{Iterations: f.iterations}); err != nil {
		return err
	}
	if all, err = distinct(all); err != nil {
		return err
	}
	if err := c.underLock(ctx, s, func() error { return s.storeAll(ctx, all) }); err != nil {
		return err
	}
	return c.reportImport(ctx, s, all)
}

// readBundle reads a file's keys and settles what each is for.
func (c *cli) readBundle(ctx context.Context, s *session, path string, f importFlags) ([]*incoming, error) {
	path = absolute(path)
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		return nil, fmt.Errorf("key file %q: %w", path, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		c.say("%s: mode %04o, others on this machine can read it", trustdata.Visible(path), info.Mode().Perm())
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
	for _, kind := range skipped {
		c.say("%s: a block of type %s is no private key and was passed over", trustdata.Visible(path), kind)
	}
	all := make([]*incoming, len(blocks))
	for i, b := range blocks {
		all[i] = &incoming{from: path, block: b, id: b.KeyID}
		if all[i].header, err = s.purpose(ctx, b.Header, f); err != nil {
			return nil, fmt.Errorf("key file %q: %w", path, err)
		}
	}
	return all, nil
}

// purpose is what a key is for: by its file, else by the flags.
func (s *session) purpose(ctx context.Context, h keyring.Header, f importFlags) (keyring.Header, error) {
	if h.Role == "" {
		h.Role = f.role
	}
	switch role := trustdata.Role(h.Role); {
	case h.Role == "":
		return h, usagef("it does not say what the key is for: give --role root, targets, snapshot, or a signer's name")
	case h.Role == f.role && !isRole(h.Role) && !isSigner(h.Role):
		return h, usagef("--role %q is neither a role nor a signer's name", h.Role)
	case role == trustdata.RoleRoot || !role.IsBase():
		h.GUN = "" // other clients take it for a mistake
		return h, nil
	case h.GUN != "":
		return h, nil
	}
	gun, err := s.gunFor(ctx, h.Role, f.gun)
	h.GUN = gun
	return h, err
}

func importPlan(all []*incoming, s *session) planJSON {
	p := keyPlan("keys import", all[0].from, "open every key with its passphrase and compare its ID",
		"see that none is here already in another file", "write each to private/, read it back, and open it there")
	for _, in := range all {
		id := "its ID is known once it is opened"
		if in.id != "" {
			id = string(in.id)
		}
		p.Changes = append(p.Changes, fmt.Sprintf("a key for %s from %s (%s) in %s", shownFor(in.header), in.from, id, s.paths.trust[0]))
		need := rotation.Need{KeyID: in.id, Role: trustdata.Role(in.header.Role), GUN: in.header.GUN, Why: "to prove that it opens"}
		if !in.block.Encrypted {
			need.Why, need.New = "to lock it: the file is not locked", true
		}
		p.Needs = append(p.Needs, need)
	}
	return p
}

// openAll opens every key, and locks those that come without a passphrase.
func (c *cli) openAll(ctx context.Context, all []*incoming, format keyring.Format) error {
	chosen := map[string]keyring.Passphrase{} // of one run, by role
	for _, in := range all {
		key, err := c.openIncoming(ctx, in)
		if err != nil {
			return fmt.Errorf("key file %q: %w", in.from, err)
		}
		in.id, in.algorithm = key.KeyID(), key.Public().Type
		if _, err := key.Sign([]byte("keyrite/probe/v1\n")); err != nil {
			c.say("%s: key %s can sign nothing: %s", trustdata.Visible(in.from), in.id.Short(), trustdata.VisibleError(err))
		}
		if in.block.Encrypted {
			in.file, err = in.block.File(in.header)
		} else {
			pass, ok := chosen[in.header.Role]
			if !ok {
				pass, err = c.newPassphrase(ctx, in.header.Role)
				chosen[in.header.Role] = pass
			}
			if err == nil {
				in.pass = pass
				in.file, err = keyring.Encode(key, pass, in.header, format)
			}
		}
		key.Wipe()
		if err != nil {
			return err
		}
	}
	return nil
}

// openIncoming opens a key that is in no store yet, as openKey does one that is.
func (c *cli) openIncoming(ctx context.Context, in *incoming) (*keyring.PrivateKey, error) {
	if !in.block.Encrypted {
		return in.block.Open(keyring.Passphrase{})
	}
	sources, err := c.sources(in.id, in.header.Role, false)
	if err != nil {
		return nil, err
	}
	var failed []string
	for _, s := range sources {
		if in.pass, err = s.read(); err != nil {
			return nil, err
		}
		key, err := in.block.Open(in.pass)
		if !errors.Is(err, keyring.ErrPassphrase) {
			return key, err
		}
		in.pass.Wipe()
		failed = append(failed, s.name)
	}
	if c.canPrompt() {
		return c.promptIncoming(ctx, in)
	}
	if len(failed) > 0 {
		return nil, fmt.Errorf("its %s key does not open with the passphrase from %s: %w", in.header.Role, strings.Join(failed, " nor "), keyring.ErrPassphrase)
	}
	return nil, fmt.Errorf("the passphrase of its %s key is needed, to prove that it opens: %w", in.header.Role, errUnanswered)
}

func (c *cli) promptIncoming(ctx context.Context, in *incoming) (key *keyring.PrivateKey, err error) {
	defer c.hideTyping()()
	for range promptTries {
		question := fmt.Sprintf("Passphrase of the %s key in %s. Not shown while you type. Empty line gives up: ", in.header.Role, in.from)
		if in.pass, err = c.prompt(ctx, trustdata.Visible(question)); err != nil {
			return nil, err
		}
		if in.pass.IsEmpty() {
			return nil, fmt.Errorf("no passphrase given: %w", errUnanswered)
		}
		if key, err = in.block.Open(in.pass); !errors.Is(err, keyring.ErrPassphrase) {
			return key, err
		}
		in.pass.Wipe()
		fmt.Fprintln(c.err, "That passphrase does not open it. Nothing has changed.")
	}
	return nil, err
}

// distinct leaves out what is there twice, and refuses one key in two different files.
func distinct(all []*incoming) ([]*incoming, error) {
	var out []*incoming
	for _, in := range all {
		at := slices.IndexFunc(out, func(o *incoming) bool { return o.id == in.id })
		switch {
		case at < 0:
			out = append(out, in)
		case !bytes.Equal(out[at].file, in.file):
			return nil, fmt.Errorf("key %q is there twice, and not alike: in %q and in %q; import one of them", in.id.Short(), out[at].from, in.from)
		}
	}
	return out, nil
}

// storeAll writes the keys. What is in the way is found before the first is written.
func (s *session) storeAll(ctx context.Context, all []*incoming) error {
	first := s.keys[0]
	for _, in := range all {
		there, err := first.Raw(ctx, in.id)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !bytes.Equal(there, in.file):
			return fmt.Errorf("key %q is here already, in a file that differs from %q; nothing was imported: %w", in.id.Short(), in.from, fs.ErrExist)
		}
	}
	var done []string
	for _, in := range all {
		id, added, err := first.Import(ctx, in.file, in.pass)
		if err == nil && id != in.id {
			err = keyring.ErrMismatch
		}
		if err != nil {
			if len(done) > 0 {
				err = fmt.Errorf("after %s came in: %w", strings.Join(done, ", "), err)
			}
			return err
		}
		in.state = "same"
		if added {
			in.state = "imported"
			s.act("import key", string(id), forWhom(in.header)+" from "+in.from)
		}
		done = append(done, id.Short())
	}
	return nil
}

func (c *cli) reportImport(ctx context.Context, s *session, all []*incoming) error {
	rows := make([]changedKey, len(all))
	page := make([]keys.Changed, len(all))
	notes := []string{"The files that they came from are where they were; who has one and its passphrase has the key."}
	added := 0
	for i, in := range all {
		info, err := rowOf(ctx, s, in.id)
		if err != nil {
			return err
		}
		info.Algorithm = string(in.algorithm)
		rows[i] = changedKey{keyRow: newKeyRow(info), State: in.state, From: in.from}
		page[i] = keys.Changed{Info: info, State: in.state, File: in.from}
		if in.state == "imported" {
			added++
		}
	}
	summary := fmt.Sprintf("%s came in and opened from where they are now; %d were there before, the same.", trustdata.Plural(added, "key", "keys"), len(all)-added)
	return c.emit(rows, keys.ChangedPage("Imported keys", summary, page, notes, c.now()))
}
