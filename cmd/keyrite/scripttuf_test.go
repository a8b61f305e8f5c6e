package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/keyring"
)

// TestTUFScripts reads repositories of TUF 1.0 that go-tuf makes. $FILES is a server of
// the script's folder, which answers 503 while that has a file "shut". It writes what it is
// asked for into the file $ASKED, outside of the folder.
func TestTUFScripts(t *testing.T) {
	runScripts(t, filepath.Join("testdata", "tuf"), serveFiles, map[string]func(string) error{
		"tufrepo":  func(dir string) error { return writeTUF(dir, 1, time.Now().AddDate(0, 1, 0)) },
		"tufnext":  func(dir string) error { return writeTUF(dir, 2, time.Now().AddDate(0, 1, 0)) },
		"tufheld":  writeHeldTUF,
		"tufstale": func(dir string) error { return writeTUF(dir, 3, time.Now().Add(-time.Hour)) },
	})
}

func serveFiles(env *testscript.Env) error {
	dir, err := os.MkdirTemp("", "asked")
	if err != nil {
		return err
	}
	asked, err := os.OpenFile(filepath.Join(dir, "asked"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	files := http.FileServer(http.Dir(env.WorkDir))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(asked, r.URL.Path)
		if _, err := os.Stat(filepath.Join(env.WorkDir, "shut")); err == nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		files.ServeHTTP(w, r)
	}))
	env.Defer(func() { server.Close(); asked.Close(); os.RemoveAll(dir) })
	env.Setenv("FILES", server.URL)
	env.Setenv("ASKED", asked.Name())
	return nil
}

// tufKey is the key of a role, the same each time.
func tufKey(role string) (signature.Signer, *metadata.Key, error) {
	private, err := tufPrivate(role)
	if err != nil {
		return nil, nil, err
	}
	signer, err := signature.LoadECDSASigner(private, crypto.SHA256)
	if err != nil {
		return nil, nil, err
	}
	listed, err := metadata.KeyFromPublicKey(private.Public())
	return signer, listed, err
}

func tufPrivate(role string) (*ecdsa.PrivateKey, error) {
	seed := sha256.Sum256([]byte(role))
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
}

// writeTUF writes a repository at one version of everything but root, with a tag in
// targets and two in the delegation alice. Timestamp, snapshot and targets end at expires.
func writeTUF(dir string, version int64, expires time.Time) error {
	root := metadata.Root(time.Now().AddDate(1, 0, 0))
	targets, alice := metadata.Targets(expires), metadata.Targets(time.Now().AddDate(0, 1, 0))
	snapshot, timestamp := metadata.Snapshot(expires), metadata.Timestamp(expires)
	for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
		_, key, err := tufKey(role)
		if err != nil {
			return err
		}
		if err := root.Signed.AddKey(key, role); err != nil {
			return err
		}
	}
	_, key, err := tufKey("alice")
	if err != nil {
		return err
	}
	id, err := key.ID()
	if err != nil {
		return err
	}
	targets.Signed.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{id: key},
		Roles: []metadata.DelegatedRole{{Name: "alice", KeyIDs: []string{id}, Threshold: 1, Paths: []string{"app-*", "evil*"}}}}
	for name, in := range map[string]*metadata.Metadata[metadata.TargetsType]{"tool:1.0": targets, "app-1.9": alice, "app-1.10": alice, "evil\x1b[2J": alice} {
		if in.Signed.Targets[name], err = metadata.TargetFile().FromBytes(name, []byte(name)); err != nil {
			return err
		}
	}
	targets.Signed.Version, alice.Signed.Version, snapshot.Signed.Version, timestamp.Signed.Version = version, version, version, version
	snapshot.Signed.Meta = map[string]*metadata.MetaFiles{"targets.json": metadata.MetaFile(version), "alice.json": metadata.MetaFile(version)}
	timestamp.Signed.Meta["snapshot.json"] = metadata.MetaFile(version)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if version == 1 {
		if err := writeSigned(root, "root", filepath.Join(dir, "1.root.json")); err != nil {
			return err
		}
	}
	for role, file := range map[string]*metadata.Metadata[metadata.TargetsType]{"targets": targets, "alice": alice} {
		if err := writeSigned(file, role, filepath.Join(dir, fmt.Sprintf("%d.%s.json", version, role))); err != nil {
			return err
		}
	}
	if err := writeSigned(snapshot, "snapshot", filepath.Join(dir, fmt.Sprintf("%d.snapshot.json", version))); err != nil {
		return err
	}
	return writeSigned(timestamp, "timestamp", filepath.Join(dir, "timestamp.json"))
}

// writeHeldTUF is writeTUF at version 1 into dir/repo, with the keys of the base roles in
// the trust directory dir/trust. Their passphrase is in dir/passphrase.
func writeHeldTUF(dir string) error {
	if err := writeTUF(filepath.Join(dir, "repo"), 1, time.Now().AddDate(0, 1, 0)); err != nil {
		return err
	}
	store, err := keyring.OpenDir(filepath.Join(dir, "trust"), keyring.DirOptions{Create: true})
	if err != nil {
		return err
	}
	const word = "a passphrase for each key"
	if err := os.WriteFile(filepath.Join(dir, "passphrase"), []byte(word), 0o600); err != nil {
		return err
	}
	for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
		private, err := tufPrivate(role)
		if err != nil {
			return err
		}
		der, err := x509.MarshalECPrivateKey(private)
		if err != nil {
			return err
		}
		plain := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Headers: map[string]string{"role": role}, Bytes: der})
		k, header, err := keyring.Decode(plain, keyring.NewPassphrase(nil))
		if err != nil {
			return err
		}
		file, err := keyring.Encode(k, keyring.NewPassphrase([]byte(word)), header, keyring.Format{Iterations: keyring.MinIterations})
		if err != nil {
			return err
		}
		if err := store.Put(context.Background(), string(k.KeyID()), file); err != nil {
			return err
		}
	}
	return nil
}

func writeSigned[T metadata.Roles](m *metadata.Metadata[T], role, path string) error {
	signer, _, err := tufKey(role)
	if err != nil {
		return err
	}
	if _, err := m.Sign(signer); err != nil {
		return err
	}
	return m.ToFile(path, false)
}
