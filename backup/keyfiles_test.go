package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/keyring"
)

// packed is a tar.gz of the members.
func packed(t *testing.T, members ...member) string {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	_, err := z.Write(archive(t, members...))
	check(t, errors.Join(err, z.Close()))
	name := filepath.Join(t.TempDir(), "private_keys_backup.tar.gz")
	check(t, os.WriteFile(name, buf.Bytes(), 0o600))
	return name
}

// read gives what ReadKeyFiles found by path, and what it left out by the end of its name.
func read(t *testing.T, path string) (files map[string]string, leftOut []LeftOut) {
	t.Helper()
	k, err := ReadKeyFiles(context.Background(), path)
	check(t, err)
	files = map[string]string{}
	for _, f := range k.files {
		files[f.Path] = string(f.data)
	}
	return files, k.leftOut
}

// The archive that registries' documentation has people make, by the real tar.
func TestTarOfThePrivateFolder(t *testing.T) {
	r := newRig(t)
	home := t.TempDir()
	trust := filepath.Join(home, ".docker", "trust")
	check(t, os.MkdirAll(filepath.Dir(trust), 0o700))
	check(t, os.CopyFS(trust, os.DirFS(r.dir)))
	keys := map[string]string{}
	for name, text := range r.files {
		if strings.HasPrefix(name, privateDir) {
			keys[name] = text
		}
	}
	for name, args := range map[string][]string{
		"as documented":  {"-C", "/", "-czf", "keys.tgz", strings.TrimPrefix(trust, "/") + "/private"},
		"absolute names": {"-P", "-czf", "keys.tgz", trust + "/private"},
		"from within":    {"-C", trust + "/private", "-czf", "keys.tgz", "."},
		"not packed":     {"-C", trust, "-cf", "keys.tgz", "private"},
		"old format":     {"--format=v7", "-C", trust, "-czf", "keys.tgz", "private"},
		"POSIX format":   {"--format=posix", "-C", trust, "-czf", "keys.tgz", "private"},
		"with a dot":     {"-C", trust, "-czf", "keys.tgz", "./private"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cmd := exec.Command("tar", args...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil && !strings.Contains(string(out), "unknown") {
				t.Fatalf("tar: %v: %s", err, out)
			}
			files, leftOut := read(t, filepath.Join(dir, "keys.tgz"))
			if diff := cmp.Diff(keys, files); diff != "" {
				t.Error("keys (-want +got):\n", diff)
			}
			if len(leftOut) != 1 || !strings.HasSuffix(leftOut[0].Path, "README") {
				t.Errorf("left out: %q", leftOut)
			}
		})
	}
	t.Run("the whole trust directory", func(t *testing.T) {
		cmd := exec.Command("tar", "-C", home, "-czf", "keys.tgz", ".docker/trust")
		cmd.Dir = t.TempDir()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("tar: %v: %s", err, out)
		}
		files, leftOut := read(t, filepath.Join(cmd.Dir, "keys.tgz"))
		if diff := cmp.Diff(r.files, files); diff != "" {
			t.Error("files (-want +got):\n", diff)
		}
		all := ""
		for _, l := range leftOut {
			all += l.Path + ": " + l.Reason + "\n"
		}
		for _, said := range []string{"config.json", "notes.txt", "changelist", "in the trash or not in use yet"} {
			if said != "config.json" && !strings.Contains(all, said) {
				t.Errorf("nothing is said of %q:\n%s", said, all)
			}
		}
	})
}

// A set made of such an archive is one like any other, and gives the keys back.
func TestSetOfKeyFiles(t *testing.T) {
	r := newRig(t)
	var members []member
	for name, text := range r.files {
		if strings.HasPrefix(name, privateDir) {
			members = append(members, file("home/me/.docker/trust/"+name, text))
		}
	}
	before := packed(t, members...)
	given, err := ReadKeyFiles(context.Background(), before)
	check(t, err)
	id, to := newIdentity(t)
	made := createFrom(t, Source{Given: given, Tool: "keyrite test"}, CreateOptions{Recipients: []Recipient{to}, Identities: own(id), Passphrases: r.passphrases})
	if made.State != StateDrilled || len(made.Keys) != 3 || made.SignedBy != r.ids[0] {
		t.Errorf("%+v", made)
	}
	dir := filepath.Join(t.TempDir(), "trust")
	_, err = planRestore(t, made.File, own(id), dir, RestoreOptions{}).Apply(context.Background(), nil)
	check(t, err)
	for _, id := range r.ids {
		name := "private/" + string(id) + ".key"
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != r.files[name] {
			t.Errorf("%q came back as %q, %v", name, got, err)
		}
	}
	if yes, err := given.Concerns(testGUN, nil); err != nil || !yes {
		t.Errorf("the repository that a key's header names: %v, %v", yes, err)
	}
	if yes, err := given.Concerns("reg.example/other", nil); err != nil || yes {
		t.Errorf("a repository that no key is named for: %v, %v", yes, err)
	}
	s := newSignedRig(t)
	check(t, os.RemoveAll(filepath.Join(s.dir, "tuf")))
	theirs, err := ReadKeyFiles(context.Background(), s.dir)
	check(t, err)
	if yes, err := theirs.Concerns(testGUN, s.src.Metadata); err != nil || !yes {
		t.Errorf("a repository whose metadata lists a key: %v, %v", yes, err)
	}
}

func TestFolderOfKeyFiles(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	bare, plain := bareKey(t)
	root := r.files["private/"+string(r.ids[0])+".key"]
	writeFile(t, filepath.Join(dir, string(r.ids[0])+".key"), root)
	writeFile(t, filepath.Join(dir, "old keys", "root_keys", string(r.ids[1])+"_root.key"), "old")
	writeFile(t, filepath.Join(dir, "mine.pem"), plain)
	writeFile(t, filepath.Join(dir, "delegation.key"), r.files["private/"+string(r.ids[2])+".key"])
	writeFile(t, filepath.Join(dir, "photo.jpg"), "no key")
	writeFile(t, filepath.Join(dir, "cert.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
	check(t, os.Symlink("/etc/passwd", filepath.Join(dir, strings.Repeat("a", 64)+".key")))
	files, leftOut := read(t, dir)
	want := map[string]string{
		"private/" + string(r.ids[0]) + ".key":                root,
		"private/root_keys/" + string(r.ids[1]) + "_root.key": "old",
		"private/" + string(bare) + ".key":                    plain,
		"private/delegation.key":                              r.files["private/"+string(r.ids[2])+".key"],
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
	if len(leftOut) != 3 {
		t.Errorf("left out: %q", leftOut)
	}
}

// bundled is what "notary key export" writes: path headers.
func TestExportedBundle(t *testing.T) {
	r := newRig(t)
	data, err := keyring.Export(context.Background(), r.keys, r.ids...)
	check(t, err)
	name := filepath.Join(t.TempDir(), "exported.pem")
	check(t, os.WriteFile(name, data, 0o600))
	files, _ := read(t, name)
	for _, id := range r.ids {
		path := "private/" + string(id) + ".key"
		if files[path] != r.files[path] {
			t.Errorf("%q is %q", path, files[path])
		}
	}
}

func TestBadKeyFiles(t *testing.T) {
	r := newRig(t)
	text := r.files["private/"+string(r.ids[0])+".key"]
	name := string(r.ids[0]) + ".key"
	good := file("private/"+name, text)
	write := func(data []byte) string {
		path := filepath.Join(t.TempDir(), "given")
		check(t, os.WriteFile(path, data, 0o600))
		return path
	}
	whole, err := os.ReadFile(packed(t, good))
	check(t, err)
	fifo := filepath.Join(t.TempDir(), "empty")
	check(t, os.Mkdir(fifo, 0o700))
	for _, tt := range []struct{ name, path, want string }{
		{"absent", filepath.Join(t.TempDir(), "absent"), "no such file"},
		{"an empty folder", fifo, "it holds no key file"},
		{"an empty file", write(nil), "neither a tar archive"},
		{"text", write([]byte("hello")), "neither a tar archive"},
		{"a backup", write([]byte(ageIntro + "\n")), "keyrite backup restore reads it"},
		{"a device", "/dev/zero", "neither a file nor a folder"},
		{"cut short", write(whole[:len(whole)/2]), "cannot be read to its end"},
		{"no gzip behind its mark", write([]byte("\x1f\x8bxxxxxxxxxxxxxxxxxxxxxxx")), "gzip"},
		{"no key", packed(t, file("home/me/notes.txt", "x")), "it holds no key file"},
		{"links alone", packed(t, file("private/"+name, "").with(func(h *tar.Header) { h.Typeflag, h.Linkname = tar.TypeSymlink, "/etc/passwd" })), "it is a link"},
		{"names that lead out", packed(t, file("../../private/"+name, text)), "its name leads out"},
		{"a damaged bundle", write([]byte(text[:len(text)/2])), "cut short"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, err := ReadKeyFiles(context.Background(), tt.path)
			wantError(t, err, tt.want, tt.path)
			if k != nil {
				t.Errorf("something was taken: %+v", k)
			}
		})
	}
	t.Run("links and devices beside a key", func(t *testing.T) {
		link := func(kind byte) func(*tar.Header) {
			return func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = kind, "/etc/passwd", 0 }
		}
		other := file("private/"+strings.Repeat("b", 64)+".key", "x")
		files, leftOut := read(t, packed(t, good, other.with(link(tar.TypeSymlink)), other.with(link(tar.TypeLink)), other.with(link(tar.TypeBlock)), other.with(link(tar.TypeFifo)), file(`..\x.key`, "x"), file("/../x.key", "x")))
		if len(files) != 1 || len(leftOut) != 6 {
			t.Errorf("took %q, left out %q", files, leftOut)
		}
	})
}

// A gzip bomb ends where it would fill memory or time; nothing of it is taken.
func TestKeyFilesBomb(t *testing.T) {
	const most = 8 << 20
	path := filepath.Join(t.TempDir(), "bomb.tgz")
	f, err := os.Create(path)
	check(t, err)
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	check(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "private/notes.txt", Mode: 0o600, Size: 2 * most}))
	_, err = io.CopyN(w, zeros{}, 2*most)
	check(t, errors.Join(err, w.Close(), z.Close(), f.Close()))
	info, err := os.Stat(path)
	check(t, err)
	if info.Size() > most/100 {
		t.Fatalf("the fault does not bite: the bomb has %d bytes", info.Size())
	}
	k, err := readKeyFiles(context.Background(), path, most)
	wantError(t, err, "unpacked it has more than 8388608 bytes")
	if k != nil {
		t.Errorf("something was taken: %+v", k)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Two different files of one key cannot both go in, and neither is to be lost.
func TestKeyFilesThatDiffer(t *testing.T) {
	r := newRig(t)
	name := "private/" + string(r.ids[0]) + ".key"
	other := r.files["private/"+string(r.ids[1])+".key"]
	given, err := ReadKeyFiles(context.Background(), packed(t, file("a/"+name, r.files[name]), file("b/"+name, other)))
	check(t, err)
	_, to := newIdentity(t)
	dir := filepath.Join(t.TempDir(), "stick")
	_, err = PlanCreate(context.Background(), Source{Given: given}, CreateOptions{Dir: dir, Recipients: []Recipient{to}, Now: testTime})
	wantError(t, err, "two files of the key", "make a backup of each by itself")
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("something was written")
	}
}

// FuzzPlace gives names of an archive to what decides where a file belongs. Whatever it
// takes is a name that a backup holds, and a key's says which key it is.
func FuzzPlace(f *testing.F) {
	id := strings.Repeat("a", 64)
	for _, name := range []string{"home/me/.docker/trust/private/" + id + ".key", "./" + id + ".key", "private/root_keys/" + id + "_root.key", "private/tuf_keys/reg:5000/a/" + id + "_targets.key",
		"trust/tuf/reg:5000/a/metadata/root.json", "trust/trash/2026-01-01/" + id + ".key", "../" + id + ".key", "mine.pem", "private/private/.key"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		place, kind, why := placeOf(name)
		if why != "" || place == "" {
			return
		}
		if is, err := kindOf(place); err != nil || is != kind {
			t.Errorf("%q goes to %q: %q, %v", name, place, is, err)
		}
		if is := describePath(place, kind); is.isKey() && is.KeyID == "" {
			t.Errorf("%q goes to %q, which names no key", name, place)
		}
	})
}
