package kill

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keyrite/cmd/keyrite/interop"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/state"
	"keyrite/trustdata/trustserver"
)

// The three repositories stand on one root key. fresh is not there yet.
const (
	web   = trustdata.GUN("registry.example/pay/web")
	api   = trustdata.GUN("registry.example/pay/api")
	jobs  = trustdata.GUN("registry.example/pay/jobs")
	fresh = trustdata.GUN("registry.example/pay/new")
)

// digest is what tags are signed for.
const digest = "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"

// world is one machine and one server. From one that is ready each point gets a copy.
type world struct {
	t      *testing.T
	folder string // with trust, home, and old: the home as it was
	server *trustserver.Server
	url    string
	root   string // the ID of the first root key
	// before, where set, sees each request before the server does.
	before *atomic.Pointer[func(*http.Request)]
}

func newWorld(t *testing.T, server *trustserver.Server) *world {
	t.Helper()
	w := &world{t: t, server: server, folder: memoryFolder(t), before: new(atomic.Pointer[func(*http.Request)])}
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if see := w.before.Load(); see != nil {
			(*see)(r)
		}
		server.ServeHTTP(rw, r)
	}))
	t.Cleanup(srv.Close)
	w.url = srv.URL
	return w
}

// memoryFolder is a folder in memory where there is such a place: what a sync is for is
// not the question here, only in which order it comes.
func memoryFolder(t *testing.T) string {
	t.Helper()
	if info, err := os.Stat("/dev/shm"); err != nil || !info.IsDir() {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp("/dev/shm", "keyrite-kill-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// founded is a world with the three repositories and a signed tag in each.
func founded(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, trustserver.New(trustserver.Options{Now: time.Now}))
	if err := os.Mkdir(w.trust(), 0o700); err != nil {
		t.Fatal(err)
	}
	w.must("init", string(web), "--new-root", "--yes", "--kdf-iterations", "2048")
	for path := range w.keyFiles() {
		data, err := os.ReadFile(path)
		w.ok(err)
		if keyring.Inspect(data).Role == string(trustdata.RoleRoot) {
			w.root = strings.TrimSuffix(filepath.Base(path), ".key")
		}
	}
	for _, g := range []trustdata.GUN{api, jobs} {
		w.must("init", string(g), "--yes", "--kdf-iterations", "2048")
	}
	for _, g := range []trustdata.GUN{web, api, jobs} {
		w.must("sign", string(g)+":1.0", "--digest", digest, "--length", "528", "--yes")
	}
	return w
}

// copy is the same world once more. The cache and the memory of the first are kept beside,
// for a client that has not looked since.
func (w *world) copy(t *testing.T) *world {
	t.Helper()
	c := newWorld(t, w.server.Copy())
	c.root = w.root
	for to, from := range map[string]string{"trust": "trust", "home": "home", "old": "home"} {
		if err := os.CopyFS(filepath.Join(c.folder, to), os.DirFS(filepath.Join(w.folder, from))); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (w *world) trust() string { return filepath.Join(w.folder, "trust") }

// command is keyrite on this machine.
func (w *world) command(args ...string) *exec.Cmd {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	w.t.Cleanup(cancel)
	home := filepath.Join(w.folder, "home")
	args = slices.Clone(args)
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, firstRoot, w.root)
	}
	cmd := exec.CommandContext(ctx, interop.Binary(w.t), append([]string{"--trust-dir", w.trust(), "--server", w.url}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LC_ALL=C.UTF-8", "KEYRITE_NO_KEYCHAIN=1",
		"NOTARY_ROOT_PASSPHRASE=" + interop.Known.Root, "NOTARY_TARGETS_PASSPHRASE=" + interop.Known.Targets,
		"NOTARY_SNAPSHOT_PASSPHRASE=" + interop.Known.Snapshot, "NOTARY_DELEGATION_PASSPHRASE=" + interop.Known.Delegation}
	for _, kind := range []string{"CONFIG", "STATE", "CACHE", "DATA"} {
		cmd.Env = append(cmd.Env, "XDG_"+kind+"_HOME="+filepath.Join(home, kind))
	}
	return cmd
}

// try runs keyrite to its end.
func (w *world) try(args ...string) (stdout, all string, code int) {
	w.t.Helper()
	cmd := w.command(args...)
	var out, err strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &err
	if failed := cmd.Run(); failed != nil && cmd.ProcessState == nil {
		w.t.Fatal(failed)
	}
	return out.String(), out.String() + err.String(), cmd.ProcessState.ExitCode()
}

func (w *world) must(args ...string) string {
	w.t.Helper()
	out, all, code := w.try(args...)
	if code != 0 {
		w.t.Fatalf("keyrite %q: exit %d\n%s", args, code, all)
	}
	return out
}

// traced runs keyrite until the call of that number, 0 for none.
func (w *world) traced(when int, args ...string) trace {
	w.t.Helper()
	report := filepath.Join(w.folder, "report")
	cmd := w.command(args...)
	cmd.Args = append([]string{os.Args[0], tracerMark, report, fmt.Sprint(when)}, append([]string{cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path = os.Args[0]
	out, err := cmd.CombinedOutput()
	t := trace{output: string(out)}
	if err != nil {
		w.t.Fatalf("tracing %q: %v\n%s", args, err, out)
	}
	data, err := os.ReadFile(report)
	if err == nil {
		err = json.Unmarshal(data, &t)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

// fetch verifies a repository with the memory in a home, "" for a client that has none.
func (w *world) fetch(home string, g trustdata.GUN) (*remote.Result, error) {
	f := &remote.Fetcher{Config: access.Config{Server: w.url, Timeout: 30 * time.Second}, Now: time.Now}
	if home != "" {
		st, err := state.OpenStore(filepath.Join(home, "STATE", "keyrite"), time.Now)
		if err != nil {
			return nil, err
		}
		f.State, f.Cache = st, remote.NewCache(filepath.Join(home, "CACHE", "keyrite"))
	}
	return f.Fetch(context.Background(), g)
}

// view is what a change is about: who holds each role, and what is signed.
type view map[trustdata.GUN][]string

func (w *world) view() view {
	w.t.Helper()
	v := view{}
	for _, g := range []trustdata.GUN{web, api, jobs, fresh} {
		if len(w.server.Files(g)) == 0 {
			continue
		}
		res, err := w.fetch("", g)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, role := range res.Collection.Roles {
			for _, k := range role.Keys {
				v[g] = append(v[g], fmt.Sprintf("%s: %s %s", role.Role, k.KeyID, k.CertificateID))
			}
		}
		for _, tag := range res.Collection.Tags {
			v[g] = append(v[g], "tag "+tag.Name)
		}
		slices.Sort(v[g])
	}
	return v
}

// opened has the key files that were opened, once for all points: the passphrase costs more than the rest.
var opened sync.Map

// opens reports whether a key file is the key of that name, and whole.
func opens(t *testing.T, data []byte, id trustdata.KeyID) bool {
	t.Helper()
	if known, ok := opened.Load(string(data)); ok {
		return known == id
	}
	for _, p := range []string{interop.Known.Root, interop.Known.Targets, interop.Known.Snapshot, interop.Known.Delegation} {
		if k, _, err := keyring.Decode(data, keyring.NewPassphrase([]byte(p))); err == nil {
			opened.Store(string(data), k.KeyID())
			return k.KeyID() == id
		}
	}
	return false
}
