package remote_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/remote"
)

// changed reads the change feed of a server.
func changed(t *testing.T, h http.HandlerFunc) ([]trustdata.GUN, int, error) {
	t.Helper()
	ep, err := access.Config{Server: serve(t, h), Timeout: 300 * time.Millisecond}.TrustServerCatalog("")
	if err != nil {
		t.Fatal(err)
	}
	return remote.Changed(t.Context(), ep)
}

// record is one change as a server writes it.
func record(id, gun, category string) string {
	return fmt.Sprintf(`{"ID":%q,"CreatedAt":"2026-11-22T06:22:25.978350363Z","GUN":%q,"Version":1,"SHA256":"","Category":%q}`, id, gun, category)
}

func page(records ...string) string {
	return fmt.Sprintf(`{"count":%d,"records":[%s]}`, len(records), strings.Join(records, ","))
}

const lastPage = `{"count":0,"records":null}`

// TestChanged follows the pages to their end, however few records a server gives at a time.
func TestChanged(t *testing.T) {
	pages := map[string]string{
		"":  page(record("1", "reg.example/a", "update"), record("2", "reg.example/b", "update"), record("3", "reg.example/a", "update")),
		"3": page(record("7", "reg.example/b", "deletion"), record("8", "../etc", "update"), record("9", "reg.example/gone", "deletion")),
		"9": page(record("1 0&x", "reg.example/gone", "update"), record("11", "reg.example/\u202egnp", "update"), record("12", "reg.example/never", "deletion")),
	}
	var asked []string
	guns, odd, err := changed(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/_trust/changefeed" || r.URL.Query().Get("records") != "1000" {
			t.Errorf("asked for %q", r.URL)
		}
		after := r.URL.Query().Get("change_id")
		asked = append(asked, after)
		if body, ok := pages[after]; ok {
			io.WriteString(w, body)
			return
		}
		io.WriteString(w, lastPage)
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]trustdata.GUN{"reg.example/a", "reg.example/gone"}, guns); d != "" || odd != 2 {
		t.Errorf("%d odd names, and %s", odd, d)
	}
	if d := cmp.Diff([]string{"", "3", "9", "12"}, asked); d != "" {
		t.Error(d)
	}
}

// TestChangedRefused lists servers that do not tell, and those that tell nonsense: each
// ends soon, and what was read before it is kept.
func TestChangedRefused(t *testing.T) {
	first := page(record("1", "reg.example/a", "update"))
	for _, tt := range []struct {
		name   string
		second func(w http.ResponseWriter, n int)
		want   error
		says   string
	}{
		{"forbidden", func(w http.ResponseWriter, _ int) { w.WriteHeader(403) }, remote.ErrUnauthorized, "403"},
		{"no such path", func(w http.ResponseWriter, _ int) {
			w.WriteHeader(404)
			io.WriteString(w, `{"errors":[{"code":"METADATA_NOT_FOUND","message":"no","detail":null}]}`)
		}, remote.ErrNotFound, "404"},
		{"no trust server", func(w http.ResponseWriter, _ int) { w.WriteHeader(404) }, remote.ErrNotTrustServer, "404"},
		{"a web page", func(w http.ResponseWriter, _ int) { io.WriteString(w, "<html>") }, remote.ErrNotTrustServer, "web page"},
		{"another JSON", func(w http.ResponseWriter, _ int) { io.WriteString(w, "{}") }, remote.ErrNotTrustServer, "something else"},
		{"records of another kind", func(w http.ResponseWriter, _ int) { io.WriteString(w, `{"count":1,"records":[7]}`) }, remote.ErrNotTrustServer, "something else"},
		{"the same again", func(w http.ResponseWriter, _ int) { io.WriteString(w, first) }, remote.ErrNotTrustServer, "leads nowhere"},
		{"in a circle", func(w http.ResponseWriter, n int) {
			io.WriteString(w, page(record(fmt.Sprint(n%3+1), "reg.example/a", "update")))
		}, remote.ErrNotTrustServer, "leads nowhere"},
		{"no ID", func(w http.ResponseWriter, _ int) { io.WriteString(w, page(record("", "reg.example/a", "update"))) }, remote.ErrNotTrustServer, "leads nowhere"},
		{"a huge ID", func(w http.ResponseWriter, _ int) {
			io.WriteString(w, page(record(strings.Repeat("9", 10_000), "reg.example/a", "update")))
		}, remote.ErrNotTrustServer, "leads nowhere"},
		{"a huge page", func(w http.ResponseWriter, _ int) { io.WriteString(w, strings.Repeat(" ", 2<<20)+first) }, remote.ErrTooLarge, ""},
		{"no end", func(w http.ResponseWriter, n int) {
			io.WriteString(w, page(record(fmt.Sprint(n), "reg.example/a", "update")))
		}, remote.ErrTooLarge, "more than 500 pages"},
		{"too many", func(w http.ResponseWriter, n int) {
			var all []string
			for i := range 1000 {
				all = append(all, record(fmt.Sprint(n*1000+i), fmt.Sprintf("reg.example/r%d", n*1000+i), "update"))
			}
			io.WriteString(w, page(all...))
		}, remote.ErrTooLarge, "more than 20000 repositories"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := 0
			guns, _, err := changed(t, func(w http.ResponseWriter, _ *http.Request) {
				if n++; n == 1 {
					io.WriteString(w, first)
					return
				}
				tt.second(w, n)
			})
			if !errors.Is(err, tt.want) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("got %v, want %v that says %q", err, tt.want, tt.says)
			}
			if len(guns) == 0 || guns[0] != "reg.example/a" {
				t.Errorf("the first page is lost: %v", guns)
			}
		})
	}
}
