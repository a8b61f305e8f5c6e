package access

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRefreshGrant exchanges an identity token: by POST, and where the service knows no
// POST, by GET with the user's name and the token in the password's place.
func TestRefreshGrant(t *testing.T) {
	user := `{"auths":{"reg.example:5000":{"auth":"` + aliceAuth + `","identitytoken":"refresh"}}}`
	noPassword := `{"auths":{"reg.example:5000":{"username":"alice","identitytoken":"refresh"}}}`
	noUser := `{"auths":{"reg.example:5000":{"identitytoken":"refresh"}}}`
	for _, tt := range []struct {
		name, config string
		post         int // what the service answers a POST
		asked        []string
		want         string // part of the error
	}{
		{"by POST", user, 200, []string{"POST  refresh"}, ""},
		{"no such path", user, 404, []string{"POST  refresh", "GET alice:s3cret "}, ""},
		{"no such method", user, 405, []string{"POST  refresh", "GET alice:s3cret "}, ""},
		{"no such method, no password", noPassword, 405, []string{"POST  refresh", "GET alice:refresh "}, ""},
		{"no such method, no user", noUser, 405, []string{"POST  refresh"}, "405"},
		{"refused", user, 401, []string{"POST  refresh"}, "401"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			service := serve(t, func(w http.ResponseWriter, r *http.Request) {
				r.ParseForm()
				u, p, ok := r.BasicAuth()
				login := ""
				if ok {
					login = u + ":" + p
				}
				asked = append(asked, fmt.Sprintf("%s %s %s", r.Method, login, r.PostForm.Get("refresh_token")))
				if r.Form.Get("service") != "svc" || r.Form.Get("scope") != "repository:"+gun+":pull,push" {
					t.Errorf("asked for %v", r.Form)
				}
				if r.Method == http.MethodGet && (r.Form.Get("account") != "alice" || r.Form.Get("refresh_token") != "") {
					t.Errorf("asked for %v", r.Form)
				}
				if r.Method == http.MethodPost && tt.post != 200 {
					w.WriteHeader(tt.post)
					return
				}
				io.WriteString(w, `{"token":"tok","expires_in":300}`)
			})
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer tok" {
					w.Header().Set("Www-Authenticate", fmt.Sprintf(`Bearer realm=%q,service="svc"`, service.URL+"/token"))
					w.WriteHeader(http.StatusUnauthorized)
				}
			})
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "config.json"), tt.config)
			e, err := Config{DockerDir: dir, Server: server.URL}.TrustServer(gun)
			if err != nil {
				t.Fatal(err)
			}
			_, err = send(t, e, Push, Pull)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if !slices.Equal(asked, tt.asked) {
				t.Errorf("the token service was asked %q, want %q", asked, tt.asked)
			}
		})
	}
}

// TestIdentityTokenIsNoPassword has a server that knows passwords only.
func TestIdentityTokenIsNoPassword(t *testing.T) {
	g := newGuarded(t, "Basic", "never")
	e := g.endpoint(t, `{"auths":{"reg.example:5000":{"identitytoken":"refresh"}}}`)
	if _, err := send(t, e, Pull); !errors.Is(err, ErrUnauthorized) || !strings.Contains(err.Error(), "identity token, which it cannot take") {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(g.seen, []string{""}) {
		t.Errorf("the server was sent %q", g.seen)
	}
}

// TestHelperOnlyWhenAsked holds that a helper runs when a server wants a login, and that
// its failure is an error and no reason to be a stranger.
func TestHelperOnlyWhenAsked(t *testing.T) {
	for _, tt := range []struct {
		scheme, helper, ran string
		err                 error
	}{
		{"", "good", "", nil},
		{"Bearer", "good", `good ["get"] "reg.example:5000"`, nil},
		{"Bearer", "refuse", `refuse ["get"] "reg.example:5000"`, ErrHelper},
		{"Basic", "refuse", `refuse ["get"] "reg.example:5000"`, ErrHelper},
	} {
		t.Run(tt.scheme+" "+tt.helper, func(t *testing.T) {
			want := "Bearer tok"
			if tt.scheme == "" {
				want = ""
			}
			g := newGuarded(t, tt.scheme, want)
			h, log := helpersIn(t)
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "config.json"), `{"credHelpers":{"reg.example:5000":"`+tt.helper+`"}}`)
			e, err := Config{DockerDir: dir, Server: g.URL, Helpers: h, ServerLogin: LoginSource{Key: "reg.example:5000"}}.TrustServer(gun)
			if err != nil {
				t.Fatal(err)
			}
			if log() != "" {
				t.Error("the helper ran before anybody asked")
			}
			if _, err := send(t, e, Pull); !errors.Is(err, tt.err) || tt.err != nil && strings.Contains(err.Error(), canary) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			if got := strings.TrimSpace(log()); got != tt.ran {
				t.Errorf("ran %q, want %q", got, tt.ran)
			}
			if tt.err != nil && len(g.asked) != 0 {
				t.Errorf("the token service was asked by a stranger: %v", g.asked)
			}
		})
	}
}

// TestVisit reads what a token says of itself.
func TestVisit(t *testing.T) {
	claims := "eyJpc3MiOiJ0ZXN0Iiwic3ViIjoiYWxpY2UiLCJleHAiOjQxMDI0NDQ4MDAsImFjY2VzcyI6W3sidHlwZSI6InJlcG9zaXRvcnkiLCJuYW1lIjoicmVnLmV4YW1wbGU6NTAwMC9hY21lL3dlYiIsImFjdGlvbnMiOlsicHVsbCJdfV19"
	g := newGuarded(t, "Bearer", "never")
	g.answer = func(w http.ResponseWriter) { io.WriteString(w, `{"token":"e30.`+claims+`.x","expires_in":300}`) }
	v := g.endpoint(t, aliceConfig).Visit(t.Context(), "/x", Push, Pull)
	if v.Err != nil || v.Status != 401 || v.TokenStatus != 200 || v.TokenLife.Seconds() != 300 || v.Challenge.Service != "svc" || v.Challenge.Realm != g.tokens.URL+"/token" || v.Clock.IsZero() {
		t.Errorf("saw %+v", v)
	}
	if !slices.Equal(v.Asked, []string{"repository:" + gun + ":pull,push"}) || !slices.Equal(v.Token.Granted, []string{"repository:" + gun + ":pull"}) {
		t.Errorf("asked %q, granted %q", v.Asked, v.Token.Granted)
	}
	if !v.Token.Grants(gun, Pull) || v.Token.Grants(gun, Push) || v.Token.Expires.Year() != 2100 || v.Token.Subject != "alice" {
		t.Errorf("token %+v", v.Token)
	}
	e := g.endpoint(t, aliceConfig)
	_, err := send(t, e, Push, Pull)
	if err = e.Explain(err); err == nil || !strings.Contains(err.Error(), "did not grant push on") {
		t.Errorf("got %v", err)
	}
	for _, bad := range []string{"", "a.b", "a.!.c", "e30.e30e30.x", "e30.bnVsbA.x" + strings.Repeat(".", 9)} {
		if tok := ReadToken(bad); tok.Readable && bad != "" {
			t.Errorf("ReadToken(%q) = %+v", bad, tok)
		}
	}
}
