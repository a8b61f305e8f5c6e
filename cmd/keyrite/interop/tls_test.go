package interop_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

// The authority of a server that docker knows by a file below its configuration, and by
// nothing else, is one for keyrite too: to read, and to publish.
func TestAuthorityOfDockersConfiguration(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	n.Sign(app, "v1", digest1, 1)
	k := n.Keyrite()
	k.Args = []string{"--trust-dir", n.TrustDir, "--server", s.URL}

	if r := k.Try("tags", app); r.Code != 1 || !strings.Contains(r.Stderr, "certificate") || r.Stdout != "" {
		t.Fatalf("without the authority: exit %d\n%s", r.Code, r.Output())
	}
	ca, err := os.ReadFile(s.CA)
	if err != nil {
		t.Fatal(err)
	}
	place := func(host, name string) {
		t.Helper()
		dir := filepath.Join(k.DockerConfig(), "tls", host)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), ca, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Another server's authority, by another port, says nothing about this one.
	place("127.0.0.1:1", "ca.crt")
	if r := k.Try("tags", app); r.Code != 1 {
		t.Fatalf("with another server's authority: exit %d\n%s", r.Code, r.Output())
	}
	place(s.Host, "ca.crt")
	if tags := interop.JSON[tagsJSON](k, "tags", app); !tags.Verified || tags.Source != "live" || len(tags.Tags) != 1 {
		t.Errorf("tags: %+v", tags)
	}
	if r := interop.JSON[rotateJSON](k, "rotate", app, "targets", "--yes", "--kdf-iterations", "2048"); !r.Verified {
		t.Errorf("rotate: %+v", r)
	}
	n.Sign(app, "v2", digest2, 2)
}
