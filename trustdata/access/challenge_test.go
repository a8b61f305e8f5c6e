package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const gun = "reg.example:5000/acme/web"

// guarded is a server that asks for a login, with its token service on another port.
type guarded struct {
	*httptest.Server
	tokens *httptest.Server
	mu     sync.Mutex
	seen   []string // Authorization headers that the server was sent
	asked  []url.Values
	logins []string                    // what came with the requests for a token
	answer func(w http.ResponseWriter) // of the token service, nil for a good token
}

func newGuarded(t *testing.T, scheme, want string) *guarded {
	g := new(guarded)
	g.tokens = httptest.NewServer(http.HandlerFunc(g.token))
	t.Cleanup(g.tokens.Close)
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.mu.Lock()
		g.seen = append(g.seen, r.Header.Get("Authorization"))
		g.mu.Unlock()
		if r.Header.Get("Authorization") == want {
			fmt.Fprintf(w, "welcome %s", body)
			return
		}
		switch scheme {
		case "Bearer":
			w.Header().Set("Www-Authenticate", fmt.Sprintf("Bearer realm=%q,service=\"svc\"", g.tokens.URL+"/token"))
		case "Basic":
			w.Header().Set("Www-Authenticate", `Basic realm="x"`)
		}
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}`)
	}))
	t.Cleanup(g.Server.Close)
	return g
}

func (g *guarded) token(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked, g.logins = append(g.asked, r.Form), append(g.logins, r.Header.Get("Authorization"))
	if g.answer != nil {
		g.answer(w)
		return
	}
	json.NewEncoder(w).Encode(map[string]string{"token": "tok", "access_token": "tok"})
}

func (g *guarded) endpoint(t *testing.T, dockerConfig string) Endpoint {
	t.Helper()
	dir := t.TempDir()
	if dockerConfig != "" {
		writeFile(t, filepath.Join(dir, "config.json"), dockerConfig)
	}
	e, err := Config{DockerDir: dir, Server: g.URL}.TrustServer(gun)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// send posts a body, so that the answer shows whether it was sent anew after a challenge.
func send(t *testing.T, e Endpoint, actions ...string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL.String()+"/x", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := e.Do(req, actions...)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", NewStatusError(resp)
	}
	body, err := ReadBody(resp, 1<<10)
	return string(body), err
}

const aliceConfig = `{"auths":{"reg.example:5000":{"auth":"` + aliceAuth + `"}}}`

func TestChallenge(t *testing.T) {
	const refreshConfig = `{"auths":{"reg.example:5000":{"identitytoken":"refresh"}}}`
	for _, tt := range []struct {
		name, scheme, want, config string
		actions                    []string
		scope, login, grant        string
	}{
		{name: "none asked", want: "", config: aliceConfig},
		{name: "basic", scheme: "Basic", want: "Basic " + aliceAuth, config: aliceConfig},
		{name: "bearer, anonymous", scheme: "Bearer", want: "Bearer tok", actions: []string{Pull}, scope: "repository:" + gun + ":pull"},
		{name: "bearer", scheme: "Bearer", want: "Bearer tok", config: aliceConfig, actions: []string{Pull}, scope: "repository:" + gun + ":pull", login: "Basic " + aliceAuth},
		{name: "bearer to publish", scheme: "Bearer", want: "Bearer tok", config: aliceConfig, actions: []string{Push, Pull}, scope: "repository:" + gun + ":pull,push", login: "Basic " + aliceAuth},
		{name: "bearer for keys", scheme: "Bearer", want: "Bearer tok", config: aliceConfig, actions: []string{Admin}, scope: "repository:" + gun + ":*", login: "Basic " + aliceAuth},
		{name: "identity token", scheme: "Bearer", want: "Bearer tok", config: refreshConfig, actions: []string{Pull}, scope: "repository:" + gun + ":pull", grant: "refresh_token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGuarded(t, tt.scheme, tt.want)
			e := g.endpoint(t, tt.config)
			for range 2 {
				if got, err := send(t, e, tt.actions...); err != nil || got != "welcome hello" {
					t.Fatalf("got %q, %v", got, err)
				}
			}
			if tt.scheme != "Bearer" {
				if len(g.asked) != 0 {
					t.Errorf("a token was asked for: %v", g.asked)
				}
				return
			}
			if len(g.asked) != 1 {
				t.Fatalf("asked for %d tokens, want 1 that is used again", len(g.asked))
			}
			if a := g.asked[0]; a.Get("scope") != tt.scope || a.Get("service") != "svc" || a.Get("grant_type") != tt.grant {
				t.Errorf("asked for %v", a)
			}
			if g.logins[0] != tt.login {
				t.Errorf("token service was sent %q, want %q", g.logins[0], tt.login)
			}
		})
	}
}

func TestChallengeFails(t *testing.T) {
	status := func(code int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.WriteHeader(code); io.WriteString(w, body) }
	}
	for _, tt := range []struct {
		name, scheme, config string
		answer               func(http.ResponseWriter)
		unauthorized         bool
		want                 string
	}{
		{name: "basic without a login", scheme: "Basic", unauthorized: true, want: "docker's configuration has none"},
		{name: "basic, refused", scheme: "Basic", config: aliceConfig, unauthorized: true, want: "UNAUTHORIZED: authentication required"},
		{name: "unknown scheme", scheme: "none", config: aliceConfig, unauthorized: true, want: "401 Unauthorized"},
		{name: "token not good enough", scheme: "Bearer", config: aliceConfig, unauthorized: true, want: "401 Unauthorized"},
		{name: "token refused", scheme: "Bearer", config: aliceConfig, answer: status(401, `{"errors":[{"code":"DENIED","message":"no such user"}]}`), unauthorized: true, want: "DENIED: no such user"},
		{name: "token service forbids", scheme: "Bearer", config: aliceConfig, answer: status(403, "nope"), unauthorized: true, want: "403"},
		{name: "token service broken", scheme: "Bearer", answer: status(500, "oops"), want: "500"},
		{name: "token service is a web page", scheme: "Bearer", answer: status(200, "<html>"), want: "gave no token: it answered with something that is not JSON"},
		{name: "no token", scheme: "Bearer", answer: status(200, "{}"), want: "gave no token: it answered without one"},
		{name: "huge token", scheme: "Bearer", answer: status(200, `{"token":"`+strings.Repeat("x", 10<<20)+`"}`), want: "sent more than the expected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGuarded(t, tt.scheme, "never")
			g.answer = tt.answer
			_, err := send(t, g.endpoint(t, tt.config), Pull)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want an error with %q", err, tt.want)
			}
			if errors.Is(err, ErrUnauthorized) != tt.unauthorized {
				t.Errorf("%v: Is(ErrUnauthorized) = %v", err, !tt.unauthorized)
			}
			if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), aliceAuth) {
				t.Errorf("%v quotes a login", err)
			}
			if len(g.seen) > 3 {
				t.Errorf("the server was asked %d times", len(g.seen))
			}
		})
	}
}

// TestTokensStayApart holds that what a trust server's token service gave is not shown
// to the registry, even where both are one host.
func TestTokensStayApart(t *testing.T) {
	g := newGuarded(t, "Bearer", "Bearer tok")
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "config.json"), aliceConfig)
	config := Config{DockerDir: dir, Server: g.URL, Registry: g.URL}
	trust, err := config.TrustServer(gun)
	if err != nil {
		t.Fatal(err)
	}
	registry, err := config.RegistryOf(gun)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Endpoint{trust, registry} {
		if _, err := send(t, e, Pull); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"", "Bearer tok", "", "Bearer tok"}; !slices.Equal(g.seen, want) {
		t.Errorf("the server was sent %q, want %q", g.seen, want)
	}
	var scopes []string
	for _, a := range g.asked {
		scopes = append(scopes, a.Get("scope"))
	}
	if want := []string{"repository:" + gun + ":pull", "repository:acme/web:pull"}; !slices.Equal(scopes, want) {
		t.Errorf("scopes %q, want %q", scopes, want)
	}
}
