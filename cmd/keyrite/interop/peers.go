// Package interop runs keyrite against the real programs: the stock notary client,
// notary-server with and without notary-signer, the distribution registry, age, and the
// docker client where one is installed. It is the harness; the tests are beside it.
//
// Every server listens on a free port of the loopback address, keeps its data in memory
// or in the test's own folder, and ends with the test that started it. Every program gets
// an environment of its own, so that no home, docker configuration or XDG folder of the
// person who runs the tests is read or written.
package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Root is the top folder of the source tree: the nearest one upwards that has go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the working directory")
		}
		dir = up
	}
}

var built struct {
	once sync.Once
	err  error
}

// Peer is the path of a program of .ci/peers, .ci/registry or .ci/notation: notary,
// notary-server, notary-signer, age, age-keygen, registry or notation. The first call in a process builds those
// that are missing or older than their pins, so that plain "go test" needs no make.
func Peer(t testing.TB, name string) string {
	t.Helper()
	root := Root(t)
	built.once.Do(func() {
		cmd := exec.Command(filepath.Join(root, ".ci", "peers.sh"))
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("building the peers: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(root, ".ci", "bin", name)
}
