package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestServerChanges lets a server show another certificate, of an authority that is
// trusted too, between a read and a publish.
func TestServerChanges(t *testing.T) {
	var pems string
	certificate := func() tls.Certificate {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
		der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
		if err != nil {
			t.Fatal(err)
		}
		pems += string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}
	}
	first, second := certificate(), certificate()
	var shown atomic.Pointer[tls.Certificate]
	shown.Store(&first)
	var sent atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			io.Copy(io.Discard, r.Body)
			sent.Add(1)
		}
	}))
	s.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: []tls.Certificate{*shown.Load()}}, nil
	}}
	s.StartTLS()
	t.Cleanup(s.Close)
	ca := filepath.Join(t.TempDir(), "ca")
	writeFile(t, ca, pems)
	config := Config{Server: s.URL, TLSCA: []string{ca}, Peers: new(Peers)}
	open := func() Endpoint {
		t.Helper()
		e, err := config.TrustServer(gun)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if _, err := send(t, open(), Push); err != nil {
		t.Fatalf("a server that was never read: %v", err)
	}
	if _, err := get(t, open(), 10); err != nil {
		t.Fatal(err)
	}
	if _, err := send(t, open(), Push); err != nil {
		t.Fatalf("the server that was read: %v", err)
	}
	sent.Store(0)
	shown.Store(&second)
	if _, err := send(t, open(), Push); !errors.Is(err, ErrOtherServer) || sent.Load() != 0 {
		t.Errorf("another server: %v, %d requests sent", err, sent.Load())
	}
	if _, err := get(t, open(), 10); err != nil {
		t.Fatal(err)
	}
	if _, err := send(t, open(), Push); err != nil || sent.Load() != 1 {
		t.Errorf("another server that was read: %v", err)
	}
}

// TestOddChallenges has realms written so that they are easily read in two ways. However
// that is, no login may leave for another host.
func TestOddChallenges(t *testing.T) {
	const evil = "https://192.0.2.9/token"
	for _, challenge := range []string{
		`Bearer realm=` + evil + `,service="s"`,
		`Bearer realm="https:\/\/192.0.2.9/token",service="s"`,
		`Bearer realm="http://127.0.0.1:1/",realm="` + evil + `"`,
		`Bearer realm="` + evil + `",realm="http://127.0.0.1:1/"`,
		`bearer  REALM="` + evil + `"`,
		`Bearer service="realm=\"x\"",realm="` + evil + `"`,
		`Bearer realm="https://127.0.0.1@192.0.2.9/token"`,
		`Bearer realm="//192.0.2.9/token"`,
		`Bearer realm="https://192.0.2.9/token` + "\t" + `"`,
	} {
		t.Run(challenge, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Www-Authenticate", challenge)
				w.WriteHeader(http.StatusUnauthorized)
			})
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "config.json"), aliceConfig)
			// Whoever is asked how to reach 192.0.2.9 sees a request that is about to leave.
			var left atomic.Int32
			config := Config{DockerDir: dir, Server: server.URL, Proxy: func(r *http.Request) (*url.URL, error) {
				if r.URL.Hostname() == "192.0.2.9" {
					left.Add(1)
					return nil, errors.New("it would have left")
				}
				return nil, nil
			}}
			e, err := config.TrustServer(gun)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := get(t, e, 10); err == nil || left.Load() != 0 {
				t.Errorf("got %v, and %d requests left", err, left.Load())
			}
		})
	}
}

// TestProxyPassword has a proxy that wants a password and is not there.
func TestProxyPassword(t *testing.T) {
	proxy, _ := url.Parse("http://me:s3cret@127.0.0.1:1")
	e, err := Config{Server: "https://trust.example", Proxy: http.ProxyURL(proxy)}.TrustServer(gun)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, e, 10); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}
