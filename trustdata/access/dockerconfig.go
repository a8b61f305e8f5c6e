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

// readDockerConfig reads config.json in docker's folder. One that is not there, or that
// there is no folder for, has no logins.
func readDockerConfig(dir string) (dockerConfig, error) {
	var config dockerConfig
	if dir == "" {
		return config, nil
	}
	path := filepath.Join(dir, "config.json")
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

// parseAuthConfig reads the value of DOCKER_AUTH_CONFIG: {"auths":{KEY:{"auth":...}}} and
// nothing else, as docker wants it.
func parseAuthConfig(value string) (map[string]dockerAuth, error) {
	var config struct {
		Auths map[string]struct {
			Auth string `json:"auth"`
		} `json:"auths"`
	}
	dec := json.NewDecoder(strings.NewReader(value))
	dec.DisallowUnknownFields()
	if dec.Decode(&config) != nil || dec.More() {
		return nil, errors.New(`it is not {"auths":{HOST:{"auth":...}}} and nothing else`)
	}
	auths := make(map[string]dockerAuth, len(config.Auths))
	for key, a := range config.Auths {
		if a.Auth == "" {
			return nil, fmt.Errorf("its entry %q has no auth", key)
		}
		auths[key] = dockerAuth{Auth: a.Auth}
	}
	return auths, nil
}

// helper is the credential helper that docker would ask for key, "" if there is none. A
// helper named for the host counts even where its name is empty: that is how one host is
// taken out of the store.
func (c dockerConfig) helper(key string) string {
	if h, ok := c.CredHelpers[key]; ok {
		return h
	}
	return c.CredsStore
}

// entry finds the file's entry for key: exactly, else the first by name whose host is
// the key, since older programs wrote keys with a scheme and a path.
func (c dockerConfig) entry(key string) (name string, entry dockerAuth, ok bool) {
	if a, ok := c.Auths[key]; ok {
		return key, a, true
	}
	for _, name := range slices.Sorted(maps.Keys(c.Auths)) {
		if strings.EqualFold(hostOf(name), key) {
			return name, c.Auths[name], true
		}
	}
	return "", dockerAuth{}, false
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
	user, password, err := decodeAuth(a.Auth)
	if err != nil {
		return auth.EmptyCredential, err
	}
	login.Username, login.Password = user, password
	return login, nil
}

// decodeAuth reads base64 of "user:password".
func decodeAuth(value string) (user, password string, err error) {
	decoded, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return "", "", errors.New("its auth value is not base64")
	}
	user, password, ok := strings.Cut(string(decoded), ":")
	if !ok || user == "" {
		return "", "", errors.New("its auth value is not a user name and a password")
	}
	// Docker's older writers padded the password with zero bytes.
	return user, strings.Trim(password, "\x00"), nil
}
