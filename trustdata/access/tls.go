package access

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tlsFiles are what docker's tls folder holds for one server, and the extra authorities.
type tlsFiles struct {
	roots   *x509.CertPool // nil for the system's alone, which are read when a server needs them
	clients []tls.Certificate
}

// readTLS reads <DockerDir>/tls/<host[:port]> by docker's rules, every *.crt being an
// authority and X.cert with X.key a client certificate, and also Config.TLSCA and own.
// What is there must be usable: a server that needs it would else be refused for no clear
// reason. A client certificate of own takes the place of docker's.
func (c Config) readTLS(server *url.URL, own TLSFiles) (tlsFiles, error) {
	var files tlsFiles
	for _, path := range slices.Concat(c.TLSCA, own.CA) {
		if err := files.addRoots(path); err != nil {
			return files, err
		}
	}
	if c.DockerDir != "" {
		if err := files.addFolder(filepath.Join(c.DockerDir, "tls", server.Host), server.Host); err != nil {
			return files, err
		}
	}
	if own.Cert == "" && own.Key == "" {
		return files, nil
	}
	pair, err := tls.LoadX509KeyPair(own.Cert, own.Key)
	if err != nil {
		return files, fmt.Errorf("client certificate %q with %q: %w", own.Cert, own.Key, err)
	}
	files.clients = []tls.Certificate{pair}
	return files, nil
}

func (f *tlsFiles) addFolder(dir, host string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("TLS files of %q: %w", host, err)
	}
	for _, e := range entries {
		if err := f.add(dir, e.Name()); err != nil {
			return err
		}
	}
	return nil
}

func (f *tlsFiles) add(dir, name string) error {
	path := filepath.Join(dir, name)
	switch filepath.Ext(name) {
	case ".crt":
		return f.addRoots(path)
	case ".cert":
		key := strings.TrimSuffix(path, ".cert") + ".key"
		pair, err := tls.LoadX509KeyPair(path, key)
		if err != nil {
			return fmt.Errorf("client certificate %q with %q: %w", path, key, err)
		}
		f.clients = append(f.clients, pair)
	case ".key":
		cert := strings.TrimSuffix(path, ".key") + ".cert"
		if _, err := os.Stat(cert); err != nil {
			return fmt.Errorf("TLS key %q has no certificate: %w", path, err)
		}
	}
	return nil
}

func (f *tlsFiles) addRoots(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("TLS authority: %w", err)
	}
	if f.roots == nil {
		if f.roots, err = x509.SystemCertPool(); err != nil {
			f.roots = x509.NewCertPool()
		}
	}
	if !f.roots.AppendCertsFromPEM(data) {
		return fmt.Errorf("TLS authority %q holds no certificate in PEM", path)
	}
	return nil
}

// CertificateError is a server whose certificate was refused. It carries what a person
// needs to compare it with what the server's administrator says.
type CertificateError struct {
	Host string
	// Fingerprint is the SHA-256 of the server's certificate, in hex; "" if it sent none.
	Fingerprint string
	Err         error
}

func (e *CertificateError) Error() string {
	if e.Fingerprint == "" {
		return fmt.Sprintf("the certificate of %q is refused: %v", e.Host, e.Err)
	}
	return fmt.Sprintf("the certificate of %q (sha256:%s) is refused: %v", e.Host, e.Fingerprint, e.Err)
}

func (e *CertificateError) Unwrap() error { return e.Err }

// asCertificateError names the certificate in an error of a TLS handshake.
func asCertificateError(host string, err error) error {
	var failed *tls.CertificateVerificationError
	if !errors.As(err, &failed) {
		return err
	}
	named := &CertificateError{Host: host, Err: failed.Err}
	if len(failed.UnverifiedCertificates) > 0 {
		named.Fingerprint = fmt.Sprintf("%x", sha256.Sum256(failed.UnverifiedCertificates[0].Raw))
	}
	return named
}
