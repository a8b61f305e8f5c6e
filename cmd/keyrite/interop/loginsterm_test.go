package interop_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/cmd/keyrite/interop"
)

// TestRealmIsAskedOnce confirms a token service on another host on a terminal, and then
// needs none any more.
func TestRealmIsAskedOnce(t *testing.T) {
	t.Parallel()
	e := startElsewhere(t)
	k := e.keyrite(t, "--server", "https://"+e.server.Host)

	x := k.Terminal(120, 30, "tags", e.gun)
	x.Wait("wants its login sent to https://auth.example, which is another host", "Type yes to send it")
	x.Type("y")
	x.Press("Enter", interop.TerminalAfter+"1")
	if len(e.seen()) != 0 || k.Try("tags", e.gun).Code != 1 {
		t.Errorf("reached %q after a no", e.seen())
	}
	x = k.Terminal(120, 30, "tags", e.gun)
	x.Wait("Type yes to send it")
	x.Type("yes")
	x.Press("Enter", "v1", interop.TerminalAfter+"0")
	r := k.Try("tags", e.gun)
	secretless(t, k, r)
	if r.Code != 0 || !strings.Contains(r.Stdout, "v1") {
		t.Errorf("afterwards: exit %d\n%s", r.Code, r.Output())
	}
	show := k.Run("config", "show")
	if !strings.Contains(show.Stdout, e.server.Host+" may send its login to https://auth.example") {
		t.Errorf("config show does not tell:\n%s", show.Stdout)
	}
	// Another server may not name it for that.
	k.Args = append([]string{"--server", "https://localhost" + e.server.Host[strings.LastIndexByte(e.server.Host, ':'):]}, k.Args[2:]...)
	if r := k.Try("tags", e.gun); r.Code != 1 || !strings.Contains(r.Stderr, "not confirmed") {
		t.Errorf("another server: exit %d\n%s", r.Code, r.Output())
	}
}

// TestProfileWord looks for the profile's word in the console's header.
func TestProfileWord(t *testing.T) {
	t.Parallel()
	k := interop.NewKeyrite(t)
	config := filepath.Join(k.Home, "c.toml")
	put(t, config, "[profile.default]\nword = \"PROD\"\nread_only = true\nserver = \"https://127.0.0.1:1\"\n[profile.acme]\nword = \"TEST\"\n")
	k.Args = []string{"--config", config}
	x := k.Terminal(110, 30)
	x.Wait("PROD", "RO")
	x.Insist("q", interop.TerminalAfter+"0")
	x = k.Terminal(110, 30, "--profile", "acme")
	x.Wait("TEST", "RW")
	x.Insist("q", interop.TerminalAfter+"0")
}

// TestDoctorOfTheMachine has a docker that ignores content trust, one that hangs, loose
// modes, and what old clients left.
func TestDoctorOfTheMachine(t *testing.T) {
	t.Parallel()
	n := interop.StartServer(t, interop.ServerOptions{}).Notary(t)
	n.InitServerSnapshot("reg.example/app")
	for _, tt := range []struct {
		name, docker, env string
		change            func(dir string) error
		codes             string
		code              int
	}{
		{"nothing", "", "", nil, "", 0},
		{"docker 29", `echo "Docker version 29.1.0, build 4612690"`, "DOCKER_CONTENT_TRUST=1", nil, "content_trust_ignored", 3},
		{"docker 28", `echo "Docker version 28.5.2, build ecc6942"`, "DOCKER_CONTENT_TRUST=1", nil, "", 0},
		{"docker 29, not relied on", `echo "Docker version 29.1.0, build 4612690"`, "DOCKER_CONTENT_TRUST=0", nil, "", 0},
		{"docker that hangs", `sleep 60`, "DOCKER_CONTENT_TRUST=1", nil, "", 0},
		{"docker that draws", `printf 'Docker version 29\033[2J'; printf '\033[2J' >&2`, "DOCKER_CONTENT_TRUST=1", nil, "content_trust_ignored", 3},
		{"folder open to all", "", "", func(dir string) error { return os.Chmod(filepath.Join(dir, "private"), 0o755) }, "folder_mode", 3},
		{"key open to all", "", "", func(dir string) error {
			keys, err := filepath.Glob(filepath.Join(dir, "private", "*.key"))
			if err != nil {
				return err
			}
			return os.Chmod(keys[0], 0o644)
		}, "key_mode", 3},
		{"old certificates", "", "", func(dir string) error { return os.Mkdir(filepath.Join(dir, "trusted_certificates"), 0o700) }, "old_certificates", 0},
		{"another root", "", "", func(dir string) error {
			other := n.Fresh()
			other.Run("key", "generate", "ecdsa")
			keys, err := filepath.Glob(filepath.Join(other.TrustDir, "private", "*.key"))
			if err != nil {
				return err
			}
			data, err := os.ReadFile(keys[0])
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "private", filepath.Base(keys[0])), data, 0o600)
		}, "second_root", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			own := n.Clone()
			k := own.Keyrite()
			k.Run("tags", "reg.example/app") // so that the root key is known to be in use
			bin := t.TempDir()
			if tt.docker != "" {
				if err := os.WriteFile(filepath.Join(bin, "docker"), []byte("#!/bin/sh\n"+tt.docker+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			k.Env = append(k.Env, "PATH="+bin+":/usr/bin:/bin", tt.env)
			ownerOnly(t, filepath.Join(own.TrustDir, "private"))
			if tt.change != nil {
				if err := tt.change(own.TrustDir); err != nil {
					t.Fatal(err)
				}
			}
			start := time.Now()
			r := k.Try("--json", "doctor")
			var got struct {
				Findings []struct{ Code string }
				Checked  struct{ Keys int }
			}
			if err := json.Unmarshal([]byte(r.Stdout), &got); err != nil {
				t.Fatalf("%v in %s", err, r.Output())
			}
			var codes []string
			for _, f := range got.Findings {
				codes = append(codes, f.Code)
			}
			if c := strings.Join(codes, " "); c != tt.codes || r.Code != tt.code || got.Checked.Keys < 2 {
				t.Errorf("found %q, exit %d, want %q and %d:\n%s", c, r.Code, tt.codes, tt.code, r.Output())
			}
			if d := time.Since(start); d > time.Minute/2 {
				t.Errorf("it took %s", d)
			}
			if strings.Contains(r.Output(), "\x1b") {
				t.Errorf("an escape was printed: %q", r.Output())
			}
		})
	}
}

// ownerOnly gives a folder and its files the modes that the stock client gives them, which
// a copy does not keep.
func ownerOnly(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.Chmod(filepath.Join(dir, f.Name()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

// TestProfileTLS has a trust server whose authority only the profile names, and whose
// file the registry does not get.
func TestProfileTLS(t *testing.T) {
	t.Parallel()
	server := interop.StartServer(t, interop.ServerOptions{TLS: true})
	n := server.Notary(t)
	n.InitServerSnapshot("reg.example/app")
	for _, tt := range []struct {
		name, tls string
		code      int
		want      string
	}{
		{"none", "", 1, "sha256:"},
		{"of the registry", `tls = { registry = { ca = "CA" } }`, 1, "sha256:"},
		{"of the trust server", `tls = { server = { ca = ["CA"] } }`, 0, ""},
		{"not there", `tls = { server = { ca = "/nonexistent/ca.crt" } }`, 1, "/nonexistent/ca.crt"},
		{"no certificate", `tls = { server = { ca = "CA", cert = "CA", key = "CA" } }`, 1, "client certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := interop.NewKeyrite(t)
			config := filepath.Join(k.Home, "c.toml")
			put(t, config, "[profile.acme]\nserver = \""+server.URL+"\"\n"+strings.ReplaceAll(tt.tls, "CA", server.CA)+"\n")
			r := k.Try("--config", config, "--profile", "acme", "tags", "reg.example/app")
			if r.Code != tt.code || !strings.Contains(r.Output(), tt.want) {
				t.Errorf("exit %d, want %d and %q:\n%s", r.Code, tt.code, tt.want, r.Output())
			}
		})
	}
}
