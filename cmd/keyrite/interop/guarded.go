package interop

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// StartTokenRegistry starts a registry by https that takes tokens of the service only,
// under the service name "registry". Push and the like go past its login.
func StartTokenRegistry(t testing.TB, a *Authority, s *TokenService, realm, repository string) *Registry {
	t.Helper()
	auth := fmt.Sprintf("auth: {token: {realm: %q, service: registry, issuer: %q, rootcertbundle: %q}}", realm, issuer, s.Bundle)
	admin := "Bearer " + s.Admin("registry", repository)
	return startGuardedRegistry(t, a, auth, admin)
}

// StartBasicRegistry starts a registry by https that asks for a user's password.
func StartBasicRegistry(t testing.TB, a *Authority, user, password string) *Registry {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "htpasswd")
	writeFile(t, file, fmt.Appendf(nil, "%s:%s\n", user, hash))
	return startGuardedRegistry(t, a, fmt.Sprintf("auth: {htpasswd: {realm: test, path: %q}}", file),
		"Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

func startGuardedRegistry(t testing.TB, a *Authority, auth, admin string) *Registry {
	t.Helper()
	dir, r := t.TempDir(), &Registry{t: t}
	cert, key := a.Server()
	r.Process, r.Host = onFreePort(t, func(addr string) (*Process, error) {
		config := filepath.Join(dir, "registry.yml")
		writeFile(t, config, fmt.Appendf(nil, `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {inmemory: {}, delete: {enabled: true}}
http: {addr: %q, secret: "for a test", tls: {certificate: %q, key: %q}}
%s
`, addr, cert, key, auth))
		return startServer(t, dir, addr, "registry", "serve", config)
	})
	r.URL = backDoor(t, a, "https://"+r.Host, admin)
	return r
}

// StartTokenServer starts a notary-server by https that takes tokens of the service only,
// under the service name "trust". The URL is the back door's, for a stock client that then
// needs no login; Host is where it asks for one.
func StartTokenServer(t testing.TB, a *Authority, s *TokenService, realm, gun string) *Server {
	t.Helper()
	dir, n := t.TempDir(), &Server{}
	cert, key := a.Server()
	n.Process, n.Host = onFreePort(t, func(addr string) (*Process, error) {
		config := filepath.Join(dir, "server.json")
		writeJSON(t, config, map[string]any{
			"server":        map[string]any{"http_addr": addr, "tls_key_file": key, "tls_cert_file": cert},
			"trust_service": map[string]any{"type": "local"},
			"auth": map[string]any{"type": "token", "options": map[string]any{
				"realm": realm, "service": "trust", "issuer": issuer, "rootcertbundle": s.Bundle}},
		})
		return startServer(t, dir, addr, "notary-server", "-config", config)
	})
	n.URL = backDoor(t, a, "https://"+n.Host, "Bearer "+s.Admin("trust", gun))
	return n
}

// backDoor is a plain way past a server's login.
func backDoor(t testing.TB, a *Authority, target, authorization string) string {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(a.File)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(data)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	srv := httptest.NewServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host
		r.Out.Header.Set("X-Forwarded-Proto", "http")
		r.Out.Header.Set("Authorization", authorization)
	}})
	t.Cleanup(srv.Close)
	return srv.URL
}

// StartTunnel is a proxy (CONNECT) that leads every host name to one address, so that a
// server can be reached under a name that no resolver knows. Seen lists the names.
func StartTunnel(t testing.TB, addr string) (proxy string, seen func() []string) {
	t.Helper()
	var mu sync.Mutex
	var names []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		names = append(names, r.Host)
		mu.Unlock()
		there, err := net.Dial("tcp", addr)
		if r.Method != http.MethodConnect || err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer there.Close()
		w.WriteHeader(http.StatusOK)
		here, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer here.Close()
		go io.Copy(there, buffered)
		io.Copy(here, there)
	}))
	t.Cleanup(srv.CloseClientConnections)
	t.Cleanup(srv.Close)
	return srv.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), names...)
	}
}
