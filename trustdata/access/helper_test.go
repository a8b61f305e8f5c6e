package access

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
)

// TestMain makes this test binary a credential helper when it is run by such a name.
func TestMain(m *testing.M) {
	if name, ok := strings.CutPrefix(filepath.Base(os.Args[0]), helperPrefix); ok {
		os.Exit(actHelper(name))
	}
	os.Exit(m.Run())
}

// canary is the secret of every helper. It may be in no error.
const canary = "canary-5ecret-of-the-helper"

// actHelper is a helper that behaves as its name says. Each run is noted in $HELPER_LOG.
func actHelper(name string) int {
	// Read to the end: a client that leaves standard input open hangs here.
	key := make([]byte, 0, 1<<10)
	for buf := make([]byte, 1<<10); ; {
		n, err := os.Stdin.Read(buf)
		key = append(key, buf[:n]...)
		if err != nil {
			break
		}
	}
	if log := os.Getenv("HELPER_LOG"); log != "" {
		f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return 9
		}
		fmt.Fprintf(f, "%s %q %q\n", name, os.Args[1:], key)
		f.Close()
	}
	answer := func(user, secret string) {
		fmt.Printf(`{"ServerURL":%q,"Username":%q,"Secret":%q}`+"\n", key, user, secret)
	}
	switch name {
	case "good":
		answer("alice", canary)
	case "token":
		answer(tokenUser, canary)
	case "none":
		fmt.Println(helperNotFound)
		return 1
	case "empty":
		answer("", "")
	case "nouser":
		answer("", canary)
	case "control":
		fmt.Printf(`{"Username":"al\u001b[2Jice","Secret":%q}`, canary)
	case "refuse":
		fmt.Println("the store is locked, token=" + canary)
		return 1
	case "ansi":
		fmt.Println("\x1b[2J\x1b]0;owned\x07 no")
		return 1
	case "leak":
		answer("alice", canary)
		return 1
	case "stderr":
		fmt.Fprintln(os.Stderr, "\x1b[2J drawn over the console")
		answer("alice", canary)
	case "onlystderr":
		fmt.Fprintln(os.Stderr, "gcloud: not logged in, see https://user:"+canary+"@host/x")
		return 2
	case "rubbish":
		fmt.Println("Hello! " + canary)
	case "more":
		answer("alice", canary)
		answer("bob", canary)
	case "huge":
		fmt.Println(strings.Repeat(canary, 1<<16))
	case "hang":
		time.Sleep(time.Minute)
	case "env":
		answer("alice", strings.Join(os.Environ(), ","))
	default:
		return 8
	}
	return 0
}

// helpersIn makes every helper of actHelper runnable, and gives the log of their runs.
func helpersIn(t *testing.T) (Helpers, func() string) {
	t.Helper()
	dir, self := t.TempDir(), os.Args[0]
	if abs, err := filepath.Abs(self); err == nil {
		self = abs
	}
	log := filepath.Join(dir, "log")
	return Helpers{
			Find: func(program string) (string, error) {
				if strings.HasSuffix(program, "-missing") {
					return "", os.ErrNotExist
				}
				path := filepath.Join(dir, program)
				if err := os.Symlink(self, path); err != nil && !errors.Is(err, os.ErrExist) {
					t.Error(err)
				}
				return path, nil
			},
			Env:     []string{"HELPER_LOG=" + log},
			Timeout: 20 * time.Second,
		}, func() string {
			b, err := os.ReadFile(log)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			return string(b)
		}
}

func TestHelpers(t *testing.T) {
	for _, tt := range []struct {
		name, key     string
		user, refresh string
		want          string // part of the error, "" for success
	}{
		{name: "good", user: "alice"},
		{name: "token", refresh: canary},
		{name: "none"},
		{name: "empty"},
		{name: "stderr", user: "alice"},
		{name: "nouser", want: "no user name"},
		{name: "control", want: "control character"},
		{name: "refuse", want: `it says "the store is locked, [not shown]"`},
		{name: "ansi", want: `it says "\x1b[2J\x1b]0;owned\a no"`},
		{name: "leak", want: "may hold a secret"},
		{name: "onlystderr", want: "gcloud: not logged in"},
		{name: "rubbish", want: "not the JSON"},
		{name: "more", want: "not the JSON"},
		{name: "huge", want: "larger than"},
		{name: "missing", want: "not in PATH"},
		{name: "../../bin/sh", want: "no name of a program"},
		{name: "a/b", want: "no name of a program"},
		{name: `a\b`, want: "no name of a program"},
		{name: "-x", want: "no name of a program"},
		{name: "good", key: "reg.example\n.evil", want: "control character"},
		{name: "good", key: "reg.example\r", want: "control character"},
		{name: "good", key: "reg.example\x00", want: "control character"},
	} {
		t.Run(tt.name+tt.key, func(t *testing.T) {
			h, log := helpersIn(t)
			key := "reg.example:5000"
			if tt.key != "" {
				key = tt.key
			}
			login, err := h.ask(t.Context(), tt.name, key)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !errors.Is(err, ErrHelper)) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), canary) {
				t.Errorf("%v shows the secret", err)
			}
			if login.Username != tt.user || login.RefreshToken != tt.refresh {
				t.Errorf("login of %q, token %q", login.Username, login.RefreshToken)
			}
			if want := fmt.Sprintf("%s [\"get\"] %q\n", tt.name, key); tt.want == "" && log() != want {
				t.Errorf("it was asked %q, want %q", log(), want)
			}
			if tt.key != "" && log() != "" {
				t.Errorf("it was run: %q", log())
			}
		})
	}
}

func TestHelperHangs(t *testing.T) {
	h, _ := helpersIn(t)
	h.Timeout = 200 * time.Millisecond
	start := time.Now()
	if _, err := h.ask(t.Context(), "hang", "x"); !errors.Is(err, ErrHelper) || !strings.Contains(err.Error(), "within 200ms") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	h.Timeout = time.Minute
	if _, err := h.ask(ctx, "hang", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("it took %s", d)
	}
}

// TestHelperEnvironment holds that a helper gets the environment that it was given and
// nothing of this process's.
func TestHelperEnvironment(t *testing.T) {
	t.Setenv("KEYRITE_TEST_SECRET", "x")
	h, _ := helpersIn(t)
	h.Env = []string{"A=1"}
	login, err := h.ask(t.Context(), "env", "x")
	if err != nil || login.Password != "A=1" {
		t.Errorf("its environment was %q, %v", login.Password, err)
	}
}

// TestOrder is docker's order of places to look for a login.
func TestOrder(t *testing.T) {
	const reg trustdata.GUN = "reg.example/web"
	file := func(more string) string {
		return `{"auths":{"reg.example":{"auth":"` + aliceAuth + `"}}` + more + `}`
	}
	for _, tt := range []struct {
		name, env, config string
		gun               trustdata.GUN
		from              LoginSource
		want, shadowed    string
		ran, err          string
	}{
		{name: "nothing", want: "anonymous"},
		{name: "file", config: file(""), want: `password of "alice" from auths in docker's config.json`},
		{name: "store", config: file(`,"credsStore":"token"`), want: "identity token from credsStore in docker's config.json", shadowed: "reg.example", ran: `token ["get"] "reg.example"`},
		{name: "store without a login", config: file(`,"credsStore":"none"`), want: "anonymous from credsStore in docker's config.json", shadowed: "reg.example", ran: `none ["get"] "reg.example"`},
		{name: "store that fails", config: file(`,"credsStore":"rubbish"`), err: "the credential helper \"rubbish\" gave no login"},
		{name: "helper before store", config: file(`,"credsStore":"rubbish","credHelpers":{"reg.example":"good"}`), want: `password of "alice" from credHelpers in docker's config.json`, shadowed: "reg.example", ran: `good ["get"] "reg.example"`},
		{name: "helper of another", config: file(`,"credHelpers":{"gcr.io":"rubbish"}`), want: `password of "alice" from auths in docker's config.json`},
		{name: "hub's key", gun: "docker.io/library/alpine", config: `{"credsStore":"good"}`, want: `password of "alice" from credsStore in docker's config.json`, ran: `good ["get"] "https://index.docker.io/v1/"`},
		{name: "environment", env: `{"auths":{"reg.example":{"auth":"` + bobAuth + `"}}}`, config: file(`,"credsStore":"rubbish"`), want: `password of "bob" from DOCKER_AUTH_CONFIG`, shadowed: "reg.example"},
		{name: "environment names another", env: `{"auths":{"gcr.io":{"auth":"` + bobAuth + `"}}}`, config: file(""), want: `password of "alice" from auths in docker's config.json`},
		{name: "environment with a token", env: `{"auths":{"reg.example":{"identitytoken":"` + canary + `"}}}`, err: "DOCKER_AUTH_CONFIG cannot be used"},
		{name: "environment with a store", env: `{"auths":{},"credsStore":"good"}`, err: "DOCKER_AUTH_CONFIG cannot be used"},
		{name: "environment is a file name", env: "/etc/docker/" + canary, err: "DOCKER_AUTH_CONFIG cannot be used"},
		{name: "environment twice", env: `{"auths":{}}{"auths":{}}`, err: "DOCKER_AUTH_CONFIG cannot be used"},
		{name: "environment without auth", env: `{"auths":{"reg.example":{}}}`, err: "has no auth"},
		{name: "environment is no base64", env: `{"auths":{"reg.example":{"auth":"` + canary + `!"}}}`, err: "not base64"},
		{name: "told to be anonymous", config: file(`,"credsStore":"rubbish"`), from: LoginSource{Name: "config.toml", None: true}, want: "anonymous from config.toml"},
		{name: "told which helper", config: file(`,"credsStore":"rubbish"`), from: LoginSource{Name: "config.toml", Helper: "good", Key: "k"}, want: `password of "alice" from config.toml`, ran: `good ["get"] "k"`},
		{name: "told which key", config: `{"auths":{"reg.example":{"auth":"` + aliceAuth + `"},"k":{"auth":"` + bobAuth + `"}}}`, from: LoginSource{Name: "config.toml", Key: "k"}, want: `password of "bob" from auths in docker's config.json`},
		{name: "told a value", config: file(""), from: LoginSource{Name: "$NOTARY_AUTH", Basic: func() (string, error) { return bobAuth, nil }}, want: `password of "bob" from $NOTARY_AUTH`},
		{name: "told a bad value", from: LoginSource{Name: "$NOTARY_AUTH", Basic: func() (string, error) { return canary, nil }}, err: "login from $NOTARY_AUTH: its auth value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.config != "" {
				writeFile(t, filepath.Join(dir, "config.json"), tt.config)
			}
			h, log := helpersIn(t)
			now := time.Now()
			c := Config{DockerDir: dir, Helpers: h, ServerLogin: tt.from, Logins: &Logins{Now: func() time.Time { return now }}}
			if tt.env != "" {
				c.AuthConfig = func() string { return tt.env }
			}
			if tt.gun == "" {
				tt.gun = reg
			}
			for range 2 { // the second from memory
				e, err := c.TrustServer(tt.gun)
				if err != nil {
					t.Fatal(err)
				}
				login, err := e.Login(t.Context())
				if tt.err != "" {
					if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), canary) {
						t.Errorf("got %v, want %q", err, tt.err)
					}
					continue
				}
				if err != nil || login.String() != tt.want || strings.Join(login.Shadowed, " ") != tt.shadowed {
					t.Errorf("got %q shadowing %q, %v, want %q and %q", login, login.Shadowed, err, tt.want, tt.shadowed)
				}
			}
			if got := strings.TrimSpace(log()); tt.err == "" && got != tt.ran {
				t.Errorf("ran %q, want %q once", got, tt.ran)
			}
		})
	}
}
