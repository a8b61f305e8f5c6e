package interop

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// A Cosign is a real cosign program, with two key pairs of its own and no transparency log.
// No test needs one: what it did is recorded, see Recording. It is run to record anew.
type Cosign struct {
	t       testing.TB
	program string
	// Home has cosign.key and other.key, without a passphrase, their .pub files, and in
	// trusted.json a root that trusts no service.
	Home string
	// Version is what the program says of itself, such as "v2.6.5".
	Version string
}

// NewCosign makes one of the program at a path.
func NewCosign(t testing.TB, program string) *Cosign {
	t.Helper()
	c := &Cosign{t: t, program: program, Home: t.TempDir()}
	for _, line := range strings.Split(c.Run(nil, "version").Stdout, "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && name == "GitVersion" {
			c.Version = strings.TrimSpace(value)
		}
	}
	c.Run(nil, "generate-key-pair")
	c.Run(nil, "trusted-root", "create", "--out", "trusted.json")
	c.Run(nil, "generate-key-pair", "--output-key-prefix", "other")
	return c
}

// NoLog is the environment in which the lines of a plan enter nothing in a public log.
func (c *Cosign) NoLog() []string {
	env := []string{"COSIGN_TLOG_UPLOAD=false"}
	if !strings.HasPrefix(c.Version, "v2.") {
		env = append(env, "COSIGN_USE_SIGNING_CONFIG=false")
	}
	return env
}

// Try runs it with more in its environment.
func (c *Cosign) Try(env []string, args ...string) Result {
	c.t.Helper()
	return runCommand(c.t, c.Home, c.env(env), "", c.program, args...)
}

// Run is Try, and fails the test unless the exit code is 0.
func (c *Cosign) Run(env []string, args ...string) Result {
	c.t.Helper()
	r := c.Try(env, args...)
	if r.Code != 0 {
		c.t.Fatalf("cosign %q: exit %d\n%s", args, r.Code, r.Output())
	}
	return r
}

// Types are those of what "cosign verify" has printed that it verified.
func Types(r Result) []string {
	var printed []struct {
		Critical struct{ Type string }
	}
	if json.Unmarshal([]byte(r.Stdout), &printed) != nil {
		return nil
	}
	var types []string
	for _, p := range printed {
		types = append(types, p.Critical.Type)
	}
	return types
}

// Script runs a file for the shell, in which cosign is this one.
func (c *Cosign) Script(env []string, file string) Result {
	c.t.Helper()
	return runCommand(c.t, c.Home, append(c.env(env), "PATH="+filepath.Dir(c.program)+":/usr/bin:/bin"), "", "/bin/sh", file)
}

func (c *Cosign) env(more []string) []string {
	return append(append(baseEnv(c.t, c.Home), "COSIGN_PASSWORD="), more...)
}
