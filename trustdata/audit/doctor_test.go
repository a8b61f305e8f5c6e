package audit

import (
	"errors"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/access"
)

var today = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

const rootID = trustdata.KeyID("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")

// granted is a visit whose token is good for actions on a name.
func granted(status int, name, actions string) *access.Visit {
	v := &access.Visit{Status: status, TokenStatus: 200, Asked: []string{"repository:" + name + ":pull,push"},
		Challenge: access.Challenge{Scheme: "Bearer", Realm: "https://auth.example/token", Service: "svc"}}
	v.Token.Readable = true
	if actions != "" {
		v.Token.Granted = []string{"repository:" + name + ":" + actions}
	}
	return v
}

// both are the two servers of a GUN, asked for the same by the same login.
func both(gun trustdata.GUN, user string, trustRead, trustWrite, regRead, regWrite *access.Visit) []Server {
	login := access.Login{Kind: access.Password, User: user, Source: "auths in docker's config.json"}
	return []Server{
		{Kind: TrustServer, URL: "https://trust.example", Resource: string(gun), Login: login, Read: trustRead, Write: trustWrite},
		{Kind: Registry, URL: "https://reg.example", Resource: trustdata.ExpandGUN(gun).Path(), Login: login, Read: regRead, Write: regWrite},
	}
}

func all(gun trustdata.GUN, user, trustActions, regActions string) []Server {
	path := trustdata.ExpandGUN(gun).Path()
	return both(gun, user, granted(200, string(gun), "pull"), granted(200, string(gun), trustActions), granted(200, path, "pull"), granted(200, path, regActions))
}

func change(s []Server, f func(*Server)) []Server {
	for i := range s {
		f(&s[i])
	}
	return s
}

func TestFindings(t *testing.T) {
	const own, acr, gcr, dockerHub trustdata.GUN = "reg.example/app", "acme.azurecr.io/app", "eu.gcr.io/acme/app", "docker.io/library/alpine"
	const guid = "00000000-0000-0000-0000-000000000000"
	helper := func(name, user string) func(*Server) {
		return func(s *Server) { s.Login.Helper, s.Login.User = name, user }
	}
	for _, tt := range []struct {
		name    string
		gun     trustdata.GUN
		machine Machine
		servers []Server
		want    string // severity:code of each, in order
		text    []string
	}{
		{name: "all is well", gun: own, servers: all(own, "alice", "pull,push", "pull,push")},
		{name: "no login is asked for", gun: own, servers: both(own, "", &access.Visit{Status: 200}, nil, &access.Visit{Status: 200}, nil)},
		{name: "never signed", gun: own, servers: both(own, "", &access.Visit{Status: 404, Codes: []string{"METADATA_NOT_FOUND"}}, nil, nil, nil), want: "info:not_signed"},
		{name: "may not publish", gun: own, servers: all(own, "alice", "pull", "pull,push"), want: "warning:no_publish", text: []string{"Ask for repository:reg.example/app:pull,push"}},
		{name: "may not push either", gun: own, servers: all(own, "alice", "pull", "pull"), want: "warning:no_publish info:no_push"},
		{name: "opaque tokens tell nothing", gun: own, servers: change(all(own, "alice", "", ""), func(s *Server) { s.Read.Token, s.Write.Token = access.Token{}, access.Token{} })},
		{name: "star is everything", gun: own, servers: all(own, "alice", "*", "*")},
		{name: "no login", gun: own, servers: change(both(own, "", &access.Visit{Status: 401}, nil, nil, nil), func(s *Server) { s.Login = access.Login{Kind: access.Anonymous} }), want: "error:login_missing", text: []string{"docker login trust.example"}},
		{name: "wrong password", gun: own, servers: both(own, "alice", &access.Visit{TokenStatus: 401, Err: access.ErrUnauthorized, Challenge: access.Challenge{Scheme: "Bearer", Realm: "https://auth.example/token"}, Asked: []string{"repository:x:pull"}}, nil, nil, nil), want: "error:login_refused", text: []string{`"https://auth.example/token"`, `"alice"`}},
		{name: "wrong password by Basic", gun: own, servers: both(own, "alice", &access.Visit{Status: 401, Challenge: access.Challenge{Scheme: "Basic"}}, nil, nil, nil), want: "error:login_refused"},
		{name: "refused though logged in", gun: own, servers: both(own, "alice", granted(401, string(own), ""), nil, nil, nil), want: "error:read_refused", text: []string{"does not exist"}},
		{name: "helper fails", gun: own, servers: change(both(own, "", &access.Visit{Err: errors.New("x")}, nil, nil, nil), func(s *Server) { s.LoginErr = &access.HelperError{Helper: "pass", Key: "reg.example", Why: "locked"} }), want: "error:login_failed error:login_failed", text: []string{"locked"}},
		{name: "realm elsewhere", gun: own, servers: both(own, "", &access.Visit{Err: &access.RealmError{Server: "reg.example", Realm: "https://evil.example", Why: "x"}}, nil, nil, nil), want: "error:realm_not_confirmed", text: []string{`realms = ["https://evil.example"]`}},
		{name: "login in clear", gun: own, servers: both(own, "", &access.Visit{Err: access.ErrCleartext}, nil, nil, nil), want: "error:cleartext"},
		{name: "token service", gun: own, servers: both(own, "", &access.Visit{Err: &access.TokenError{URL: "u", Why: "w"}}, nil, nil, nil), want: "error:token_service"},
		{name: "no answer", gun: own, servers: both(own, "", &access.Visit{Err: errors.New("no such host")}, nil, nil, nil), want: "error:no_answer"},
		{name: "broken", gun: own, servers: both(own, "", &access.Visit{Status: 502}, nil, nil, nil), want: "error:server_broken"},
		{name: "clock", gun: own, servers: both(own, "", &access.Visit{Status: 200, Clock: today.Add(-24 * time.Hour)}, nil, &access.Visit{Status: 200, Clock: today.Add(-time.Minute)}, nil), want: "warning:clock", text: []string{"differ by 24h0m0s"}},
		{name: "shadowed", gun: own, servers: change(all(own, "alice", "*", "*"), func(s *Server) {
			if s.Kind == Registry {
				s.Login.Shadowed = []string{"https://reg.example/v1/"}
			}
		}), want: "info:login_shadowed", text: []string{"https://reg.example/v1/"}},
		{name: "expired", gun: own, servers: change(all(own, "alice", "*", "*")[:1], func(s *Server) { s.Login.Token.Expires = today.Add(-time.Hour) }), want: "error:login_expired"},
		{name: "expires soon", gun: own, servers: change(all(own, "alice", "*", "*")[:1], func(s *Server) { s.Login.Token.Expires = today.Add(10 * time.Minute) }), want: "warning:login_ends_soon", text: []string{"ends in 10m0s"}},
		{name: "Harbor's port", gun: own, servers: both(own, "", &access.Visit{Status: 404}, nil, nil, nil), want: "error:no_trust_server", text: []string{"https://HOST:4443", "2.8", "2027-03-24"}},
		{name: "insecure registry", gun: own, machine: Machine{InsecureRegistries: []string{"reg.example"}}, want: "warning:insecure_registry"},

		{name: "Azure, all is well", gun: acr, servers: all(acr, guid, "pull,push", "pull,push"), want: "info:azure_ends info:azure_token", text: []string{"2028-03-31", "2026-05-31", "3 hours", "customer-managed keys", "single repositories"}},
		{name: "Azure, no signer by scope", gun: acr, servers: all(acr, "sp", "pull", "pull,push"), want: "warning:azure_signer_missing info:azure_ends",
			text: []string{"--role AcrImageSigner", "az role assignment create --assignee APP_ID", "az account show", "az acr show --name acme ", "az acr login", "AcrPull suffices"}},
		{name: "Azure, no signer by 401", gun: acr, servers: both(acr, "sp", granted(200, string(acr), "pull"), &access.Visit{Status: 403}, granted(200, "app", "pull"), granted(200, "app", "pull,push")), want: "warning:azure_signer_missing info:azure_ends"},
		{name: "Azure, no signer by 405", gun: acr, servers: both(acr, "sp", granted(200, string(acr), "pull"), &access.Visit{Status: 405}, granted(200, "app", "pull"), granted(200, "app", "pull,push")), want: "warning:azure_signer_missing info:azure_ends"},
		{name: "Azure, reader", gun: acr, servers: all(acr, "sp", "pull", "pull"), want: "warning:no_publish info:azure_ends info:no_push"},
		{name: "Azure, off", gun: acr, servers: both(acr, "sp", &access.Visit{Status: 405}, nil, nil, nil), want: "error:azure_off info:azure_ends", text: []string{"not of the Premium tier"}},
		{name: "Azure's images, another trust server", gun: acr, servers: change(all(acr, guid, "*", "*"), func(s *Server) { s.Chosen = true })},

		{name: "Google by gcloud", gun: gcr, servers: change(all(gcr, "", "*", "*"), helper("gcloud", "_dcgcloud_token")), want: "info:google_login", text: []string{"gcloud helper"}},
		{name: "Google by gcr", gun: gcr, servers: change(all(gcr, "", "*", "*"), helper("gcr", "_dcgcr_token")), want: "info:google_login"},
		{name: "Google by token", gun: gcr, servers: all(gcr, "oauth2accesstoken", "*", "*"), want: "info:google_login", text: []string{"60 minutes"}},
		{name: "Google by key", gun: gcr, servers: all(gcr, "_json_key", "*", "*"), want: "warning:google_key", text: []string{"never ends", "In order of safety: the gcloud helper, docker-credential-gcr, oauth2accesstoken"}},
		{name: "Google's images, no trust server", gun: gcr, servers: both(gcr, "oauth2accesstoken", &access.Visit{Status: 404}, nil, nil, nil), want: "error:no_trust_server info:google_login", text: []string{"no trust server behind eu.gcr.io, and never was", "credentials.server"}},

		{name: "Hub", gun: dockerHub, servers: all(dockerHub, "alice", "*", "*"), want: "warning:hub_closes", text: []string{"2026-12-08, in 15 days", "repository:docker.io/library/alpine:pull", "keyrite archive docker.io/library/alpine"}},
		{name: "Hub's images, another trust server", gun: dockerHub, servers: change(all(dockerHub, "alice", "*", "*"), func(s *Server) { s.Chosen = true })},

		{name: "docker ignores it", machine: Machine{ContentTrust: "1", Docker: "29.1.0"}, want: "warning:content_trust_ignored", text: []string{"docker 29.1.0 here ignores it"}},
		{name: "docker heeds it", machine: Machine{ContentTrust: "1", Docker: "28.5.2"}},
		{name: "no docker", machine: Machine{ContentTrust: "1"}},
		{name: "content trust is off", machine: Machine{ContentTrust: "0", Docker: "29.1.0"}},
		{name: "modes", machine: Machine{Modes: true, Dirs: []TrustDir{{Path: "/h/my keys/private", Mode: 0o755, Keys: []KeyFile{{KeyID: rootID, Path: "/h/k", Mode: 0o644}, {Path: "/h/l", Mode: 0o600}}}}},
			want: "warning:folder_mode warning:key_mode", text: []string{"chmod 700 '/h/my keys/private'", "chmod 600 /h/k", "0755", "0644"}},
		{name: "no modes", machine: Machine{Dirs: []TrustDir{{Path: "/h", Mode: 0o777}}}},
		{name: "one root", machine: Machine{Roots: []RootKey{{KeyID: rootID}}}},
		{name: "two roots, one idle", machine: Machine{Roots: []RootKey{{KeyID: rootID, Signs: []trustdata.GUN{own}}, {KeyID: rootID}}}, want: "warning:second_root"},
		{name: "two roots at work", machine: Machine{Roots: []RootKey{{KeyID: rootID, Signs: []trustdata.GUN{own}}, {KeyID: rootID, Signs: []trustdata.GUN{acr}}}}, want: "info:several_roots"},
		{name: "old certificates", machine: Machine{OldCertificates: []string{"/h/trusted_certificates"}}, want: "info:old_certificates"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := Doctor{Now: today, Machine: tt.machine, GUN: tt.gun, Servers: tt.servers}.Findings()
			var got, words []string
			for _, f := range found {
				got = append(got, string(f.Severity)+":"+f.Code)
				words = append(words, f.Message, f.Remedy)
				if f.Message == "" || f.Remedy == "" || strings.HasSuffix(f.Message, ".") {
					t.Errorf("%s: message %q, remedy %q", f.Code, f.Message, f.Remedy)
				}
				if tt.gun != "" && f.GUN != tt.gun {
					t.Errorf("%s is of %q", f.Code, f.GUN)
				}
			}
			if g := strings.Join(got, " "); g != tt.want {
				t.Errorf("found %q, want %q", g, tt.want)
			}
			said := strings.Join(words, "\n")
			for _, want := range tt.text {
				if !strings.Contains(said, want) {
					t.Errorf("no %q in\n%s", want, said)
				}
			}
			if AtLeast(found, Warning) != (strings.Contains(tt.want, "warning") || strings.Contains(tt.want, "error")) {
				t.Error("AtLeast sees something else")
			}
		})
	}
}

// TestHubHasClosed looks at the dates from the other side.
func TestHubHasClosed(t *testing.T) {
	const gun trustdata.GUN = "docker.io/library/alpine"
	d := Doctor{Now: services().Hub.Closes.begins.Add(time.Hour), GUN: gun, Servers: all(gun, "alice", "*", "*")}
	if f := d.Findings(); len(f) != 1 || f[0].Severity != Error || !strings.Contains(f[0].Message, "closed on 2026-12-08") {
		t.Errorf("found %+v", f)
	}
	for d, want := range map[time.Duration]int{0: 0, -time.Hour: 0, -25 * time.Hour: 1, time.Second: -1, 49 * time.Hour: -3} {
		if got := services().Hub.Closes.left(services().Hub.Closes.begins.Add(d)); got != want {
			t.Errorf("%s after the day began %d days are left, want %d", d, got, want)
		}
	}
}

// TestServices holds that the data file is whole: a date or name missing there would make
// a finding wrong without a sound.
func TestServices(t *testing.T) {
	s := services()
	for name, ok := range map[string]bool{
		"docker": s.IgnoresSince > 0, "hub": !s.Hub.Closes.begins.IsZero(), "azure": !s.Azure.Ends.begins.IsZero() && !s.Azure.ClosedNew.begins.IsZero() && s.Azure.TokenUser != "" && s.Azure.Hours > 0,
		"google": s.Google.TokenUser != "" && s.Google.Minutes > 0 && len(s.Google.KeyUsers) == 2, "harbor": s.Harbor.Last != "" && s.Harbor.Port != "", "msr": !s.MSR.Ends.begins.IsZero(),
	} {
		if !ok {
			t.Errorf("%s is not whole", name)
		}
	}
	for gun, want := range map[trustdata.GUN]provider{"alpine": hub, "acme.azurecr.io/x": azure, "azurecr.io.example/x": "", "gcr.io/a/b": google, "us.gcr.io/a/b": google, "asia.gcr.io/a/b": google,
		"europe-docker.pkg.dev/a/b/c": google, "evil-gcr.io/x": "", "ghcr.io/a/b": untrusting, "reg.example/x": ""} {
		if got, _ := providerOf(gun); got != want {
			t.Errorf("%s is run by %q, want %q", gun, got, want)
		}
	}
}
