package kill

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
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

// world is one machine and one server; for a ceremony there is an offline machine below
// away. From one that is ready each point gets a copy.
type world struct {
	t      *testing.T
	folder string // with trust, home, away, stick, and old: the home as it was
	// server is nil where the real notary-server is used, which cannot be copied.
	server *trustserver.Server
	url    string
	root   string // the ID of the first root key
	// stock is where the server is real: the stock client as it was before the change.
	stock *interop.Notary
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
	w.found()
	return w
}

// worlds are those that are ready, by what is given in them; "" is founded.
type worlds map[string]*world

// given is the world in which a change can be made.
func (ws worlds) given(t *testing.T, c change) *world {
	t.Helper()
	if ws[c.given] == nil {
		w := ws[""].copy(t)
		settings[c.given](w)
		ws[c.given] = w
	}
	return ws[c.given]
}

// real is such a world on a notary-server of its own, made ready for a change.
func (c change) real(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, folder: memoryFolder(t), url: interop.StartServer(t, interop.ServerOptions{}).URL}
	w.found()
	w.stock = interop.NewNotary(t, w.url, "")
	for _, g := range []trustdata.GUN{web, api, jobs} {
		w.stock.Run("list", string(g))
	}
	if set := settings[c.given]; set != nil {
		set(w)
	}
	w.ok(os.CopyFS(filepath.Join(w.folder, "old"), os.DirFS(filepath.Join(w.folder, "home"))))
	return w
}

func (w *world) found() {
	w.t.Helper()
	for _, folder := range []string{w.trust(), w.stick(), filepath.Join(w.folder, "away")} {
		w.ok(os.Mkdir(folder, 0o700))
	}
	w.must(append(words("init %s", web), "--new-root")...)
	for path := range w.keyFiles() {
		data, err := os.ReadFile(path)
		w.ok(err)
		if keyring.Inspect(data).Role == string(trustdata.RoleRoot) {
			w.root = strings.TrimSuffix(filepath.Base(path), ".key")
		}
	}
	for _, g := range []trustdata.GUN{api, jobs} {
		w.must(words("init %s", g)...)
	}
	for _, g := range []trustdata.GUN{web, api, jobs} {
		w.must(words("sign %s:1.0 --digest %s --length 528", g, digest)...)
	}
}

// copy is the same world once more. The cache and the memory of the first are kept beside,
// for a client that has not looked since.
func (w *world) copy(t *testing.T) *world {
	t.Helper()
	c := newWorld(t, w.server.Copy())
	c.root = w.root
	for to, from := range map[string]string{"trust": "trust", "home": "home", "old": "home", "away": "away", "stick": "stick"} {
		c.ok(os.CopyFS(filepath.Join(c.folder, to), os.DirFS(filepath.Join(w.folder, from))))
	}
	return c
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) trust() string { return filepath.Join(w.folder, "trust") }

// stick is the same folder on both machines, of which the offline one is below the other.
func (w *world) stick() string {
	return filepath.Join(strings.TrimSuffix(w.folder, "/away"), "stick")
}

// fetcher verifies repositories with the memory in a home, "" for a client that has none.
func (w *world) fetcher(home string) (*remote.Fetcher, error) {
	f := &remote.Fetcher{Config: access.Config{Server: w.url, Timeout: 30 * time.Second}, Now: time.Now}
	if home != "" {
		st, err := state.OpenStore(filepath.Join(home, "STATE", "keyrite"), time.Now)
		if err != nil {
			return nil, err
		}
		f.State, f.Cache = st, remote.NewCache(filepath.Join(home, "CACHE", "keyrite"))
	}
	return f, nil
}

func (w *world) fetch(home string, g trustdata.GUN) (*remote.Result, error) {
	f, err := w.fetcher(home)
	if err != nil {
		return nil, err
	}
	return f.Fetch(context.Background(), g)
}
