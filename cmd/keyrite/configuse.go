package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keyrite/trustdata/access"
)

// defaultProfile is taken where --profile names none, if there is one of that name.
const defaultProfile = "default"

// useConfig reads the configuration and puts the profile's settings where no flag says
// otherwise. The verbs that work without it, or on it, are left alone.
func (c *cli) useConfig(cmd *cobra.Command) error {
	for up := cmd; up != nil; up = up.Parent() {
		if slices.Contains([]string{"config", "demo", "version", "help", "completion", "man"}, up.Name()) {
			return nil
		}
	}
	cfg, err := c.readConfig()
	if err != nil {
		return err
	}
	return c.useProfile(cmd, cfg)
}

func (c *cli) useProfile(cmd *cobra.Command, cfg *config) error {
	name, err := cfg.choose(c.flags.profile)
	if err != nil {
		return err
	}
	given := func(flag string) bool { return cmd.Flags().Changed(flag) }
	p := cfg.Profile[name]
	c.config, c.profileName, c.inForce = cfg, name, p
	if len(p.TrustDir) > 0 && !given("trust-dir") {
		c.flags.trustDirs, c.flags.trustDirGiven = p.TrustDir, true
	}
	if p.Server != "" && !given("server") {
		c.flags.server = p.Server
	}
	if p.Registry != "" && !given("registry") {
		c.flags.registry = p.Registry
	}
	if cfg.Theme != "" && !given("theme") {
		c.flags.theme = cfg.Theme
	}
	if d, _ := cfg.Limits.timeout(); d > 0 && !given("timeout") {
		c.flags.timeout = d
	}
	if d, _ := cfg.Limits.deadline(); d > 0 && !given("deadline") {
		c.flags.deadline = d
	}
	c.flags.readOnly = c.flags.readOnly || p.ReadOnly
	return nil
}

// choose is the name of the profile to use, "" for none.
func (cfg *config) choose(wanted string) (string, error) {
	if wanted == "" {
		if _, ok := cfg.Profile[defaultProfile]; ok {
			return defaultProfile, nil
		}
		return "", nil
	}
	if _, ok := cfg.Profile[wanted]; !ok {
		known := "there is none"
		if len(cfg.Profile) > 0 {
			known = "there are " + strings.Join(slices.Sorted(maps.Keys(cfg.Profile)), ", ")
		}
		return "", usagef("no profile is called %q in %q: %s", wanted, cfg.path, known)
	}
	return wanted, nil
}

// profileLabel is the profile's word and name for headers and dialogs, "" for none.
func (c *cli) profileLabel() string {
	return strings.TrimSpace(c.inForce.Word + " " + c.profileName)
}

// configure gives access what the profile says of servers. The profile's word on logins
// and certificates is for the profile's servers, so a server that a flag names in their
// place gets neither.
func (c *cli) configure(a *access.Config) error {
	p := c.inForce
	a.Realms = p.Realms
	var err error
	if a.Server == p.Server {
		if a.ServerLogin, err = c.parseCredential(p.Credentials.Server); err != nil {
			return err
		}
		a.ServerTLS = access.TLSFiles{CA: p.TLS.Server.CA, Cert: p.TLS.Server.Cert, Key: p.TLS.Server.Key}
	}
	if a.Registry == p.Registry {
		if a.RegistryLogin, err = c.parseCredential(p.Credentials.Registry); err != nil {
			return err
		}
		a.RegistryTLS = access.TLSFiles{CA: p.TLS.Registry.CA, Cert: p.TLS.Registry.Cert, Key: p.TLS.Registry.Key}
	}
	return nil
}

// backupDefaults fills in what [backup] says and the flags do not.
func (c *cli) backupDefaults(f backupFlags) backupFlags {
	if c.config == nil {
		return f
	}
	if len(f.to) == 0 && c.config.Backup.To != "" {
		f.to = []string{c.config.Backup.To}
	}
	if f.operation == "" && !f.namesReaders() {
		f.recipients = c.config.Backup.Recipients
	}
	return f
}

// recipientNames turns names under [recipients] into what they stand for. Anything else
// is left as it is for backup to judge.
func (c *cli) recipientNames(list []string) []string {
	var out []string
	for _, r := range list {
		if c.config != nil && len(c.config.Recipients[r]) > 0 {
			out = append(out, c.config.Recipients[r]...)
			continue
		}
		out = append(out, r)
	}
	return out
}
