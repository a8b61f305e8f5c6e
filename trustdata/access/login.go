package access

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"oras.land/oras-go/v2/registry/remote/auth"
)

// maxDockerConfig bounds how much of docker's config.json is read.
const maxDockerConfig = 4 << 20

// dockerConfig is what of docker's config.json concerns logins.
type dockerConfig struct {
	Auths       map[string]dockerAuth `json:"auths"`
	CredsStore  string                `json:"credsStore"`
	CredHelpers map[string]string     `json:"credHelpers"`
}

// dockerAuth is one entry of auths. Auth is base64 of "user:password"; an identity token
// is exchanged for access tokens; a registry token is sent as it stands.
type dockerAuth struct {
	Auth          string `json:"auth"`
	Username      string `json:"username"`
	Password      string `json:"password"`
	IdentityToken string `json:"identitytoken"`
	RegistryToken string `json:"registrytoken"`
}

// readLogin finds the login of the first of keys that docker's config.json has one for.
// It follows docker's order: a helper named for the host, then the helper for all, then
// the file's own entries; helpers are not asked here, only named as a problem. A file
// that cannot be read is a problem and no login.
func readLogin(dir string, keys []string) (auth.Credential, []string) {
	if dir == "" {
		return auth.EmptyCredential, nil
	}
	config, err := readDockerConfig(filepath.Join(dir, "config.json"))
	if err != nil {
		return auth.EmptyCredential, []string{err.Error()}
	}
	var problems []string
	for _, key := range keys {
		if helper := config.helper(key); helper != "" {
			problems = append(problems, fmt.Sprintf("the login of %q is kept by the credential helper %q, which is not used yet", key, helper))
			continue
		}
		entry, ok := config.entry(key)
		if !ok {
			continue
		}
		login, err := entry.credential()
		if err != nil {
			problems = append(problems, fmt.Sprintf("the login of %q in docker's config.json: %v", key, err))
			continue
		}
		if login != auth.EmptyCredential {
			return login, problems
		}
	}
	return auth.EmptyCredential, problems
}

func readDockerConfig(path string) (dockerConfig, error) {
	var config dockerConfig
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return config, nil
	} else if err != nil {
		return config, fmt.Errorf("docker's configuration is not used: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxDockerConfig+1))
	switch {
	case err != nil:
		return config, fmt.Errorf("docker's configuration is not used: %w", err)
	case len(data) > maxDockerConfig:
		return config, fmt.Errorf("docker's configuration %q is not used: it is larger than %d bytes", path, maxDockerConfig)
	case len(bytes.TrimSpace(data)) == 0:
		return config, nil
	}
	// The decoder's own words may quote a value, and a value may be a password.
	if json.Unmarshal(data, &config) != nil {
		return dockerConfig{}, fmt.Errorf("docker's configuration %q is not used: it is not the JSON that docker writes", path)
	}
	return config, nil
}

// helper is the credential helper that docker would ask for key, "" if there is none.
func (c dockerConfig) helper(key string) string {
	if h := c.CredHelpers[key]; h != "" {
		return h
	}
	return c.CredsStore
}

// entry finds the file's entry for key: exactly, else the first by name whose host is
// the key's, since older programs wrote keys with a scheme and a path.
func (c dockerConfig) entry(key string) (dockerAuth, bool) {
	if a, ok := c.Auths[key]; ok {
		return a, true
	}
	for _, name := range slices.Sorted(maps.Keys(c.Auths)) {
		if strings.EqualFold(hostOf(name), hostOf(key)) {
			return c.Auths[name], true
		}
	}
	return dockerAuth{}, false
}

// hostOf cuts the scheme and the path from a key of auths.
func hostOf(key string) string {
	key = strings.TrimPrefix(strings.TrimPrefix(key, "http://"), "https://")
	host, _, _ := strings.Cut(key, "/")
	return host
}

func (a dockerAuth) credential() (auth.Credential, error) {
	login := auth.Credential{
		Username: a.Username, Password: a.Password,
		RefreshToken: a.IdentityToken, AccessToken: a.RegistryToken,
	}
	if a.Auth == "" {
		return login, nil
	}
	decoded, err := base64.StdEncoding.DecodeString(a.Auth)
	if err != nil {
		return auth.EmptyCredential, errors.New("its auth value is not base64")
	}
	user, password, ok := strings.Cut(string(decoded), ":")
	if !ok || user == "" {
		return auth.EmptyCredential, errors.New("its auth value is not a user name and a password")
	}
	// Docker's older writers padded the password with zero bytes.
	login.Username, login.Password = user, strings.Trim(password, "\x00")
	return login, nil
}
