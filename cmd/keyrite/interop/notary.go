package interop

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Passphrases are those that a client is given, one for each role.
type Passphrases struct{ Root, Targets, Snapshot, Delegation string }

// Known is the set that the harness uses where a test does not choose.
var Known = Passphrases{
	Root: "root passphrase", Targets: "targets passphrase",
	Snapshot: "snapshot passphrase", Delegation: "delegation passphrase",
}

func (p Passphrases) env() []string {
	return []string{
		"NOTARY_ROOT_PASSPHRASE=" + p.Root, "NOTARY_TARGETS_PASSPHRASE=" + p.Targets,
		"NOTARY_SNAPSHOT_PASSPHRASE=" + p.Snapshot, "NOTARY_DELEGATION_PASSPHRASE=" + p.Delegation,
	}
}

// Notary is the stock notary client with one trust directory and one server.
type Notary struct {
	t           testing.TB
	TrustDir    string
	Server      string // URL
	CA          string // file of the server's authority, "" without TLS
	Passphrases Passphrases
}

// NewNotary gives a stock client of the server at url with an empty trust directory; ca is
// the file of the server's authority, "" for plain HTTP.
func NewNotary(t testing.TB, url, ca string) *Notary {
	return &Notary{t: t, TrustDir: filepath.Join(t.TempDir(), "trust"), Server: url, CA: ca, Passphrases: Known}
}

// Notary gives a stock client of this server with an empty trust directory.
func (s *Server) Notary(t testing.TB) *Notary { return NewNotary(t, s.URL, s.CA) }

// Fresh is a client of the same server that has no key and has seen nothing.
func (n *Notary) Fresh() *Notary {
	fresh := *n
	fresh.TrustDir = filepath.Join(n.t.TempDir(), "trust")
	return &fresh
}

// Clone is a client that starts from a copy of this one's trust directory.
func (n *Notary) Clone() *Notary {
	n.t.Helper()
	clone := n.Fresh()
	if err := os.CopyFS(clone.TrustDir, os.DirFS(n.TrustDir)); err != nil {
		n.t.Fatal(err)
	}
	return clone
}

// Try runs "notary ARGS". It answers yes to the question of a root rotation.
func (n *Notary) Try(args ...string) Result {
	n.t.Helper()
	_, err := os.Stat(filepath.Join(n.TrustDir, "tuf"))
	note(n.t, func(a *act) { a.client(verbOf(args, "key", "delegation"), err == nil) })
	all := []string{"-d", n.TrustDir, "-s", n.Server}
	if n.CA != "" {
		all = append(all, "--tlscacert", n.CA)
	}
	home := n.t.TempDir()
	env := append(baseEnv(n.t, home), n.Passphrases.env()...)
	return runCommand(n.t, home, env, "yes\n", Peer(n.t, "notary"), append(all, args...)...)
}

// Run is Try, and fails the test if the command fails.
func (n *Notary) Run(args ...string) Result {
	n.t.Helper()
	r := n.Try(args...)
	if r.Code != 0 {
		n.t.Fatalf("notary %q: exit %d\n%s", args, r.Code, r.Output())
	}
	return r
}

// Init makes a repository; its snapshot key is local, as notary's own default is.
func (n *Notary) Init(gun string) {
	n.t.Helper()
	n.Run("init", "-p", gun)
}

// InitServerSnapshot makes a repository whose snapshot the server signs, as docker does.
func (n *Notary) InitServerSnapshot(gun string) {
	n.t.Helper()
	n.Init(gun)
	n.Run("key", "rotate", gun, "snapshot", "-r")
}

// Sign publishes a tag: digest is 64 hex digits, length in bytes. Without roles it goes
// into targets, else into each of the roles.
func (n *Notary) Sign(gun, tag, digest string, length int64, roles ...string) {
	n.t.Helper()
	args := []string{"addhash", "-p", gun, tag, strconv.FormatInt(length, 10), "--sha256", strings.TrimPrefix(digest, "sha256:")}
	if len(roles) > 0 {
		args = append(args, "-r", strings.Join(roles, ","))
	}
	n.Run(args...)
}

// Delegate makes a key for a signer, imports it, and publishes delegations that list it,
// for all paths. It returns the key's canonical ID. (The client would refuse to import
// what its own "key generate -o" writes, so the key is made here, as openssl would.)
func (n *Notary) Delegate(gun, signer string, roles ...string) string {
	n.t.Helper()
	private, public := filepath.Join(n.t.TempDir(), "key.pem"), filepath.Join(n.t.TempDir(), "public.pem")
	key := newKey(n.t)
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		n.t.Fatal(err)
	}
	writePEM(n.t, private, "EC PRIVATE KEY", der)
	if der, err = x509.MarshalPKIXPublicKey(&key.PublicKey); err != nil {
		n.t.Fatal(err)
	}
	writePEM(n.t, public, "PUBLIC KEY", der)
	n.Run("key", "import", private, "-r", signer)
	for _, role := range roles {
		n.Run("delegation", "add", gun, role, public, "--all-paths")
	}
	n.Run("publish", gun)
	return n.KeyID(signer, "")
}

// KeyFile is where the client keeps the private key.
func (n *Notary) KeyFile(id string) string { return filepath.Join(n.TrustDir, "private", id+".key") }

// HasKey tells whether the private key's file is there.
func (n *Notary) HasKey(id string) bool {
	_, err := os.Stat(n.KeyFile(id))
	return err == nil
}
