package tufrepo

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// notaryRepository is a verified collection of the first dialect: v1 in targets alone, v2
// in targets and another v2 in releases, which docker resolves, and alice with a folder.
func notaryRepository() *notary.Repository {
	entry := func(text string) notary.Entry {
		sum := sha256.Sum256([]byte(text))
		return notary.Entry{Hashes: notary.Hashes{SHA256: sum[:]}, Length: int64(len(text)), Custom: json.RawMessage(`{"n":1}`)}
	}
	file := func(delegations []notary.Delegation, names ...string) *notary.File[notary.Targets] {
		f := &notary.File[notary.Targets]{Body: notary.Targets{Version: 7, Expires: testTime.AddDate(1, 0, 0), Delegations: delegations}}
		for _, name := range names {
			tag, text, _ := strings.Cut(name, "=")
			f.Body.Targets.Put(tag, entry(text))
		}
		return f
	}
	all := []notary.Delegation{{Role: "targets/releases", Paths: []string{""}}, {Role: "targets/alice", Paths: []string{"a[*", "v"}}, {Role: "targets/root", Paths: []string{""}}}
	return &notary.Repository{
		GUN:       "registry.example/app",
		Root:      &notary.File[notary.Root]{Body: notary.Root{Version: 3, Expires: testTime.AddDate(1, 0, 0)}},
		Snapshot:  &notary.File[notary.Snapshot]{Body: notary.Snapshot{Version: 7, Expires: testTime.AddDate(1, 0, 0)}},
		Timestamp: &notary.File[notary.Timestamp]{Body: notary.Timestamp{Version: 7, Expires: testTime.AddDate(1, 0, 0)}},
		Targets: map[trustdata.Role]*notary.File[notary.Targets]{
			"targets":            file(all, "v1=one", "v2=hidden"),
			"targets/releases":   file(nil, "v2=two"),
			"targets/alice":      file([]notary.Delegation{{Role: "targets/alice/team", Paths: []string{"a[*"}}}, "v2=two", "a[*/b/c=folder"),
			"targets/alice/team": file(nil, "a[*x=team"),
			"targets/root":       file(nil, "odd=odd"),
		},
	}
}

func exportKeys(t *testing.T) Keys {
	t.Helper()
	keys := Keys{}
	for _, role := range trustdata.BaseRoles {
		k, err := keyring.Generate(trustdata.KeyECDSA)
		if err != nil {
			t.Fatal(err)
		}
		keys[role] = k
	}
	return keys
}

// TestExport: the stock client finds under each name what docker resolves, follows the
// next version from its cache, and refuses the first one then.
func TestExport(t *testing.T) {
	w := newWorld(t)
	w.dir = filepath.Join(t.TempDir(), "new")
	repo, keys := notaryRepository(), exportKeys(t)
	publish := func() *Export {
		t.Helper()
		x, err := NewExport(t.Context(), w.dir, repo, repo.Collection(), keys, w.now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Write(t.Context(), w.now); err != nil {
			t.Fatal(err)
		}
		return x
	}
	x := publish()
	if x.Version != 1 || x.Tags != 2 || x.LeftOut != 1 || !slices.Equal(x.Roles, []string{"alice", "alice.team", "targets.root"}) {
		t.Errorf("version %d, %d tags, %d left out, roles %q", x.Version, x.Tags, x.LeftOut, x.Roles)
	}
	w.firstRoot = w.read("1.root.json")
	want := map[string]string{"v1": "one", "v2": "two", "a[*/b/c": "folder", "a[*x": "team", "odd": "odd"}
	agrees := func() {
		t.Helper()
		for name, text := range want {
			found, err := w.stock(name)
			if err != nil || found[name].Hashes["sha256"].String() != fmt.Sprintf("%x", sha256.Sum256([]byte(text))) || found[name].Custom == nil {
				t.Errorf("%q: %v, %v", name, found[name], err)
			}
		}
	}
	agrees()
	first := w.read("timestamp.json")

	// Two weeks later the timestamp has ended; the same once more is the next version. A
	// delegation is gone, and another tag is there.
	w.now = w.now.AddDate(0, 0, 15)
	if _, err := w.stock(); verdict(err) != "refuses" {
		t.Fatal("the timestamp does not end")
	}
	targets := &repo.Targets["targets"].Body
	targets.Delegations = targets.Delegations[:2]
	v1, _ := targets.Targets.Get("v1")
	targets.Targets.Put("v3", v1)
	want["v3"] = "one"
	delete(want, "odd")
	delete(keys, trustdata.RoleRoot)
	if x := publish(); x.Version != 2 || x.Tags != 3 {
		t.Errorf("version %d, %d tags, %d left out, roles %q", x.Version, x.Tags, x.LeftOut, x.Roles)
	}
	agrees()
	w.mustOpen()
	w.now = testTime
	w.write("timestamp.json", first)
	w.refused("timestamp", trustdata.ReasonRollback)
	if _, err := w.stock(); verdict(err) != "refuses" {
		t.Errorf("the stock client goes back: %v", err)
	}
}

func TestExportRefused(t *testing.T) {
	repo, keys := notaryRepository(), exportKeys(t)
	export := func(dir string, keys Keys) error {
		x, err := NewExport(t.Context(), dir, repo, repo.Collection(), keys, testTime)
		if err == nil {
			_, err = x.Write(t.Context(), testTime)
		}
		return err
	}
	dir := t.TempDir()
	if err := export(dir, Keys{trustdata.RoleRoot: keys[trustdata.RoleRoot]}); err == nil || !strings.Contains(err.Error(), "no key is chosen") {
		t.Errorf("too few keys: %v", err)
	}
	if err := export(dir, keys); err != nil {
		t.Fatal(err)
	}
	if err := export(dir, exportKeys(t)); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("other keys: %v", err)
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := export(full, keys); err == nil {
		t.Error("a folder with something else was written to")
	}
	repo.Skipped = map[trustdata.Role]trustdata.Problem{"targets/alice": {Role: "targets/alice", Reason: trustdata.ReasonExpired, Detail: "expired"}}
	delete(repo.Targets, "targets/alice")
	if err := export(t.TempDir(), keys); err == nil || !strings.Contains(err.Error(), "does not verify whole") {
		t.Errorf("a delegation that does not verify: %v", err)
	}
}

func TestPattern(t *testing.T) {
	for _, tt := range []struct{ prefix, name, want string }{
		{"", "v1", "*"}, {"v", "v1", "v*"}, {"", "a/b", "*/*"}, {"a/", "a/b", "a/*"}, {"a/", "a/b/c", "a/*/*"}, {"x*", "x*1", "x[*]*"}, {"x?[", "x?[1", "x[?][[]*"}, {`\`, `\1`, `[\\]*`},
	} {
		got := pattern([]string{"no", tt.prefix}, tt.name)
		if ok, err := path.Match(got, tt.name); got != tt.want || err != nil || !ok {
			t.Errorf("pattern(%q, %q) = %q, which matches: %v, %v", tt.prefix, tt.name, got, ok, err)
		}
	}
}
