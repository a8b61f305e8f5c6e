package interop

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// database is a MariaDB with the tables of notary-server, in a folder of its test and on
// the loopback address. It is no service of the machine: Debian's mariadb-server-core
// brings the program alone.
type database struct {
	*Process
	t        testing.TB
	dir      string
	addr     string
	password string // of the user "notary"
}

// startDatabase makes the system tables and notary-server's own, and starts mariadbd.
func startDatabase(t testing.TB) *database {
	t.Helper()
	db := &database{t: t, dir: t.TempDir(), password: rand.Text()}
	if err := os.Mkdir(db.data(), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(Need(t, "mariadbd"), append(db.options(), "--bootstrap")...)
	cmd.Dir, cmd.Env, cmd.Stdin = db.dir, baseEnv(t, db.dir), strings.NewReader(db.schema())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("making the database: %v\n%s", err, out)
	}
	db.Process, db.addr = onFreePort(t, db.start)
	return db
}

func (db *database) data() string { return filepath.Join(db.dir, "data") }

// options are those of both runs. Nothing is synced to the disk, since only the process is
// ever killed, never the machine; the socket is named from the data folder, since a path of
// more than 107 bytes is refused.
func (db *database) options() []string {
	options := []string{"--no-defaults", "--datadir=" + db.data(), "--socket=../db.sock", "--skip-log-bin", "--skip-name-resolve",
		"--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=2", "--debug-no-sync"}
	if os.Getuid() == 0 {
		options = append(options, "--user=root") // which it does not do unasked
	}
	return options
}

func (db *database) start(addr string) (*Process, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	return startProgram(db.t, db.dir, addr, Need(db.t, "mariadbd"), append(db.options(), "--bind-address="+host, "--port="+port)...)
}

// url is how notary-server finds it.
func (db *database) url() string {
	return fmt.Sprintf("notary:%s@tcp(%s)/notaryserver?parseTime=True", db.password, db.addr)
}

// schema is fed to the bootstrap, which takes a statement's end only at the end of a line:
// MariaDB's own tables, a user, and the migrations of the notary module that the peers are
// built from.
func (db *database) schema() string {
	db.t.Helper()
	own := only(db.t, "/usr/share/m[ay]*/m*_system_tables.sql", 1)
	migrations := only(db.t, filepath.Join(notaryModule(db.t), "migrations/server/mysql/*.up.sql"), 5)
	return strings.Join(slices.Concat([]string{"CREATE DATABASE mysql;", "USE mysql;"}, own, []string{
		"FLUSH PRIVILEGES;", fmt.Sprintf("CREATE USER notary@'127.0.0.1' IDENTIFIED BY '%s';", db.password),
		"CREATE DATABASE notaryserver;", "GRANT ALL ON notaryserver.* TO notary@'127.0.0.1';", "USE notaryserver;",
	}, migrations), "\n")
}

// only reads the files that match a pattern, in order, and fails if there are not n.
func only(t testing.TB, pattern string, n int) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) != n {
		t.Fatalf("%s: %d files instead of %d: %v", pattern, len(names), n, err)
	}
	var texts []string
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(data))
	}
	return texts
}

// notaryModule is the folder of the source that the peers are built from.
func notaryModule(t testing.TB) string {
	t.Helper()
	Peer(t, "notary-server") // so that the module has been fetched
	cmd := exec.Command("go", "-C", filepath.Join(Root(t), ".ci", "peers"), "list", "-m", "-f", "{{.Dir}}", "github.com/theupdateframework/notary")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	return string(bytes.TrimSpace(out))
}

// Dump copies the database as it is now. What it returns puts that copy back: all that was
// published in between is gone, as after a restored backup. Server and database are down
// meanwhile; the keys must be with a signer, or they are lost with the server.
func (s *Server) Dump() (restore func()) {
	copied := filepath.Join(s.db.t.TempDir(), "data")
	s.down(func() error { return os.CopyFS(copied, os.DirFS(s.db.data())) })
	return func() {
		s.down(func() error {
			if err := os.RemoveAll(s.db.data()); err != nil {
				return err
			}
			return os.CopyFS(s.db.data(), os.DirFS(copied))
		})
	}
}

// down does something to the database's files while nothing runs on them.
func (s *Server) down(change func() error) {
	t := s.db.t
	t.Helper()
	s.Kill()
	s.db.Kill()
	err := change()
	if err == nil {
		s.db.Process, err = s.db.start(s.db.addr)
	}
	if err == nil {
		s.Process, err = s.start(s.Host)
	}
	if err != nil {
		t.Fatal(err)
	}
}
