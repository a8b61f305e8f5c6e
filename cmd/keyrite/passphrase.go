package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// minPassphrase is the least length of a new passphrase, in bytes; it is notary's.
const minPassphrase = 8

// promptTries is how often a passphrase is asked for before giving up.
const promptTries = 3

// passphraseSource is one place that may hold a passphrase. Its name goes into errors.
type passphraseSource struct {
	name string
	read func() (keyring.Passphrase, error)
}

// sources lists what is set for a key, in DESIGN's order: --passphrase-file by key ID and
// then by role, notary's variable, docker's. suffix is "-new" for a key being made, which
// falls back to the same variables.
func (c *cli) sources(id trustdata.KeyID, role string, making bool) ([]passphraseSource, error) {
	files, err := c.passphraseFiles()
	if err != nil {
		return nil, err
	}
	names := []string{string(id), role}
	if making {
		names = []string{role + "-new", role}
	}
	var out []passphraseSource
	for _, name := range names {
		if file, ok := files[name]; ok && name != "" {
			out = append(out, passphraseSource{fmt.Sprintf("--passphrase-file %s", name), func() (keyring.Passphrase, error) { return readPassphraseFile(file) }})
		}
	}
	for _, name := range passphraseVariables(role) {
		if value := c.getenv(name); value != "" {
			out = append(out, passphraseSource{"$" + name, func() (keyring.Passphrase, error) { return keyring.NewPassphrase([]byte(value)), nil }})
		}
	}
	return out, nil
}

// passphraseVariables are notary's and docker's names for a role's passphrase: docker
// uses the repository's for every role that is not root.
func passphraseVariables(role string) []string {
	switch role {
	case "root":
		return []string{"NOTARY_ROOT_PASSPHRASE", "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE"}
	case "targets", "snapshot":
		return []string{"NOTARY_" + strings.ToUpper(role) + "_PASSPHRASE", "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE"}
	}
	return []string{"NOTARY_DELEGATION_PASSPHRASE", "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE"}
}

// passphraseFiles parses --passphrase-file NAME=FILE.
func (c *cli) passphraseFiles() (map[string]string, error) {
	files := map[string]string{}
	for _, v := range c.flags.passphraseFiles {
		name, file, ok := strings.Cut(v, "=")
		if !ok || name == "" || file == "" {
			return nil, usagef("--passphrase-file %q is not NAME=FILE", v)
		}
		files[name] = file
	}
	return files, nil
}

// maxPassphraseFile bounds what is read of a passphrase file.
const maxPassphraseFile = 64 << 10

// readPassphraseFile takes the file's content without one line end.
func readPassphraseFile(path string) (keyring.Passphrase, error) {
	f, err := os.Open(path)
	if err != nil {
		return keyring.Passphrase{}, fmt.Errorf("passphrase file %q: %w", path, err)
	}
	defer f.Close()
	b := make([]byte, maxPassphraseFile+1)
	n, err := io.ReadFull(f, b)
	switch {
	case err == nil:
		return keyring.Passphrase{}, fmt.Errorf("passphrase file %q is larger than %d bytes", path, maxPassphraseFile)
	case err != io.EOF && err != io.ErrUnexpectedEOF:
		return keyring.Passphrase{}, fmt.Errorf("passphrase file %q: %w", path, err)
	}
	line := bytes.TrimSuffix(bytes.TrimSuffix(b[:n], []byte("\n")), []byte("\r"))
	if len(line) == 0 {
		return keyring.Passphrase{}, fmt.Errorf("passphrase file %q is empty", path)
	}
	return keyring.NewPassphrase(line), nil
}

// openKey opens a key: each source that is set is tried once, and the prompt comes last. An
// error names the sources that failed.
func (c *cli) openKey(ctx context.Context, store keyring.Store, id trustdata.KeyID, role, why string) (*keyring.PrivateKey, error) {
	info, err := find(ctx, store, id)
	if err != nil {
		return nil, err
	}
	if !info.Encrypted {
		return store.Open(ctx, id, keyring.NewPassphrase(nil))
	}
	sources, err := c.sources(id, role, false)
	if err != nil {
		return nil, err
	}
	var failed []string
	for _, s := range sources {
		key, err := openFrom(ctx, store, id, s)
		if err == nil {
			return key, nil
		}
		if !errors.Is(err, keyring.ErrPassphrase) {
			return nil, err
		}
		failed = append(failed, s.name)
	}
	if c.canPrompt() {
		return c.promptOpen(ctx, store, id, role, why)
	}
	if len(failed) > 0 {
		return nil, fmt.Errorf("%s key %q does not open with the passphrase from %s: %w", role, id.Short(), strings.Join(failed, " nor "), keyring.ErrPassphrase)
	}
	return nil, fmt.Errorf("the passphrase of %s key %q is needed (%s): %w", role, id.Short(), why, errUnanswered)
}

func openFrom(ctx context.Context, store keyring.Store, id trustdata.KeyID, s passphraseSource) (*keyring.PrivateKey, error) {
	pass, err := s.read()
	if err != nil {
		return nil, err
	}
	defer pass.Wipe()
	return store.Open(ctx, id, pass)
}

func (c *cli) promptOpen(ctx context.Context, store keyring.Store, id trustdata.KeyID, role, why string) (*keyring.PrivateKey, error) {
	defer c.hideTyping()()
	for try := 1; ; try++ {
		pass, err := c.prompt(ctx, fmt.Sprintf("Passphrase of the %s key %s (%s). Not shown while you type. Empty line gives up: ", role, id.Short(), why))
		if err != nil {
			return nil, err
		}
		if pass.IsEmpty() {
			return nil, fmt.Errorf("no passphrase given for %s key %q: %w", role, id.Short(), errUnanswered)
		}
		key, err := store.Open(ctx, id, pass)
		pass.Wipe()
		if err == nil || !errors.Is(err, keyring.ErrPassphrase) || try == promptTries {
			return key, err
		}
		fmt.Fprintf(c.err, "That passphrase does not open %s. Nothing has changed.\n", id.Short())
	}
}

// newPassphrase takes the first source set for a key being made, or asks twice.
func (c *cli) newPassphrase(ctx context.Context, role string) (keyring.Passphrase, error) {
	sources, err := c.sources("", role, true)
	if err != nil {
		return keyring.Passphrase{}, err
	}
	if len(sources) > 0 {
		pass, err := sources[0].read()
		if err != nil {
			return keyring.Passphrase{}, err
		}
		return pass, longEnough(pass, sources[0].name)
	}
	if !c.canPrompt() {
		return keyring.Passphrase{}, fmt.Errorf("a passphrase for the new %s key is needed: %w", role, errUnanswered)
	}
	return c.promptNew(ctx, role)
}

func (c *cli) promptNew(ctx context.Context, role string) (keyring.Passphrase, error) {
	defer c.hideTyping()()
	first, err := c.prompt(ctx, fmt.Sprintf("Passphrase for the NEW %s key, at least %d characters. Not shown while you type: ", role, minPassphrase))
	if err != nil {
		return keyring.Passphrase{}, err
	}
	if err := longEnough(first, "the prompt"); err != nil {
		return keyring.Passphrase{}, err
	}
	again, err := c.prompt(ctx, "The same once more: ")
	if err != nil {
		return keyring.Passphrase{}, err
	}
	defer again.Wipe()
	if !first.Equal(again) {
		first.Wipe()
		return keyring.Passphrase{}, errors.New("the two passphrases differ; nothing has changed")
	}
	return first, nil
}

func longEnough(p keyring.Passphrase, source string) error {
	return p.Use(func(b []byte) error {
		if len(b) < minPassphrase {
			return fmt.Errorf("the new passphrase from %s is shorter than %d characters", source, minPassphrase)
		}
		return nil
	})
}

// prompt reads one line from the terminal without echo. Spaces at both ends are dropped
// and a sentence says so, because notary drops them too and could not open the key.
func (c *cli) prompt(ctx context.Context, question string) (keyring.Passphrase, error) {
	fd, ok := terminal(c.in)
	if !ok {
		return keyring.Passphrase{}, errUnanswered
	}
	defer c.hideTyping()()
	fmt.Fprint(c.err, question)
	line, err := readHidden(ctx, fd)
	fmt.Fprintln(c.err)
	if err != nil {
		return keyring.Passphrase{}, fmt.Errorf("reading the passphrase: %w", err)
	}
	trimmed := bytes.TrimSpace(line)
	if len(trimmed) != len(line) {
		fmt.Fprintln(c.err, "Spaces at the ends were dropped: notary drops them too.")
	}
	return keyring.NewPassphrase(trimmed), nil
}

// hideTyping turns the terminal's echo off until the function that it returns is called.
// A question is only asked with the echo off, and it stays off while an answer is tried:
// who types ahead must not see a passphrase on the screen.
func (c *cli) hideTyping() (show func()) {
	fd, ok := terminal(c.in)
	if !ok {
		return func() {}
	}
	before, err := term.GetState(fd)
	if err != nil || echoOff(fd) != nil {
		return func() {} // reading the passphrase will say what is wrong
	}
	return func() { _ = term.Restore(fd, before) }
}

// readHidden reads a line without echo. An interrupt ends it at once and gives the
// terminal its echo back; the read that is left behind ends with the program.
func readHidden(ctx context.Context, fd int) ([]byte, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	type answer struct {
		line []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		got <- answer{line, err}
	}()
	select {
	case a := <-got:
		return a.line, a.err
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}

// find is the row of a key in a store.
func find(ctx context.Context, store keyring.Store, id trustdata.KeyID) (keyring.Info, error) {
	infos, err := store.List(ctx)
	if err != nil {
		return keyring.Info{}, err
	}
	for _, info := range infos {
		if info.KeyID == id {
			if info.Problem != "" {
				return info, fmt.Errorf("key %q: %s", id.Short(), info.Problem)
			}
			return info, nil
		}
	}
	return keyring.Info{}, fmt.Errorf("no key %q on this machine", id.Short())
}

// openSet opens a key for which nobody has to be asked: one without a passphrase, or one
// whose passphrase is set for this run and right. It returns nil for any other.
func (c *cli) openSet(ctx context.Context, store keyring.Store, id trustdata.KeyID) (*keyring.PrivateKey, error) {
	info, err := find(ctx, store, id)
	if err != nil {
		return nil, err
	}
	if !info.Encrypted {
		return store.Open(ctx, id, keyring.NewPassphrase(nil))
	}
	sources, err := c.sources(id, info.Role, false)
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		key, err := openFrom(ctx, store, id, s)
		if !errors.Is(err, keyring.ErrPassphrase) {
			return key, err
		}
	}
	return nil, nil
}
