package interop_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// initialise makes a repository with keyrite, in the trust directory of a stock client that has
// nothing yet.
func initialise(t *testing.T, n *interop.Notary, args ...string) *interop.Keyrite {
	t.Helper()
	if err := os.MkdirAll(n.TrustDir, 0o700); err != nil {
		t.Fatal(err)
	}
	k := n.Keyrite()
	made := interop.JSON[changeJSON](k, append([]string{"init", app, "--yes", "--kdf-iterations", "2048"}, args...)...)
	want := changeJSON{GUN: app, Changed: []string{"root", "targets"}, Versions: map[string]int64{"root": 1, "targets": 1}, Published: true, Verified: true}
	if d := gocmp.Diff(want, made); d != "" {
		t.Error("init:", d)
	}
	return k
}

// What keyrite founds, the stock client reads, publishes to with keyrite's keys, and
// rotates; keyrite and docker say the same of it.
func TestKeyriteFounds(t *testing.T) {
	eachServer(t, func(t *testing.T, n *interop.Notary) {
		k := initialise(t, n, "--new-root")
		old := n.Fresh()
		if tags := old.List(app); len(tags) != 0 {
			t.Errorf("a new repository has tags: %v", tags)
		}
		rolesAgree(t, interop.JSON[inspectJSON](k, "inspect", app).Roles, n)
		n.Sign(app, "v1", digest1, 1)
		n.Run("key", "rotate", app, "targets")
		n.Run("key", "rotate", app, "root")
		n.Sign(app, "v2", digest2, 2)
		for who, c := range map[string]*interop.Notary{"with the old cache": old, "fresh": n.Fresh()} {
			if tags := c.List(app); len(tags) != 2 {
				t.Errorf("a client %s lists %v", who, tags)
			}
		}
		tagsAgree(t, interop.JSON[tagsJSON](k, "tags", app).Tags, n)
	})
}

func TestDockerSeesWhatKeyriteFounded(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := s.Notary(t)
	k := initialise(t, n, "--new-root")
	docker, ok := s.DockerTrustInspect(t, app)
	if !ok {
		return
	}
	dockerKeysAgree(t, interop.JSON[inspectJSON](k, "inspect", app).Roles, docker)
	if len(docker.SignedTags) != 0 {
		t.Errorf("docker sees %v", docker.SignedTags)
	}
}

// A second repository takes the root key that is here; with two of them it has to be said
// which, and what is not a root key is none.
func TestKeyriteChoosesARoot(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	k := initialise(t, n, "--new-root")
	first := n.KeyID("root", "")
	again := interop.JSON[changeJSON](k, "init", "example.com/two", "--yes", "--kdf-iterations", "2048")
	if !again.Verified || n.KeyID("root", "") != first {
		t.Errorf("%+v, keys %v", again, n.Keys())
	}
	interop.JSON[changeJSON](k, "init", "example.com/three", "--new-root", "--yes", "--kdf-iterations", "2048")
	before := n.Keys()
	r := k.Try("--json", "init", "example.com/four", "--yes")
	if r.Code != 2 || r.Stdout != "" || !strings.Contains(r.Stderr, first[:7]) || !strings.Contains(r.Stderr, "--root-key") {
		t.Errorf("with two root keys: exit %d\n%s", r.Code, r.Output())
	}
	if r := k.Try("init", "example.com/four", "--root-key", n.KeyID("targets", app), "--yes"); r.Code != 2 {
		t.Errorf("on a repository key: exit %d\n%s", r.Code, r.Output())
	}
	if r := k.Try("init", app, "--root-key", first, "--yes"); r.Code != 1 || !strings.Contains(r.Stderr, "initialised already") {
		t.Errorf("founded twice: exit %d\n%s", r.Code, r.Output())
	}
	if d := gocmp.Diff(before, n.Keys()); d != "" {
		t.Error("a refused init has made keys:", d)
	}
	four := interop.JSON[changeJSON](k, "init", "example.com/four", "--root-key", first[:7], "--yes", "--kdf-iterations", "2048")
	if !four.Verified {
		t.Errorf("%+v", four)
	}
}

// A root key with a certificate that a CA issued: a stock client that pins the CA takes it.
func TestKeyriteFoundsOnAnIssuedCertificate(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	key, chain, ca := interop.IssueRoot(t, app)
	if err := os.MkdirAll(n.TrustDir, 0o700); err != nil {
		t.Fatal(err)
	}
	n.Keyrite().Run("keys", "import", key, "--role", "root")
	k := initialise(t, n, "--root-cert", chain)
	if root := interop.JSON[inspectJSON](k, "inspect", app).Roles[0]; len(root.Keys) != 1 || !root.Keys[0].Held {
		t.Errorf("root %+v", root)
	}
	config := filepath.Join(t.TempDir(), "config.json")
	pinned := `{"trust_pinning": {"disable_tofu": true, "ca": {"example.com/": "` + ca + `"}}}`
	if err := os.WriteFile(config, []byte(pinned), 0o600); err != nil {
		t.Fatal(err)
	}
	n.Fresh().Run("-c", config, "list", app)
	_, other, _ := interop.IssueRoot(t, app)
	if r := k.Try("init", "example.com/two", "--root-cert", other, "--yes"); r.Code == 0 {
		t.Error("founded on a certificate of another key")
	}
	if r := k.Try("init", "example.com/two", "--root-cert", chain, "--yes"); r.Code != 1 || !strings.Contains(r.Stderr, `is for "`+app+`"`) {
		t.Errorf("founded on a certificate of another repository: exit %d\n%s", r.Code, r.Output())
	}
}
