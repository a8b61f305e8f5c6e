package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"keyrite/cmd/keyrite/demo"
)

// planted are secrets, each in a place that keyrite knows of.
type planted struct {
	t   *testing.T
	all map[string]string // by value, where it is
}

// secret is a new one, and remembers where it was put.
func (p *planted) secret(where string) string {
	value := fmt.Sprintf("s3cret-%02d-%s", len(p.all), strings.Repeat("x", 8))
	p.all[value] = where
	return value
}

func (p *planted) file(path, text string) string {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// found names the secrets that are in data, as they are, in base64 or in hex.
func (p *planted) found(data []byte) (places []string) {
	for value, where := range p.all {
		raw := []byte(value)
		for _, form := range [][]byte{raw, []byte(hex.EncodeToString(raw)), []byte(base64.StdEncoding.EncodeToString(raw)), []byte(base64.StdEncoding.EncodeToString([]byte("me:" + value)))} {
			if bytes.Contains(data, form) {
				places = append(places, where)
			}
		}
	}
	return places
}

// A backup holds keys and evidence, and of everything else that keyrite reads nothing that
// is secret: not in settings, logins, helpers, passphrases, certificates, nor in what lies
// about in a trust directory.
func TestBackupHoldsNoSecret(t *testing.T) {
	w, err := demo.New(context.Background(), filepath.Join(t.TempDir(), "world"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	p := &planted{t: t, all: map[string]string{}}
	docker, trust, home := w.DockerDir, w.TrustDir, w.HomeDir
	basic := func(where string) string {
		return base64.StdEncoding.EncodeToString([]byte("me:" + p.secret(where)))
	}
	p.file(filepath.Join(docker, "config.json"), fmt.Sprintf(`{"auths":{"reg.example":{"auth":%q},"other.example":{"identitytoken":%q,"registrytoken":%q}},"credHelpers":{"helped.example":"planted"},"HttpHeaders":{"X-Token":%q}}`,
		basic("a login in config.json"), p.secret("an identity token"), p.secret("a registry token"), p.secret("a header")))
	helper := p.file(filepath.Join(home, "bin", "docker-credential-planted"), "#!/bin/sh\necho '{\"Username\":\"me\",\"Secret\":\""+p.secret("a credential helper")+"\"}'\n")
	key := p.file(filepath.Join(home, "client.key"), p.secret("the key of a TLS certificate"))
	p.file(filepath.Join(docker, "tls", "reg.example", "client.key"), p.secret("docker's TLS folder"))
	login := p.file(filepath.Join(home, "login.txt"), basic("a file with a login"))
	p.file(filepath.Join(w.ConfigDir, "keyrite", "config.toml"), fmt.Sprintf(`# the password is %s
[profile.default]
word = "TEST" # %s
server = "%s?token=%s"
registry = "%s#%s"
credentials = { server = "env:PLANTED_LOGIN", registry = "file:%s" }
[profile.other]
server = "https://reg.example"
credentials = { server = "helper:planted", registry = "docker:reg.example" }
tls.server = { cert = "%s", key = "%s" }
[recipients]
office = "%s"
[limits]
timeout = "20s"
`, p.secret("a comment"), p.secret("a comment behind a setting"), w.TrustServerURL, p.secret("the query of a URL"), w.RegistryURL, p.secret("the fragment of a URL"), login, key, key, w.Recipient))
	for _, place := range []string{"tuf/reg.example/app/changelist/1.change", "tuf/reg.example/app/metadata/notes.txt", "trash/2026-01-01/" + strings.Repeat("a", 64) + ".key",
		"pending/op/" + strings.Repeat("a", 64) + ".key", "private/passphrases.txt", "config.json", ".netrc"} {
		p.file(filepath.Join(trust, filepath.FromSlash(place)), p.secret("the file "+place))
	}
	env := map[string]string{"PLANTED_LOGIN": basic("a variable with a login"), "DOCKER_AUTH_CONFIG": fmt.Sprintf(`{"auths":{"reg.example":{"auth":%q}}}`, basic("DOCKER_AUTH_CONFIG")),
		"NOTARY_AUTH": basic("NOTARY_AUTH"), "PATH": filepath.Dir(helper), "HTTPS_PROXY": "http://me:" + p.secret("a proxy's URL") + "@127.0.0.1:1"}
	for role, name := range map[string]string{"root": "NOTARY_ROOT_PASSPHRASE", "targets": "NOTARY_TARGETS_PASSPHRASE", "snapshot": "NOTARY_SNAPSHOT_PASSPHRASE"} {
		env[name], p.all[w.Passphrases[role]] = w.Passphrases[role], "the passphrase of "+role
	}
	p.all[w.Passphrases["delegation"]] = "a passphrase file"
	identity, err := os.ReadFile(w.IdentityFile)
	if err != nil {
		t.Fatal(err)
	}
	p.all[string(identity[bytes.Index(identity, []byte("AGE-SECRET-KEY-")):][:40])] = "the identity"
	getenv := func(name string) string {
		if v, ok := env[name]; ok {
			return v
		}
		return w.Getenv(name)
	}
	var shown bytes.Buffer
	create := func(dir string) []byte {
		t.Helper()
		code := run([]string{"backup", "create", "--to", dir, "-r", "office", "-i", w.IdentityFile, "--passphrase-file", "delegation=" + w.PassphraseFiles["delegation"], "--evidence"},
			process{in: strings.NewReader(""), out: &shown, err: &shown, getenv: getenv, now: time.Now})
		if code != 0 {
			t.Fatalf("exit %d: %s", code, shown.String())
		}
		return openSet(t, dir, identity)
	}
	plain := create(w.BackupDir)
	for _, there := range []string{"settings/config.toml", `word = "TEST"`, "env:PLANTED_LOGIN", "helper:planted", `office = [`, "manifest.sig", "1.root.json"} {
		if !bytes.Contains(plain, []byte(there)) {
			t.Errorf("the set has no %q", there)
		}
	}
	if cfg, err := parseConfig(memberOf(t, plain, "settings/config.toml")); err != nil || cfg.Profile["default"].Word != "TEST" || len(cfg.Recipients["office"]) != 1 || cfg.Profile["other"].Credentials.Server != "helper:planted" {
		t.Errorf("the settings in the set are read as %+v, %v", cfg, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	withoutServer := create(filepath.Join(w.BackupDir, "later"))
	if !bytes.Contains(withoutServer, []byte("evidence of registry.acme.example")) {
		t.Error("what could not be fetched is not named")
	}
	for what, data := range map[string][]byte{"the backup": plain, "the backup without a server": withoutServer, "the output": shown.Bytes()} {
		for _, where := range p.found(data) {
			t.Errorf("%s holds a secret: %s", what, where)
		}
	}
	for value, where := range p.all { // the search itself
		if got := p.found([]byte("x" + base64.StdEncoding.EncodeToString([]byte(value)) + "x")); len(got) != 1 || got[0] != where {
			t.Errorf("the search does not find %s: %q", where, got)
		}
	}
}

// openSet is the plain archive of the one set in a folder.
func openSet(t *testing.T, dir string, identity []byte) []byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.age"))
	if err != nil || len(names) != 1 {
		t.Fatalf("sets %q, %v", names, err)
	}
	f, err := os.Open(names[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ids, err := age.ParseIdentities(bytes.NewReader(identity))
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(f, ids...)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// memberOf is one file of a plain archive.
func memberOf(t *testing.T, plain []byte, name string) string {
	t.Helper()
	for r := tar.NewReader(bytes.NewReader(plain)); ; {
		hdr, err := r.Next()
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if hdr.Name == name {
			data, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			return string(data)
		}
	}
}
