package interop

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// patience bounds the start of a server and the run of one command. It is generous: the
// race detector and a busy machine make everything slow, and nothing waits it out but a
// failure.
const patience = 2 * time.Minute

// A Process is a server that a test started. It ends with the test at the latest.
type Process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	log  *lockedBuffer
	done chan struct{}
}

// startServer runs a peer as a server in dir and waits until it answers on addr.
func startServer(t testing.TB, dir, addr, peer string, args ...string) (*Process, error) {
	t.Helper()
	return startProgram(t, dir, addr, Peer(t, peer), args...)
}

// startProgram runs a server in dir and waits until it answers on addr. A server that
// ends before that (its port may have been taken in between) gives an error.
func startProgram(t testing.TB, dir, addr, path string, args ...string) (*Process, error) {
	t.Helper()
	program := filepath.Base(path)
	p := &Process{t: t, name: program, log: &lockedBuffer{}, done: make(chan struct{})}
	p.cmd = exec.Command(path, args...)
	p.cmd.Dir, p.cmd.Env = dir, baseEnv(t, dir)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	endWithParent(p.cmd)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait() // the exit of a killed server is of no interest
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("log of %s:\n%s", p.name, p.log.String())
		}
	})
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		select {
		case <-p.done:
			return nil, fmt.Errorf("%s ended at once:\n%s", program, p.log.String())
		default:
		}
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			c.Close()
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s does not listen on %s:\n%s", program, addr, p.log.String())
}

// onFreePort calls start with free ports until it succeeds. A port that was free may be
// taken by another process before the server gets it, so there are three attempts.
func onFreePort(t testing.TB, start func(addr string) (*Process, error)) (*Process, string) {
	t.Helper()
	var err error
	for range 3 {
		addr := freeAddr(t)
		var p *Process
		if p, err = start(addr); err == nil {
			return p, addr
		}
	}
	t.Fatal(err)
	return nil, ""
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "127.0.0.1:" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// Kill ends the process at once, as a power cut would, and waits for its end.
func (p *Process) Kill() {
	p.cmd.Process.Kill() // an error means that it has ended
	<-p.done
}

// Log is what the process has written so far.
func (p *Process) Log() string { return p.log.String() }

// baseEnv is the environment of every program: nothing of the caller's but the search
// path, and a home inside dir.
func baseEnv(t testing.TB, dir string) []string {
	t.Helper()
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir(), "LC_ALL=C.UTF-8",
		"OTEL_TRACES_EXPORTER=none"} // the registry would look for a collector
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
