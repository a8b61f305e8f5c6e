package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

// config is config.toml as it stands. What it means is in configcheck.go.
type config struct {
	// Theme is how the console looks, one of ui.Themes, or "".
	Theme   string             `toml:"theme,omitempty"`
	Profile map[string]profile `toml:"profile,omitempty"`
	Pins    pinSettings        `toml:"pins,omitempty"`
	// Clients are what others pin, by a name for them: who must be told of a new root.
	Clients    map[string]pinSettings `toml:"clients,omitempty"`
	Recipients map[string]words       `toml:"recipients,omitempty"`
	Backup     backupSettings         `toml:"backup"`
	Limits     limits                 `toml:"limits,omitempty"`
	path       string                 // of the file
	exists     bool
}

// profile is one set of servers and keys with a word that stands in every header.
type profile struct {
	Word        string      `toml:"word,omitempty"`
	TrustDir    words       `toml:"trust_dir,omitempty"`
	Server      string      `toml:"server,omitempty"`
	Registry    string      `toml:"registry,omitempty"`
	Credentials credentials `toml:"credentials,omitempty"`
	TLS         profileTLS  `toml:"tls,omitempty"`
	ReadOnly    bool        `toml:"read_only,omitempty"`
	Realms      words       `toml:"realms,omitempty"`
}

// credentials say where the logins of the two servers come from; see parseCredential.
type credentials struct {
	Server   string `toml:"server,omitempty"`
	Registry string `toml:"registry,omitempty"`
}

type profileTLS struct {
	Server   tlsFiles `toml:"server,omitempty"`
	Registry tlsFiles `toml:"registry,omitempty"`
}

type tlsFiles struct {
	CA   words  `toml:"ca,omitempty"`
	Cert string `toml:"cert,omitempty"`
	Key  string `toml:"key,omitempty"`
}

type backupSettings struct {
	To         string `toml:"to,omitempty"`
	Recipients words  `toml:"recipients,omitempty"`
	// Plugins are the age plugins that may be run; without the setting the well-known ones, and
	// with an empty list none, so that an empty one is written out too.
	Plugins words `toml:"plugins"`
}

type limits struct {
	Timeout  string `toml:"timeout,omitempty"`
	Deadline string `toml:"deadline,omitempty"`
	// AtOnce is how many repositories are asked for side by side.
	AtOnce int `toml:"at_once,omitempty"`
}

// words is one text or a list of them.
type words []string

// UnmarshalTOML implements toml.Unmarshaler.
func (w *words) UnmarshalTOML(value any) error {
	switch v := value.(type) {
	case string:
		*w = words{v}
		return nil
	case []any:
		*w = words{} // an empty list says something else than none
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return errors.New("a list of texts is expected")
			}
			*w = append(*w, s)
		}
		return nil
	}
	return errors.New("a text or a list of texts is expected")
}

// maxConfig bounds the configuration file.
const maxConfig = 64 << 10

// configPath is where the configuration is: --config, else config.toml in keyrite's
// settings folder; "" where nothing says where that is.
func (c *cli) configPath() string {
	if c.flags.config != "" {
		return absolute(c.flags.config)
	}
	if dir := c.settingsDir("keyrite"); dir != "" {
		return filepath.Join(dir, "config.toml")
	}
	return ""
}

// readConfig reads and checks the configuration. A file that is not there is an empty one
// unless --config named it.
func (c *cli) readConfig() (*config, error) {
	path := c.configPath()
	if path == "" {
		return &config{}, nil
	}
	data, err := readBounded(path, maxConfig)
	if errors.Is(err, fs.ErrNotExist) && c.flags.config == "" {
		return &config{path: path}, nil
	}
	if err != nil {
		return nil, usage(fmt.Errorf("configuration %q: %w", path, err))
	}
	cfg, err := parseConfig(string(data))
	if err == nil {
		err = c.checkConfig(cfg)
	}
	if err != nil {
		return nil, usage(fmt.Errorf("configuration %q: %w", path, err))
	}
	cfg.path, cfg.exists = path, true
	return cfg, nil
}

// parseConfig reads the text and names each unknown key with its line.
func parseConfig(text string) (*config, error) {
	cfg := new(config)
	meta, err := toml.Decode(text, cfg)
	if err != nil {
		return nil, tomlError(err)
	}
	var unknown []toml.Key
	for _, key := range meta.Undecoded() {
		below := func(k toml.Key) bool { return len(k) < len(key) && slices.Equal(k, key[:len(k)]) }
		if !slices.ContainsFunc(unknown, below) {
			unknown = append(unknown, key)
		}
	}
	var problems []string
	for i, line := range linesOf(text, unknown) {
		problems = append(problems, fmt.Sprintf("line %d: %q is no setting", line, unknown[i].String()))
	}
	if len(problems) > 0 {
		return nil, errors.New(strings.Join(problems, "; "))
	}
	return cfg, nil
}

// tomlError is where and why the text is no TOML, without the text itself.
func tomlError(err error) error {
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	// What the library quotes may be a password without its quotes.
	why := quoted().ReplaceAllString(parse.Message, "something")
	if parse.LastKey != "" {
		return fmt.Errorf("line %d, at %q: %s", parse.Position.Line, parse.LastKey, why)
	}
	return fmt.Errorf("line %d: %s", parse.Position.Line, why)
}

var quoted = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"[^"]*"|'[^']*'`)
})

// linesOf are the lines on which keys are set: of each the one after which the text, up to
// there, has it for the first time. The library does not tell.
func linesOf(text string, keys []toml.Key) []int {
	at := make([]int, len(keys))
	if len(keys) == 0 {
		return nil
	}
	lines := strings.SplitAfter(text, "\n")
	whole := 0
	for n := range lines {
		var any map[string]any
		meta, err := toml.Decode(strings.Join(lines[:n+1], ""), &any)
		if err != nil {
			continue // inside a value of several lines
		}
		for i, key := range keys {
			if at[i] == 0 && slices.ContainsFunc(meta.Keys(), func(k toml.Key) bool { return slices.Equal(k, key) }) {
				at[i] = whole + 1
			}
		}
		whole = n + 1
	}
	return at
}
