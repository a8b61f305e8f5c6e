package interop_test

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/cmd/keyrite/interop"
)

// The secrets of the matrix. None of them may be in anything that keyrite prints or writes.
const (
	alicePassword = "canary-alice-pa55word"
	bobPassword   = "canary-bob-pa55word"
	aliceIdentity = "canary-alice-identity"
)

var canaries = []string{alicePassword, bobPassword, aliceIdentity,
	base64.StdEncoding.EncodeToString([]byte("alice:" + alicePassword)), base64.StdEncoding.EncodeToString([]byte("bob:" + bobPassword)), "eyJhbGciOi"}

// logins is a registry and a trust server that take tokens of one service.
type logins struct {
	ca       *interop.Authority
	tokens   *interop.TokenService
	server   *interop.Server
	registry *interop.Registry
	gun      string
	helpers  string // folder of credential helpers
}

func startLogins(t *testing.T) *logins {
	t.Helper()
	l := &logins{ca: interop.NewAuthority(t), helpers: t.TempDir()}
	l.tokens = interop.StartTokenService(t, l.ca, "auth.example")
	l.registry = interop.StartTokenRegistry(t, l.ca, l.tokens, l.tokens.Realm, "team/app")
	l.gun = l.registry.Host + "/team/app"
	l.server = interop.StartTokenServer(t, l.ca, l.tokens, l.tokens.Realm, l.gun)
	image := l.registry.Push("team/app", "v1", "one")
	n := interop.NewNotary(t, l.server.URL, "")
	n.InitServerSnapshot(l.gun)
	n.Sign(l.gun, "v1", image.Digest, image.Length)
	l.rules(nil)
	for name, script := range map[string]string{
		"good":    `printf '{"ServerURL":"x","Username":"alice","Secret":"` + alicePassword + `"}'`,
		"bob":     `printf '{"ServerURL":"x","Username":"bob","Secret":"` + bobPassword + `"}'`,
		"token":   `printf '{"ServerURL":"x","Username":"<token>","Secret":"` + aliceIdentity + `"}'`,
		"none":    `echo "credentials not found in native keychain"; exit 1`,
		"refuse":  `echo "the store is locked; token ` + alicePassword + `"; exit 1`,
		"leak":    `printf '{"Username":"alice","Secret":"` + alicePassword + `"}'; exit 1`,
		"hang":    `sleep 60`,
		"rubbish": `echo "Welcome! ` + alicePassword + `"`,
		"ansi":    `printf '\033[2J\033]0;owned\007 sorry\n'; exit 1`,
		"stderr":  `printf '\033[2J drawn ` + bobPassword + `' >&2; printf '{"ServerURL":"x","Username":"alice","Secret":"` + alicePassword + `"}'`,
		"tty":     `(printf '\033[2J on the terminal' >/dev/tty) 2>/dev/null; printf '{"Username":"alice","Secret":"` + alicePassword + `"}'`,
	} {
		text := "#!/bin/sh\ncat >>\"${HELPER_LOG:-/dev/null}\"; echo >>\"${HELPER_LOG:-/dev/null}\"\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(l.helpers, "docker-credential-"+name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// rules puts the token service back to what it does, and then changes it.
func (l *logins) rules(change func(*interop.TokenRules)) {
	l.tokens.Rule(func(r *interop.TokenRules) {
		*r = interop.TokenRules{
			Passwords:  map[string]string{"alice": alicePassword, "bob": bobPassword},
			Identities: map[string]string{aliceIdentity: "alice"}, Life: 5 * time.Minute,
		}
		if change != nil {
			change(r)
		}
	})
}

// keyrite is the program in a new home with a docker configuration, "" for none.
func (l *logins) keyrite(t *testing.T, config string) *interop.Keyrite {
	t.Helper()
	k := interop.NewKeyrite(t)
	k.Args = []string{"--server", "https://" + l.server.Host, "--tls-ca", l.ca.File}
	k.Env = []string{"PATH=" + l.helpers + string(os.PathListSeparator) + os.Getenv("PATH"), "HELPER_LOG=" + filepath.Join(k.Home, "helper.log")}
	if config != "" {
		put(t, filepath.Join(k.DockerConfig(), "config.json"), config)
	}
	return k
}

// fill writes the two servers' keys of docker's configuration into a text.
func (l *logins) fill(text string) string {
	return strings.NewReplacer("REG", l.registry.Host, "TRUST", l.server.Host,
		"ALICE", base64.StdEncoding.EncodeToString([]byte("alice:"+alicePassword)),
		"BOB", base64.StdEncoding.EncodeToString([]byte("bob:"+bobPassword)), "IDENTITY", aliceIdentity, "REALM", l.tokens.Realm).Replace(text)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// secretless fails the test if a run printed a secret or wrote one to a file of its own.
func secretless(t *testing.T, k *interop.Keyrite, r interop.Result) {
	t.Helper()
	for _, c := range canaries {
		if strings.Contains(r.Output(), c) {
			t.Errorf("%q was printed:\n%s", c, r.Output())
		}
	}
	if strings.ContainsAny(r.Output(), "\x1b\x07") {
		t.Errorf("an escape was printed: %q", r.Output())
	}
	err := filepath.WalkDir(filepath.Join(k.Home, "xdg"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) == "config.toml" {
			return nil
		}
		data, err := os.ReadFile(path)
		for _, c := range canaries {
			if strings.Contains(string(data), c) {
				t.Errorf("%q was written to %s", c, path)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestLogins reads signed tags and compares them with the registry, both behind a token
// service, with every kind of login. Users says who asked for a token: for the trust
// server and for the registry.
func TestLogins(t *testing.T) {
	t.Parallel()
	l := startLogins(t)
	for _, tt := range []struct {
		name, config string
		env          string
		toml         string
		rules        func(*interop.TokenRules)
		users        string // "METHOD user" for each request of a token
		helper       string // what helpers were asked for, in lines
		code         int
		want         string // part of what it says
	}{
		{name: "password in auths", config: `{"auths":{"REG":{"auth":"ALICE"}}}`, users: "GET trust:alice GET registry:alice"},
		{name: "identity token in auths", config: `{"auths":{"REG":{"identitytoken":"IDENTITY"}}}`, users: "POST trust:alice POST registry:alice"},
		{name: "identity token, no POST", config: `{"auths":{"REG":{"auth":"ALICE","identitytoken":"IDENTITY"}}}`,
			rules: func(r *interop.TokenRules) { r.PostStatus = 405 }, users: "POST trust:alice GET trust:alice POST registry:alice GET registry:alice"},
		{name: "identity token, unknown POST", config: `{"auths":{"REG":{"auth":"ALICE","identitytoken":"IDENTITY"}}}`,
			rules: func(r *interop.TokenRules) { r.PostStatus = 404 }, users: "POST trust:alice GET trust:alice POST registry:alice GET registry:alice"},
		{name: "store", config: `{"auths":{"REG":{}},"credsStore":"good"}`, users: "GET trust:alice GET registry:alice", helper: "TRUST REG"},
		{name: "store that knows the registry only", config: `{"credHelpers":{"REG":"good"},"credsStore":"none"}`, users: "GET trust:alice GET registry:alice", helper: "TRUST REG"},
		{name: "helper with an identity token", config: `{"credHelpers":{"REG":"token","TRUST":"token"}}`, users: "POST trust:alice POST registry:alice", helper: "TRUST REG"},
		{name: "helper hides auths", config: `{"auths":{"REG":{"auth":"BOB"}},"credHelpers":{"REG":"good"}}`, users: "GET trust:alice GET registry:alice", helper: "REG"},
		{name: "helper that writes on the terminal", config: `{"credHelpers":{"REG":"stderr"}}`, users: "GET trust:alice GET registry:alice", helper: "REG"},
		{name: "helper that looks for a terminal", config: `{"credHelpers":{"REG":"tty"}}`, users: "GET trust:alice GET registry:alice", helper: "REG"},
		{name: "DOCKER_AUTH_CONFIG", config: `{"credHelpers":{"REG":"rubbish"}}`, env: `DOCKER_AUTH_CONFIG={"auths":{"REG":{"auth":"ALICE"}}}`, users: "GET trust:alice GET registry:alice"},
		{name: "two users, which docker cannot say", config: `{"auths":{"REG":{"auth":"BOB"}}}`, env: "NOTARY_AUTH=ALICE",
			toml: "[profile.default]\ncredentials = { server = \"env:NOTARY_AUTH\", registry = \"helper:bob somewhere\" }", users: "GET trust:alice GET registry:bob", helper: "somewhere"},

		{name: "no login", users: "GET trust:", code: 1, want: "no login was found for it"},
		{name: "told to send none", config: `{"auths":{"REG":{"auth":"ALICE"}}}`, toml: "[profile.default]\ncredentials.server = \"anonymous\"", users: "GET trust:", code: 1},
		{name: "wrong password", config: `{"auths":{"REG":{"username":"alice","password":"wrong"}}}`, users: "GET trust:alice", code: 1, want: "who are you?"},
		{name: "wrong identity token", config: `{"auths":{"REG":{"identitytoken":"wrong"}}}`, users: "POST trust:", code: 1, want: "who are you?"},
		{name: "helper refuses", config: `{"credHelpers":{"REG":"refuse"}}`, code: 1, want: "the store is locked", helper: "REG"},
		{name: "helper refuses with the secret", config: `{"credHelpers":{"REG":"leak"}}`, code: 1, want: "may hold a secret", helper: "REG"},
		{name: "helper prints rubbish", config: `{"credHelpers":{"REG":"rubbish"}}`, code: 1, want: "not the JSON", helper: "REG"},
		{name: "helper prints escapes", config: `{"credHelpers":{"REG":"ansi"}}`, code: 1, want: `\x1b[2J`, helper: "REG"},
		{name: "helper hangs", config: `{"credHelpers":{"REG":"hang"}}`, code: 1, want: "did not answer within 10s", helper: "REG"},
		{name: "helper is not there", config: `{"credHelpers":{"REG":"nowhere"}}`, code: 1, want: "not in PATH"},
		{name: "helper is a path", config: `{"credHelpers":{"REG":"../../../bin/sh"}}`, code: 1, want: "no name of a program"},
		{name: "DOCKER_AUTH_CONFIG is wrong", env: `DOCKER_AUTH_CONFIG={"auths":{"REG":{"password":"BOB"}}}`, code: 1, want: "DOCKER_AUTH_CONFIG cannot be used"},
		{name: "token has ended", config: `{"auths":{"REG":{"auth":"ALICE"}}}`, rules: func(r *interop.TokenRules) { r.Life = -time.Hour }, code: 1, want: "by this machine's clock"},
		{name: "token is good for nothing", config: `{"auths":{"REG":{"auth":"ALICE"}}}`, rules: func(r *interop.TokenRules) { r.May = map[string]string{"alice trust": "nothing"} }, code: 1, want: "did not grant pull"},
		{name: "no token", config: `{"auths":{"REG":{"auth":"ALICE"}}}`, rules: func(r *interop.TokenRules) { r.Answer = "{}" }, code: 1, want: "answered without one"},
		{name: "web page for a token", config: `{"auths":{"REG":{"auth":"ALICE"}}}`, rules: func(r *interop.TokenRules) { r.Answer = "<html>" }, code: 1, want: "not JSON"},
		{name: "endless token", config: `{"auths":{"REG":{"auth":"ALICE"}}}`, rules: func(r *interop.TokenRules) { r.Answer = `{"token":"` + strings.Repeat("x", 10<<20) + `"}` }, code: 1, want: "more than the expected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l.rules(tt.rules)
			k := l.keyrite(t, l.fill(tt.config))
			if tt.env != "" {
				k.Env = append(k.Env, l.fill(tt.env))
			}
			if tt.toml != "" {
				put(t, filepath.Join(k.Home, "xdg", "CONFIG", "keyrite", "config.toml"), l.fill(tt.toml))
				k.Args = append(k.Args[2:], "--config", filepath.Join(k.Home, "xdg", "CONFIG", "keyrite", "config.toml"))
				k.Env = append(k.Env, "DOCKER_CONTENT_TRUST_SERVER=https://"+l.server.Host)
			}
			r := k.Try("--json", "tags", l.gun, "--compare")
			secretless(t, k, r)
			if r.Code != tt.code || !strings.Contains(r.Output(), tt.want) {
				t.Fatalf("exit %d, want %d and %q:\n%s", r.Code, tt.code, tt.want, r.Output())
			}
			if tt.code == 0 {
				var got tagsJSON
				if err := json.Unmarshal([]byte(r.Stdout), &got); err != nil {
					t.Fatal(err)
				}
				if len(got.Tags) != 1 || got.Tags[0].State != "signed" || !got.Verified || got.Source != "live" {
					t.Errorf("tags %+v", got)
				}
			}
			if log, _ := os.ReadFile(filepath.Join(k.Home, "helper.log")); tt.helper != "" || len(log) > 0 {
				if got := strings.Join(slices.Compact(strings.Fields(string(log))), " "); got != l.fill(tt.helper) {
					t.Errorf("helpers were asked for %q, want %q", got, l.fill(tt.helper))
				}
			}
			var users []string
			for _, a := range l.tokens.Asked() {
				users = append(users, a.Method+" "+a.Service+":"+a.User)
				want := "repository:" + l.gun + ":pull"
				if a.Service == "registry" {
					want = "repository:team/app:pull"
				}
				if a.Scope != want {
					t.Errorf("asked for %q, want %q", a.Scope, want)
				}
			}
			if got := strings.Join(users, " "); tt.users != "" && got != tt.users {
				t.Errorf("tokens were asked for by %q, want %q", got, tt.users)
			}
		})
	}
}

// TestBasicLogin has a registry that wants a password, and a trust server without a login.
func TestBasicLogin(t *testing.T) {
	t.Parallel()
	ca := interop.NewAuthority(t)
	reg := interop.StartBasicRegistry(t, ca, "alice", alicePassword)
	server := interop.StartServer(t, interop.ServerOptions{})
	gun := reg.Host + "/team/app"
	image := reg.Push("team/app", "v1", "one")
	n := server.Notary(t)
	n.InitServerSnapshot(gun)
	n.Sign(gun, "v1", image.Digest, image.Length)
	l := &logins{registry: reg, server: server, tokens: &interop.TokenService{}}
	for _, tt := range []struct{ name, config, want string }{
		{"password", `{"auths":{"REG":{"auth":"ALICE"}}}`, ""},
		{"legacy key", `{"auths":{"https://REG/v1/":{"auth":"ALICE"}}}`, ""},
		{"wrong password", `{"auths":{"REG":{"auth":"BOB"}}}`, "UNAUTHORIZED"},
		{"identity token", `{"auths":{"REG":{"identitytoken":"IDENTITY"}}}`, "identity token, which it cannot take"},
		{"none", "", "docker's configuration has none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := interop.NewKeyrite(t)
			k.Args = []string{"--server", server.URL}
			put(t, filepath.Join(k.DockerConfig(), "tls", reg.Host, "ca.crt"), read(t, ca.File))
			if tt.config != "" {
				put(t, filepath.Join(k.DockerConfig(), "config.json"), l.fill(tt.config))
			}
			r := k.Try("--json", "tags", gun, "--compare")
			secretless(t, k, r)
			if good := strings.Contains(r.Stdout, `"state": "signed"`); good != (tt.want == "") || !strings.Contains(r.Output(), tt.want) {
				t.Errorf("exit %d, want %q:\n%s", r.Code, tt.want, r.Output())
			}
		})
	}
}

// elsewhere is a trust server whose token service is on another host: a name that only a
// proxy knows.
type elsewhere struct {
	logins
	proxy string
	seen  func() []string // what the proxy was asked for
}

// startElsewhere starts one with one repository, whose one tag is v1.
func startElsewhere(t *testing.T) *elsewhere {
	t.Helper()
	const gun = "reg.example/team/app"
	ca := interop.NewAuthority(t)
	tokens := interop.StartTokenService(t, ca, "auth.example")
	tokens.Rule(func(r *interop.TokenRules) { r.Passwords = map[string]string{"alice": alicePassword} })
	server := interop.StartTokenServer(t, ca, tokens, "https://auth.example/token", gun)
	n := interop.NewNotary(t, server.URL, "")
	n.InitServerSnapshot(gun)
	n.Sign(gun, "v1", strings.Repeat("ab", 32), 100)
	e := &elsewhere{logins: logins{ca: ca, tokens: tokens, server: server, registry: &interop.Registry{Host: "reg.example"}, gun: gun}}
	e.proxy, e.seen = interop.StartTunnel(t, tokens.Host)
	return e
}

// keyrite is one that knows the proxy and alice's password.
func (e *elsewhere) keyrite(t *testing.T, args ...string) *interop.Keyrite {
	t.Helper()
	k := interop.NewKeyrite(t)
	k.Env = []string{"HTTPS_PROXY=" + e.proxy}
	k.Args = append(args, "--tls-ca", e.ca.File)
	put(t, filepath.Join(k.DockerConfig(), "config.json"), e.fill(`{"auths":{"REG":{"auth":"ALICE"}}}`))
	return k
}

func TestRealmElsewhere(t *testing.T) {
	t.Parallel()
	e := startElsewhere(t)
	for _, tt := range []struct {
		name, toml string
		code       int
	}{
		{"not confirmed", "", 1},
		{"another is confirmed", `realms = ["https://other.example"]`, 1},
		{"confirmed", `realms = ["https://auth.example/token"]`, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := e.keyrite(t)
			k.Env = append(k.Env, "DOCKER_CONTENT_TRUST_SERVER=https://"+e.server.Host)
			put(t, filepath.Join(k.Home, "xdg", "CONFIG", "keyrite", "config.toml"), "[profile.default]\n"+tt.toml+"\n")
			before := len(e.seen())
			r := k.Try("tags", e.gun)
			secretless(t, k, r)
			if r.Code != tt.code {
				t.Fatalf("exit %d, want %d:\n%s", r.Code, tt.code, r.Output())
			}
			reached := len(e.seen()) - before
			if tt.code != 0 && (reached != 0 || !strings.Contains(r.Stderr, `"https://auth.example"`) || !strings.Contains(r.Stderr, "realms = [")) {
				t.Errorf("%d connections, and it said %s", reached, r.Stderr)
			}
			if tt.code == 0 && (reached != 1 || !slices.Contains(e.seen(), "auth.example:443")) {
				t.Errorf("reached %q", e.seen())
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
