package keychaintest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"keyrite/trustdata/programtest"
)

// patience bounds the start of a program. Nothing waits it out but a failure.
const patience = time.Minute

// config is of a session bus that starts no service: a second keychain, started by the
// bus behind a test's back, would outlive it, and so would a question on a screen.
const config = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
`

// Bus is a session bus of a test's own, which ends with it.
type Bus struct {
	// Address is what DBUS_SESSION_BUS_ADDRESS is to be for programs that shall use it.
	Address string
	dir     string
	daemon  *process
}

// StartBus starts a bus.
func StartBus(t testing.TB) *Bus {
	t.Helper()
	dir, err := os.MkdirTemp("", "keychain") // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	file := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, config, filepath.Join(dir, "bus")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(programtest.Need(t, "dbus-daemon"), "--config-file="+file, "--nofork", "--nopidfile", "--print-address=1")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	b := &Bus{dir: dir, daemon: start(t, cmd)}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("dbus-daemon gave no address: %v\n%s", err, b.daemon.log)
	}
	b.Address = strings.TrimSpace(line)
	return b
}

// Use makes the bus that of this process until the test ends, for the library that looks
// for it in the environment and keeps its connection.
func (b *Bus) Use(t testing.TB) {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", b.Address)
	t.Cleanup(func() {
		b.Kill()
		if conn, err := dbus.SessionBus(); err == nil {
			<-conn.Context().Done() // it was shared, and has not heard yet
		}
	})
}

// Kill ends the bus at once.
func (b *Bus) Kill() { b.daemon.kill() }

// Connect is a connection to the bus of the test's own.
func (b *Bus) Connect(t testing.TB) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// process is a daemon that a test started. It ends with the test at the latest.
type process struct {
	cmd  *exec.Cmd
	log  *bytes.Buffer // to be read once it has ended
	done chan struct{}
}

func start(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, log: new(bytes.Buffer), done: make(chan struct{})}
	cmd.Stderr = p.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that is killed cleans up nothing
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		cmd.Wait() // the exit of a killed daemon is of no interest
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("log of %s:\n%s", cmd.Path, p.log)
		}
	})
	return p
}

func (p *process) kill() {
	p.cmd.Process.Kill() // an error means that it has ended
	<-p.done
}
