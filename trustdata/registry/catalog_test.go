package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

func catalogOf(t *testing.T, host string, h http.HandlerFunc) ([]trustdata.GUN, int, error) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	ep, err := access.Config{Registry: s.URL, Timeout: 500 * time.Millisecond}.RegistryCatalog(host)
	if err != nil {
		t.Fatal(err)
	}
	return Catalog(t.Context(), ep, host)
}

// TestCatalog follows the pages, and names repositories as their signatures do: with the
// host that was asked for, wherever the registry is reached.
func TestCatalog(t *testing.T) {
	var asked []string
	guns, odd, err := catalogOf(t, "reg.example:5000", func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		switch r.URL.Query().Get("last") {
		case "":
			w.Header().Set("Link", `</v2/_catalog?last=b&n=2>; rel="next"`)
			io.WriteString(w, `{"repositories":["team/b","a"]}`)
		default:
			io.WriteString(w, `{"repositories":["a","../../etc","x\u001b[2J","team/c"]}`)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]trustdata.GUN{"reg.example:5000/a", "reg.example:5000/team/b", "reg.example:5000/team/c"}, guns); d != "" || odd != 2 {
		t.Errorf("%d odd names, and %s", odd, d)
	}
	if d := cmp.Diff([]string{"/v2/_catalog?n=1000", "/v2/_catalog?last=b&n=2"}, asked); d != "" {
		t.Error(d)
	}
}

func TestCatalogRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
		says   string
	}{
		{"forbidden", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, ErrUnauthorized, "401"},
		{"unsupported", func(w http.ResponseWriter, _ *http.Request) { notFound(w, "UNSUPPORTED") }, ErrNotFound, "404"},
		{"no registry", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }, ErrNotRegistry, "something else"},
		{"a list of tags", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"tags":["a"]}`) }, ErrNotRegistry, "something else"},
		{"no names", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"repositories":[1]}`) }, ErrNotRegistry, "not names"},
		{"another host", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", `<https://evil.example/v2/_catalog>; rel="next"`)
			io.WriteString(w, `{"repositories":["a"]}`)
		}, ErrPages, "evil.example"},
		{"in a circle", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, r.URL.RequestURI()))
			io.WriteString(w, `{"repositories":["a"]}`)
		}, ErrPages, "one more"},
		{"no end", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", fmt.Sprintf(`</v2/_catalog?last=%sx>; rel="next"`, r.URL.Query().Get("last")))
			io.WriteString(w, `{"repositories":["a"]}`)
		}, ErrPages, "1000 pages"},
		{"too large", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat(" ", 9<<20)) }, access.ErrTooLarge, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			guns, _, err := catalogOf(t, "reg.example", tt.answer)
			if !errors.Is(err, tt.want) || !strings.Contains(fmt.Sprint(err), tt.says) || len(guns) != 0 {
				t.Errorf("got %v and %v, want %v that says %q", guns, err, tt.want, tt.says)
			}
		})
	}
}
