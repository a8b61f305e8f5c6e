package interop

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var binary struct {
	once sync.Once
	dir  string
	err  error
	out  []byte
}

// Binary is the path of the keyrite program, built once for the test process.
func Binary(t testing.TB) string {
	t.Helper()
	root := Root(t)
	binary.once.Do(func() {
		if binary.dir, binary.err = os.MkdirTemp("", "keyrite-interop-"); binary.err != nil {
			return
		}
		cmd := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(binary.dir, "keyrite"), "./cmd/keyrite")
		cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0") // as "make build" does
		binary.out, binary.err = cmd.CombinedOutput()
	})
	if binary.err != nil {
		t.Fatalf("building keyrite: %v\n%s", binary.err, binary.out)
	}
	return filepath.Join(binary.dir, "keyrite")
}

// RemoveBinary removes what Binary built, for TestMain.
func RemoveBinary() { os.RemoveAll(binary.dir) }

// A Keyrite is the real program in an environment of its own.
type Keyrite struct {
	t    testing.TB
	Home string   // its home folder, with everything else below it
	Env  []string // added to the environment: NAME=value
	Args []string // put before the arguments of each run
}

// NewKeyrite gives the program a new home.
func NewKeyrite(t testing.TB) *Keyrite {
	return &Keyrite{t: t, Home: t.TempDir()}
}

// Keyrite gives keyrite the client's trust directory, server, authority and passphrases,
// and a home of its own.
func (n *Notary) Keyrite() *Keyrite {
	k := NewKeyrite(n.t)
	k.Env = n.Passphrases.env()
	k.Args = []string{"--trust-dir", n.TrustDir, "--server", n.Server}
	if n.CA != "" {
		k.Args = append(k.Args, "--tls-ca", n.CA)
	}
	return k
}

// DockerConfig is the folder that the program takes for docker's configuration.
func (k *Keyrite) DockerConfig() string { return filepath.Join(k.Home, "docker") }

// Environ is the whole environment of a run, for tests that start the program themselves.
func (k *Keyrite) Environ() []string {
	env := append(baseEnv(k.t, k.Home), "DOCKER_CONFIG="+k.DockerConfig())
	for _, kind := range []string{"CONFIG", "STATE", "CACHE", "DATA"} {
		env = append(env, "XDG_"+kind+"_HOME="+filepath.Join(k.Home, "xdg", kind))
	}
	return append(env, k.Env...)
}

// Try runs the program without a terminal and with an empty standard input. A passphrase
// in what it prints fails the test, whatever the test is about.
func (k *Keyrite) Try(args ...string) Result {
	k.t.Helper()
	k.note(args)
	r := runCommand(k.t, k.Home, k.Environ(), "", Binary(k.t), append(append([]string(nil), k.Args...), args...)...)
	for _, v := range k.Env {
		if name, secret, _ := strings.Cut(v, "="); strings.HasSuffix(name, "_PASSPHRASE") && secret != "" && strings.Contains(r.Output(), secret) {
			k.t.Errorf("keyrite %q printed the value of %s", args, name)
		}
	}
	return r
}

func (k *Keyrite) note(args []string) {
	note(k.t, func(a *act) {
		a.keyrite[verbOf(args, "keys", "signer", "notation", "backup", "ceremony", "config", "migrate", "activity")] = true
	})
}

// Run is Try, and fails the test unless the exit code is 0.
func (k *Keyrite) Run(args ...string) Result {
	k.t.Helper()
	r := k.Try(args...)
	if r.Code != 0 {
		k.t.Fatalf("keyrite %q: exit %d\n%s", args, r.Code, r.Output())
	}
	return r
}

// JSON runs the program with --json and decodes what it printed into a value of type T.
func JSON[T any](k *Keyrite, args ...string) T {
	k.t.Helper()
	var v T
	out := k.Run(append([]string{"--json"}, args...)...).Stdout
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		k.t.Fatalf("keyrite --json %q: %v in\n%s", args, err, out)
	}
	return v
}
