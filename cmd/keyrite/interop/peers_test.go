package interop_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
	"keyrite/trustdata/trustserver"
)

const (
	digest1 = "1111111111111111111111111111111111111111111111111111111111111111"
	digest2 = "2222222222222222222222222222222222222222222222222222222222222222"
)

// The servers that a stock client must be able to use: notary-server in each of its
// shapes, and the embedded trust server, which has to be taken for one.
var servers = map[string]func(t *testing.T) *interop.Notary{
	"plain": func(t *testing.T) *interop.Notary { return interop.StartServer(t, interop.ServerOptions{}).Notary(t) },
	"tls": func(t *testing.T) *interop.Notary {
		return interop.StartServer(t, interop.ServerOptions{TLS: true}).Notary(t)
	},
	"signer": func(t *testing.T) *interop.Notary {
		return interop.StartServer(t, interop.ServerOptions{Signer: true}).Notary(t)
	},
	"mariadb": func(t *testing.T) *interop.Notary {
		return interop.StartServer(t, interop.ServerOptions{MariaDB: true}).Notary(t)
	},
	"embedded": func(t *testing.T) *interop.Notary {
		srv := httptest.NewServer(trustserver.New(trustserver.Options{Now: time.Now}))
		t.Cleanup(srv.Close)
		return interop.NewNotary(t, srv.URL, "")
	},
}

func eachServer(t *testing.T, test func(t *testing.T, n *interop.Notary)) {
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, start(t))
		})
	}
}

func TestNotaryPublishesAndLists(t *testing.T) {
	eachServer(t, func(t *testing.T, n *interop.Notary) {
		n.Init("example.com/app")
		n.Sign("example.com/app", "v1", digest1, 1570)
		want := []interop.SignedTag{{Name: "v1", Digest: digest1, Length: 1570, Role: "targets"}}
		if d := cmp.Diff(want, n.Fresh().List("example.com/app")); d != "" {
			t.Error(d)
		}
		var roles []string
		for _, k := range n.Keys() {
			roles = append(roles, k.Role+" "+k.GUN)
			if !n.HasKey(k.ID) {
				t.Errorf("no file for key %s", k.ID)
			}
		}
		if d := cmp.Diff([]string{"root ", "snapshot example.com/app", "targets example.com/app"}, roles); d != "" {
			t.Error(d)
		}
	})
}

// Without the overlay of .ci/peers.sh notary-server takes targets/alice for alice, and the
// second publish fails.
func TestNotaryPublishesDelegations(t *testing.T) {
	eachServer(t, func(t *testing.T, n *interop.Notary) {
		n.Init("example.com/app")
		alice := n.Delegate("example.com/app", "alice", "targets/alice", "targets/releases")
		n.Sign("example.com/app", "v1", digest1, 1, "targets/alice", "targets/releases")
		n.Sign("example.com/app", "v2", digest2, 2, "targets/alice")

		var listed []string
		for _, d := range n.Delegations("example.com/app") {
			listed = append(listed, d.Role)
			if d := cmp.Diff([]string{alice}, d.KeyIDs); d != "" {
				t.Error(d)
			}
		}
		if d := cmp.Diff([]string{"targets/alice", "targets/releases"}, listed); d != "" {
			t.Error(d)
		}
		var tags []string
		for _, tag := range n.Fresh().List("example.com/app") {
			tags = append(tags, tag.Name+" "+tag.Role)
		}
		slices.Sort(tags)
		if d := cmp.Diff([]string{"v1 targets/alice", "v2 targets/alice"}, tags); d != "" {
			t.Error(d)
		}
	})
}

func TestNotaryRotates(t *testing.T) {
	eachServer(t, func(t *testing.T, n *interop.Notary) {
		n.InitServerSnapshot("example.com/app")
		n.Sign("example.com/app", "v1", digest1, 1)
		old := n.Clone()
		old.List("example.com/app")
		for _, args := range [][]string{{"targets"}, {"snapshot"}, {"snapshot", "-r"}, {"timestamp", "-r"}, {"root"}} {
			n.Run(append([]string{"key", "rotate", "example.com/app"}, args...)...)
			for who, c := range map[string]*interop.Notary{"fresh": n.Fresh(), "with the old cache": old} {
				if tags := c.List("example.com/app"); len(tags) != 1 || tags[0].Digest != digest1 {
					t.Errorf("after rotating %q the client %s lists %v", args, who, tags)
				}
			}
		}
		n.Sign("example.com/app", "v2", digest2, 2)
		if tags := old.List("example.com/app"); len(tags) != 2 {
			t.Errorf("after publishing with the new keys: %v", tags)
		}
	})
}

// What keyrite exists to avoid. The stock client deletes the old targets key before it
// signs, so that any failure on the way to the server's answer leaves a repository that
// nobody can publish to without another rotation by the root key. (If this test fails,
// the client has been mended, and what keyrite's documents say of it is no longer true.)
func TestNotaryLosesTheTargetsKey(t *testing.T) {
	const gun = "example.com/app"
	tests := map[string]func(t *testing.T, s *interop.Server, n *interop.Notary){
		"wrong root passphrase": func(_ *testing.T, _ *interop.Server, n *interop.Notary) {
			n.Passphrases.Root = "not the root passphrase"
		},
		"server killed before the POST": func(t *testing.T, s *interop.Server, n *interop.Notary) {
			front := interop.StartFront(t, s.URL, s.CA)
			front.Before(func(r *http.Request) bool {
				if r.Method == http.MethodPost {
					s.Kill()
				}
				return true
			})
			n.Server = front.URL
		},
	}
	for name, fault := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := interop.StartServer(t, interop.ServerOptions{})
			n := s.Notary(t)
			n.InitServerSnapshot(gun)
			n.Sign(gun, "v1", digest1, 1)
			before := n.KeyID("targets", gun)
			fault(t, s, n)

			r := n.Try("key", "rotate", gun, "targets")
			if r.Code == 0 {
				t.Fatalf("the rotation succeeded: the fault does not bite\n%s", r.Output())
			}
			if n.HasKey(before) {
				t.Error("the stock client kept the old targets key: it has been mended")
			}
			if after := n.KeyID("targets", gun); after == before {
				t.Error("no new targets key was made")
			}
		})
	}
}

func TestFrontSeesAndBreaks(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := s.Notary(t)
	n.Init("example.com/app")
	front := interop.StartFront(t, s.URL, s.CA)
	n.Server, n.CA = front.URL, ""
	n.Fresh().List("example.com/app")
	if asked := front.Requests(); !slices.Contains(asked, "GET /v2/example.com/app/_trust/tuf/timestamp.json") {
		t.Errorf("requests: %q", asked)
	}
	front.Before(func(r *http.Request) bool { return !strings.HasSuffix(r.URL.Path, "/root.json") })
	if r := n.Fresh().Try("list", "example.com/app"); r.Code == 0 {
		t.Errorf("list without a root: %s", r.Output())
	}
}
