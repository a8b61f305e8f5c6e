package notationtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Statement is one statement of a policy. What is not set is left out of the file.
type Statement struct {
	Name         string         `json:"name"`
	Scopes       []string       `json:"registryScopes"`
	Verification map[string]any `json:"signatureVerification"`
	Stores       []string       `json:"trustStores,omitempty"`
	Identities   []string       `json:"trustedIdentities,omitempty"`
}

// Trusting is a statement for every repository that trusts the stores' signers at a level.
func Trusting(level string, stores ...string) Statement {
	return Statement{"everything", []string{"*"}, map[string]any{"level": level}, stores, []string{"*"}}
}

// Layout writes a policy of these statements into a configuration folder.
func Layout(t testing.TB, dir string, statements ...Statement) {
	t.Helper()
	raw, err := json.MarshalIndent(map[string]any{"version": "1.0", "trustPolicies": statements}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	Write(t, filepath.Join(dir, "trustpolicy.json"), raw)
}

// Trust puts an authority's certificate into a trust store of the folder.
func Trust(t testing.TB, dir, kind, name string, a *Authority) {
	t.Helper()
	Write(t, filepath.Join(dir, "truststore", "x509", kind, name, "root.pem"), a.PEM())
}

// Write writes a file and the folders that it is in.
func Write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
