package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// configured runs the program in a home of its own with a settings file.
func configured(t *testing.T, text string, args ...string) (code int, out, errout string) {
	t.Helper()
	home := t.TempDir()
	if text != "" {
		writeConfig(t, filepath.Join(home, "xdg", "keyrite", "config.toml"), text)
	}
	env := map[string]string{"HOME": home, "USERPROFILE": home, "XDG_CONFIG_HOME": filepath.Join(home, "xdg"), "NOTARY_AUTH": "s3cret"}
	var o, e bytes.Buffer
	code = run(args, process{in: strings.NewReader(""), out: &o, err: &e, getenv: func(n string) string { return env[n] }, now: time.Now})
	return code, o.String(), e.String()
}

const goodConfig = `
[profile.prod]
word = "PROD"
trust_dir = ["~/keys", "/srv/keys"]
server = "https://notary.acme.example"
registry = "https://reg.acme.example"
read_only = true
realms = ["https://Auth.acme.example:443/token"]
credentials = { server = "env:NOTARY_AUTH", registry = "helper:pass reg.acme.example" }
[profile.prod.tls]
server = { ca = "~/ca.crt", cert = "/srv/c.pem", key = "/srv/k.pem" }

[profile.test]
word = "TEST"

[pins.certs]
"reg.acme.example/web" = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

[clients.build-farm.certs]
"reg.acme.example/*" = "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"

[recipients]
office = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]

[backup]
to = "~/stick"
recipients = ["office"]

[limits]
timeout = "45s"
at_once = 48
`

func TestConfigShow(t *testing.T) {
	code, out, errout := configured(t, goodConfig, "config", "show", "--profile", "prod")
	if code != 0 || errout != "" {
		t.Fatalf("exit %d: %s", code, errout)
	}
	for _, want := range []string{"PROD", "https://notary.acme.example", "env:NOTARY_AUTH", "helper:pass", "https://auth.acme.example", "/srv/keys", "age1ql3z7", "45s", "48", "Pin of reg.acme.example/web", "Client build-farm pins reg.acme.example/*"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "s3cret") {
		t.Error("a secret is shown")
	}
	for _, args := range [][]string{{"config", "check"}, {"config", "path"}, {"--json", "config", "show"}, {"--plain", "config", "show"}, {"--json", "config", "check"}} {
		if code, _, errout := configured(t, goodConfig, args...); code != 0 {
			t.Errorf("%q: exit %d: %s", args, code, errout)
		}
	}
	if code, out, _ := configured(t, "", "config", "check"); code != 0 || !strings.Contains(out, "no settings file") {
		t.Errorf("without a file: exit %d, %s", code, out)
	}
}

func TestConfigRefused(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown table", "\n[profiles.prod]\nword = \"P\"\n", `line 2: "profiles.prod" is no setting`},
		{"unknown key", "[profile.prod]\n# a comment\n\nserver = \"https://x\"\npasword = \"hunter2\"\n", `line 5: "profile.prod.pasword" is no setting`},
		{"unknown key after a long value", "[backup]\nrecipients = [\n]\n[limits]\nmemory = 3\n", `line 5: "limits.memory" is no setting`},
		{"unknown key in a table of a line", "[profile.a]\ncredentials = { server = \"docker\", pass = \"hunter2\" }", `line 2: "profile.a.credentials.pass" is no setting`},
		{"no TOML", "[profile.a\nword = 1", "line 2"},
		{"wrong type", "[profile.a]\nread_only = \"yes\"", "line 2"},
		{"no quotes", "[profile.a]\ncredentials.server = hunter2", "line 2"},
		{"twice", "[profile.a]\nword=\"A\"\nword=\"B\"", "line 3"},
		{"word", "[profile.a]\nword = \"Production of all\"", "is not 1 to 12 capitals"},
		{"word that acts", "[profile.a]\nword = \"\\u001b[2J\"", "is not 1 to 12 capitals"},
		{"name", "[profile.\"a b\"]\nword = \"A\"", "no name for a profile"},
		{"server", "[profile.a]\nserver = \"notary.example\"", "server: not a URL"},
		{"server with a password", "[profile.a]\nserver = \"https://me:hunter2@x\"", "server: a user name or password"},
		{"relative", "[profile.a]\ntrust_dir = \"keys\"", "neither absolute nor below"},
		{"realm by http", "[profile.a]\nrealms = [\"http://auth.example\"]", "realms: entry 1 is not https"},
		{"a password as a source", "[profile.a]\ncredentials = { server = \"hunter2\" }", "a password itself does not belong here"},
		{"certificate without key", "[profile.a]\ntls = { registry = { cert = \"/c\" } }", "tls.registry: cert and key are set together"},
		{"pin", "[pins.certs]\n\"reg.example/x\" = \"abc\"", `[pins] certs "reg.example/x"`},
		{"pin of nothing", "[pins.certs]\n\"a//b\" = \"abc\"", "[pins] certs"},
		{"pinned to a relative file", "[pins.ca]\n\"a/\" = \"ca.pem\"", "neither absolute nor below"},
		{"client's pin", "[clients.farm.certs]\n\"reg.example/x\" = \"abc\"", `[clients.farm] certs "reg.example/x"`},
		{"client's file", "[clients.farm.ca]\n\"a/\" = \"ca.pem\"", `[clients.farm] ca "a/"`},
		{"client's name", "[clients.\"a b\"]\ndisable_tofu = true", "no name for a client"},
		{"recipient", "[recipients]\na = \"age1hunter\"", `[recipients] "a"`},
		{"recipient's name", "[recipients]\n\"age1x\" = \"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\"", "no name for a recipient"},
		{"unknown recipient", "[backup]\nrecipients = [\"nobody\"]", `"nobody" is neither`},
		{"limit", "[limits]\ntimeout = \"-3s\"", "is no time such as"},
		{"none at once", "[limits]\nat_once = -1", "[limits] at_once: -1 is not between 1 and 128"},
		{"too many at once", "[limits]\nat_once = 129", "129 is not between 1 and 128"},
		{"no text", "[recipients]\na = 3", "a text or a list of texts"},
		{"huge", strings.Repeat("#", maxConfig+1), "larger than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, verb := range [][]string{{"config", "check"}, {"keys", "list"}} {
				code, out, errout := configured(t, tt.text, verb...)
				if code != exitUsage || out != "" || !strings.Contains(errout, tt.want) || !strings.Contains(errout, "config.toml") {
					t.Errorf("%q: exit %d, %q, %q, want %q", verb, code, out, errout, tt.want)
				}
				if strings.Contains(errout, "hunter2") || strings.Contains(errout, "\x1b") {
					t.Errorf("%q shows what it must not", errout)
				}
			}
		})
	}
	if code, _, errout := configured(t, goodConfig, "--profile", "nope", "keys", "list"); code != exitUsage || !strings.Contains(errout, "there are prod, test") {
		t.Errorf("unknown profile: exit %d, %s", code, errout)
	}
	if code, _, errout := configured(t, "", "--config", "/nonexistent/x.toml", "keys", "list"); code != exitUsage || !strings.Contains(errout, "x.toml") {
		t.Errorf("named file that is not there: exit %d, %s", code, errout)
	}
}

// TestProfileInForce looks at what a profile changes and what a flag keeps from it.
func TestProfileInForce(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, "c.toml")
	writeConfig(t, path, goodConfig)
	open := func(args ...string) *cli {
		t.Helper()
		env := map[string]string{"HOME": home, "DOCKER_CONTENT_TRUST_SERVER": "https://environment.example"}
		c := newCLI(process{in: strings.NewReader(""), out: io.Discard, err: io.Discard, getenv: func(n string) string { return env[n] }, now: time.Now})
		if err := c.execute(t.Context(), append(args, "--config", path, "activity")); err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := open("--profile", "prod")
	s, err := c.open()
	if err != nil {
		t.Fatal(err)
	}
	if s.access.Server != "https://notary.acme.example" || s.access.Registry != "https://reg.acme.example" || !c.flags.readOnly ||
		c.flags.timeout != 45*time.Second || c.profileLabel() != "PROD prod" || s.paths.trust[0] != filepath.Join(home, "keys") {
		t.Errorf("profile prod gives %q, %q, %v, %s, %q, %q", s.access.Server, s.access.Registry, c.flags.readOnly, c.flags.timeout, c.profileLabel(), s.paths.trust)
	}
	if s.access.ServerLogin.Basic == nil || s.access.RegistryLogin.Helper != "pass" || s.access.RegistryLogin.Key != "reg.acme.example" || s.access.ServerTLS.Key != "/srv/k.pem" {
		t.Errorf("profile prod gives logins %+v, %+v, files %+v", s.access.ServerLogin, s.access.RegistryLogin, s.access.ServerTLS)
	}
	c = open("--profile", "prod", "--server", "https://flag.example", "--timeout", "7s")
	if s, err = c.open(); err != nil {
		t.Fatal(err)
	}
	if s.access.Server != "https://flag.example" || s.access.ServerLogin.Basic != nil || s.access.ServerTLS.Key != "" || c.flags.timeout != 7*time.Second {
		t.Errorf("with --server: %q with the login of another server: %+v", s.access.Server, s.access.ServerLogin)
	}
	c = open("--profile", "test")
	if s, err = c.open(); err != nil || s.access.Server != "https://environment.example" || c.profileLabel() != "TEST test" {
		t.Errorf("profile test gives %q, %q, %v", s.access.Server, c.profileLabel(), err)
	}
	if got := c.recipientNames([]string{"office", "x"}); len(got) != 2 || !strings.HasPrefix(got[0], "age1ql3") || got[1] != "x" {
		t.Errorf("recipients %q", got)
	}
	if f := c.backupDefaults(backupFlags{}); !slices.Equal(f.to, []string{filepath.Join(home, "stick")}) || len(f.recipients) != 1 {
		t.Errorf("backup goes to %q for %q", f.to, f.recipients)
	}
}

func writeConfig(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestConfirmedRealms holds that what was confirmed holds for that pair alone, in the
// console too, and that a log that was changed is not believed.
func TestConfirmedRealms(t *testing.T) {
	c := newCLI(process{in: strings.NewReader(""), out: io.Discard, err: io.Discard, getenv: func(string) string { return "" }, now: time.Now})
	path := filepath.Join(t.TempDir(), "realms.jsonl")
	b := &realmBook{cli: c, path: path, quiet: true}
	confirmed := func(server, realm string) bool {
		t.Helper()
		ok, err := b.confirm(t.Context(), server, realm)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if confirmed("reg.example", "https://auth.example") {
		t.Error("confirmed before anybody was asked")
	}
	if err := b.remember(realmRecord{"reg.example", "https://auth.example"}); err != nil {
		t.Fatal(err)
	}
	for pair, want := range map[[2]string]bool{
		{"reg.example", "https://auth.example"}: true, {"other.example", "https://auth.example"}: false,
		{"reg.example:444", "https://auth.example"}: false, {"reg.example", "https://auth.example:444"}: false,
	} {
		if confirmed(pair[0], pair[1]) != want {
			t.Errorf("%q: want %v", pair, want)
		}
	}
	if err := os.WriteFile(path, []byte(`{"format":1,"seq":1,"prev":"x"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if ok, err := b.confirm(t.Context(), "reg.example", "https://auth.example"); ok || err == nil {
		t.Errorf("a broken log gives %v, %v", ok, err)
	}
}
