package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"keyrite/keyring"
	"keyrite/trustdata"
)

// minPassphrase is the least length of a new passphrase, in bytes; it is notary's.
const minPassphrase = 8

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
	roles := []string{role}
	if !slices.Contains([]string{"root", "targets", "snapshot", "timestamp"}, role) {
		roles = append(roles, "delegation") // one word for all of them, as in notary's variable
	}
	names := append([]string{string(id)}, roles...)
	if making {
		names = append([]string{role + "-new"}, roles...)
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
		return keyring.Passphrase{}, fmt.Errorf("passphrase file %q: %w", path, reason(err))
	}
	defer f.Close()
	b := make([]byte, maxPassphraseFile+1)
	n, err := io.ReadFull(f, b)
	switch {
	case err == nil:
		return keyring.Passphrase{}, fmt.Errorf("passphrase file %q is larger than %d bytes", path, maxPassphraseFile)
	case err != io.EOF && err != io.ErrUnexpectedEOF:
		return keyring.Passphrase{}, fmt.Errorf("passphrase file %q: %w", path, reason(err))
	}
	line := bytes.TrimSuffix(bytes.TrimSuffix(b[:n], []byte("\n")), []byte("\r"))
	if len(line) == 0 {
		return keyring.Passphrase{}, fmt.Errorf("passphrase file %q is empty", path)
	}
	return keyring.NewPassphrase(line), nil
}

// reason is a file's error without the file's name, which the sentence has already.
func reason(err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
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
		first.Wipe()
		return keyring.Passphrase{}, err
	}
	again, err := c.prompt(ctx, "The same once more: ")
	if err != nil {
		first.Wipe()
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
