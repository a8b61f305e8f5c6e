package interop_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"keyrite/cmd/keyrite/interop"
)

// TestDoctor walks to both servers.
func TestDoctor(t *testing.T) {
	t.Parallel()
	l := startLogins(t)
	type doctorJSON struct {
		Findings []struct{ Severity, Code, Message, Remedy string }
		Checked  struct{ Keys, Repositories, Servers int }
		Servers  []struct {
			Kind, URL, Scheme, Realm, Service string
			Login                             struct {
				Kind, User, Source, Key, Helper string
				Shadowed                        []string
			}
			Asks []struct {
				For            string
				Scope, Granted []string
				Status         int
				TokenExpires   *time.Time `json:"token_expires"`
			}
		}
	}
	for _, tt := range []struct {
		name, config string
		rules        func(*interop.TokenRules)
		code         int
		login        string
		granted      string // for: trust read, trust write, registry read, registry write
		codes        string
	}{
		{"all is well", `{"auths":{"REG":{"auth":"ALICE"}}}`, nil, 0, "password alice auths in docker's config.json", "pull pull,push pull pull,push", ""},
		{"shadowed", `{"auths":{"REG":{"auth":"BOB"}},"credHelpers":{"REG":"token"}}`, nil, 0, "identity token  credHelpers in docker's config.json", "pull pull,push pull pull,push", "info login_shadowed info login_shadowed"},
		{"reader", `{"auths":{"REG":{"auth":"ALICE"}}}`, func(r *interop.TokenRules) { r.May = map[string]string{"alice trust": "pull"} }, 3,
			"password alice auths in docker's config.json", "pull pull pull pull,push", "warning no_publish"},
		{"nobody", "", nil, 3, "anonymous  ", "none none none none", "error login_missing error login_missing"},
		{"wrong password", `{"auths":{"REG":{"username":"alice","password":"wrong"}}}`, nil, 3, "password alice auths in docker's config.json", "", "error login_refused error login_refused"},
		{"helper fails", `{"credsStore":"refuse"}`, nil, 3, "", "", "error login_failed error login_failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l.rules(tt.rules)
			k := l.keyrite(t, l.fill(tt.config))
			k.Env[0] = "PATH=" + l.helpers + ":/usr/bin:/bin"
			r := k.Try("--json", "doctor", l.gun)
			secretless(t, k, r)
			plain := k.Try("doctor", l.gun)
			secretless(t, k, plain)
			if r.Code != tt.code || plain.Code != tt.code {
				t.Fatalf("exit %d and %d, want %d:\n%s%s", r.Code, plain.Code, tt.code, r.Output(), plain.Output())
			}
			var got doctorJSON
			if err := json.Unmarshal([]byte(r.Stdout), &got); err != nil {
				t.Fatalf("%v in %s", err, r.Output())
			}
			if got.Checked.Servers != 2 || len(got.Servers) != 2 || got.Servers[0].Kind != "trust server" || got.Servers[1].Kind != "registry" {
				t.Fatalf("looked at %+v", got)
			}
			var codes, granted []string
			for _, f := range got.Findings {
				codes = append(codes, f.Severity+" "+f.Code)
			}
			for i, s := range got.Servers {
				if l := s.Login; tt.login != "" && fmt.Sprintf("%s %s %s", l.Kind, l.User, l.Source) != tt.login {
					t.Errorf("login %+v, want %q", l, tt.login)
				}
				if tt.granted == "" {
					continue
				}
				if s.Scheme != "Bearer" || s.Realm != l.tokens.Realm || s.Service != []string{"trust", "registry"}[i] {
					t.Errorf("challenge %q %q %q", s.Scheme, s.Realm, s.Service)
				}
				for _, a := range s.Asks {
					what := "none"
					if len(a.Granted) == 1 && !strings.HasSuffix(a.Granted[0], ":") {
						what = a.Granted[0][strings.LastIndexByte(a.Granted[0], ':')+1:]
					}
					granted = append(granted, what)
					if a.TokenExpires == nil || time.Until(*a.TokenExpires) > 6*time.Minute {
						t.Errorf("the token ends %v", a.TokenExpires)
					}
				}
			}
			if g := strings.Join(granted, " "); g != tt.granted {
				t.Errorf("granted %q, want %q", g, tt.granted)
			}
			if c := strings.Join(codes, " "); c != tt.codes {
				t.Errorf("found %q, want %q in\n%s", c, tt.codes, plain.Stdout)
			}
		})
	}
}
