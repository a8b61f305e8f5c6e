package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"filippo.io/age/plugin"
)

// Plugins says which age plugins may be run, and how they reach the user. A plugin is a
// program "age-plugin-NAME" that is looked for on the PATH, so that the name in a
// recipient decides what runs: only names on a list are.
type Plugins struct {
	// Allowed are their names; nil is WellKnownPlugins.
	Allowed []string
	// Ask puts a plugin's question to the user; nil answers none. The text is safe to show.
	Ask func(plugin, question string, secret bool) (string, error)
	// Tell shows what a plugin says; nil drops it. The text is safe to show.
	Tell func(plugin, text string)
	// Patience is how long a plugin may be silent, not counting the time in which the user
	// is asked; 0 is a minute and a half, for a touch.
	Patience time.Duration
}

// WellKnownPlugins are those that may be run where the settings name none: hardware keys
// and the splitting of secrets.
func WellKnownPlugins() []string {
	return []string{"fido2-hmac", "openpgp-card", "se", "sss", "tpm", "trezor", "yubikey"}
}

const defaultPatience = 90 * time.Second

// allow refuses a name that is not on the list. A name with a slash is none, whatever the
// list says: it would lead to a program anywhere on the disk.
func (p Plugins) allow(name string) error {
	allowed := p.Allowed
	if allowed == nil {
		allowed = WellKnownPlugins()
	}
	switch {
	case !PluginName(name):
		return fmt.Errorf("%q is not the name of an age plugin, which has no slash and no blank: check the recipient against its source", clip(name))
	case !slices.Contains(allowed, name):
		return fmt.Errorf("it needs the program %q, which may not be run here: if you trust it, add %q to plugins under [backup] in config.toml", "age-plugin-"+name, name)
	}
	return nil
}

// PluginName reports whether name can be a plugin's. Age itself takes capitals and more
// signs; a program that is found on the PATH needs none of them.
func PluginName(name string) bool {
	return name != "" && len(name) <= 40 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && !strings.HasPrefix(name, "-")
}

// pluginRecipient is a recipient that a plugin closes for.
type pluginRecipient struct {
	to  *plugin.Recipient
	by  Plugins
	ctx context.Context // ends the plugin; nil for none
}

// until is a recipient for as long as ctx lasts: a plugin that it asks then ends.
func until(ctx context.Context, to age.Recipient) age.Recipient {
	if r, ok := to.(pluginRecipient); ok {
		r.ctx = ctx
		return r
	}
	return to
}

// Wrap implements age.Recipient.
func (r pluginRecipient) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	stanzas, _, err := r.WrapWithLabels(fileKey)
	return stanzas, err
}

// WrapWithLabels implements age.RecipientWithLabels.
func (r pluginRecipient) WrapWithLabels(fileKey []byte) ([]*age.Stanza, []string, error) {
	type wrapped struct {
		stanzas []*age.Stanza
		labels  []string
	}
	ctx := r.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	w, err := talk(ctx, r.by, r.to.Name(), func(ui *plugin.ClientUI) (w wrapped, err error) {
		to, err := plugin.NewRecipient(r.to.String(), ui)
		if err == nil {
			w.stanzas, w.labels, err = to.WrapWithLabels(fileKey)
		}
		return w, err
	})
	return w.stanzas, w.labels, err
}

// parseIdentity reads the line of a plugin's identity, which holds no secret of its own as
// a rule but says where the hardware has one.
func (p Plugins) parseIdentity(line string) (Identity, error) {
	name, _, err := plugin.ParseIdentity(line)
	if err != nil {
		return Identity{}, errors.New("it is a damaged identity of an age plugin")
	}
	if err := p.allow(name); err != nil {
		return Identity{}, err
	}
	return Identity{func(ctx context.Context, stanzas []*age.Stanza) ([]byte, error) {
		return talk(ctx, p, name, func(ui *plugin.ClientUI) ([]byte, error) {
			id, err := plugin.NewIdentity(line, ui)
			if err != nil {
				return nil, err
			}
			return id.Unwrap(stanzas)
		})
	}}, nil
}
