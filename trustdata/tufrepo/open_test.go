package tufrepo

import (
	"crypto/elliptic"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

func TestOpenFolder(t *testing.T) {
	w := newWorld(t)
	res := w.mustOpen()
	c := res.Collection
	if string(c.GUN) != w.dir || !c.Verified() || len(c.Problems) != 0 || !c.ReadAt.Equal(testTime) {
		t.Errorf("collection = %+v", c)
	}
	want := []trustdata.Tag{{Name: "1.0", Digest: digestOf("targets", "1.0"), Length: int64(len("targets1.0")),
		Roles: []trustdata.Role{"targets"}, Signers: []string{trustdata.RepoAdmin}, Pulled: true}}
	if diff := cmp.Diff(want, c.Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if !c.Expires().Equal(testTime.AddDate(0, 0, 2)) {
		t.Errorf("expires %s", c.Expires())
	}
	for _, role := range trustdata.BaseRoles {
		if v, ok := c.Role(role); !ok || v.Version != 1 || len(v.Keys) != 1 || v.Keys[0].Algorithm != "ed25519" || len(v.Keys[0].KeyID) != 64 {
			t.Errorf("role %s = %+v", role, v)
		}
		if len(res.Files[role]) == 0 {
			t.Errorf("no bytes of %s", role)
		}
	}
}

// TestOpenServer reads the same by http as from the folder, and names what a server
// answers in place of a file.
func TestOpenServer(t *testing.T) {
	w := newWorld(t)
	w.delegate("targets", metadata.DelegatedRole{Name: "team/alice", Paths: []string{"*"}})
	w.tag("team/alice", "2.0")
	w.publish()
	status := 0
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if status != 0 {
			rw.WriteHeader(status)
			return
		}
		http.ServeFile(rw, r, filepath.Join(w.dir, strings.TrimPrefix(r.URL.EscapedPath(), "/tuf/metadata/")))
	}))
	defer server.Close()
	open := func() (*Result, error) {
		return Open(t.Context(), Options{Base: server.URL + "/tuf/metadata/", Root: w.firstRoot, Client: server.Client(), State: w.state, Now: func() time.Time { return w.now }})
	}
	res, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.mustOpen().Collection.Tags, res.Collection.Tags); diff != "" || len(res.Collection.Tags) != 2 {
		t.Errorf("tags of folder and server (-folder +server):\n%s", diff)
	}
	if string(res.Collection.GUN) != server.URL+"/tuf/metadata" {
		t.Errorf("GUN = %q", res.Collection.GUN)
	}
	for _, status = range []int{401, 403, 500, 302} {
		var answer *access.StatusError
		if _, err := open(); !errors.As(err, &answer) || answer.Status != status || errors.Is(err, trustdata.ErrVerify) {
			t.Errorf("answer %d gives %v", status, err)
		}
	}
	status = 404
	if _, err := open(); !errors.Is(err, access.ErrNotFound) || errors.Is(err, trustdata.ErrVerify) {
		t.Errorf("an empty server gives %v", err)
	}
	if _, err := Open(t.Context(), Options{Base: server.URL, Root: w.firstRoot, Now: time.Now}); err == nil {
		t.Error("a server was asked without a client")
	}
}

// TestOpenKinds has every kind of key, several root versions, no consistent snapshots and
// no hashes in the snapshot.
func TestOpenKinds(t *testing.T) {
	w := newWorld(t)
	w.hashes = false
	for _, k := range []testKey{ecKey(t, elliptic.P256()), rsaKey(t, 2048), edKey(t)} {
		w.replaceKey(metadata.ROOT, k)
		w.replaceKey(metadata.TARGETS, k)
	}
	w.root.Signed.ConsistentSnapshot = false
	w.root.Signed.Version++
	w.giveKey(metadata.TARGETS, ecKey(t, elliptic.P256()))
	w.root.Signed.Roles["targets"].Threshold = 2
	w.bump()
	w.publish()
	c := w.mustOpen().Collection
	if root, _ := c.Role("root"); root.Version != 8 {
		t.Errorf("root version %d, want 8", root.Version)
	}
	if targets, _ := c.Role("targets"); targets.Threshold != 2 || len(targets.Keys) != 2 || targets.Keys[1].Algorithm != "ecdsa" {
		t.Errorf("targets = %+v", targets)
	}
	if _, err := w.stock("1.0"); err != nil {
		t.Errorf("the stock client: %v", err)
	}
}

// TestTree has delegations three deep with globs, hash bins, a role with two parents, a
// circle, and terminating ones, and agrees with the stock client on every name.
func TestTree(t *testing.T) {
	w := newWorld(t)
	w.tag("targets", "1.10")
	w.tag("targets", "1.9")
	w.delegate("targets", metadata.DelegatedRole{Name: "alice", Paths: []string{"a/*", "shared"}})
	w.delegate("targets", metadata.DelegatedRole{Name: "bob", Paths: []string{"b/*", "shared", "end/*"}, Terminating: true})
	w.delegate("targets", metadata.DelegatedRole{Name: "carol", Paths: []string{"*", "*/*"}})
	w.delegate("alice", metadata.DelegatedRole{Name: "deep", Paths: []string{"a/?.0", "b/*"}})
	w.delegate("deep", metadata.DelegatedRole{Name: "deeper", Paths: []string{"a/*"}})
	w.delegate("deeper", metadata.DelegatedRole{Name: "alice", Paths: []string{"a/*"}})
	w.delegate("bob", metadata.DelegatedRole{Name: "deeper", Paths: []string{"b/*"}})
	for role, names := range map[string][]string{
		"alice": {"a/1.0", "shared", "b/stolen"}, "bob": {"b/1", "shared"}, "carol": {"shared", "end/1", "other", "b/1", "a/2.0"},
		"deep": {"a/3.0", "b/1"}, "deeper": {"a/4.0", "a/long", "b/5"},
	} {
		for _, name := range names {
			w.tag(role, name)
		}
	}
	w.publish()
	c := w.mustOpen().Collection
	if !c.Verified() {
		t.Fatalf("%+v", c.Problems)
	}
	got := map[string][]trustdata.Role{}
	pulled := map[string]string{}
	for _, tag := range c.Tags {
		got[tag.Name] = append(got[tag.Name], tag.Roles...)
		if tag.Pulled {
			pulled[tag.Name] = tag.Digest
		}
	}
	want := map[string][]trustdata.Role{
		"1.0": {"targets"}, "1.9": {"targets"}, "1.10": {"targets"}, "a/1.0": {"alice"}, "shared": {"alice", "bob", "carol"},
		"b/1": {"bob", "carol"}, "end/1": {"carol"}, "other": {"carol"}, "a/2.0": {"carol"}, "a/3.0": {"deep"}, "a/4.0": {"deeper"}, "b/5": {"deeper"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if at := slices.Index(names(c), "1.9"); names(c)[at+1] != "1.10" {
		t.Errorf("order %q", names(c))
	}
	for _, name := range []string{"b/stolen", "a/long"} {
		if !slices.ContainsFunc(c.Problems, func(p trustdata.Problem) bool { return strings.Contains(p.Detail, "1, such as \""+name) }) {
			t.Errorf("no word about %q: %v", name, c.Problems)
		}
	}
	for name := range want {
		found, err := w.stock(name)
		digest := ""
		if err == nil {
			digest = found[name].Hashes["sha256"].String()
		}
		if digest != pulled[name] {
			t.Errorf("%q: the stock client resolves %q (%v), keyrite %q", name, digest, err, pulled[name])
		}
	}
}

func TestHashBins(t *testing.T) {
	w := newWorld(t)
	key := edKey(t)
	w.targets["targets"].Signed.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{key.id: key.listed},
		SuccinctRoles: &metadata.SuccinctRoles{KeyIDs: []string{key.id}, Threshold: 1, BitLength: 5, NamePrefix: "bin"}}
	bins := w.targets["targets"].Signed.Delegations.SuccinctRoles
	for _, bin := range bins.GetRoles() {
		w.keys[bin], w.targets[bin] = []testKey{key}, metadata.Targets(w.now.AddDate(0, 3, 0))
	}
	var all []string
	for _, name := range []string{"v1", "v2", "v3", "dir/v4", "v10"} {
		w.tag(bins.GetRolesForTarget(name)[0].Name, name)
		all = append(all, name)
	}
	w.tag("bin-00", "stray") // belongs to another bin
	if bins.GetRolesForTarget("stray")[0].Name == "bin-00" {
		t.Fatal("stray is at home in bin-00")
	}
	w.publish()
	c := w.mustOpen().Collection
	if len(c.Roles) != 4+32 || len(c.Tags) != 1+len(all) || !c.Verified() {
		t.Errorf("%d roles, tags %q, problems %v", len(c.Roles), names(c), c.Problems)
	}
	found, err := w.stock(all...)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range c.Tags {
		if file := found[tag.Name]; tag.Name != "1.0" && (!tag.Pulled || file.Hashes["sha256"].String() != tag.Digest) {
			t.Errorf("%+v; the stock client has %v", tag, file)
		}
	}

	// A bin that the snapshot does not name is said, and one that is refused hides its names.
	home := bins.GetRolesForTarget("v1")[0].Name
	delete(w.snapshot.Signed.Meta, home+".json")
	w.snapshot.Signed.Version, w.timestamp.Signed.Version = 2, 2
	w.publishSnapshot()
	c = w.mustOpen().Collection
	if slices.Contains(names(c), "v1") || !slices.ContainsFunc(c.Problems, func(p trustdata.Problem) bool { return strings.Contains(p.Detail, "31 of its 32") }) {
		t.Errorf("tags %q, problems %v", names(c), c.Problems)
	}
}

// TestManyBins: 2^32 bins are named by a prefix and cost nothing.
func TestManyBins(t *testing.T) {
	w := newWorld(t)
	key := edKey(t)
	w.targets["targets"].Signed.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{key.id: key.listed},
		SuccinctRoles: &metadata.SuccinctRoles{KeyIDs: []string{key.id}, Threshold: 1, BitLength: 32, NamePrefix: "bin"}}
	w.publish()
	if c := w.mustOpen().Collection; len(c.Roles) != 4 || len(c.Problems) != 1 {
		t.Errorf("roles %v, problems %v", c.Roles, c.Problems)
	}
}

// TestHashPrefixes: the specification's prefixes are hex; go-tuf compares with base64 and
// does not find the target.
func TestHashPrefixes(t *testing.T) {
	w := newWorld(t)
	w.delegate("targets", metadata.DelegatedRole{Name: "half", PathHashPrefixes: []string{nameSum("x")[:2]}})
	w.tag("half", "x")
	w.publish()
	c := w.mustOpen().Collection
	if i := slices.Index(names(c), "x"); i < 0 || !c.Tags[i].Pulled {
		t.Errorf("tags %+v", c.Tags)
	}
	if _, err := w.stock("x"); verdict(err) != "refuses" {
		t.Errorf("the stock client: %v; it reads prefixes as the specification has them now", err)
	}
}

// TestNothingElseIsRead: go-tuf looks for cached files even without a cache. A timestamp
// that lies in the working folder is not found.
func TestNothingElseIsRead(t *testing.T) {
	w := newWorld(t)
	w.mustOpen()
	there := t.TempDir()
	t.Chdir(there)
	for _, name := range []string{"timestamp.json", "snapshot.json", "targets.json"} {
		if err := os.WriteFile(name, []byte(`{"signed":{"_type":"timestamp","meta":{"snapshot.json":null}}}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.mustOpen()
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 3 {
		t.Errorf("the working folder has %v, %v", entries, err)
	}
}

// TestStateThatCannotBeWritten: reading goes on and says so.
func TestStateThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	if err := os.WriteFile(filepath.Join(w.stateDir, "seen"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.open(); err == nil {
		t.Fatal("a state folder that cannot be read passed for an empty one")
	}
}
