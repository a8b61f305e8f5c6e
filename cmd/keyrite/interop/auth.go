package interop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// An Authority is a throw-away certificate authority.
type Authority struct {
	t    testing.TB
	File string // its certificate
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes one.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{t: t, File: filepath.Join(t.TempDir(), "ca.crt"), key: newKey(t)}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "keyrite test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	writePEM(t, a.File, "CERTIFICATE", issue(t, a.cert, a.cert, a.key, a.key))
	return a
}

// Server makes a certificate for the loopback address and these names, in two PEM files.
func (a *Authority) Server(names ...string) (cert, key string) {
	a.t.Helper()
	dir, k := a.t.TempDir(), newKey(a.t)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter,
		DNSNames: append(names, "localhost"), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, key = filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")
	writePEM(a.t, cert, "CERTIFICATE", issue(a.t, leaf, a.cert, k, a.key))
	der, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	writePEM(a.t, key, "EC PRIVATE KEY", der)
	return cert, key
}

// A TokenService is the token service of a registry and a trust server: https, tokens that
// are JWT by RS256, users with passwords and identity tokens.
type TokenService struct {
	t      testing.TB
	Realm  string // URL of the service
	Host   string // "127.0.0.1:port"
	Bundle string // file of the certificate that its tokens are signed under

	key  *rsa.PrivateKey
	cert []byte

	mu sync.Mutex
	TokenRules
	asked []TokenRequest
}

// TokenRules is what a service does. They are changed through Rule.
type TokenRules struct {
	// Passwords by user, and users by identity token.
	Passwords, Identities map[string]string
	// May are the actions that a user is granted for a service, "pull,push" if there are
	// none for "user service".
	May map[string]string
	// PostStatus is the answer to an exchange of an identity token, 0 for a good one.
	PostStatus int
	// Life is how long tokens last.
	Life time.Duration
	// Answer is the body of every answer in place of a token, "" for a token.
	Answer string
}

// TokenRequest is one request for a token.
type TokenRequest struct{ Method, User, Service, Scope string }

const issuer = "keyrite test"

// StartTokenService starts one. Names are other names that its certificate is good for.
func StartTokenService(t testing.TB, a *Authority, names ...string) *TokenService {
	t.Helper()
	s := &TokenService{t: t, TokenRules: TokenRules{Life: 5 * time.Minute}}
	var err error
	if s.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	signer := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "token signer"},
		NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	if s.cert, err = x509.CreateCertificate(rand.Reader, signer, signer, s.key.Public(), s.key); err != nil {
		t.Fatal(err)
	}
	s.Bundle = filepath.Join(t.TempDir(), "bundle.pem")
	writePEM(t, s.Bundle, "CERTIFICATE", s.cert)
	cert, key := a.Server(names...)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	s.Host = srv.Listener.Addr().String()
	s.Realm = srv.URL + "/token"
	return s
}

// Rule changes what the service does, and forgets what it was asked.
func (s *TokenService) Rule(change func(*TokenRules)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = nil
	change(&s.TokenRules)
}

// Asked are the requests since the last Rule.
func (s *TokenService) Asked() []TokenRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]TokenRequest(nil), s.asked...)
}

func (s *TokenService) serve(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	user, password, basic := r.BasicAuth()
	known := !basic || s.Passwords[user] == password && password != ""
	if r.Method == http.MethodPost {
		user, known = s.Identities[r.PostForm.Get("refresh_token")], s.Identities[r.PostForm.Get("refresh_token")] != ""
		known = known && r.PostForm.Get("grant_type") == "refresh_token"
	}
	service, scope := r.Form.Get("service"), strings.Join(r.Form["scope"], " ")
	s.asked = append(s.asked, TokenRequest{r.Method, user, service, scope})
	switch {
	case r.Method == http.MethodPost && s.PostStatus != 0:
		w.WriteHeader(s.PostStatus)
	case !known:
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"errors":[{"code":"UNAUTHORIZED","message":"who are you?"}]}`)
	case s.Answer != "":
		fmt.Fprint(w, s.Answer)
	default:
		may := s.May[user+" "+service]
		if may == "" {
			may = "pull,push"
		}
		if user == "" {
			may = "none"
		}
		token := s.mint(user, service, scope, may)
		fields := map[string]any{"expires_in": int(s.Life.Seconds()), "issued_at": time.Now().UTC().Format(time.RFC3339)}
		if r.Method == http.MethodPost {
			fields["access_token"] = token
		} else {
			fields["token"] = token
		}
		json.NewEncoder(w).Encode(fields)
	}
}

// Admin is a token that is good for everything in one repository of a service.
func (s *TokenService) Admin(service, repository string) string {
	return s.mint("admin", service, "registry:catalog:* repository:"+repository+":pull,push,*", "pull,push,*")
}

// mint makes a token for what of the scopes may be had.
func (s *TokenService) mint(user, service, scopes, may string) string {
	type access struct {
		Type    string   `json:"type"`
		Name    string   `json:"name"`
		Actions []string `json:"actions"`
	}
	granted := []access{}
	for scope := range strings.FieldsSeq(scopes) {
		kind, rest, _ := strings.Cut(scope, ":")
		at := strings.LastIndexByte(rest, ':')
		if at < 0 {
			continue
		}
		a := access{kind, rest[:at], []string{}}
		for action := range strings.SplitSeq(rest[at+1:], ",") {
			if strings.Contains(","+may+",", ","+action+",") {
				a.Actions = append(a.Actions, action)
			}
		}
		granted = append(granted, a)
	}
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	now := time.Now()
	text := part(map[string]any{"typ": "JWT", "alg": "RS256", "x5c": []string{base64.StdEncoding.EncodeToString(s.cert)}}) + "." +
		part(map[string]any{"iss": issuer, "sub": user, "aud": service, "iat": now.Unix(), "nbf": now.Add(-24 * time.Hour).Unix(),
			"exp": now.Add(s.Life).Unix(), "jti": fmt.Sprint(now.UnixNano()), "access": granted})
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

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
