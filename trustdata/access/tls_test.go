package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
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

	"keyrite/trustdata"
)

func TestTLS(t *testing.T) {
	var clients atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clients.Store(int32(len(r.TLS.PeerCertificates)))
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	server, _ := url.Parse(s.URL)
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	cert, key := clientCertificate(t)
	for _, tt := range []struct {
		name    string
		files   map[string]string // below the docker directory
		flag    bool              // the authority is given by TLSCA
		own     bool              // the endpoint has files of its own
		want    string
		clients int32
	}{
		{name: "unknown authority", want: fmt.Sprintf("sha256:%x", sum(s.Certificate().Raw))},
		{name: "docker's folder", files: map[string]string{"ca.crt": ca}},
		{name: "by flag", flag: true},
		{name: "client certificate", files: map[string]string{"ca.crt": ca, "client.cert": cert, "client.key": key}, clients: 1},
		{name: "files of its own", own: true, clients: 1},
		{name: "files of its own before docker's", own: true, files: map[string]string{"client.cert": cert, "client.key": key}, clients: 1},
		{name: "key without certificate", files: map[string]string{"ca.crt": ca, "client.key": key}, want: "has no certificate"},
		{name: "certificate without key", files: map[string]string{"ca.crt": ca, "client.cert": cert}, want: "client certificate"},
		{name: "empty authority", files: map[string]string{"ca.crt": "nothing"}, want: "no certificate in PEM"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clients.Store(0)
			config := Config{DockerDir: t.TempDir(), Server: s.URL}
			for name, data := range tt.files {
				writeFile(t, filepath.Join(config.DockerDir, "tls", server.Host, name), data)
			}
			if tt.flag {
				path := filepath.Join(t.TempDir(), "ca.pem")
				writeFile(t, path, ca)
				config.TLSCA = []string{path}
			}
			if tt.own {
				dir := t.TempDir()
				own := TLSFiles{CA: []string{filepath.Join(dir, "a")}, Cert: filepath.Join(dir, "c"), Key: filepath.Join(dir, "k")}
				writeFile(t, own.CA[0], ca)
				writeFile(t, own.Cert, cert)
				writeFile(t, own.Key, key)
				config.ServerTLS = own
			}
			e, err := config.TrustServer(gun)
			if err == nil {
				_, err = get(t, e, 10)
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if n := clients.Load(); n != tt.clients {
				t.Errorf("the server saw %d client certificates, want %d", n, tt.clients)
			}
		})
	}
	if _, err := (Config{Server: s.URL, ServerTLS: TLSFiles{Cert: "no", Key: "no"}}).TrustServer(gun); err == nil {
		t.Error("a missing client certificate is passed over")
	}
	missing := Config{Server: s.URL, TLSCA: []string{filepath.Join(t.TempDir(), "no.pem")}}
	if _, err := missing.TrustServer(gun); err == nil {
		t.Error("a missing TLSCA file is passed over")
	}
}

// TestLoopbackRegistry speaks http with a registry on this machine that has no TLS.
func TestLoopbackRegistry(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "plain") })
	host := strings.TrimPrefix(s.URL, "http://")
	_, port, _ := net.SplitHostPort(host)
	e, err := Config{}.RegistryOf(trustdata.GUN("localhost:" + port + "/web"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := get(t, e, 10); err != nil || got != "plain" {
		t.Errorf("registry: got %q, %v", got, err)
	}
	if e, err = (Config{Server: "https://" + host}).TrustServer(gun); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, e, 10); err == nil {
		t.Error("a trust server that was named with https is spoken to by http")
	}
}

func sum(b []byte) [32]byte { return sha256.Sum256(b) }

func clientCertificate(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "me"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}
