package demo_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/demo"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/state"
)

// today is when the demo of these tests is opened.
var today = time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC)

func now() time.Time { return today }

func newWorld(t *testing.T) *demo.World {
	t.Helper()
	w, err := demo.New(t.Context(), t.TempDir(), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// shown is what the product sees of one repository.
type shown struct {
	Ends    string
	Signers []string
	States  states
}

type states = map[registry.State]int

func TestRepositories(t *testing.T) {
	w := newWorld(t)
	want := map[string]shown{
		"pay/web":     {"2029-11-12", []string{"alice", "ci-bot"}, states{"signed": 6, "moved": 1, "gone": 1, "unsigned": 2}},
		"pay/api":     {"2029-10-22", []string{trustdata.RepoAdmin}, states{"signed": 4}},
		"infra/proxy": {"2029-06-24", []string{trustdata.RepoAdmin}, states{"signed": 2}},
		"shop/front":  {"2026-12-12", []string{"ci-bot"}, states{"signed": 1, "moved": 1, "unsigned": 1}},
		"shop/cart":   {"2029-11-07", []string{trustdata.RepoAdmin}, states{"signed": 3}},
	}
	got := map[string]shown{}
	for _, gun := range w.GUNs {
		if gun.Path() == "infra/base" {
			continue
		}
		got[gun.Path()] = look(t, w, gun)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("repositories (-want +got):\n%s", diff)
	}
	if got := w.GUNs[0].Path(); got != "pay/web" {
		t.Errorf("the first repository is %q", got)
	}
}

func config(w *demo.World) access.Config {
	return access.Config{DockerDir: w.DockerDir, Server: w.TrustServerURL, Registry: w.RegistryURL, Timeout: time.Minute}
}

func fetch(t *testing.T, w *demo.World, gun trustdata.GUN) (*remote.Result, error) {
	t.Helper()
	store, err := state.OpenStore(t.TempDir(), now)
	if err != nil {
		t.Fatal(err)
	}
	f := &remote.Fetcher{Config: config(w), State: store, Now: now}
	return f.Fetch(t.Context(), gun)
}

func look(t *testing.T, w *demo.World, gun trustdata.GUN) shown {
	t.Helper()
	result, err := fetch(t, w, gun)
	if err != nil {
		t.Fatalf("%s: %v", gun, err)
	}
	col := result.Collection
	if !col.Verified() {
		t.Errorf("%s does not verify: %v", gun, col.Problems)
	}
	targets, _ := col.Role(trustdata.RoleTargets)
	s := shown{Ends: targets.Expires.Format(time.DateOnly), States: states{}}
	ep, err := config(w).RegistryOf(gun)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := registry.Compare(t.Context(), registry.New(ep, gun), col, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		s.States[row.State]++
		s.Signers = append(s.Signers, row.Signers...)
	}
	slices.Sort(s.Signers)
	s.Signers = slices.Compact(s.Signers)
	return s
}

func TestExpiredRepository(t *testing.T) {
	w := newWorld(t)
	i := slices.IndexFunc(w.GUNs, func(g trustdata.GUN) bool { return g.Path() == "infra/base" })
	_, err := fetch(t, w, w.GUNs[i])
	var refused *trustdata.VerifyError
	if !errors.As(err, &refused) || refused.Role != trustdata.RoleTargets || refused.Reason != trustdata.ReasonExpired {
		t.Errorf("infra/base: %v, want expired targets", err)
	}
}

func TestCertificateThatEndsSoon(t *testing.T) {
	w := newWorld(t)
	i := slices.IndexFunc(w.GUNs, func(g trustdata.GUN) bool { return g.Path() == "infra/proxy" })
	result, err := fetch(t, w, w.GUNs[i])
	if err != nil {
		t.Fatal(err)
	}
	root, _ := result.Collection.Role(trustdata.RoleRoot)
	if got := root.Keys[0].CertificateExpires.Format(time.DateOnly); got != "2026-12-03" || root.Version != 2 {
		t.Errorf("certificate ends %s in root version %d, want 2026-12-03 in 2", got, root.Version)
	}
	if !root.Expires.After(today.AddDate(5, 0, 0)) {
		t.Errorf("root.json ends %s: signing it again moved that date, and not the certificate's", root.Expires)
	}
}

func TestUnsignedRepository(t *testing.T) {
	w := newWorld(t)
	if _, err := fetch(t, w, w.Unsigned); !errors.Is(err, remote.ErrNotFound) {
		t.Errorf("fetch of %s: %v", w.Unsigned, err)
	}
	ep, err := config(w).RegistryOf(w.Unsigned)
	if err != nil {
		t.Fatal(err)
	}
	tags, err := registry.New(ep, w.Unsigned).Tags(t.Context())
	if err != nil || len(tags) != 2 {
		t.Errorf("tags of %s: %q, %v", w.Unsigned, tags, err)
	}
}

func TestKeys(t *testing.T) {
	w := newWorld(t)
	dir, err := keyring.OpenDir(w.TrustDir, keyring.DirOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := dir.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]int{}
	for _, row := range rows {
		if row.Problem != "" {
			roles["damaged"]++
			continue
		}
		roles[row.Role]++
		if row.KDFIterations != 2048 {
			t.Errorf("key %s has %d rounds", row.KeyID.Short(), row.KDFIterations)
		}
		phrase := map[string]string{"root": "root", "targets": "targets", "": "targets", "snapshot": "snapshot"}[row.Role]
		if row.Role == "alice" || row.Role == "ci-bot" {
			phrase = "delegation"
		}
		key, err := dir.Open(t.Context(), row.KeyID, keyring.NewPassphrase([]byte(w.Passphrases[phrase])))
		if err != nil {
			t.Errorf("%s key %s with the %s passphrase: %v", row.Role, row.KeyID.Short(), phrase, err)
			continue
		}
		key.Wipe()
	}
	want := map[string]int{"root": 2, "targets": 6, "snapshot": 1, "alice": 1, "ci-bot": 1, "": 1, "damaged": 1}
	if diff := cmp.Diff(want, roles); diff != "" {
		t.Errorf("keys by role (-want +got):\n%s", diff)
	}
}

func TestDockersCache(t *testing.T) {
	w := newWorld(t)
	dir, err := keyring.OpenDir(w.TrustDir, keyring.DirOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	cached, err := dir.LocalMetadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]int{}
	for _, c := range cached {
		files[c.GUN.Path()]++
	}
	want := map[string]int{"pay/web": 7, "pay/api": 4, "infra/base": 4, "infra/proxy": 4, "shop/front": 6}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("cached files (-want +got):\n%s", diff)
	}
}

// The demo must not reach beyond its folder: what a real user has in the places that
// programs look at stays byte for byte, and no proxy is asked.
func TestTouchesNothingElse(t *testing.T) {
	home, tmp := t.TempDir(), t.TempDir()
	for name, content := range map[string]string{
		".docker/config.json":             `{"credsStore":"no-such-helper","proxies":{"default":{"httpProxy":"http://127.0.0.1:1"}}}`,
		".docker/trust/private/real.key":  "a real key",
		".config/keyrite/config.toml":     "[profile.PROD]\n",
		".local/state/keyrite/seen/x":     "{}",
		".notary/config.json":             "{}",
		".cache/keyrite/x/root.json":      "{}",
		"runtime/keyring/control":         "",
		".local/share/keyrings/login.key": "secrets",
	} {
		path := filepath.Join(home, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	for name, dir := range map[string]string{
		"HOME": "", "USERPROFILE": "", "DOCKER_CONFIG": ".docker", "XDG_CONFIG_HOME": ".config", "XDG_CACHE_HOME": ".cache",
		"XDG_STATE_HOME": ".local/state", "XDG_DATA_HOME": ".local/share", "XDG_RUNTIME_DIR": "runtime",
	} {
		t.Setenv(name, filepath.Join(home, filepath.FromSlash(dir)))
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	dir := filepath.Join(t.TempDir(), "demo")
	t.Setenv("TMPDIR", tmp)
	before := tree(t, home)

	w, err := demo.New(t.Context(), dir, now)
	if err != nil {
		t.Fatal(err)
	}
	fake := &fakeRun{world: w}
	if err := demo.Walk(t.Context(), &fake.out, w, fake.run); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, tree(t, home)); diff != "" {
		t.Errorf("the home folder changed:\n%s", diff)
	}
	if got := tree(t, tmp); len(got) != 0 {
		t.Errorf("left in the temporary folder: %v", got)
	}
	for _, path := range []string{w.TrustDir, w.DockerDir, w.HomeDir, w.StateDir, w.CacheDir, w.ConfigDir, w.BackupDir, w.RestoreDir, w.IdentityFile} {
		if !strings.HasPrefix(path, dir+string(filepath.Separator)) {
			t.Errorf("%q lies outside %q", path, dir)
		}
	}
}

// tree is every file below dir with its mode, time and content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data := []byte("(folder)")
		if !d.IsDir() {
			if data, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		files[path] = strings.Join([]string{info.Mode().String(), info.ModTime().Format(time.RFC3339Nano), string(data)}, " ")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// A program that is given the world's environment sees the world and nothing else.
func TestEnvironment(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"HOME", "DOCKER_CONFIG", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"} {
		if got := w.Getenv(name); !strings.HasPrefix(got, filepath.Dir(w.StateDir)) {
			t.Errorf("%s=%q", name, got)
		}
	}
	for _, raw := range []string{w.Getenv("DOCKER_CONTENT_TRUST_SERVER"), w.TrustServerURL, w.RegistryURL} {
		if u, err := url.Parse(raw); err != nil || u.Hostname() != "127.0.0.1" {
			t.Errorf("%q does not listen on 127.0.0.1: %v", raw, err)
		}
	}
	for _, name := range []string{"NOTARY_ROOT_PASSPHRASE", "HTTP_PROXY", "DBUS_SESSION_BUS_ADDRESS", "PATH"} {
		if got := w.Getenv(name); got != "" {
			t.Errorf("%s=%q", name, got)
		}
	}
}

func TestCloseStopsTheServers(t *testing.T) {
	w, err := demo.New(t.Context(), t.TempDir(), now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fetch(t, w, w.GUNs[0]); err != nil {
		t.Errorf("before: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if _, err := fetch(t, w, w.GUNs[0]); err == nil {
		t.Error("the trust server answers after Close")
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := demo.New(ctx, t.TempDir(), now); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
