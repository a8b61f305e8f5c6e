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
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
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
