package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
)

// maxIdentityFile bounds what is read of an identity file.
const maxIdentityFile = 1 << 20

// identities reads what can open a backup: identity files and the backup's passphrase.
func (c *cli) identities(f backupFlags, plugins backup.Plugins) ([]backup.Identity, error) {
	var ids []backup.Identity
	for _, path := range f.identities {
		if backup.LooksSecret(path) {
			return nil, usagef("-i takes the path of a file with a secret key, not the key itself; it is not shown here, but it may stand in your shell's history now")
		}
		data, err := readBounded(path, maxIdentityFile)
		if err != nil {
			return nil, fmt.Errorf("identity file %q: %w", path, err)
		}
		more, err := plugins.ParseIdentities(data)
		clear(data)
		if err != nil {
			return nil, fmt.Errorf("identity file %q: %w", path, err)
		}
		ids = append(ids, more...)
	}
	if f.passphraseFile != "" {
		pass, err := readPassphraseFile(f.passphraseFile)
		if err != nil {
			return nil, err
		}
		id, err := backup.PassphraseIdentity(pass)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func readBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return data, err
}

// needIdentities is identities, where a backup cannot be read without one.
func (c *cli) needIdentities(ctx context.Context, f backupFlags) ([]backup.Identity, error) {
	ids, err := c.identities(f, c.plugins(ctx))
	if err != nil || len(ids) > 0 {
		return ids, err
	}
	if !c.canPrompt() {
		return nil, fmt.Errorf("opening a backup needs -i IDENTITY or --backup-passphrase-file FILE: %w", errUnanswered)
	}
	pass, err := c.prompt(ctx, "Passphrase of the backup itself. Not shown while you type: ")
	if err != nil {
		return nil, err
	}
	id, err := backup.PassphraseIdentity(pass)
	if err != nil {
		return nil, err
	}
	return []backup.Identity{id}, nil
}

// askKeyPassphrases is keyPassphrases that asks for what is not set, where there is somebody
// to ask. An empty answer leaves the key closed.
func (c *cli) askKeyPassphrases(ctx context.Context) backup.Passphrases {
	return func(k backup.Key) (keyring.Passphrase, bool) {
		if pass, ok := c.keyPassphrases(k); ok || !c.canPrompt() {
			return pass, ok
		}
		pass, err := c.prompt(ctx, fmt.Sprintf("Passphrase of the %s key %s. Enter alone leaves it closed: ", trustdata.Visible(cmp.Or(k.Role, "unnamed")), k.KeyID.Short()))
		return pass, err == nil && !pass.IsEmpty()
	}
}

// keyPassphrases gives what is set for each key, for a drill; nobody is asked.
func (c *cli) keyPassphrases(k backup.Key) (keyring.Passphrase, bool) {
	sources, err := c.sources(k.KeyID, k.Role, false)
	if err != nil || len(sources) == 0 {
		return keyring.Passphrase{}, false
	}
	pass, err := sources[0].read()
	return pass, err == nil
}
