package access

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSite(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "moved here") }))
	defer other.Close()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/repo/redirect":
			http.Redirect(w, r, other.URL+"/x", http.StatusFound)
		case "/repo/login":
			w.Header().Set("Www-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		case "/repo/silent":
			time.Sleep(300 * time.Millisecond)
		default:
			io.WriteString(w, r.UserAgent()+" "+r.Header.Get("Authorization"))
		}
	}))
	defer site.Close()
	ep, err := Config{Timeout: 100 * time.Millisecond, UserAgent: "keyrite/x"}.Site("TUF repository", site.URL+"/repo/")
	if err != nil {
		t.Fatal(err)
	}
	get := func(name string) (string, int, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ep.URL.String()+"/"+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := ep.Client.Do(req)
		if err != nil {
			return "", 0, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), resp.StatusCode, err
	}
	if body, status, err := get("1.root.json"); err != nil || status != 200 || body != "keyrite/x " {
		t.Errorf("%q, %d, %v", body, status, err)
	}
	if body, _, err := get("redirect"); err != nil || body != "moved here" {
		t.Errorf("redirect: %q, %v", body, err)
	}
	if _, status, err := get("login"); err != nil || status != 401 {
		t.Errorf("login: %d, %v", status, err)
	}
	if _, _, err := get("silent"); err == nil {
		t.Error("a silent server was waited for")
	}
}

func TestSiteURL(t *testing.T) {
	for _, bad := range []string{"http://tuf.example", "https://user:secret@tuf.example", "https://tuf.example/?x", "ftp://tuf.example", "tuf.example", "https://"} {
		if _, err := (Config{}).Site("TUF repository", bad); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := (Config{}).Site("TUF repository", "http://tuf.example"); !errors.Is(err, ErrInsecure) {
		t.Errorf("%v", err)
	}
	if _, err := (Config{Insecure: true}).Site("TUF repository", "http://tuf.example"); err != nil {
		t.Error(err)
	}
}
