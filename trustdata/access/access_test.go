package access

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/trustdata"
)

func TestServers(t *testing.T) {
	for _, tt := range []struct {
		gun             trustdata.GUN
		config          Config
		trust, registry string
		resource        string
	}{
		{"docker.io/library/alpine", Config{}, "https://notary.docker.io", "https://registry-1.docker.io", "library/alpine"},
		{"alpine", Config{}, "https://notary.docker.io", "https://registry-1.docker.io", "library/alpine"},
		{"index.docker.io/library/alpine", Config{}, "https://notary.docker.io", "https://registry-1.docker.io", "library/alpine"},
		{"reg.example:5000/acme/web", Config{}, "https://reg.example:5000", "https://reg.example:5000", "acme/web"},
		{"reg.example/web", Config{Server: "https://trust.example/base/", Registry: "http://localhost:5000"}, "https://trust.example/base", "http://localhost:5000", "web"},
		{"reg.example/web", Config{Server: "http://127.0.0.1:4443"}, "http://127.0.0.1:4443", "https://reg.example", "web"},
		{"reg.example/web", Config{Server: "http://[::1]:4443"}, "http://[::1]:4443", "https://reg.example", "web"},
		{"reg.example/web", Config{Server: "http://other.example", Insecure: true}, "http://other.example", "https://reg.example", "web"},
	} {
		trust, err := tt.config.TrustServer(tt.gun)
		if err != nil {
			t.Fatalf("TrustServer(%q) = %v", tt.gun, err)
		}
		registry, err := tt.config.RegistryOf(tt.gun)
		if err != nil {
			t.Fatalf("RegistryOf(%q) = %v", tt.gun, err)
		}
		if got := trust.URL.String(); got != tt.trust {
			t.Errorf("trust server of %q = %q, want %q", tt.gun, got, tt.trust)
		}
		if got := registry.URL.String(); got != tt.registry {
			t.Errorf("registry of %q = %q, want %q", tt.gun, got, tt.registry)
		}
		if trust.Resource != string(tt.gun) || registry.Resource != tt.resource {
			t.Errorf("resources of %q = %q, %q, want the whole name and %q", tt.gun, trust.Resource, registry.Resource, tt.resource)
		}
	}
}

func TestServersRefused(t *testing.T) {
	const gun = "reg.example/web"
	for _, tt := range []struct {
		name, server, want string
		gun                trustdata.GUN
	}{
		{"http to another machine", "http://trust.example", "http is used only", gun},
		{"http to a name that only looks local", "http://localhost.example", "http is used only", gun},
		{"http to a private address", "http://10.0.0.7", "http is used only", gun},
		{"user", "https://me:s3cret@trust.example", "user name or password", gun},
		{"query", "https://trust.example?token=s3cret", "query or fragment", gun},
		{"fragment", "https://trust.example#s3cret", "query or fragment", gun},
		{"file", "file:///etc/passwd", "not an https URL", gun},
		{"no scheme", "trust.example", "not an https URL", gun},
		{"no host", "https:///v2", "not an https URL", gun},
		{"only a port", "https://:443", "not an https URL", gun},
		{"no URL", "https://%zz:s3cret@", "not a URL", gun},
		{"dots in the GUN", "", `segment ".."`, "reg.example/../x"},
		{"slash before the GUN", "", "empty segment", "/reg.example/x"},
		{"query in the GUN", "", "character", "reg.example/x?y"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Config{Server: tt.server}.TrustServer(tt.gun)
			_, regErr := Config{Registry: tt.server}.RegistryOf(tt.gun)
			for _, err := range []error{err, regErr} {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want an error with %q", err, tt.want)
				}
				if err != nil && strings.Contains(err.Error(), "s3cret") {
					t.Errorf("%v quotes a secret", err)
				}
			}
			if strings.HasPrefix(tt.name, "http to") && !errors.Is(err, ErrInsecure) {
				t.Errorf("%v is not ErrInsecure", err)
			}
		})
	}
}

// base64 of alice:s3cret, of bob:a:b with zero bytes behind, and of nocolon.
const (
	aliceAuth   = "YWxpY2U6czNjcmV0"
	bobAuth     = "Ym9iOmE6YgAA"
	nocolonAuth = "bm9jb2xvbg=="
)

func TestLogin(t *testing.T) {
	for _, tt := range []struct {
		name, config   string
		server         string
		gun            trustdata.GUN
		user, password string
		refresh        string
		problem        string
	}{
		{name: "no file", gun: "reg.example/web"},
		{name: "empty file", config: " \n", gun: "reg.example/web"},
		{name: "auth", config: `{"auths":{"reg.example":{"auth":"` + aliceAuth + `"}}}`, gun: "reg.example/web", user: "alice", password: "s3cret"},
		{name: "colon and padding", config: `{"auths":{"reg.example":{"auth":"` + bobAuth + `"}}}`, gun: "reg.example/web", user: "bob", password: "a:b"},
		{name: "user and password", config: `{"auths":{"reg.example":{"username":"alice","password":"s3cret"}}}`, gun: "reg.example/web", user: "alice", password: "s3cret"},
		{name: "identity token", config: `{"auths":{"reg.example":{"auth":"` + aliceAuth + `","identitytoken":"refresh"}}}`, gun: "reg.example/web", user: "alice", password: "s3cret", refresh: "refresh"},
		{name: "legacy key", config: `{"auths":{"https://reg.example/v1/":{"auth":"` + aliceAuth + `"}}}`, gun: "reg.example/web", user: "alice", password: "s3cret"},
		{name: "exact before legacy", config: `{"auths":{"http://reg.example/v1/":{"auth":"` + bobAuth + `"},"reg.example":{"auth":"` + aliceAuth + `"}}}`, gun: "reg.example/web", user: "alice", password: "s3cret"},
		{name: "another port is another host", config: `{"auths":{"reg.example:5000":{"auth":"` + aliceAuth + `"}}}`, gun: "reg.example/web"},
		{name: "hub", config: `{"auths":{"https://index.docker.io/v1/":{"auth":"` + aliceAuth + `"}}}`, gun: "docker.io/library/alpine", user: "alice", password: "s3cret"},
		{name: "trust server of its own", server: "https://trust.example", config: `{"auths":{"trust.example":{"auth":"` + bobAuth + `"},"reg.example":{"auth":"` + aliceAuth + `"}}}`, gun: "reg.example/web", user: "bob", password: "a:b"},
		{name: "trust server with the registry's login", server: "https://trust.example", config: `{"auths":{"reg.example":{"auth":"` + aliceAuth + `"}}}`, gun: "reg.example/web", user: "alice", password: "s3cret"},
		{name: "host taken out of the store", config: `{"auths":{"reg.example":{"auth":"` + aliceAuth + `"}},"credsStore":"desktop","credHelpers":{"reg.example":""}}`, gun: "reg.example/web", user: "alice", password: "s3cret"},
		{name: "hub under another of its names", config: `{"auths":{"index.docker.io":{"auth":"` + aliceAuth + `"}}}`, gun: "docker.io/library/alpine"},
		{name: "helper of another", config: `{"auths":{"reg.example":{"auth":"` + aliceAuth + `"}},"credHelpers":{"gcr.io":"gcloud"}}`, gun: "reg.example/web", user: "alice", password: "s3cret"},
		{name: "not JSON", config: `{"auths":{"reg.example":{"auth":"s3cret`, gun: "reg.example/web", problem: "not the JSON that docker writes"},
		{name: "wrong type", config: `{"auths":{"reg.example":{"auth":["s3cret"]}}}`, gun: "reg.example/web", problem: "not the JSON that docker writes"},
		{name: "not base64", config: `{"auths":{"reg.example":{"auth":"s3cret!"}}}`, gun: "reg.example/web", problem: "not base64"},
		{name: "no colon", config: `{"auths":{"reg.example":{"auth":"` + nocolonAuth + `"}}}`, gun: "reg.example/web", problem: "not a user name and a password"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.config != "" {
				writeFile(t, filepath.Join(dir, "config.json"), tt.config)
			}
			e, err := Config{DockerDir: dir, Server: tt.server}.TrustServer(tt.gun)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Problems(); got != nil {
				t.Errorf("problems before anybody asked: %q", got)
			}
			found, err := e.account.get(t.Context())
			login := found.secret()
			if err != nil || login.Username != tt.user || login.Password != tt.password || login.RefreshToken != tt.refresh || found.User != tt.user {
				t.Errorf("login = %q %q %q, %v", login.Username, login.Password, login.RefreshToken, err)
			}
			all := strings.Join(e.Problems(), "\n")
			if tt.problem == "" && all != "" || !strings.Contains(all, tt.problem) {
				t.Errorf("problems = %q, want %q", all, tt.problem)
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
				if shown := fmt.Sprintf(verb, found); strings.Contains(shown+all, "s3cret") {
					t.Errorf("%s shows a secret: %s, %q", verb, shown, all)
				}
			}
		})
	}
}

func writeFile(t *testing.T, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}
