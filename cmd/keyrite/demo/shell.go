package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// worldly are the variables that make a program see the company and nothing else.
var worldly = []string{"HOME", "DOCKER_CONFIG", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "DOCKER_CONTENT_TRUST_SERVER"}

// ShellFile writes a file that another shell can read, and says where it is: keyrite is there
// then program on this company, and everything else stays as it was.
func (w *World) ShellFile(program string) (string, error) {
	var b strings.Builder
	b.WriteString("# Read by a POSIX shell: keyrite on acme, as long as the demo runs.\nkeyrite() {\n\tenv")
	for _, name := range worldly {
		fmt.Fprintf(&b, " %s=%s", name, quoted(w.Getenv(name)))
	}
	fmt.Fprintf(&b, " %s --no-keychain --registry %s \"$@\"\n}\n", quoted(program), quoted(w.RegistryURL))
	path := filepath.Join(filepath.Dir(w.StateDir), "shell")
	return path, os.WriteFile(path, []byte(b.String()), 0o600)
}

// quoted is a word for a POSIX shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
