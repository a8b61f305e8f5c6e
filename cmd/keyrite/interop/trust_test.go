package interop_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
	"keyrite/trustdata"
)

// Five roots pass while a client looks away: it follows them one by one.
func TestFiveRootsSkipped(t *testing.T) {
	eachServer(t, func(t *testing.T, n *interop.Notary) {
		n.InitServerSnapshot(app)
		n.Sign(app, "v1", digest1, 1)
		away := n.Clone()
		k := away.Keyrite()
		first := interop.JSON[inspectJSON](k, "inspect", app).Roles[0].Version
		for range 5 {
			n.Run("key", "rotate", app, "root")
		}
		n.Sign(app, "v2", digest2, 2)
		if tags := interop.JSON[tagsJSON](k, "tags", app).Tags; len(tags) != 2 {
			t.Errorf("keyrite lists %+v", tags)
		}
		if r := interop.JSON[inspectJSON](k, "inspect", app).Roles[0]; r.Version != first+5 {
			t.Errorf("root is of version %d", r.Version)
		}
		tagsAgree(t, interop.JSON[tagsJSON](k, "tags", app).Tags, away)
	})
}

// madeClient is a stock client with no key.
func madeClient(t *testing.T, m *interop.Made) *interop.Notary {
	t.Helper()
	n := interop.NewNotary(t, m.URL, "")
	if err := os.MkdirAll(n.TrustDir, 0o700); err != nil {
		t.Fatal(err)
	}
	return n
}

// A root that needs two of its three keys, and delegations three deep with paths: keyrite
// says what the stock client says.
func TestThresholdAndNestedPaths(t *testing.T) {
	t.Parallel()
	m := interop.NewMade(t, app, 2, 3)
	for role, paths := range map[trustdata.Role][]string{"targets/a": {"x", "y"}, "targets/b": {""}} {
		m.Delegate(role, paths...)
	}
	m.Delegate("targets/a/b", "x.1", "z")
	m.Delegate("targets/a/b/c", "x.1.2", "y")
	for i, role := range []trustdata.Role{"targets", "targets/a", "targets/b", "targets/a/b", "targets/a/b/c"} {
		for _, tag := range []string{"x.1.2.3", "x.1", "x", "y", "z", fmt.Sprint("only-", i)} {
			m.Put(role, tag, fmt.Sprintf("%064x", i+1), int64(i+1))
		}
	}
	m.Publish(nil)
	n := madeClient(t, m)
	k := n.Keyrite()
	root := interop.JSON[inspectJSON](k, "inspect", app).Roles[0]
	if root.Threshold != 2 || len(root.Keys) != 3 {
		t.Errorf("root needs %d of %d", root.Threshold, len(root.Keys))
	}
	got := interop.JSON[tagsJSON](k, "tags", app).Tags
	for _, role := range []string{"targets", "targets/a", "targets/b", "targets/a/b", "targets/a/b/c"} {
		want := map[string]string{}
		for _, line := range strings.Split(n.Run("list", app, "--roles", role).Stdout, "\n") {
			if f := strings.Fields(line); len(f) == 4 && f[3] == role {
				want[f[0]] = "sha256:" + f[1]
			}
		}
		have := map[string]string{}
		for _, tag := range got {
			if slices.Contains(tag.Roles, role) {
				have[tag.Name] = tag.Digest
			}
		}
		if len(want) == 0 || !maps.Equal(want, have) {
			t.Errorf("%s: -notary +keyrite %s", role, gocmp.Diff(want, have))
		}
	}
}

// A server replays an old file of a delegation under a new snapshot: the stock client takes
// it, keyrite does not.
func TestReplayedDelegation(t *testing.T) {
	t.Parallel()
	m := interop.NewMade(t, app, 1, 1)
	m.Delegate("targets/releases", "")
	m.Put("targets/releases", "v1", digest1, 1)
	old := m.Publish(nil)
	m.Put("targets/releases", "v1", digest2, 2)
	m.Publish(map[trustdata.Role][]byte{"targets": old["targets"]})
	n := madeClient(t, m)
	k := n.Keyrite()
	if tags := n.List(app); len(tags) != 1 || tags[0].Digest != digest2 {
		t.Fatalf("notary lists %+v", tags)
	}
	if tags := interop.JSON[tagsJSON](k, "tags", app).Tags; len(tags) != 1 {
		t.Fatalf("keyrite lists %+v", tags)
	}
	m.Publish(map[trustdata.Role][]byte{"targets": old["targets"], "targets/releases": old["targets/releases"]})
	if tags := n.List(app); len(tags) != 1 || tags[0].Digest != digest1 {
		t.Errorf("the stock client no longer takes the replay: %+v", tags)
	}
	if got := refused(t, k, "targets/releases: version 1 is older than version 2"); len(got.Tags) != 0 {
		t.Errorf("keyrite lists %+v", got.Tags)
	}
}

// refused expects that keyrite does not vouch for the repository, and why.
func refused(t *testing.T, k *interop.Keyrite, why string) tagsJSON {
	t.Helper()
	r := k.Try("--json", "tags", app)
	var got struct {
		tagsJSON
		Problems []string
	}
	if err := json.Unmarshal([]byte(r.Stdout), &got); err != nil {
		t.Fatal(err)
	}
	if r.Code != 3 || got.Verified || !strings.Contains(strings.Join(got.Problems, " "), why) {
		t.Errorf("keyrite: exit %d, %+v\n%s", r.Code, got, r.Stderr)
	}
	return got.tagsJSON
}

// The database of a server is put back to an older state, and those who do not know publish
// on. At once every client sees the older timestamp; once the counts of snapshot and
// timestamp have caught up, the stock client takes the delegation's old file, keyrite never.
func TestDatabasePutBack(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{MariaDB: true, Signer: true})
	n := s.Notary(t)
	n.InitServerSnapshot(app)
	n.Delegate(app, "alice", "targets/releases")
	n.Sign(app, "v1", digest1, 1, "targets/releases")
	before := n.Clone()
	restore := s.Dump()
	n.Sign(app, "v1", digest2, 2, "targets/releases")
	k := n.Keyrite()
	if tags := interop.JSON[tagsJSON](k, "tags", app).Tags; len(tags) != 1 || tags[0].Digest != "sha256:"+digest2 {
		t.Fatalf("keyrite lists %+v", tags)
	}
	restore()
	refused(t, k, "timestamp metadata refused: version")
	before.Sign(app, "other", digest3, 3, "targets")
	before.Sign(app, "another", digest3, 3, "targets")
	old := ""
	for _, tag := range n.List(app) {
		if tag.Name == "v1" {
			old = tag.Digest
		}
	}
	if old != digest1 {
		t.Errorf("the stock client no longer takes the older delegation: %s", old)
	}
	for _, tag := range refused(t, k, "targets/releases: version 1 is older than version 2").Tags {
		if tag.Name == "v1" {
			t.Errorf("keyrite lists %+v", tag)
		}
	}
}

// Pins mean the same to both, until a root is known: then the stock client looks no more.
func TestPinsAgree(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	n.InitServerSnapshot(app)
	n.Sign(app, "v1", digest1, 1)
	k := n.Keyrite()
	id := interop.JSON[inspectJSON](k, "inspect", app).Roles[0].Keys[0].CertificateID
	wrong := strings.Repeat("0", 64)
	for _, tt := range []struct {
		name, entry, id string
		noTOFU, ok      bool
	}{
		{"right", app, id, true, true}, {"wrong", app, wrong, false, false}, {"wildcard", "example.com/*", id, true, true},
		{"wrong wildcard", "example.com/*", wrong, false, false}, {"another's", "other.example/x", wrong, false, true},
		{"another's, no first use", "other.example/x", wrong, true, false},
	} {
		dir := t.TempDir()
		notaryConfig, ours := filepath.Join(dir, "config.json"), filepath.Join(dir, "config.toml")
		write(t, notaryConfig, fmt.Sprintf(`{"trust_pinning": {"disable_tofu": %v, "certs": {%q: [%q]}}}`, tt.noTOFU, tt.entry, tt.id))
		write(t, ours, fmt.Sprintf("[pins]\ndisable_tofu = %v\n[pins.certs]\n%q = %q\n", tt.noTOFU, tt.entry, tt.id))
		if r := n.Fresh().Try("-c", notaryConfig, "list", app); (r.Code == 0) != tt.ok {
			t.Errorf("%s: notary exits with %d: %s", tt.name, r.Code, r.Output())
		}
		fresh := n.Fresh()
		if r := fresh.Keyrite().Try("--config", ours, "tags", app); (r.Code == 0) != tt.ok || !tt.ok && r.Code != 3 {
			t.Errorf("%s: keyrite exits with %d: %s", tt.name, r.Code, r.Output())
		}
		if tt.name != "wrong" {
			continue
		}
		if r := n.Try("-c", notaryConfig, "list", app); r.Code != 0 {
			t.Errorf("with a cached root notary holds the pin after all: %s", r.Output())
		}
		if r := k.Try("--config", ours, "tags", app); r.Code != 3 || !strings.Contains(r.Stderr, "pinned") {
			t.Errorf("with a known root keyrite exits with %d: %s", r.Code, r.Output())
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
