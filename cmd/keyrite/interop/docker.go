package interop

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An Inspection is what "docker trust inspect" prints of one repository.
type Inspection struct {
	Name       string
	SignedTags []struct {
		SignedTag, Digest string
		Signers           []string
	}
	Signers            []DockerKeys
	AdministrativeKeys []DockerKeys
}

// DockerKeys are the keys of a signer, or of the "Root" or "Repository" of a repository.
type DockerKeys struct {
	Name string
	Keys []struct{ ID string }
}

// KeyIDs lists the keys under a name, nil if there are none.
func KeyIDs(list []DockerKeys, name string) []string {
	var ids []string
	for _, d := range list {
		for _, k := range d.Keys {
			if d.Name == name {
				ids = append(ids, k.ID)
			}
		}
	}
	return ids
}

// DockerTrustInspect asks the docker client about a repository. ok is false, with a line
// in the test's log, where no docker client with the trust command is installed: it is a
// witness more, never a need. The server must have TLS, since docker speaks nothing else.
func (s *Server) DockerTrustInspect(t testing.TB, gun string) (in Inspection, ok bool) {
	t.Helper()
	home, env, docker, ok := s.docker(t)
	if !ok {
		return Inspection{}, false
	}
	r := runCommand(t, home, env, "", docker, "trust", "inspect", gun)
	var list []Inspection
	if err := json.Unmarshal([]byte(r.Stdout), &list); err != nil || len(list) != 1 {
		t.Fatalf("docker trust inspect %s: exit %d\n%s", gun, r.Code, r.Output())
	}
	return list[0], true
}

// docker is a docker client that knows this server, and its environment.
func (s *Server) docker(t testing.TB) (home string, env []string, docker string, ok bool) {
	t.Helper()
	note(t, func(a *act) { a.witness = true })
	home = t.TempDir()
	tls := filepath.Join(home, "tls", s.Host)
	if err := os.MkdirAll(tls, 0o700); err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(s.CA)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(tls, "ca.crt"), ca)
	env = append(baseEnv(t, home), "DOCKER_CONFIG="+home, "DOCKER_CONTENT_TRUST_SERVER="+s.URL)
	docker, err = exec.LookPath("docker")
	if err != nil || !strings.Contains(runCommand(t, home, env, "", docker, "trust", "inspect", "--help").Stdout, "docker trust inspect") {
		t.Log("left out: docker trust, since no docker client with the trust command is installed")
		return home, env, docker, false
	}
	return home, env, docker, true
}

// DockerTrust runs "docker trust ARGS" on the keys of a stock client, in a copy of its trust
// directory. ok is as of DockerTrustInspect.
func (s *Server) DockerTrust(t testing.TB, n *Notary, args ...string) (r Result, ok bool) {
	t.Helper()
	home, env, docker, ok := s.docker(t)
	if !ok {
		return Result{}, false
	}
	if err := os.CopyFS(filepath.Join(home, "trust"), os.DirFS(n.TrustDir)); err != nil {
		t.Fatal(err)
	}
	env = append(env, "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE="+n.Passphrases.Root, "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE="+n.Passphrases.Targets)
	return runCommand(t, home, env, "", docker, append([]string{"trust"}, args...)...), true
}
