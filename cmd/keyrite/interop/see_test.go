package interop_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

const (
	digest3 = "3333333333333333333333333333333333333333333333333333333333333333"
	app     = "example.com/app"
)

// The repositories that the stock client makes and keyrite must read as the stock client
// and docker read them.
var repositories = map[string]func(n *interop.Notary){
	"no delegations, local snapshot": func(n *interop.Notary) {
		n.Init(app)
		n.Sign(app, "1.9", digest1, 19)
		n.Sign(app, "1.10", digest2, 110)
	},
	"no delegations, server snapshot": func(n *interop.Notary) {
		n.InitServerSnapshot(app)
		n.Sign(app, "v1", digest1, 1)
	},
	"initialised and empty": func(n *interop.Notary) { n.Init(app) },
	"delegations": func(n *interop.Notary) {
		n.InitServerSnapshot(app)
		n.Sign(app, "old", digest1, 1)
		n.Delegate(app, "alice", "targets/alice", "targets/releases")
		n.Delegate(app, "bob", "targets/bob")
		n.Sign(app, "both", digest1, 1, "targets/alice", "targets/bob", "targets/releases")
		n.Sign(app, "private", digest2, 2, "targets/alice")
		n.Sign(app, "moving", digest2, 2, "targets/releases")
		n.Sign(app, "moving", digest3, 3, "targets")
		n.Sign(app, "1.9", digest2, 2, "targets/releases")
		n.Sign(app, "1.10", digest2, 2, "targets/releases")
	},
	"after every rotation": func(n *interop.Notary) {
		n.InitServerSnapshot(app)
		n.Sign(app, "v1", digest1, 1)
		n.Run("key", "rotate", app, "targets")
		n.Run("key", "rotate", app, "timestamp", "-r")
		n.Run("key", "rotate", app, "root")
		n.Sign(app, "v2", digest2, 2)
	},
}

func TestKeyriteSeesWhatNotaryMade(t *testing.T) {
	t.Parallel()
	for name, build := range repositories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := interop.StartServer(t, interop.ServerOptions{TLS: true})
			n := s.Notary(t)
			build(n)
			docker, witness := s.DockerTrustInspect(t, app)
			k := n.Keyrite()
			before := n.Keys()

			keysAgree(t, k, n)
			tags := interop.JSON[tagsJSON](k, "tags", app)
			if !tags.Verified || tags.Source != "live" || tags.GUN != app {
				t.Errorf("gun %q, source %q, verified %v", tags.GUN, tags.Source, tags.Verified)
			}
			tagsAgree(t, tags.Tags, n)
			roles := interop.JSON[inspectJSON](k, "inspect", app).Roles
			rolesAgree(t, roles, n)
			if witness {
				dockerTagsAgree(t, tags.Tags, docker)
				dockerKeysAgree(t, roles, docker)
			}
			if d := gocmp.Diff(before, n.Keys()); d != "" {
				t.Error("looking has changed the keys:", d)
			}
		})
	}
}

// keysAgree compares "keys list" with "notary key list".
func keysAgree(t *testing.T, k *interop.Keyrite, n *interop.Notary) {
	t.Helper()
	var got []interop.LocalKey
	for _, key := range interop.JSON[[]keyJSON](k, "keys", "list") {
		got = append(got, interop.LocalKey{Role: key.Role, GUN: key.GUN, ID: key.KeyID})
		if key.Path != n.KeyFile(key.KeyID) || key.Problem != "" || !key.Encrypted || key.KDFIterations != 2048 {
			t.Errorf("row %+v", key)
		}
	}
	want := n.Keys()
	order := func(a, b interop.LocalKey) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if d := gocmp.Diff(want, got); d != "" {
		t.Error("keys list (+) and notary key list (-):", d)
	}
}

// tagsAgree compares the tags with "notary list", which shows each name once, with the
// role that it finds first.
func tagsAgree(t *testing.T, tags []tagJSON, n *interop.Notary) {
	t.Helper()
	listed := n.Fresh().List(app)
	for _, want := range listed {
		if !slices.ContainsFunc(tags, func(g tagJSON) bool {
			return g.Name == want.Name && g.Digest == "sha256:"+want.Digest && g.Length == want.Length && slices.Contains(g.Roles, want.Role)
		}) {
			t.Errorf("notary lists %+v, keyrite does not: %+v", want, tags)
		}
	}
	for _, g := range tags {
		if !slices.ContainsFunc(listed, func(w interop.SignedTag) bool { return w.Name == g.Name }) {
			t.Errorf("keyrite lists %+v, notary does not", g)
		}
	}
}

// rolesAgree compares "inspect" with the keys that notary has and with its delegations.
func rolesAgree(t *testing.T, roles []roleJSON, n *interop.Notary) {
	t.Helper()
	delegated := make(map[string][]string)
	for _, d := range n.Delegations(app) {
		delegated[d.Role] = d.KeyIDs
	}
	want := []string{"root", "targets", "snapshot", "timestamp"}
	for role := range delegated {
		want = append(want, role)
	}
	var got []string
	for _, r := range roles {
		got = append(got, r.Role)
		for _, key := range r.Keys {
			if key.Held != n.HasKey(key.KeyID) {
				t.Errorf("%s: key %s held %v", r.Role, key.KeyID, key.Held)
			}
			if ids, ok := delegated[r.Role]; ok && !slices.Contains(ids, key.KeyID) {
				t.Errorf("%s: key %s, notary lists %q", r.Role, key.KeyID, ids)
			}
		}
		if manager := map[string]string{"root": "client", "targets": "client", "timestamp": "server"}[r.Role]; manager != "" && r.ManagedBy != manager {
			t.Errorf("%s is managed by %q, want %q", r.Role, r.ManagedBy, manager)
		}
		_, signer := delegated[r.Role] // may have several keys, and no file yet
		if r.Threshold != 1 || len(r.Keys) == 0 || !signer && (len(r.Keys) != 1 || r.Expires == nil) {
			t.Errorf("role %+v", r)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := gocmp.Diff(want, got); d != "" {
		t.Error("roles of inspect (+) and of notary (-):", d)
	}
}

// dockerTagsAgree compares the tags with docker's, which shows those of targets and
// targets/releases alone, in natural order; one tag's several digests are in no order.
func dockerTagsAgree(t *testing.T, tags []tagJSON, docker interop.Inspection) {
	t.Helper()
	var got, want, gotNames, wantNames []string
	for _, g := range tags {
		if slices.Contains(g.Roles, "targets") || slices.Contains(g.Roles, "targets/releases") {
			signers := slices.Sorted(slices.Values(g.Signers))
			got = append(got, g.Name+" "+strings.TrimPrefix(g.Digest, "sha256:")+" "+strings.Join(signers, ","))
			gotNames = append(gotNames, g.Name)
		}
	}
	for _, w := range docker.SignedTags {
		signers := slices.Sorted(slices.Values(w.Signers))
		want = append(want, w.SignedTag+" "+w.Digest+" "+strings.Join(signers, ","))
		wantNames = append(wantNames, w.SignedTag)
	}
	if d := gocmp.Diff(wantNames, gotNames); d != "" {
		t.Error("order of tags (+) and of docker trust inspect (-):", d)
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := gocmp.Diff(want, got); d != "" {
		t.Error("tags (+) and docker trust inspect (-):", d)
	}
}

// dockerKeysAgree compares the keys with docker's, which names the root key by the ID of
// its certificate and every other one by its canonical ID.
func dockerKeysAgree(t *testing.T, roles []roleJSON, docker interop.Inspection) {
	t.Helper()
	for _, r := range roles {
		signer, delegated := strings.CutPrefix(r.Role, "targets/")
		var want []string
		switch {
		case r.Role == "root":
			want = interop.KeyIDs(docker.AdministrativeKeys, "Root")
		case r.Role == "targets":
			want = interop.KeyIDs(docker.AdministrativeKeys, "Repository")
		case delegated && signer != "releases":
			want = interop.KeyIDs(docker.Signers, signer)
		default:
			continue // docker says nothing of the others
		}
		var got []string
		for _, key := range r.Keys {
			id := key.KeyID
			if r.Role == "root" {
				id = key.CertificateID
			}
			got = append(got, id)
		}
		if d := gocmp.Diff(want, got); d != "" {
			t.Errorf("keys of %s (+) and docker's (-): %s", r.Role, d)
		}
	}
}
