package registry

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

const gun trustdata.GUN = "reg.example:5000/acme/web"

func newClient(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	ep, err := access.Config{Registry: s.URL, Timeout: 500 * time.Millisecond}.RegistryOf(gun)
	if err != nil {
		t.Fatal(err)
	}
	return New(ep, gun)
}

// notFound is a 404 in a registry's words.
func notFound(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, `{"errors":[{"code":%q,"message":"unknown","detail":{}}]}`, code)
}

// pages serves one page of tags after another, each named by the Link of the one before.
func pages(t *testing.T, link func(r *http.Request, n int) string, all ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/acme/web/tags/list" {
			t.Errorf("asked for %q", r.URL.Path)
		}
		n := 0
		fmt.Sscanf(r.URL.Query().Get("last"), "%d", &n)
		if to := link(r, n+1); to != "" && n+1 < len(all) {
			w.Header().Set("Link", to)
		}
		fmt.Fprintf(w, `{"name":"acme/web","tags":%s}`, all[n])
	}
}

func TestTags(t *testing.T) {
	relative := func(_ *http.Request, n int) string {
		return fmt.Sprintf(`</v2/acme/web/tags/list?last=%d&n=2>; rel="next"`, n)
	}
	absolute := func(r *http.Request, n int) string {
		return fmt.Sprintf(`<http://%s/v2/acme/web/tags/list?last=%d>;rel=next`, r.Host, n)
	}
	for _, tt := range []struct {
		name string
		link func(*http.Request, int) string
		all  []string
		want []string
	}{
		{"one page", relative, []string{`["b","a"]`}, []string{"a", "b"}},
		{"three pages", relative, []string{`["a","b"]`, `["c","d"]`, `["e"]`}, []string{"a", "b", "c", "d", "e"}},
		{"absolute links", absolute, []string{`["a"]`, `["b"]`}, []string{"a", "b"}},
		{"a tag on two pages", relative, []string{`["a","b"]`, `["b","c"]`}, []string{"a", "b", "c"}},
		{"link to something else", func(*http.Request, int) string { return `</help>; rel="help"` }, []string{`["a"]`, `["b"]`}, []string{"a"}},
		{"none", relative, []string{`[]`}, nil},
		{"null", relative, []string{`null`}, nil},
		{"hostile names are kept", relative, []string{`["\u001b[2J"]`}, []string{"\x1b[2J"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := newClient(t, pages(t, tt.link, tt.all...)).Tags(t.Context())
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestTagsRefused(t *testing.T) {
	link := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "<"+to+`>; rel="next"`)
			io.WriteString(w, `{"tags":["a"]}`)
		}
	}
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status); io.WriteString(w, body) }
	}
	var endless atomic.Int32
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		is     error
		want   string
	}{
		{"loop", link("/v2/acme/web/tags/list"), ErrPages, "1 pages"},
		{"longer loop", link("/v2/acme/web/tags/list?last=a"), ErrPages, "2 pages"},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			link(fmt.Sprintf("?last=%d", endless.Add(1)))(w, r)
		}, ErrPages, "1000 pages"},
		{"other origin", link("http://elsewhere.example/v2/acme/web/tags/list"), ErrPages, "elsewhere.example"},
		{"other scheme", link("file:///etc/passwd"), ErrPages, "file://"},
		{"user in the link", link("http://me@elsewhere.example/"), ErrPages, ""},
		{"no URL", link("http://%zz"), ErrPages, "no URL"},
		{"no repository", func(w http.ResponseWriter, r *http.Request) { notFound(w, "NAME_UNKNOWN") }, ErrNotFound, "NAME_UNKNOWN"},
		{"404 of something else", answer(404, "404 page not found"), ErrNotRegistry, "other words"},
		{"401", answer(401, `{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}`), ErrUnauthorized, "UNAUTHORIZED: no"},
		{"500", answer(500, "oops"), nil, "500"},
		{"web page", answer(200, "<html>"), ErrNotRegistry, "is not a registry"},
		{"other JSON", answer(200, `{"hello":1}`), ErrNotRegistry, "is not a registry"},
		{"tags of a wrong type", answer(200, `{"tags":{"a":1}}`), ErrNotRegistry, "not names"},
		{"truncated JSON", answer(200, `{"tags":["a"`), ErrNotRegistry, ""},
		{"huge", answer(200, `{"tags":["`+strings.Repeat("x", maxPage)+`"]}`), access.ErrTooLarge, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := newClient(t, tt.answer).Tags(t.Context())
			if got != nil || err == nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, %v, want %v with %q", got, err, tt.is, tt.want)
			}
		})
	}
}

const manifest = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}`

func hexOf(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }

func TestResolve(t *testing.T) {
	digest := hexOf(manifest)
	good := Descriptor{Digest: digest, Length: int64(len(manifest)), MediaType: "application/vnd.oci.image.manifest.v1+json"}
	serve := func(header string, head int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead && head != 200 {
				w.WriteHeader(head)
				return
			}
			w.Header().Set("Content-Type", good.MediaType)
			if header != "" {
				w.Header().Set("Docker-Content-Digest", header)
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(manifest)))
			io.WriteString(w, manifest)
		}
	}
	page := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html>log in</html>")
	}
	for _, tt := range []struct {
		name    string
		answer  http.HandlerFunc
		methods []string
		is      error
		want    string // part of the error, "" for success
	}{
		{"by HEAD", serve("sha256:"+digest, 200), []string{"HEAD"}, nil, ""},
		{"without a digest", serve("", 200), []string{"HEAD", "GET"}, nil, ""},
		{"with a malformed digest", serve("sha256:abc", 200), []string{"HEAD", "GET"}, nil, ""},
		{"with a digest in upper case", serve("sha256:"+strings.ToUpper(digest), 200), []string{"HEAD", "GET"}, nil, ""},
		{"with another algorithm", serve("sha512:"+digest+digest, 200), []string{"HEAD", "GET"}, nil, ""},
		{"no HEAD", serve("", 405), []string{"HEAD", "GET"}, nil, ""},
		{"HEAD finds nothing, GET does", serve("", 404), []string{"HEAD", "GET"}, nil, ""},
		{"a digest that is not the body's", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				w.Header().Set("Docker-Content-Digest", "sha256:"+hexOf("other"))
				io.WriteString(w, manifest)
			}
		}, []string{"HEAD", "GET"}, nil, "and named it"},
		{"gone", func(w http.ResponseWriter, r *http.Request) { notFound(w, "MANIFEST_UNKNOWN") }, []string{"HEAD", "GET"}, ErrNotFound, "MANIFEST_UNKNOWN"},
		{"404 of something else", func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, []string{"HEAD", "GET"}, ErrNotRegistry, "other words"},
		{"web page", page, []string{"HEAD", "GET"}, ErrNotRegistry, "not a manifest"},
		{"forbidden", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(403) }, []string{"HEAD"}, ErrUnauthorized, "403"},
		{"broken", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, []string{"HEAD"}, nil, "500"},
		{"hangs", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, []string{"HEAD"}, access.ErrSilent, "nothing of use"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex // a handler may outlive its request
			var methods []string
			got, err := newClient(t, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				methods = append(methods, r.Method)
				mu.Unlock()
				if r.URL.Path != "/v2/acme/web/manifests/1.0" || !strings.Contains(r.Header.Get("Accept"), "image.index") || !strings.Contains(r.Header.Get("Accept"), "manifest.list") {
					t.Errorf("asked for %q, accepting %q", r.URL.Path, r.Header.Get("Accept"))
				}
				tt.answer(w, r)
			}).Resolve(t.Context(), "1.0")
			if tt.want == "" && (err != nil || got != good) {
				t.Errorf("got %+v, %v, want %+v", got, err, good)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) || got != Descriptor{}) {
				t.Errorf("got %+v, %v, want %v with %q", got, err, tt.is, tt.want)
			}
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(methods, tt.methods) {
				t.Errorf("asked by %q, want %q", methods, tt.methods)
			}
		})
	}
}

func TestResolveBadNames(t *testing.T) {
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("asked for %q", r.URL) })
	for _, tag := range []string{"", "../x", "a/b", "a b", "-a", "a\n", "a?b", "\x1b", strings.Repeat("a", 129)} {
		if _, err := c.Resolve(t.Context(), tag); err == nil {
			t.Errorf("%q is asked for", tag)
		}
	}
}

// TestHub holds that a short name is asked for under its full path.
func TestHub(t *testing.T) {
	ep, err := access.Config{}.RegistryOf("alpine")
	if err != nil {
		t.Fatal(err)
	}
	if got := New(ep, "alpine").base.String(); got != "https://registry-1.docker.io/v2/library/alpine" {
		t.Errorf("base is %q", got)
	}
}

// fake is a registry without a network.
type fake struct {
	tags    []string
	tagsErr error
	serves  map[string]string // tag to digest
	errs    map[string]error
	now     atomic.Int32
	most    atomic.Int32
}

func (f *fake) Tags(context.Context) ([]string, error) { return f.tags, f.tagsErr }

func (f *fake) Resolve(_ context.Context, tag string) (Descriptor, error) {
	if n := f.now.Add(1); n > f.most.Load() {
		f.most.Store(n)
	}
	defer f.now.Add(-1)
	time.Sleep(time.Millisecond)
	if err := f.errs[tag]; err != nil {
		return Descriptor{}, err
	}
	digest, ok := f.serves[tag]
	if !ok {
		return Descriptor{}, ErrNotFound
	}
	return Descriptor{Digest: digest}, nil
}

func TestCompare(t *testing.T) {
	targets, releases, alice := []trustdata.Role{"targets"}, []trustdata.Role{"targets/releases"}, []trustdata.Role{"targets/alice"}
	col := &trustdata.Collection{Tags: []trustdata.Tag{
		{Name: "good", Digest: "d1", Roles: targets, Pulled: true},
		{Name: "moved", Digest: "d1", Roles: targets, Pulled: true},
		{Name: "gone", Digest: "d1", Roles: targets, Pulled: true},
		{Name: "two", Digest: "d1", Roles: releases, Pulled: true}, // what is served is signed, but in the row that docker passes over
		{Name: "two", Digest: "d2", Roles: targets},
		{Name: "unlisted", Digest: "d1", Roles: targets, Pulled: true},
		{Name: "personal", Digest: "d1", Roles: alice},
		{Name: "lost", Digest: "d1", Roles: alice},
		{Name: "broken", Digest: "d1", Roles: targets, Pulled: true},
	}}
	from := &fake{
		tags:   []string{"broken", "extra", "ghost", "good", "moved", "personal", "two"},
		serves: map[string]string{"good": "d1", "moved": "d9", "two": "d2", "unlisted": "d1", "personal": "d1", "extra": "d5"},
		errs:   map[string]error{"broken": errors.New("no route")},
	}
	rows, err := Compare(t.Context(), from, col, 3)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, strings.TrimRight(fmt.Sprintf("%s %s>%s %s %s", r.Name, r.Digest, r.RegistryDigest, r.State, r.Reason), " "))
	}
	want := []string{
		"good d1>d1 signed", "moved d1>d9 moved", "gone d1> gone", "two d1>d2 moved", "two d2>d2 moved", "unlisted d1>d1 signed",
		`personal d1>d1 unsigned signed only in "targets/alice", where docker does not look`, "lost d1> gone", "broken d1> unknown no route",
		"extra >d5 unsigned", "ghost > unknown the registry lists it but does not have it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := from.most.Load(); n > 3 {
		t.Errorf("%d requests at once, want 3 at most", n)
	}
}

func TestCompareWithoutList(t *testing.T) {
	col := &trustdata.Collection{Tags: []trustdata.Tag{{Name: "good", Digest: "d1", Roles: []trustdata.Role{"targets"}, Pulled: true}}}
	from := &fake{tagsErr: ErrUnauthorized, serves: map[string]string{"good": "d1"}}
	rows, err := Compare(t.Context(), from, col, 0)
	if !errors.Is(err, ErrUnauthorized) || len(rows) != 1 || rows[0].State != Signed {
		t.Errorf("got %+v, %v", rows, err)
	}
	from = &fake{tagsErr: ErrNotFound}
	if rows, err = Compare(t.Context(), from, col, 0); err != nil || len(rows) != 1 || rows[0].State != Gone {
		t.Errorf("a repository that is not there gives %+v, %v", rows, err)
	}
	if rows, err = Compare(t.Context(), from, &trustdata.Collection{}, 0); err != nil || len(rows) != 0 {
		t.Errorf("nothing gives %+v, %v", rows, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if rows, err = Compare(ctx, &fake{tags: []string{"a", "b"}}, col, 1); !errors.Is(err, context.Canceled) || rows != nil {
		t.Errorf("a cancelled comparison gives %+v, %v", rows, err)
	}
}

// TestHiddenIsNotUnsigned has a delegation's file refused: what it may sign is not known.
func TestHiddenIsNotUnsigned(t *testing.T) {
	col := &trustdata.Collection{
		Roles: []trustdata.RoleView{{Role: "targets"}, {Role: "targets/releases", Paths: []string{"1."}, Problem: "expired at noon"},
			{Role: "targets/bob", Paths: []string{""}}},
		Tags: []trustdata.Tag{{Name: "1.0", Digest: "d1", Roles: []trustdata.Role{"targets"}, Pulled: true},
			{Name: "1.1", Digest: "d1", Roles: []trustdata.Role{"targets/bob"}}},
	}
	from := &fake{tags: []string{"1.0", "1.1", "1.2", "2.0", "1.3"}, serves: map[string]string{"1.0": "d1", "1.1": "d1", "1.2": "d1", "2.0": "d1"}}
	rows, err := Compare(t.Context(), from, col, 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, strings.TrimRight(fmt.Sprintf("%s %s %s", r.Name, r.State, r.Reason), " "))
	}
	why := `unknown "targets/releases" may sign it, and its file does not count: expired at noon`
	want := []string{"1.0 signed", "1.1 " + why, "1.2 " + why, "2.0 unsigned", "1.3 unknown the registry lists it but does not have it"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
