package main

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"keyrite/backup"
	"keyrite/trustdata/access"
)

// wordPattern is what a profile's word may be: it stands in the first column of every
// header, in capitals.
var wordPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Z0-9][A-Z0-9_-]{0,11}$`)
})

// namePattern is what a profile or a recipient may be called.
var namePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
})

// checkConfig finds everything in the configuration that could not be used, and makes its
// paths absolute. No error quotes a value that may be a secret.
func (c *cli) checkConfig(cfg *config) error {
	var all []error
	bad := func(err error, format string, args ...any) {
		if err != nil {
			all = append(all, fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Profile)) {
		p := cfg.Profile[name]
		bad(c.checkProfile(name, &p), "[profile.%s]", name)
		cfg.Profile[name] = p
	}
	bad(checkTheme(cfg.Theme), "theme")
	cfg.Pins.table = "[pins]"
	cfg.Pins.check(c, bad)
	for _, name := range slices.Sorted(maps.Keys(cfg.Clients)) {
		bad(checkClientName(name), "[clients.%s]", name)
		p := cfg.Clients[name]
		p.table = "[clients." + name + "]"
		p.check(c, bad)
		cfg.Clients[name] = p
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Recipients)) {
		bad(checkRecipients(name, cfg.Recipients[name], backup.Plugins{Allowed: cfg.Backup.Plugins}), "[recipients] %q", backup.HideSecrets(name))
	}
	for _, name := range cfg.Backup.Plugins {
		if !backup.PluginName(name) {
			bad(errors.New("the name of a plugin has small letters, digits and hyphens, without the \"age-plugin-\" before it"), "[backup] plugins")
		}
	}
	_, err := cfg.expandRecipients(cfg.Backup.Recipients)
	bad(err, "[backup] recipients")
	cfg.Backup.To, err = c.configFile(cfg.Backup.To)
	bad(err, "[backup] to")
	_, err = cfg.Limits.timeout()
	bad(err, "[limits] timeout")
	_, err = cfg.Limits.deadline()
	bad(err, "[limits] deadline")
	_, err = cfg.Limits.atOnce()
	bad(err, "[limits] at_once")
	texts := make([]string, len(all))
	for i, err := range all {
		texts[i] = err.Error()
	}
	if len(texts) == 0 {
		return nil
	}
	return errors.New(strings.Join(texts, "; "))
}

func (c *cli) checkProfile(name string, p *profile) error {
	switch {
	case !namePattern().MatchString(name):
		return errors.New("that is no name for a profile")
	case p.Word != "" && !wordPattern().MatchString(p.Word):
		return fmt.Errorf("word %q is not 1 to 12 capitals and digits", p.Word)
	}
	for what, server := range map[string]string{"server": p.Server, "registry": p.Registry} {
		if err := checkServer(server); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	for i := range p.TrustDir {
		if err := c.makeAbsolute("trust_dir", &p.TrustDir[i]); err != nil {
			return err
		}
	}
	for i, realm := range p.Realms {
		origin, err := access.ParseRealm(realm)
		if err != nil {
			return fmt.Errorf("realms: entry %d is %w", i+1, err)
		}
		p.Realms[i] = origin
	}
	for what, from := range map[string]string{"server": p.Credentials.Server, "registry": p.Credentials.Registry} {
		if _, err := c.parseCredential(from); err != nil {
			return fmt.Errorf("credentials.%s: %w", what, err)
		}
	}
	for what, files := range map[string]*tlsFiles{"server": &p.TLS.Server, "registry": &p.TLS.Registry} {
		if err := c.checkTLS(files); err != nil {
			return fmt.Errorf("tls.%s: %w", what, err)
		}
	}
	return nil
}

func (c *cli) checkTLS(f *tlsFiles) error {
	if (f.Cert == "") != (f.Key == "") {
		return errors.New("cert and key are set together")
	}
	for i := range f.CA {
		if err := c.makeAbsolute("ca", &f.CA[i]); err != nil {
			return err
		}
	}
	return errors.Join(c.makeAbsolute("cert", &f.Cert), c.makeAbsolute("key", &f.Key))
}

// checkServer looks at a server's URL as far as a file can be wrong about it; access
// judges the rest when it is used.
func checkServer(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("not a URL such as https://notary.example")
	case u.User != nil:
		return errors.New("a user name or password does not belong in a URL")
	}
	return nil
}

func (c *cli) makeAbsolute(what string, path *string) error {
	abs, err := c.configFile(*path)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	*path = abs
	return nil
}

// configFile is a path of the configuration, which depends on no working directory: it is
// absolute or begins with "~/".
func (c *cli) configFile(path string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && c.home() != "" {
		return filepath.Join(c.home(), rest), nil
	}
	if path != "" && !filepath.IsAbs(path) {
		return "", fmt.Errorf("%q is neither absolute nor below ~/", path)
	}
	return path, nil
}

// parseCredential reads where a login comes from:
//
//	docker               docker's order, which is also what "" means
//	docker:KEY           docker's order under another name of the server
//	helper:NAME [KEY]    the credential helper docker-credential-NAME
//	env:NAME             base64 of user:password in an environment variable
//	file:PATH            the same in a file
//	anonymous            no login
func (c *cli) parseCredential(s string) (access.LoginSource, error) {
	way, rest, _ := strings.Cut(s, ":")
	from := access.LoginSource{Name: way + " in config.toml"}
	switch {
	case s == "" || s == "docker":
		return access.LoginSource{}, nil
	case s == "anonymous":
		from.None = true
	case rest == "":
		return from, errCredential
	case way == "docker":
		from.Key = rest
	case way == "helper":
		from.Helper, from.Key, _ = strings.Cut(rest, " ")
	case way == "env":
		from.Name = "$" + rest + ", named in config.toml"
		from.Basic = func() (string, error) { return required(c.getenv(rest), "it is not set") }
	case way == "file":
		path, err := c.configFile(rest)
		if err != nil {
			return from, err
		}
		from.Name = fmt.Sprintf("the file %q, named in config.toml", path)
		from.Basic = func() (string, error) {
			data, err := readBounded(path, maxPassphraseFile)
			if err != nil {
				return "", err
			}
			return required(strings.TrimSpace(string(data)), "it is empty")
		}
	default:
		return from, errCredential
	}
	return from, nil
}

// errCredential quotes nothing: what stands there may be a password.
var errCredential = errors.New("none of docker, docker:KEY, helper:NAME, env:NAME, file:PATH, anonymous (a password itself does not belong here)")

func required(value, why string) (string, error) {
	if value == "" {
		return "", errors.New(why)
	}
	return value, nil
}

func checkRecipients(name string, list []string, plugins backup.Plugins) error {
	if backup.LooksSecret(name) || !namePattern().MatchString(name) || strings.HasPrefix(name, "age1") || strings.HasPrefix(name, "ssh-") {
		return errors.New("that is no name for a recipient")
	}
	if _, err := plugins.ParseRecipients(list); err != nil {
		return err
	}
	return nil
}

// expandRecipients puts the recipients that a name stands for in its place.
func (cfg *config) expandRecipients(list []string) ([]string, error) {
	var out []string
	for _, r := range list {
		switch known, ok := cfg.Recipients[r]; {
		case backup.LooksSecret(r):
			return nil, errors.New("a secret key does not belong here, and is not shown: a recipient is the public key (age1...) that belongs to it")
		case ok:
			out = append(out, known...)
		case namePattern().MatchString(r) && !strings.HasPrefix(r, "age1"):
			return nil, fmt.Errorf("%q is neither a recipient nor a name under [recipients]", r)
		default:
			out = append(out, r)
		}
	}
	return out, nil
}

func (l limits) timeout() (time.Duration, error) { return parseLimit(l.Timeout) }

// atOnce is how many repositories may be asked for side by side.
func (l limits) atOnce() (int, error) {
	switch {
	case l.AtOnce == 0:
		return defaultAtOnce, nil
	case l.AtOnce < 1 || l.AtOnce > maxAtOnce:
		return 0, fmt.Errorf("%d is not between 1 and %d", l.AtOnce, maxAtOnce)
	}
	return l.AtOnce, nil
}

func (l limits) deadline() (time.Duration, error) { return parseLimit(l.Deadline) }

func parseLimit(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no time such as 30s or 2m", s)
	}
	return d, nil
}
