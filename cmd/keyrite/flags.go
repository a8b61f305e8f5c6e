package main

import "slices"

// checkFlags refuses values that no verb can use, before anything is read.
func (c *cli) checkFlags() error {
	if err := checkTheme(c.flags.theme); err != nil {
		return usagef("--theme: %w", err)
	}
	if !slices.Contains([]string{"auto", "always", "never"}, c.flags.color) {
		return usagef("--color %q is none of auto, always, never", c.flags.color)
	}
	if c.flags.json && c.flags.plain {
		return usagef("--json and --plain exclude each other")
	}
	if c.flags.timeout <= 0 || c.flags.keychainTimeout <= 0 {
		return usagef("--timeout and --keychain-timeout must be more than nothing")
	}
	_, err := c.passphraseFiles()
	return err
}
