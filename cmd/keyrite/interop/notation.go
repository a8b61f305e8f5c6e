package interop

import (
	"path/filepath"
	"testing"
)

// A Notation is the real notation program, with a key, a certificate and a trust store of
// its own, which has the certificate.
type Notation struct {
	t    testing.TB
	Home string
	// Store is the name of the key and of the trust store.
	Store string
}

// NewNotation makes one with a self-signed certificate that is good for a day.
func NewNotation(t testing.TB) *Notation {
	t.Helper()
	n := &Notation{t: t, Home: t.TempDir(), Store: "acme"}
	n.Run("cert", "generate-test", "--default", n.Store)
	return n
}

// ConfigDir is its folder of settings, keys and trust.
func (n *Notation) ConfigDir() string { return filepath.Join(n.Home, ".config", "notation") }

// Try runs it.
func (n *Notation) Try(args ...string) Result {
	n.t.Helper()
	return runCommand(n.t, n.Home, baseEnv(n.t, n.Home), "", Peer(n.t, "notation"), args...)
}

// Run is Try, and fails the test unless the exit code is 0.
func (n *Notation) Run(args ...string) Result {
	n.t.Helper()
	r := n.Try(args...)
	if r.Code != 0 {
		n.t.Fatalf("notation %q: exit %d\n%s", args, r.Code, r.Output())
	}
	return r
}

// Sign signs repository@sha256:<hex>. It takes http for a registry that is called localhost.
func (n *Notation) Sign(reference string) { n.t.Helper(); n.Run("sign", reference) }

// Script runs a file for the shell, in which notation is this one.
func (n *Notation) Script(file string) Result {
	n.t.Helper()
	env := append(baseEnv(n.t, n.Home), "PATH="+filepath.Dir(Peer(n.t, "notation"))+":/usr/bin:/bin")
	return runCommand(n.t, n.Home, env, "", "/bin/sh", file)
}
