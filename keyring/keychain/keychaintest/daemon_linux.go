package keychaintest

import (
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

const (
	servicePath = dbus.ObjectPath("/org/freedesktop/secrets")
	loginPath   = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	serviceName = "org.freedesktop.secrets"
	secretName  = "org.freedesktop.Secret."
)

// Daemon is a real gnome-keyring.
type Daemon struct {
	process *process
	conn    *dbus.Conn
}

// StartDaemon starts gnome-keyring on the bus, with a login collection of its own that is
// unlocked. It has no screen to ask on.
func StartDaemon(t testing.TB, b *Bus) *Daemon {
	t.Helper()
	cmd := exec.Command(programtest.Need(t, "gnome-keyring-daemon"), "--unlock", "--foreground", "--components=secrets")
	cmd.Stdin = strings.NewReader("the login password") // an empty one would make no collection
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "DBUS_SESSION_BUS_ADDRESS=" + b.Address, "LC_ALL=C.UTF-8"}
	for _, name := range []string{"XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"} {
		dir := filepath.Join(b.dir, name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, name+"="+dir)
	}
	d := &Daemon{start(t, cmd), b.Connect(t)}
	for end := time.Now().Add(patience); !d.owned(t); time.Sleep(10 * time.Millisecond) {
		select {
		case <-d.process.done:
			t.Fatalf("gnome-keyring ended at once:\n%s", d.process.log)
		default:
		}
		if time.Now().After(end) {
			t.Fatal("gnome-keyring does not take its name on the bus")
		}
	}
	if d.Locked(t) { // its exit code does not tell
		t.Fatal("gnome-keyring did not unlock its collection")
	}
	return d
}

func (d *Daemon) owned(t testing.TB) bool {
	t.Helper()
	var owned bool
	if err := d.conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, serviceName).Store(&owned); err != nil {
		t.Fatal(err)
	}
	return owned
}

// Locked reports whether the login collection is locked.
func (d *Daemon) Locked(t testing.TB) bool {
	t.Helper()
	v, err := d.conn.Object(serviceName, loginPath).GetProperty(secretName + "Collection.Locked")
	if err != nil {
		t.Fatal(err)
	}
	return v.Value().(bool)
}

// Lock locks the login collection.
func (d *Daemon) Lock(t testing.TB) {
	t.Helper()
	call := d.conn.Object(serviceName, servicePath).Call(secretName+"Service.Lock", 0, []dbus.ObjectPath{loginPath})
	if call.Err != nil {
		t.Fatal(call.Err)
	}
	if !d.Locked(t) {
		t.Fatal("the collection did not lock")
	}
}

// Stop stops the daemon where it stands, until Continue.
func (d *Daemon) Stop(t testing.TB) { d.signal(t, syscall.SIGSTOP) }

// Continue undoes Stop.
func (d *Daemon) Continue(t testing.TB) { d.signal(t, syscall.SIGCONT) }

func (d *Daemon) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := d.process.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// Pid is the daemon's process ID.
func (d *Daemon) Pid() int { return d.process.cmd.Process.Pid }

// Kill ends the daemon at once.
func (d *Daemon) Kill() { d.process.kill() }
