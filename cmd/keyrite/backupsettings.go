package main

import (
	"bytes"
	"maps"
	"net/url"

	"github.com/BurntSushi/toml"
)

// settings are the settings for a backup, written anew from what was read: of the file
// itself nothing goes in, for a comment may hold a password. What is in them names where
// secrets come from (a file, a variable, a helper) and holds none. They are nil where there
// is no configuration.
func (c *cli) settings() []byte {
	if c.config == nil || !c.config.exists {
		return nil
	}
	plain := *c.config
	plain.Profile = maps.Clone(c.config.Profile)
	for name, p := range plain.Profile {
		p.Server, p.Registry = bareURL(p.Server), bareURL(p.Registry)
		plain.Profile[name] = p
	}
	var b bytes.Buffer
	b.WriteString("# keyrite's settings as they were read when this backup was made\n")
	if err := toml.NewEncoder(&b).Encode(plain); err != nil {
		return nil
	}
	return b.Bytes()
}

// bareURL is a server's address without what may be a token.
func bareURL(s string) string {
	u, err := url.Parse(s)
	if s == "" || err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
