package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/remote"
)

const gun trustdata.GUN = "reg.example:5000/acme/web"

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func newClient(t *testing.T, server string) *remote.Client {
	t.Helper()
	ep, err := access.Config{Server: server, Timeout: 300 * time.Millisecond}.TrustServer(gun)
	if err != nil {
		t.Fatal(err)
	}
	return remote.New(ep, gun)
}

const someFile = `{"signed":{},"signatures":[]}`

func TestPaths(t *testing.T) {
	var asked, cached string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked, cached = r.Method+" "+r.URL.EscapedPath(), r.Header.Get("Cache-Control")
		io.WriteString(w, someFile)
	})
	hash := strings.Repeat("0a", 32)
	ctx := t.Context()
	for _, tt := range []struct {
		base, want string
		call       func(c *remote.Client) ([]byte, error)
	}{
		{"", "GET /v2/reg.example:5000/acme/web/_trust/tuf/root.json", func(c *remote.Client) ([]byte, error) { return c.Get(ctx, "root", 100) }},
		{"/trust/", "GET /trust/v2/reg.example:5000/acme/web/_trust/tuf/timestamp.json", func(c *remote.Client) ([]byte, error) { return c.Get(ctx, "timestamp", 100) }},
		{"", "GET /v2/reg.example:5000/acme/web/_trust/tuf/targets/a/b." + hash + ".json", func(c *remote.Client) ([]byte, error) { return c.ByHash(ctx, "targets/a/b", hash, 100) }},
		{"", "GET /v2/reg.example:5000/acme/web/_trust/tuf/12.root.json", func(c *remote.Client) ([]byte, error) { return c.ByVersion(ctx, "root", 12, 100) }},
	} {
		c := newClient(t, server+tt.base)
		got, err := tt.call(c)
		if err != nil || string(got) != someFile || asked != tt.want || cached != "" {
			t.Errorf("asked %q (Cache-Control %q), want %q; got %q, %v", asked, cached, tt.want, got, err)
		}
		if got, err = tt.call(c.NoCache()); err != nil || cached != "no-cache" {
			t.Errorf("NoCache sent Cache-Control %q; got %q, %v", cached, got, err)
		}
		if c.Requests() != 2 {
			t.Errorf("counted %d requests, want 2", c.Requests())
		}
	}
}

func TestNothingIsAskedFor(t *testing.T) {
	var requests atomic.Int32
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { requests.Add(1) })
	c, ctx := newClient(t, server), t.Context()
	for name, call := range map[string]func() error{
		"role with dots":      func() error { _, err := c.Get(ctx, "targets/../root", 10); return err },
		"role with newline":   func() error { _, err := c.Get(ctx, "targets/a\n", 10); return err },
		"unknown role":        func() error { _, err := c.Get(ctx, "mirror", 10); return err },
		"hash in upper case":  func() error { _, err := c.ByHash(ctx, "root", strings.Repeat("0A", 32), 10); return err },
		"hash with a slash":   func() error { _, err := c.ByHash(ctx, "root", "../x", 10); return err },
		"version 0":           func() error { _, err := c.ByVersion(ctx, "root", 0, 10); return err },
		"empty publish":       func() error { return c.Publish(ctx, nil) },
		"publish a bad role":  func() error { return c.Publish(ctx, map[trustdata.Role][]byte{"x\"y": nil}) },
		"server's root key":   func() error { _, err := c.ServerKey(ctx, "root"); return err },
		"server's target key": func() error { _, err := c.NewServerKey(ctx, "targets"); return err },
	} {
		if call() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests reached the server", n)
	}
}

// TestWrongAnswers is the list of what a server may answer in place of metadata.
func TestWrongAnswers(t *testing.T) {
	status := func(code int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(code)
			io.WriteString(w, body)
		}
	}
	const said = `{"errors":[{"code":"%s","message":"so it is","detail":null}]}`
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		is     []error
		want   string
	}{
		{"web page", status(200, "text/html; charset=utf-8", "<html>log in</html>"), []error{remote.ErrNotTrustServer}, "is not a trust server"},
		{"web page that says it is text", status(200, "text/plain", "\n<!DOCTYPE html>"), []error{remote.ErrNotTrustServer}, "is not a trust server"},
		{"other JSON", status(200, "application/json", `{"hello":"world"}`), []error{remote.ErrNotTrustServer}, "is not a trust server"},
		{"empty", status(200, "text/plain", ""), []error{remote.ErrNotTrustServer}, "is not a trust server"},
		{"no content", status(204, "text/plain", ""), nil, "204"},
		{"401", status(401, "application/json", fmt.Sprintf(said, "UNAUTHORIZED")), []error{remote.ErrUnauthorized}, "UNAUTHORIZED: so it is"},
		{"403", status(403, "text/html", "<html>"), []error{remote.ErrUnauthorized}, "403 Forbidden"},
		{"404", status(404, "application/json", fmt.Sprintf(said, "METADATA_NOT_FOUND")), []error{remote.ErrNotFound}, "METADATA_NOT_FOUND: so it is"},
		{"404 of something else", status(404, "text/plain", "404 page not found"), []error{remote.ErrNotFound, remote.ErrNotTrustServer}, "not in a trust server's words"},
		{"500", status(500, "application/json", fmt.Sprintf(said, "UNKNOWN")), nil, "UNKNOWN: so it is"},
		{"503", status(503, "text/html", "<html>"), nil, "503 Service Unavailable"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
		}, nil, "https://elsewhere.example/"},
		{"too large", status(200, "text/plain", `{"signed":`+strings.Repeat(" ", 1000)), []error{remote.ErrTooLarge}, "at most 100"},
		{"cut short", cut("Content-Length: 90\r\n\r\n" + someFile), []error{remote.ErrTruncated}, "cut short"},
		{"cut short in chunks", cut("Transfer-Encoding: chunked\r\n\r\n1d\r\n" + someFile + "\r\n"), []error{remote.ErrTruncated}, "cut short"},
		{"hangs", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, []error{access.ErrSilent}, "sent nothing of use"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, serve(t, tt.answer))
			got, err := c.Get(t.Context(), trustdata.RoleRoot, 100)
			if got != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %q, %v, want an error with %q", got, err, tt.want)
			}
			for _, class := range []error{remote.ErrNotFound, remote.ErrUnauthorized, remote.ErrNotTrustServer, remote.ErrTruncated, remote.ErrTooLarge, access.ErrSilent} {
				if errors.Is(err, class) != slices.Contains(tt.is, class) {
					t.Errorf("%v: Is(%v) = %v", err, class, errors.Is(err, class))
				}
			}
		})
	}
}

// cut answers 200 with these headers and bytes, and closes the connection.
func cut(rest string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"+rest)
	}
}

func TestCancel(t *testing.T) {
	c := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := c.Get(ctx, trustdata.RoleRoot, 100); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// TestPublish goes through the challenge of a token service, and looks at the form and
// the scope that reach the other side.
func TestPublish(t *testing.T) {
	var scope string
	var parts []string
	answer := func(w http.ResponseWriter) {}
	mux := http.NewServeMux()
	var url string
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		scope = r.URL.Query().Get("scope")
		io.WriteString(w, `{"token":"tok"}`)
	})
	mux.HandleFunc("POST /v2/reg.example:5000/acme/web/_trust/tuf/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer tok" {
			w.Header().Set("Www-Authenticate", `Bearer realm="`+url+`/token",service="s",scope="repository:reg.example:5000/acme/web:push,pull"`)
			w.WriteHeader(401)
			return
		}
		_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil {
			t.Error(err)
		}
		parts = nil
		for form := multipart.NewReader(r.Body, params["boundary"]); ; {
			p, err := form.NextRawPart()
			if err != nil {
				break
			}
			_, disposition, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
			data, _ := io.ReadAll(p)
			parts = append(parts, disposition["name"]+" "+disposition["filename"]+" "+string(data))
		}
		answer(w)
	})
	url = serve(t, mux.ServeHTTP)
	files := map[trustdata.Role][]byte{"snapshot": []byte("S"), "targets/b": []byte("B"), "root": []byte("R"), "targets/a/x": []byte("X"), "targets": []byte("T"), "targets/a": []byte("A")}
	c := newClient(t, url)
	if err := c.Publish(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	if want := "repository:reg.example:5000/acme/web:pull,push"; scope != want {
		t.Errorf("scope %q, want %q", scope, want)
	}
	want := []string{"files root R", "files targets T", "files targets/a A", "files targets/a/x X", "files targets/b B", "files snapshot S"}
	if !slices.Equal(parts, want) {
		t.Errorf("parts %q, want %q", parts, want)
	}
	answer = func(w http.ResponseWriter) {
		w.WriteHeader(400)
		io.WriteString(w, `{"errors":[{"code":"VERSION","message":"A newer version number is already associated with the target metadata.","detail":{}}]}`)
	}
	if err := c.Publish(t.Context(), files); !errors.Is(err, remote.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
	answer = func(w http.ResponseWriter) {
		w.WriteHeader(400)
		io.WriteString(w, `{"errors":[{"code":"INVALID_UPDATE","message":"invalid","detail":{"Name":"ErrBadTargets","Error":{"Msg":"no signature"}}}]}`)
	}
	if err := c.Publish(t.Context(), files); err == nil || errors.Is(err, remote.ErrConflict) || !strings.Contains(err.Error(), "ErrBadTargets: no signature") {
		t.Errorf("got %v, want the server's words and no conflict", err)
	}
}

func TestServerKeys(t *testing.T) {
	const good = `{"keytype":"ed25519","keyval":{"public":"A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=","private":null}}`
	var asked, body string
	c := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + filepath.Base(r.URL.Path)
		io.WriteString(w, body)
	}))
	body = good
	key, err := c.ServerKey(t.Context(), trustdata.RoleTimestamp)
	if id, _ := key.KeyID(); err != nil || id != "b9fe8d4b54e73abb584e2015aaa447047e53282f491dcc70c40d2474d3096a21" || asked != "GET timestamp.key" {
		t.Errorf("got %s, %v by %q", id, err, asked)
	}
	if _, err = c.NewServerKey(t.Context(), trustdata.RoleSnapshot); err != nil || asked != "POST snapshot.key" {
		t.Errorf("got %v by %q", err, asked)
	}
	for _, bad := range []string{
		"", "<html>", "{}", `{"keytype":"ed25519","keyval":{"public":"","private":null}}`, good + good,
		strings.Replace(good, "A6E", "!!!", 1), strings.Replace(good, "null", `"AAAA"`, 1), strings.Replace(good, "ed25519", "ecdsa-x509", 1),
		strings.Replace(good, `"keytype"`, `"x":1,"keytype"`, 1),
	} {
		body = bad
		if key, err := c.ServerKey(t.Context(), trustdata.RoleTimestamp); !errors.Is(err, remote.ErrNotTrustServer) || key.Value != nil {
			t.Errorf("%q gives %v, %v", bad, key, err)
		}
	}
}

func TestCacheReads(t *testing.T) {
	cache := remote.NewCache(t.TempDir())
	if _, _, err := cache.Read(gun, trustdata.RoleRoot); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty cache gives %v", err)
	}
	if files, err := cache.Files(gun); err != nil || len(files) != 0 {
		t.Errorf("an empty cache has %v, %v", files, err)
	}
	if _, _, err := (*remote.Cache)(nil).Read(gun, trustdata.RoleRoot); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no cache gives %v", err)
	}
	if _, _, err := cache.Read(gun, "targets/../x"); err == nil {
		t.Error("a role that leads out of the folder is read")
	}
}
