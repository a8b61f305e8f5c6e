package kill

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"keyrite/backup/media/mediatest"
	"keyrite/cmd/keyrite/interop"
)

// What a command line says in place of a path that each desk has for itself.
const (
	theStick     = "{stick}"
	theRecipient = "{recipient}"
	theIdentity  = "{identity}"
	theBackup    = "{backup}"
	theOther     = "{other}" // a trust directory that is not there
)

// desk is a machine with keys and a socket with a stick in it.
type desk struct {
	*world
	socket                       *mediatest.Socket
	image                        string   // of the stick
	identity, recipient, written string   // written is the name of the backup that was on the stick at first
	secrets                      []string // the number of one of its keys, as it might be written down
}

// newDesk has the three repositories of founded, an identity and an empty stick, which is out.
func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{world: founded(t), socket: mediatest.NewSocket(t), image: mediatest.Image(t, "BACKUP1")}
	d.identity = filepath.Join(d.folder, "identity.txt")
	output(t, interop.Peer(t, "age-keygen"), "-o", d.identity)
	text, err := os.ReadFile(d.identity)
	d.ok(err)
	d.recipient = regexp.MustCompile(`age1[0-9a-z]+`).FindString(string(text))
	d.ok(os.Mkdir(d.temporary(), 0o700))
	d.bringKey()
	return d
}

// bringKey brings in a key whose number is known here.
func (d *desk) bringKey() {
	d.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	d.ok(err)
	number, err := key.Bytes()
	d.ok(err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	d.ok(err)
	file := filepath.Join(d.temporary(), "key.pem")
	open := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	d.ok(os.WriteFile(file, open, 0o600))
	d.must("keys", "import", file, "--role", "alice", quick)
	d.ok(os.Remove(file))
	d.secrets = []string{string(number), hex.EncodeToString(number), string(bytes.Split(open, []byte("\n"))[1])}
}

// withBackup is the same desk with a backup on its stick.
func (d *desk) withBackup() *desk {
	d.t.Helper()
	c := d.copy(d.t)
	c.must(rites[0].args...)
	found, err := filepath.Glob(filepath.Join(c.socket.Mount, "*.age"))
	c.ok(err)
	c.written = filepath.Base(found[0])
	c.socket.Unmount()
	return c
}

func (d *desk) temporary() string { return filepath.Join(d.folder, "tmp") }
func (d *desk) other() string     { return filepath.Join(d.folder, "other") }

// copy is the same desk once more, with another socket and the stick in it.
func (d *desk) copy(t *testing.T) *desk {
	t.Helper()
	c := *d
	c.world, c.socket = d.world.copy(t), mediatest.NewSocket(t)
	c.image = filepath.Join(c.folder, "stick.img")
	for from, to := range map[string]string{d.image: c.image, d.identity: filepath.Join(c.folder, "identity.txt")} {
		data, err := os.ReadFile(from)
		c.ok(err)
		c.ok(os.WriteFile(to, data, 0o600))
	}
	c.identity = filepath.Join(c.folder, "identity.txt")
	c.ok(os.Mkdir(c.temporary(), 0o700))
	c.socket.Insert(c.image, false)
	return &c
}

// command is keyrite at this desk.
func (d *desk) command(args ...string) *exec.Cmd {
	d.t.Helper()
	typed := make([]string, len(args))
	for i, arg := range args {
		for name, is := range map[string]string{theStick: d.socket.Mount, theRecipient: d.recipient, theIdentity: d.identity,
			theBackup: filepath.Join(d.socket.Mount, d.written), theOther: d.other()} {
			arg = strings.ReplaceAll(arg, name, is)
		}
		typed[i] = arg
	}
	cmd := d.world.command(typed...)
	cmd.Env = append(cmd.Env, "TMPDIR="+d.temporary())
	return cmd
}

// said is what a run of keyrite said.
type said struct {
	stdout, stderr string
	code           int
}

func (d *desk) try(args ...string) said {
	d.t.Helper()
	cmd := d.command(args...)
	var out, err strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &err
	if failed := cmd.Run(); failed != nil && cmd.ProcessState == nil {
		d.t.Fatal(failed)
	}
	return said{out.String(), err.String(), cmd.ProcessState.ExitCode()}
}

func (d *desk) must(args ...string) said {
	d.t.Helper()
	s := d.try(args...)
	if s.code != 0 {
		d.t.Fatalf("keyrite %q: exit %d\n%s%s", args, s.code, s.stdout, s.stderr)
	}
	return s
}

// faulted runs keyrite with a fault.
func (d *desk) faulted(f fault, args ...string) (trace, said) {
	d.t.Helper()
	report := filepath.Join(d.folder, "report")
	cmd := d.command(args...)
	cmd.Args = append([]string{os.Args[0], tracerMark, report, f.String(), cmd.Path}, cmd.Args[1:]...)
	cmd.Path = os.Args[0]
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		d.t.Fatalf("tracing %q: %v\n%s%s", args, err, out.String(), errs.String())
	}
	data, err := os.ReadFile(report)
	d.ok(err)
	var t trace
	d.ok(json.Unmarshal(data, &t))
	return t, said{out.String(), errs.String(), t.Code}
}

// again takes the stick out and puts it back in.
func (d *desk) again() {
	d.t.Helper()
	d.socket.Unmount()
	d.socket.Insert(d.image, false)
}

// output is what a program prints that must succeed.
func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", filepath.Base(program), args, err, out)
	}
	return string(out)
}
