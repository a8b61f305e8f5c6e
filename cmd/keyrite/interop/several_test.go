package interop_test

import (
	"os"
	"strings"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

// rotated runs keyrite rotate on the root of app.
func rotated(t *testing.T, k *interop.Keyrite, args ...string) rotateJSON {
	t.Helper()
	r := interop.JSON[rotateJSON](k, append([]string{"rotate", app, "root", "--yes", "--kdf-iterations", "2048"}, args...)...)
	if !r.Verified || r.Published == nil || !*r.Published {
		t.Errorf("%q: %+v", args, r)
	}
	return r
}

// Roots with several keys: clients with the old cache and with none follow every step, and
// so does docker. The stock client publishes as before, but cannot rotate such a root: it
// lists one new key in place of all, leaves the threshold, and refuses its own file.
func TestKeyriteKeepsSeveralRootKeys(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	n.Sign(app, "v0", digest1, 1)
	k, far := n.Keyrite(), n.Clone()
	keys := interop.JSON[inspectJSON](k, "inspect", app).Roles[0].Keys
	first, old := keys[0].KeyID, n.Clone()
	step := func(wantKeys, threshold int, args ...string) rotateJSON {
		t.Helper()
		want := old.List(app)
		r := rotated(t, k, args...)
		if root := interop.JSON[inspectJSON](k, "inspect", app).Roles[0]; len(root.Keys) != wantKeys || root.Threshold != threshold {
			t.Errorf("%q: root lists %d keys with threshold %d", args, len(root.Keys), root.Threshold)
		}
		sees(t, s, n, old, want)
		old = n.Clone()
		return r
	}
	second := step(2, 1, "--add-only").NewKeys[0]
	third := step(3, 2, "--add-only", "--threshold", "2").NewKeys[0]
	if r := k.Try("rotate", app, "root", "--yes"); r.Code != 2 || !strings.Contains(r.Stderr, "--old-key") {
		t.Errorf("a root of three keys is rotated without a word: exit %d\n%s", r.Code, r.Output())
	}
	step(3, 2, "--old-key", first, "--legacy")
	n.Sign(app, "v1", digest2, 2)
	old = n.Clone()
	if r := k.Run("rotate", app, "root", "--old-key", second, "--dry-run"); !strings.Contains(r.Stdout, "notary key rotate") {
		t.Errorf("the plan does not warn of the stock client:\n%s", r.Stdout)
	}
	if r := n.Try("key", "rotate", app, "root"); r.Code == 0 || !strings.Contains(r.Output(), "found 1 of 2 needed keys") {
		t.Errorf("notary rotates a root of several keys: exit %d\n%s", r.Code, r.Output())
	}
	step(2, 2, "--old-key", second, "--remove-only")
	step(1, 1, "--old-key", third, "--remove-only", "--threshold", "1")
	if got, want := len(far.List(app)), len(n.List(app)); got != want {
		t.Errorf("a client that saw the first root only lists %d tags, want %d", got, want)
	}
	n.Run("key", "rotate", app, "root")
	n.Sign(app, "v2", digest2, 2)
	agree(t, s, k, n)
}

// Keys that are given: one that is here by its ID, one in a file of openssl's kind, and one
// with a certificate that a CA issued. A file that lies about its key is refused.
func TestKeyriteRotatesToAGivenKey(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	n.Sign(app, "v0", digest1, 1)
	k := n.Keyrite()
	made := interop.JSON[[]keyJSON](k, "keys", "generate", "--role", "root", "--kdf-iterations", "2048")[0].KeyID
	file, chain, _ := interop.IssueRoot(t, app)
	bare, _, _ := interop.IssueRoot(t, app)
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"--key", made}, made},
		{[]string{"--key", file}, ""},
		{[]string{"--root-cert", chain}, ""}, // the key that is listed now gets the CA's certificate
		{[]string{"--key", bare}, ""},
	} {
		before, old := tree(t, n.TrustDir), n.Clone()
		want := old.List(app)
		r := rotated(t, k, step.args...)
		if step.want != "" && r.NewKeys[0] != step.want || !n.HasKey(r.NewKeys[0]) {
			t.Errorf("%q: %+v", step.args, r)
		}
		nothingLost(t, before, tree(t, n.TrustDir))
		sees(t, s, n, old, want)
	}
	n.Run("key", "rotate", app, "targets")
	n.Sign(app, "v1", digest2, 2)
	agree(t, s, k, n)

	exported, err := os.ReadFile(bare)
	if err != nil {
		t.Fatal(err)
	}
	liar := strings.TrimSuffix(bare, ".pem") + "-liar.pem"
	path := "\npath: " + strings.Repeat("ab", 32) + "\nrole: root\n\n"
	if err := os.WriteFile(liar, []byte(strings.Replace(string(exported), "\n", path, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	before := tree(t, n.TrustDir)
	if r := k.Try("rotate", app, "root", "--yes", "--key", liar); r.Code != 1 || !strings.Contains(r.Stderr, "the file holds another key than its name says") {
		t.Errorf("exit %d\n%s", r.Code, r.Output())
	}
	after := tree(t, n.TrustDir)
	if len(before) != len(after) {
		t.Errorf("files %d, before %d", len(after), len(before))
	}
}
