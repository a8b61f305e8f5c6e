package access

import (
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
	if err := ask(public); err == nil || !strings.Contains(err.Error(), "loopback") || tokens.Load() != 1 {
		t.Errorf("public server: %v after %d tokens", err, tokens.Load())
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
