package interop_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// changedJSON is a key in the answers of the verbs under keys.
type changedJSON struct {
	ID         string `json:"key_id"`
	Role       string
	Algorithm  string
	Path       string
	State      string
	PublicFile string `json:"public_file"`
	Trashed    []string
}

// fast keeps the tests from stretching passphrases for seconds.
var fast = []string{"--kdf-iterations", "2048"}

func keys(k *interop.Keyrite, args ...string) []changedJSON {
	return interop.JSON[[]changedJSON](k, append(append([]string{"keys"}, args...), fast...)...)
}

// opensIn proves that the stock client opens a key: it locks it anew, under the same
// passphrase.
func opensIn(t *testing.T, n *interop.Notary, id string) {
	t.Helper()
	if r := n.Try("key", "passwd", id); r.Code != 0 || !strings.Contains(r.Output(), "Successfully updated") {
		t.Errorf("notary key passwd %s: exit %d\n%s", id, r.Code, r.Output())
	}
}

// A repository founded on a root key of keyrite's, with signers whose keys and public
// halves keyrite made, for each algorithm that has a public half which notary reads.
func TestNotaryWorksWithGeneratedKeys(t *testing.T) {
	for _, algorithm := range []string{"ecdsa", "rsa"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
			k := n.Keyrite()
			root := keys(k, "generate", "--role", "root", "--algorithm", algorithm)[0]
			n.InitServerSnapshot(app)
			if ids := n.KeyID("root", ""); ids != root.ID {
				t.Errorf("the repository stands on root key %s, not on %s", ids, root.ID)
			}
			alice := keys(k, "generate", "alice", "--algorithm", algorithm, "--dir", t.TempDir())[0]
			for _, role := range []string{"targets/alice", "targets/releases"} {
				n.Run("delegation", "add", app, role, alice.PublicFile, "--all-paths")
			}
			n.Run("publish", app)
			n.Sign(app, "v1", digest1, 7, "targets/alice", "targets/releases")
			for _, d := range n.Delegations(app) {
				if d := gocmp.Diff([]string{alice.ID}, d.KeyIDs); d != "" {
					t.Error(d)
				}
			}
			seen := interop.JSON[struct {
				Tags []struct {
					Name    string
					Signers []string
				}
			}](k, "tags", app)
			if len(seen.Tags) != 1 || gocmp.Diff([]string{"alice"}, seen.Tags[0].Signers) != "" {
				t.Errorf("keyrite sees %+v", seen)
			}

			// With other passphrases everything works as before.
			other := filepath.Join(t.TempDir(), "other")
			if err := os.WriteFile(other, []byte("another passphrase\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			for id, role := range map[string]string{root.ID: "root", alice.ID: "alice", n.KeyID("targets", app): "targets"} {
				changed := keys(k, "passwd", id, "--passphrase-file", role+"-new="+other)[0]
				if changed.ID != id || len(changed.Trashed) != 1 {
					t.Errorf("passwd: %+v", changed)
				}
			}
			n.Passphrases = interop.Passphrases{Root: "another passphrase", Targets: "another passphrase", Delegation: "another passphrase"}
			n.Sign(app, "v2", digest2, 8, "targets/alice", "targets/releases")
			n.Run("key", "rotate", app, "targets")
			if tags := n.Fresh().List(app); len(tags) != 2 {
				t.Errorf("tags: %v", tags)
			}
		})
	}
}

// Keys of every kind that a role may have open in the stock client.
func TestNotaryOpensGeneratedKeys(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	k := n.Keyrite()
	for _, args := range [][]string{
		{"--role", "root"}, {"--role", "root", "--algorithm", "rsa"},
		{"--role", "targets", "--gun", app}, {"--role", "targets", "--gun", app, "--algorithm", "ed25519"},
		{"--role", "snapshot", "--gun", app, "--algorithm", "rsa"}, {"--role", "targets/alice"}, {"bob", "--algorithm", "ed25519", "--dir", t.TempDir()},
	} {
		made := keys(k, append([]string{"generate"}, args...)...)[0]
		opensIn(t, n, made.ID)
	}
	// And with the rounds that keyrite gives a key by itself.
	made := interop.JSON[[]changedJSON](k, "keys", "generate", "--role", "root")[0]
	opensIn(t, n, made.ID)
	n.Passphrases.Root = "not the root passphrase"
	if r := n.Try("key", "passwd", made.ID); r.Code == 0 {
		t.Error("notary opens a key with a wrong passphrase: opensIn proves nothing")
	}
}

// fixture is one entry of keyring/testdata/index.txt.
type fixture struct{ file, passphrase, id string }

func fixtures(t *testing.T) (dir string, all []fixture) {
	t.Helper()
	dir = filepath.Join(interop.Root(t), "keyring", "testdata")
	text, err := os.ReadFile(filepath.Join(dir, "index.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for entry := range strings.SplitSeq(string(text), "\n\n") {
		fields := map[string]string{}
		for line := range strings.Lines(entry) {
			name, value, _ := strings.Cut(line, ":")
			fields[name] = strings.TrimSpace(value)
		}
		if fields["expect"] == "open" && !strings.HasPrefix(fields["file"], "legacy/") {
			all = append(all, fixture{fields["file"], fields["passphrase"], fields["id"]})
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d fixtures", len(all))
	}
	return dir, all
}

// Keys of every era and program come in, and the stock client opens what came in: the
// locked ones with the passphrase that they had, the others with their new one. Then they
// are locked anew, which leaves no trace of the old form.
func TestImportedKeysOpenInNotary(t *testing.T) {
	dir, all := fixtures(t)
	for _, f := range all {
		t.Run(f.file, func(t *testing.T) {
			t.Parallel()
			n := interop.NewNotary(t, "http://127.0.0.1:1", "")
			if f.passphrase != "" {
				n.Passphrases = interop.Passphrases{Root: f.passphrase, Targets: f.passphrase, Snapshot: f.passphrase, Delegation: f.passphrase}
			}
			k := n.Keyrite()
			got := keys(k, "import", filepath.Join(dir, filepath.FromSlash(f.file)), "--role", "someone")
			if len(got) != 1 || got[0].ID != f.id || got[0].State != "imported" {
				t.Fatalf("import: %+v", got)
			}
			if f.file != "openssl/rsa1024.pem" { // too short to sign with, and for nothing else
				opensIn(t, n.Clone(), f.id)
			}
			other := filepath.Join(t.TempDir(), "other")
			if err := os.WriteFile(other, []byte("another passphrase"), 0o600); err != nil {
				t.Fatal(err)
			}
			changed := keys(k, "passwd", f.id, "--passphrase-file", f.id+"-new="+other)[0]
			raw, err := os.ReadFile(changed.Path)
			if err != nil || !bytes.HasPrefix(raw, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")) {
				t.Errorf("%v\n%s", err, raw)
			}
			n.Passphrases = interop.Passphrases{Root: "another passphrase", Targets: "another passphrase", Snapshot: "another passphrase", Delegation: "another passphrase"}
			opensIn(t, n, f.id)
		})
	}
}

// A bundle goes from keyrite to notary and back, and from notary to keyrite, without one
// byte of a key file changing. Docker takes it too, where it is installed.
func TestBundlesGoBothWays(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	n.Init(app)
	n.Delegate(app, "alice", "targets/alice")
	k := n.Keyrite()
	keys(k, "generate", "bob", "--algorithm", "rsa", "--dir", t.TempDir())
	private := func(dir string) map[string]string { return inPrivate(t, dir) }
	want := private(n.TrustDir)
	args := []string{"keys", "export"}
	for id := range want {
		args = append(args, strings.TrimSuffix(id, ".key"))
	}
	ours := filepath.Join(t.TempDir(), "ours.pem")
	interop.JSON[[]changedJSON](k, append(args, "--to", ours)...)

	there := n.Fresh()
	there.Run("key", "import", ours)
	if d := gocmp.Diff(want, private(there.TrustDir)); d != "" {
		t.Errorf("notary imported other files: %s", d)
	}
	theirs := filepath.Join(t.TempDir(), "theirs.pem")
	there.Run("key", "export", "-o", theirs)
	back := n.Fresh()
	if got := keys(back.Keyrite(), "import", theirs); len(got) != len(want) {
		t.Errorf("keyrite imported %+v", got)
	}
	if d := gocmp.Diff(want, private(back.TrustDir)); d != "" {
		t.Errorf("keyrite imported other files: %s", d)
	}
	loadIntoDocker(t, ours, want)
}

// inPrivate are the key files of a trust directory by their names.
func inPrivate(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(dir, "private", "*.key"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(p)] = string(data)
	}
	return files
}

func loadIntoDocker(t *testing.T, bundle string, want map[string]string) {
	t.Helper()
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Log("left out: docker trust key load, since no docker client is installed")
		return
	}
	home := t.TempDir()
	cmd := exec.Command(docker, "--config", home, "trust", "key", "load", bundle)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
	if out, err := cmd.CombinedOutput(); strings.Contains(string(out), "is not a docker command") {
		t.Log("left out: docker trust key load, since this docker client has no trust command")
	} else if err != nil {
		t.Errorf("docker trust key load: %v\n%s", err, out)
	} else if d := gocmp.Diff(want, inPrivate(t, filepath.Join(home, "trust"))); d != "" {
		t.Errorf("docker loaded other files: %s", d)
	}
}

// A signer that hands over a certificate of a key that keyrite made: self-signed, of each
// algorithm that can have one.
func TestNotaryTakesCertificatesOfSigners(t *testing.T) {
	for _, algorithm := range []string{"ecdsa", "rsa"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
			n.InitServerSnapshot(app)
			made := keys(n.Keyrite(), "generate", "alice", "--algorithm", algorithm, "--dir", t.TempDir())[0]
			key := openKey(t, made.Path, interop.Known.Delegation)
			public, err := notary.Certificate(key, "alice", time.Now())
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "alice.crt")
			if err := os.WriteFile(file, public.Value, 0o600); err != nil {
				t.Fatal(err)
			}
			if read, err := notary.ParsePublicKey(public.Value, time.Now()); err != nil || read.ListedID() != public.ListedID() {
				t.Errorf("keyrite reads the certificate as %s, %v", read.ListedID(), err)
			}
			n.Run("delegation", "add", app, "targets/alice", file, "--all-paths")
			n.Run("publish", app)
			n.Sign(app, "v1", digest1, 7, "targets/alice")
			want := []interop.SignedTag{{Name: "v1", Digest: digest1, Length: 7, Role: "targets/alice"}}
			if d := gocmp.Diff(want, n.Fresh().List(app)); d != "" {
				t.Error(d)
			}
			checkHeader(t, made.PublicFile, key)
		})
	}
}

func openKey(t *testing.T, path, passphrase string) *keyring.PrivateKey {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := keyring.Decode(data, keyring.NewPassphrase([]byte(passphrase)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// checkHeader compares a public half with docker's form.
func checkHeader(t *testing.T, file string, key trustdata.SigningKey) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(text)
	if block == nil || len(rest) != 0 || block.Type != "PUBLIC KEY" || block.Headers["role"] != "alice" || !bytes.Equal(block.Bytes, key.Public().Value) {
		t.Errorf("public half:\n%s", text)
	}
	if _, err := x509.ParsePKIXPublicKey(block.Bytes); err != nil {
		t.Error(err)
	}
}
