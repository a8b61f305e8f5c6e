package main

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"slices"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
)

// maxRecipientsFile bounds what is read of a file of recipients; fifty post-quantum ones
// take a tenth of it.
const maxRecipientsFile = 1 << 20

// recipientsOf settles for whom a backup is locked: recipients, or a passphrase.
func (c *cli) recipientsOf(ctx context.Context, f backupFlags) ([]backup.Recipient, error) {
	given := slices.Clone(f.recipients)
	for _, path := range f.recipientFiles {
		more, err := readRecipients(path)
		if err != nil {
			return nil, err
		}
		given = append(given, more...)
	}
	switch {
	case len(given) > 0 && f.passphraseFile != "":
		return nil, usagef("a backup is locked either for recipients or with a passphrase, not both")
	case len(given) > 0:
		r, err := c.parseRecipients(given, c.plugins(ctx))
		if err != nil {
			return nil, usage(err)
		}
		return r, nil
	case f.passphraseFile == "":
		return nil, usagef("say who can open the backup: -r RECIPIENT, or --backup-passphrase-file FILE")
	}
	pass, err := readPassphraseFile(f.passphraseFile)
	if err != nil {
		return nil, err
	}
	if err := backup.CheckPassphrase(pass); err != nil {
		return nil, fmt.Errorf("--backup-passphrase-file: %w", err)
	}
	r, err := backup.PassphraseRecipient(pass, 0)
	if err != nil {
		return nil, err
	}
	return []backup.Recipient{r}, nil
}

func readRecipients(path string) ([]string, error) {
	if backup.LooksSecret(path) {
		return nil, usagef("-R takes the path of a file with public keys; what was given is a secret key, and it is not shown here")
	}
	data, err := readBounded(path, maxRecipientsFile)
	if err != nil {
		return nil, fmt.Errorf("recipients file %q: %w", path, reason(err))
	}
	defer clear(data)
	list, err := backup.ReadRecipients(data)
	if err != nil {
		return nil, usage(fmt.Errorf("recipients file %q: %w", path, err))
	}
	return list, nil
}

// parseRecipients reads recipients, or what the settings call them, and gives each the
// name that it has there.
func (c *cli) parseRecipients(list []string, plugins backup.Plugins) ([]backup.Recipient, error) {
	all, err := plugins.ParseRecipients(c.recipientNames(list))
	if err != nil {
		return nil, err
	}
	labels := c.config.labels(plugins)
	for i, r := range all {
		all[i].Label = labels[r.Fingerprint()]
	}
	return all, nil
}

// typedRecipients are recipients from the console, whose dialog has compared each of them.
func (c *cli) typedRecipients(list []string) ([]backup.Recipient, error) {
	all, err := c.parseRecipients(list, c.allowedPlugins())
	for i := range all {
		all[i].Compared = true
	}
	return all, err
}

// readers reads recipients for a dialog.
func (d *desk) readers(list []string) ([]backup.Recipient, error) {
	return d.session.cli.parseRecipients(list, d.session.cli.allowedPlugins())
}

// labels are the names of the settings, by the fingerprints of what they stand for. A key
// that stands there without a name of its own is called after the section.
func (cfg *config) labels(plugins backup.Plugins) map[string]string {
	labels := map[string]string{}
	if cfg == nil {
		return labels
	}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(cfg.Recipients))) {
		for _, text := range cfg.Recipients[name] {
			if r, err := plugins.ParseRecipients([]string{text}); err == nil {
				labels[r[0].Fingerprint()] = name
			}
		}
	}
	for _, text := range cfg.Backup.Recipients {
		r, err := plugins.ParseRecipients([]string{text})
		if err == nil && labels[r[0].Fingerprint()] == "" {
			labels[r[0].Fingerprint()] = "config.toml"
		}
	}
	return labels
}

// compareFingerprints asks for the end of every fingerprint that nobody has compared yet,
// where somebody can be asked.
func (c *cli) compareFingerprints(ctx context.Context, all []backup.Recipient) error {
	if len(backup.Unchecked(all)) == 0 || c.flags.dryRun || c.flags.yes || !c.canPrompt() {
		return nil
	}
	in := bufio.NewReader(c.in)
	for i, r := range all {
		if r.Checked() {
			continue
		}
		if err := c.compare(ctx, in, r); err != nil {
			return err
		}
		all[i].Compared = true
	}
	return nil
}

// tries is how often a wrong answer is asked for again.
const tries = 3

// compare shows one fingerprint and asks for its end.
func (c *cli) compare(ctx context.Context, in *bufio.Reader, r backup.Recipient) error {
	c.say("Recipient %s (%s)\n  %s\nIts holder can show or read out the same. A name under [recipients] in config.toml is asked for no more.",
		trustdata.Visible(short(r.Text)), r.Kind, r.Fingerprint())
	for range tries {
		typed, err := c.ask(ctx, in, "Type the last group, as its holder gives it: ")
		switch {
		case err != nil:
			return err
		case r.IsLastGroup(typed):
			return nil
		case typed == "":
			return fmt.Errorf("the fingerprint of recipient %q was not compared; nothing was written: %w", r.Name(), errUnanswered)
		}
		c.say("That is not the last group.")
	}
	return fmt.Errorf("the fingerprint of recipient %q is another one than its holder gives: it may be somebody else's key; nothing was written", short(r.Text))
}

// short is a public key as far as a line has room for it.
func short(text string) string {
	const most = 72
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

// uncompared is the waiver of recipients whose fingerprints nobody compared.
func uncompared(all []backup.Recipient) []string {
	if len(backup.Unchecked(all)) == 0 {
		return nil
	}
	return []string{backup.WaiverFingerprint}
}

// allowedPlugins are the age plugins that may be run, for where nobody can be asked.
func (c *cli) allowedPlugins() backup.Plugins {
	if c.config == nil {
		return backup.Plugins{}
	}
	return backup.Plugins{Allowed: c.config.Backup.Plugins}
}

// allowedPlugins are the names of the plugins that may be run.
func (cfg *config) allowedPlugins() []string {
	if cfg.Backup.Plugins == nil {
		return backup.WellKnownPlugins()
	}
	return cfg.Backup.Plugins
}

// plugins are allowedPlugins for a verb: they speak on stderr, and ask at a terminal.
func (c *cli) plugins(ctx context.Context) backup.Plugins {
	p := c.allowedPlugins()
	p.Tell = func(name, text string) { c.say("age-plugin-%s: %s", name, text) }
	if c.canPrompt() {
		p.Ask = func(name, question string, secret bool) (string, error) {
			return c.askPlugin(ctx, name, question, secret)
		}
	}
	return p
}

// askPlugin puts a plugin's question to the user. A PIN goes to the plugin as it is typed:
// age takes a string, which cannot be wiped.
func (c *cli) askPlugin(ctx context.Context, name, question string, secret bool) (answer string, err error) {
	question = fmt.Sprintf("age-plugin-%s asks: %s ", name, question)
	if !secret {
		return c.ask(ctx, bufio.NewReader(c.in), question)
	}
	var pin keyring.Passphrase
	if pin, err = c.prompt(ctx, question); err != nil {
		return "", err
	}
	defer pin.Wipe()
	err = pin.Use(func(b []byte) error { answer = string(b); return nil })
	return answer, err
}
