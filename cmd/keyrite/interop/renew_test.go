package interop_test

import (
	"os"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// sees checks that clients with the old cache and with none list these tags, and docker
// too where the server has TLS.
func sees(t *testing.T, s *interop.Server, n, old *interop.Notary, want []interop.SignedTag) {
	t.Helper()
	for who, c := range map[string]*interop.Notary{"with the old cache": old, "fresh": n.Fresh()} {
		if d := gocmp.Diff(want, c.List(app)); d != "" {
			t.Errorf("a client %s lists other tags: %s", who, d)
		}
	}
	if in, ok := s.DockerTrustInspect(t, app); ok && len(in.SignedTags) == 0 {
		t.Error("docker sees no tag")
	}
}

func renew(t *testing.T, k *interop.Keyrite) rotateJSON {
	t.Helper()
	r := interop.JSON[rotateJSON](k, "rotate", app, "root", "--same-key", "--yes")
	if !r.Verified || r.Published == nil || !*r.Published || len(r.NewKeys) != 1 || gocmp.Diff(r.OldKeys, r.NewKeys) != "" || len(r.Waived) != 0 {
		t.Errorf("%+v", r)
	}
	return r
}

// The root key gets a new certificate, twice: no key file is made or moved, every client
// follows, and the stock client goes on publishing and rotating.
func TestKeyriteRenewsTheRootCertificate(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	n.Sign(app, "v0", digest1, 1)
	k := n.Keyrite()
	far, stale := n.Clone(), interop.JSON[inspectJSON](k, "inspect", app).Roles[0]
	for _, tag := range []string{"v1", "v2"} {
		before, old := tree(t, n.TrustDir), n.Clone()
		want := old.List(app)
		was := interop.JSON[inspectJSON](k, "inspect", app).Roles[0]
		r := renew(t, k)
		if d := gocmp.Diff(before, tree(t, n.TrustDir)); d != "" {
			t.Error("the trust directory has changed:", d)
		}
		is := interop.JSON[inspectJSON](k, "inspect", app).Roles[0]
		if is.Version != was.Version+1 || r.RootVersion != is.Version || is.Keys[0].KeyID != was.Keys[0].KeyID || is.Keys[0].CertificateID == was.Keys[0].CertificateID ||
			is.Keys[0].CertificateExpires.Before(*was.Keys[0].CertificateExpires) {
			t.Errorf("root %+v, before %+v", is, was)
		}
		sees(t, s, n, old, want)
		n.Sign(app, tag, digest2, 2)
	}
	if d := gocmp.Diff(n.List(app), far.List(app)); d != "" {
		t.Errorf("a client that saw version %d lists other tags: %s", stale.Version, d)
	}
	n.Run("key", "rotate", app, "root")
	n.Run("key", "rotate", app, "targets")
	n.Sign(app, "v3", digest1, 3)
	agree(t, s, k, n)
}

// founded makes a repository whose root certificate ends then.
func founded(t *testing.T, n *interop.Notary, end time.Time) *interop.Keyrite {
	t.Helper()
	key, chain, _ := interop.IssueRootUntil(t, app, end)
	if err := os.MkdirAll(n.TrustDir, 0o700); err != nil {
		t.Fatal(err)
	}
	n.Keyrite().Run("keys", "import", key, "--role", "root", "--kdf-iterations", "2048")
	return initialise(t, n, "--root-cert", chain)
}

// A certificate that is about to end is renewed in time.
func TestKeyriteRenewsACertificateThatEnds(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	end := time.Now().Add(time.Hour)
	k := founded(t, n, end)
	n.Sign(app, "v1", digest1, 1)
	old := n.Clone()
	if r := k.Run("rotate", app, "root", "--same-key", "--dry-run"); !strings.Contains(r.Stdout, "ends on "+end.UTC().Format("2006-01-02")) ||
		!strings.Contains(r.Stdout, "the new certificate ends on 20") {
		t.Errorf("the plan does not say both dates:\n%s", r.Stdout)
	}
	renew(t, k)
	if got := interop.JSON[inspectJSON](k, "inspect", app).Roles[0].Keys[0].CertificateExpires; got.Before(end.AddDate(9, 0, 0)) {
		t.Errorf("the certificate ends at %s", got)
	}
	for who, c := range map[string]*interop.Notary{"with the old cache": old, "fresh": n.Fresh()} {
		if got := c.List(app); len(got) != 1 {
			t.Errorf("a client %s lists %v", who, got)
		}
	}
	n.Sign(app, "v2", digest2, 2)
}

// Once it has ended it is too late for everybody, whatever keys they hold.
func TestNobodyRenewsAnEndedCertificate(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	interop.Binary(t) // building it may take longer than the certificate lives
	k := founded(t, n, time.Now().Add(15*time.Second))
	n.Run("list", app)
	before := tree(t, n.TrustDir)
	for begun := time.Now(); k.Try("inspect", app).Code != 3; {
		if time.Since(begun) > time.Minute {
			t.Fatal("the certificate does not end")
		}
	}
	r := k.Try("--json", "rotate", app, "root", "--same-key", "--yes")
	if r.Code != 3 {
		t.Errorf("exit %d, want 3", r.Code)
	}
	for _, want := range []string{"has ended", "keyrite delete " + app, "keyrite init " + app + " --anew", "tuf/" + app} {
		if !strings.Contains(r.Stderr, want) {
			t.Errorf("the error does not say %q:\n%s", want, r.Stderr)
		}
	}
	if d := gocmp.Diff(below(before, "private/"), below(tree(t, n.TrustDir), "private/")); d != "" {
		t.Error("private/ has changed:", d)
	}
	for _, args := range [][]string{{"list", app}, {"key", "rotate", app, "root"}, {"key", "rotate", app, "targets"}} {
		if r := n.Try(args...); r.Code == 0 {
			t.Errorf("notary %q works:\n%s", args, r.Output())
		}
	}
}
