package keyring_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/keyring/keyringtest"
)

// fixtures reads testdata/index.txt: entries of "name: value" lines, after a preface.
func fixtures(t testing.TB) []map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/index.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for entry := range strings.SplitSeq(string(text), "\n\n") {
		if !strings.HasPrefix(entry, "file: ") {
			continue
		}
		fields := map[string]string{}
		for line := range strings.Lines(entry) {
			name, value, _ := strings.Cut(line, ":")
			fields[name] = strings.TrimSpace(value)
		}
		all = append(all, fields)
	}
	return all
}

func TestFixtures(t *testing.T) {
	all := fixtures(t)
	if len(all) < 31 {
		t.Fatalf("the index has %d entries", len(all))
	}
	for _, f := range all {
		t.Run(f["file"], func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", f["file"]))
			if err != nil {
				t.Fatal(err)
			}
			k, _, err := keyring.Decode(data, keyringtest.Passphrase(f["passphrase"]))
			if f["expect"] == "unsupported" {
				if !errors.Is(err, errors.ErrUnsupported) {
					t.Errorf("error = %v, want errors.ErrUnsupported", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if string(k.KeyID()) != f["id"] || string(k.Public().Type) != f["type"] {
				t.Errorf("key %s of type %s, want %s of %s", k.KeyID(), k.Public().Type, f["id"], f["type"])
			}
			info := keyring.Inspect(data)
			if rounds := strconv.Itoa(info.KDFIterations); rounds != f["rounds"] || info.Encrypted != (f["passphrase"] != "") {
				t.Errorf("%s rounds, encrypted %v", rounds, info.Encrypted)
			}
			if !info.Encrypted {
				return
			}
			if _, _, err := keyring.Decode(data, keyringtest.Passphrase("wrong")); !errors.Is(err, keyring.ErrPassphrase) {
				t.Errorf("wrong passphrase: %v", err)
			}
		})
	}
}

// trustDir copies a folder of testdata to a trust directory.
func trustDir(t *testing.T, folder, to string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, to), os.DirFS(filepath.Join("testdata", folder))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// snapshot is a folder's files with their bytes, modes and times.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		all[path] = info.Mode().String() + info.ModTime().String()
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			all[path] += string(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDirectoriesOfRealPrograms(t *testing.T) {
	for _, c := range []struct{ prefix, to string }{{"notary/", "private"}, {"docker/", "private"}, {"legacy/", ""}} {
		path := trustDir(t, strings.TrimSuffix(c.prefix, "/"), c.to)
		before := snapshot(t, path)
		dir, err := keyring.OpenDir(path, keyring.DirOptions{})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := dir.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		byID := map[string]keyring.Info{}
		for _, row := range rows {
			byID[string(row.KeyID)] = row
		}
		n := 0
		for _, f := range fixtures(t) {
			if !strings.HasPrefix(f["file"], c.prefix) {
				continue
			}
			n++
			row, ok := byID[f["id"]]
			if !ok || row.Role != f["role"] || string(row.GUN) != f["gun"] || row.Problem != "" || row.Legacy != (c.prefix == "legacy/") {
				t.Errorf("%s: row %+v", f["file"], row)
			}
			k, err := dir.Open(t.Context(), row.KeyID, keyringtest.Passphrase(f["passphrase"]))
			if err != nil || string(k.KeyID()) != f["id"] {
				t.Errorf("%s: %v", f["file"], err)
			}
		}
		if n != len(rows) {
			t.Errorf("%d rows for %d files", len(rows), n)
		}
		if after := snapshot(t, path); !equal(before, after) {
			t.Errorf("reading %q changed it", c.prefix)
		}
	}
}

// A legacy folder with a file that is no key, which the migration of docker and notary
// deletes, and a text.
func TestLegacyFolderIsLeftAlone(t *testing.T) {
	path := trustDir(t, "legacy", "")
	for name, text := range map[string]string{"root_keys/README": "why", "root_keys/broken.key": "no key", "tuf_keys/x/y.key": ""} {
		file := filepath.Join(path, "private", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := snapshot(t, path)
	dir, err := keyring.OpenDir(path, keyring.DirOptions{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := dir.List(t.Context())
	if err != nil || len(rows) != 4 {
		t.Errorf("%d rows, %v; want 4", len(rows), err)
	}
	damaged := 0
	for _, row := range rows {
		if row.Problem != "" {
			damaged++
		}
	}
	if damaged != 2 {
		t.Errorf("%d rows with a problem, want 2", damaged)
	}
	k := keyringtest.Key(t)
	if _, err := dir.Stage(t.Context(), "op", k, keyringtest.Passphrase("passphrase"), keyring.Header{Role: "root"}, keyringtest.Fast); err != nil {
		t.Fatal(err)
	}
	if err := dir.Promote(t.Context(), "op", k.KeyID()); err != nil {
		t.Fatal(err)
	}
	after := snapshot(t, path)
	for file, want := range before {
		if file != path && !strings.HasSuffix(file, "/private") && after[file] != want {
			t.Errorf("%s was changed", file)
		}
	}
}

func equal(a, b map[string]string) bool {
	for name := range a {
		if a[name] != b[name] {
			return false
		}
	}
	return len(a) == len(b)
}
