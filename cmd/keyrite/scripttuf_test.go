package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// TestTUFScripts reads repositories of TUF 1.0 that go-tuf makes.
func TestTUFScripts(t *testing.T) {
	runScripts(t, filepath.Join("testdata", "tuf"), nil, map[string]func(string) error{
		"tufrepo":  func(dir string) error { return writeTUF(dir, 1, time.Now().AddDate(0, 1, 0)) },
		"tufnext":  func(dir string) error { return writeTUF(dir, 2, time.Now().AddDate(0, 1, 0)) },
		"tufstale": func(dir string) error { return writeTUF(dir, 3, time.Now().Add(-time.Hour)) },
	})
}

// tufKey is the key of a role, the same each time.
func tufKey(role string) (signature.Signer, *metadata.Key, error) {
	seed := sha256.Sum256([]byte(role))
	private := ed25519.NewKeyFromSeed(seed[:])
	signer, err := signature.LoadED25519Signer(private)
	if err != nil {
		return nil, nil, err
	}
	listed, err := metadata.KeyFromPublicKey(crypto.PublicKey(private.Public()))
	return signer, listed, err
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
