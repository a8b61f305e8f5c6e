package access

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestPrivateRealm has a server and its token service on private addresses under
// different names, and a public server that names a private service.
func TestPrivateRealm(t *testing.T) {
	var tokens atomic.Int32
	status := http.StatusOK
	service := serve(t, func(w http.ResponseWriter, r *http.Request) {
		tokens.Add(1)
		user, password, _ := r.BasicAuth()
		q := r.URL.Query()
		if r.URL.Path != "/service/token" || user != "alice" || password != "s3cret" || q.Get("own") != "1" || q.Get("service") != "s" || q.Get("scope") == "" {
			t.Errorf("the token service was asked for %q by %q", r.URL, user)
		}
		w.WriteHeader(status)
		io.WriteString(w, `{"token":"tok"}`)
	})
	realm := strings.Replace(service.URL, "127.0.0.1", "localhost", 1) + "/service/token?own=1"
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer tok" {
			return
		}
		w.Header().Set("Www-Authenticate", `Bearer realm="`+realm+`",service="s"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
	proxy, _ := url.Parse(server.URL)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "config.json"), aliceConfig)
	private := Config{DockerDir: dir, Server: server.URL}
	// 192.0.2.1 is a public address of which nothing is known but what the proxy says.
	public := Config{DockerDir: dir, Server: "http://192.0.2.1", Insecure: true, Proxy: http.ProxyURL(proxy)}
	ask := func(c Config) error {
		t.Helper()
		e, err := c.TrustServer(gun)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err = get(t, e, 10); err != nil {
				return err
			}
		}
		return nil
	}
	if err := ask(private); err != nil || tokens.Load() != 1 {
		t.Errorf("private server: %v after %d tokens", err, tokens.Load())
	}
	if err := ask(public); !errors.Is(err, ErrRealm) || tokens.Load() != 1 {
		t.Errorf("public server: %v after %d tokens", err, tokens.Load())
	}
	public.DockerDir = ""
	if err := ask(public); err == nil || !strings.Contains(err.Error(), "loopback") || tokens.Load() != 1 {
		t.Errorf("public server without a login: %v after %d tokens", err, tokens.Load())
	}
	status = http.StatusForbidden
	if err := ask(private); err == nil || !strings.Contains(err.Error(), service.URL[len("http://127.0.0.1"):]+"/service/token") {
		t.Errorf("%v does not name the token service", err)
	}
	realm = "ftp://localhost/token"
	if err := ask(private); err == nil || !strings.Contains(err.Error(), "unsupported scheme") {
		t.Errorf("a realm of another scheme gives %v", err)
	}
}

// TestRealmIsConfirmed has servers that want their login sent to other hosts. No request
// to one of these may even look for its way.
func TestRealmIsConfirmed(t *testing.T) {
	const elsewhere = "https://192.0.2.9/token"
	for _, tt := range []struct {
		name, realm, config string
		change              func(*Config)
		refused             bool
	}{
		{"same host, other port", "http://127.0.0.1:1/token", aliceConfig, nil, false},
		{"this machine under another name", "http://localhost:1/token", aliceConfig, nil, false},
		{"elsewhere", elsewhere, aliceConfig, nil, true},
		{"elsewhere, nobody to send", elsewhere, "", nil, false},
		{"elsewhere, an identity token", elsewhere, `{"auths":{"reg.example:5000":{"identitytoken":"refresh"}}}`, nil, true},
		{"named in the configuration", elsewhere, aliceConfig, func(c *Config) { c.Realms = []string{"https://192.0.2.9"} }, false},
		{"another port is named", elsewhere, aliceConfig, func(c *Config) { c.Realms = []string{"https://192.0.2.9:8080"} }, true},
		{"the operator's registry", elsewhere, aliceConfig, func(c *Config) { c.Registry = "https://192.0.2.9" }, false},
		{"the repository's own host", "http://reg.example/token", aliceConfig, nil, false},
		{"a name that ends alike", "https://evil-127.0.0.1.example/token", aliceConfig, nil, true},
		{"a person says yes", elsewhere, aliceConfig, func(c *Config) {
			c.Confirm = func(_ context.Context, server, realm string) (bool, error) {
				if !strings.HasPrefix(server, "127.0.0.1:") || realm != "https://192.0.2.9" {
					t.Errorf("asked whether %q may name %q", server, realm)
				}
				return true, nil
			}
		}, false},
		{"a person says no", elsewhere, aliceConfig, func(c *Config) {
			c.Confirm = func(context.Context, string, string) (bool, error) { return false, nil }
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Www-Authenticate", `Bearer realm="`+tt.realm+`",service="s"`)
				w.WriteHeader(http.StatusUnauthorized)
			})
			dir := t.TempDir()
			if tt.config != "" {
				writeFile(t, filepath.Join(dir, "config.json"), tt.config)
			}
			c := Config{DockerDir: dir, Server: server.URL}
			if tt.change != nil {
				tt.change(&c)
			}
			u, _ := url.Parse(server.URL)
			p := policy{server: u, trusted: c.operators(gunHost(gun)), confirm: c.Confirm}
			realm, _ := url.Parse(tt.realm)
			err := p.admit(t.Context(), realm)
			if tt.config == "" {
				// Nothing is at stake: the request for a token goes out as a stranger's.
				c.Proxy = func(*http.Request) (*url.URL, error) { return nil, errors.New("the network") }
				e, _ := c.TrustServer(gun)
				if _, err = get(t, e, 10); errors.Is(err, ErrRealm) {
					t.Errorf("got %v", err)
				}
				return
			}
			if errors.Is(err, ErrRealm) != tt.refused {
				t.Errorf("policy says %v", err)
			}
			if !tt.refused {
				return
			}
			var left atomic.Int32
			c.Proxy = func(r *http.Request) (*url.URL, error) {
				if r.URL.Host != u.Host {
					left.Add(1)
				}
				return nil, nil
			}
			e, _ := c.TrustServer(gun)
			_, err = get(t, e, 10)
			var named *RealmError
			if !errors.As(err, &named) || named.Realm != origin(realm) || left.Load() != 0 {
				t.Errorf("got %v, and %d requests left for the service", err, left.Load())
			}
		})
	}
}

func TestKnownRealm(t *testing.T) {
	for server, want := range map[string]bool{hubTrustServer: true, hubRegistry: true, "https://reg.example": false} {
		u, _ := url.Parse(server)
		realm, _ := url.Parse("https://auth.docker.io/token")
		if got := (policy{server: u}).trusts(realm); got != want {
			t.Errorf("%s may name %s: %v", server, realm, got)
		}
	}
}

func TestParseRealm(t *testing.T) {
	for in, want := range map[string]string{
		"https://Auth.example:443/token": "https://auth.example", "https://auth.example:8443": "https://auth.example:8443",
		"http://127.0.0.1:5001": "http://127.0.0.1:5001", "http://auth.example": "", "auth.example": "", "https://u:p@auth.example": "", "ftp://x": "", "": "",
	} {
		if got, err := ParseRealm(in); got != want || (err != nil) != (want == "") {
			t.Errorf("ParseRealm(%q) = %q, %v", in, got, err)
		}
	}
}
