package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"keyrite/cmd/keyrite/demo"
)

// world starts the demo's company for a script. Its servers are reached through fronts:
// $TRUST_SERVER, which every run uses, and $REGISTRY; at $NOWHERE nothing listens. $GUN, $LOCAL_SNAPSHOT, $EXPIRED and
// $UNSIGNED are repositories; $PASS_ROOT and so on files with passphrases, $ROOT_PASSPHRASE
// and so on what is in them, $IDENTITY a file with an age identity and $RECIPIENT its public half; $BACKUPS an empty folder and
// $RESTORED a name that is not there.
func (s *stage) world(ts *testscript.TestScript, _ []string) error {
	w, err := demo.New(context.Background(), filepath.Join(s.root, "world"), time.Now)
	if err != nil {
		return err
	}
	ts.Defer(func() { ts.Check(w.Close()) })
	s.trust, s.images = newFront(ts, w.TrustServerURL), newFront(ts, w.RegistryURL)
	for _, name := range []string{"HOME", "USERPROFILE", "DOCKER_CONFIG", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"} {
		ts.Setenv(name, w.Getenv(name))
	}
	for name, value := range map[string]string{
		"DOCKER_CONTENT_TRUST_SERVER": s.trust.url, "TRUST_SERVER": s.trust.url, "REGISTRY": s.images.url,
		"TRUST_DIR": w.TrustDir, "DOCKER_DIR": w.DockerDir, "STATE": filepath.Join(w.StateDir, "keyrite"), "CACHE": filepath.Join(w.CacheDir, "keyrite"),
		"BACKUPS": w.BackupDir, "RESTORED": w.RestoreDir, "IDENTITY": w.IdentityFile, "RECIPIENT": w.Recipient, "UNSIGNED": string(w.Unsigned),
	} {
		ts.Setenv(name, value)
	}
	nowhere, err := closedPort()
	if err != nil {
		return err
	}
	ts.Setenv("NOWHERE", nowhere)
	for role, file := range w.PassphraseFiles {
		ts.Setenv("PASS_"+strings.ToUpper(role), file)
		ts.Setenv(strings.ToUpper(role)+"_PASSPHRASE", w.Passphrases[role])
		s.secrets.add(w.Passphrases[role])
	}
	for name, path := range map[string]string{"GUN": "pay/web", "OTHER": "pay/api", "LOCAL_SNAPSHOT": "shop/cart", "EXPIRED": "infra/base"} {
		ts.Setenv(name, demo.Host+"/"+path)
	}
	return nil
}

func (s *stage) secondWorld(ts *testscript.TestScript, _ []string) error {
	w, err := demo.New(context.Background(), filepath.Join(s.root, "secondworld"), time.Now)
	if err != nil {
		return err
	}
	ts.Defer(func() { ts.Check(w.Close()) })
	ts.Setenv("SECOND_SERVER", w.TrustServerURL)
	return nil
}

// front stands before a server and breaks what it says.
type front struct {
	url string

	mu    sync.Mutex
	fault fault
	kept  map[string][]byte // by path, what was answered when the script said keep
	keep  bool
	block bool // nothing that would change the server reaches it
}

// fault breaks an answer. It gets the request and the real answer's status and body.
type fault func(w http.ResponseWriter, r *http.Request, status int, body []byte)

func newFront(ts *testscript.TestScript, behind string) *front {
	f := &front{kept: map[string][]byte{}}
	target, err := url.Parse(behind)
	ts.Check(err)
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		Transport: &http.Transport{DisableKeepAlives: true},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		broken, keep, block := f.fault, f.keep, f.block && r.Method != http.MethodGet
		f.mu.Unlock()
		if broken == nil && !keep {
			proxy.ServeHTTP(w, r)
			return
		}
		real := httptest.NewRecorder()
		if !block {
			proxy.ServeHTTP(real, r)
		}
		if keep {
			f.mu.Lock()
			f.kept[r.URL.Path] = real.Body.Bytes()
			f.mu.Unlock()
			broken = pass
		}
		broken(w, r, real.Code, real.Body.Bytes())
	}))
	f.url = server.URL
	ts.Defer(func() { server.CloseClientConnections(); server.Close() })
	return f
}

func (s *stage) breakServer(ts *testscript.TestScript, args []string) error {
	return s.trust.set(ts, args)
}

func (s *stage) breakRegistry(ts *testscript.TestScript, args []string) error {
	return s.images.set(ts, args)
}

func pass(w http.ResponseWriter, _ *http.Request, status int, body []byte) {
	w.WriteHeader(status)
	w.Write(body)
}

// set chooses what the front answers: "pass", "html", "status N [TEXT]", "basic" (asks for
// a login), "hang", "cut" (ends in the middle of the body), "shut" (takes no connection's
// word), "refuse N [TEXT]" (what would change the server is not passed on), "lose N [TEXT]"
// (it is, and the answer says it was not), "keep" (pass, and remember the answers),
// "replay" (give the remembered ones). For the files of one role alone:
// "edit ROLE OLD NEW", "file ROLE FILE", "truncate ROLE", "huge ROLE", "missing ROLE".
// "afterwards FAULT ARG..." waits until something was published.
func (f *front) set(ts *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: server FAULT ARG...")
	}
	if args[0] == "afterwards" {
		then := &front{}
		if err := then.set(ts, args[1:]); err != nil {
			return err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.fault, f.keep, f.block = f.afterwards(then.fault), false, false
		return nil
	}
	broken, err := f.whole(args)
	if err == nil && broken == nil && args[0] != "pass" && args[0] != "keep" {
		broken, err = ofRole(ts, args)
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.keep, f.block = broken, args[0] == "keep", args[0] == "refuse"
	return nil
}

// afterwards breaks nothing until the server has taken a change, and then what comes next.
func (f *front) afterwards(broken fault) fault {
	return func(w http.ResponseWriter, r *http.Request, status int, body []byte) {
		if r.Method != http.MethodGet && status < http.StatusMultipleChoices {
			f.mu.Lock()
			f.fault = broken
			f.mu.Unlock()
		}
		pass(w, r, status, body)
	}
}

// whole makes the faults that break every answer; nil where args name none of them.
func (f *front) whole(args []string) (fault, error) {
	switch args[0] {
	case "html":
		return func(w http.ResponseWriter, _ *http.Request, _ int, _ []byte) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<!doctype html><html><title>Sign in to the guest network</title></html>")
		}, nil
	case "status", "refuse", "lose":
		status, err := strconv.Atoi(args[1])
		text, wrong := strconv.Unquote(`"` + strings.Join(args[2:], " ") + `"`)
		said, failed := json.Marshal(text)
		return func(w http.ResponseWriter, r *http.Request, real int, body []byte) {
			if args[0] != "status" && r.Method == http.MethodGet {
				pass(w, r, real, body)
				return
			}
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"errors":[{"code":"UNKNOWN","message":%s}]}`, said)
		}, errors.Join(err, wrong, failed)
	case "basic":
		return func(w http.ResponseWriter, _ *http.Request, _ int, _ []byte) {
			w.Header().Set("WWW-Authenticate", `Basic realm="acme"`)
			w.WriteHeader(http.StatusUnauthorized)
		}, nil
	case "hang":
		return func(_ http.ResponseWriter, r *http.Request, _ int, _ []byte) { <-r.Context().Done() }, nil
	case "cut":
		return func(w http.ResponseWriter, r *http.Request, status int, body []byte) {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			pass(w, r, status, body[:len(body)/2])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, nil
	case "shut":
		return func(http.ResponseWriter, *http.Request, int, []byte) { panic(http.ErrAbortHandler) }, nil
	case "replay":
		return func(w http.ResponseWriter, r *http.Request, status int, body []byte) {
			f.mu.Lock()
			old, ok := f.kept[r.URL.Path]
			f.mu.Unlock()
			if ok {
				status, body = http.StatusOK, old
			}
			pass(w, r, status, body)
		}, nil
	}
	return nil, nil
}

// hugeBody is more than any role may have.
const hugeBody = 65 << 20

// ofRole makes the faults that break the files of one role.
func ofRole(ts *testscript.TestScript, args []string) (fault, error) {
	if len(args) < 2 {
		return nil, fmt.Errorf("no fault is called %q", args)
	}
	change := func(w http.ResponseWriter, body []byte) { w.Write(body) }
	switch {
	case args[0] == "edit" && len(args) == 4:
		change = func(w http.ResponseWriter, body []byte) {
			edited := bytes.Replace(body, []byte(args[2]), []byte(args[3]), 1)
			if bytes.Equal(edited, body) {
				edited = []byte("the fault did not bite")
			}
			w.Write(edited)
		}
	case args[0] == "file" && len(args) == 3:
		data, err := os.ReadFile(ts.MkAbs(args[2]))
		if err != nil {
			return nil, err
		}
		change = func(w http.ResponseWriter, _ []byte) { w.Write(data) }
	case args[0] == "truncate":
		change = func(w http.ResponseWriter, body []byte) { w.Write(body[:len(body)/2]) }
	case args[0] == "huge":
		change = func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Length", strconv.Itoa(hugeBody))
			for range hugeBody >> 20 {
				w.Write(make([]byte, 1<<20))
			}
		}
	case args[0] == "missing":
		change = func(w http.ResponseWriter, _ []byte) {
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"errors":[{"code":"METADATA_NOT_FOUND","message":"You have requested metadata that does not exist."}]}`)
		}
	default:
		return nil, fmt.Errorf("no fault is called %q", args)
	}
	return func(w http.ResponseWriter, r *http.Request, status int, body []byte) {
		if status == http.StatusOK && r.Method == http.MethodGet && roleOf(r.URL.Path) == args[1] {
			change(w, body)
			return
		}
		pass(w, r, status, body)
	}, nil
}

// roleOf is the role whose file a path of the trust server names: ROLE.json,
// ROLE.<checksum>.json or N.ROLE.json. A registry's list of tags is that of the role tags.
func roleOf(urlPath string) string {
	if strings.HasSuffix(urlPath, "/tags/list") {
		return "tags"
	}
	_, file, _ := strings.Cut(urlPath, "/_trust/tuf/")
	file = strings.TrimSuffix(file, ".json")
	if n, rest, ok := strings.Cut(file, "."); ok {
		if _, err := strconv.Atoi(n); err == nil {
			return rest
		}
	}
	return strings.TrimSuffix(file, path.Ext(file))
}

// closedPort is an address on this machine where nothing listens.
func closedPort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return "http://" + l.Addr().String(), l.Close()
}
