package media_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"keyrite/backup/media"
	"keyrite/backup/media/mediatest"
)

// readEach reads files of a folder; nil stands for one that was not given.
func readEach(t *testing.T, dir string, names ...string) ([][]byte, error) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	check(t, err)
	defer root.Close()
	got := make([][]byte, len(names))
	err = media.ReadEach(t.Context(), root, names, func(i int, r io.Reader) (err error) {
		got[i], err = io.ReadAll(r)
		return err
	})
	return got, err
}

// Many files of every length are read, each once.
func TestReadEach(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for i := range 400 {
		name := fmt.Sprint(i)
		names = append(names, name)
		check(t, os.WriteFile(filepath.Join(dir, name), bytes.Repeat([]byte(name), i*i), 0o600))
	}
	got, err := readEach(t, dir, names...)
	check(t, err)
	for i, data := range got {
		if data == nil || !bytes.Equal(data, bytes.Repeat([]byte(names[i]), i*i)) {
			t.Fatalf("file %d has %d bytes", i, len(data))
		}
	}
}

func TestReadEachFails(t *testing.T) {
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600))
	check(t, os.Symlink("file", filepath.Join(dir, "link")))
	check(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	for _, name := range []string{"absent", "link", "pipe", "..", "../" + filepath.Base(dir) + "/file", "."} {
		if got, err := readEach(t, dir, "file", name); err == nil {
			t.Errorf("%q was read: %q", name, got[1])
		}
	}
	root, err := os.OpenRoot(dir)
	check(t, err)
	defer root.Close()
	own := errors.New("of the taker")
	if err := media.ReadEach(t.Context(), root, []string{"file"}, func(int, io.Reader) error { return own }); !errors.Is(err, own) {
		t.Errorf("error %v", err)
	}
}

// What is read is what the medium has, and not what the kernel remembers of it.
func TestReadEachGoesToTheMedium(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s, image := mediatest.NewSocket(t), mediatest.Image(t, "ONE")
	s.Insert(image, false)
	var names []string
	for i := range 300 {
		names = append(names, fmt.Sprint(i))
		check(t, os.WriteFile(filepath.Join(s.Mount, names[i]), []byte("what was written"), 0o600))
	}
	folder, err := media.OpenFolder(s.Mount, false)
	check(t, err)
	defer folder.Close()
	check(t, folder.Settle())
	disk, err := os.ReadFile(image)
	check(t, err)
	check(t, os.WriteFile(image, bytes.ReplaceAll(disk, []byte("what was written"), []byte("what is on there")), 0o600))
	if cached, err := os.ReadFile(filepath.Join(s.Mount, "0")); err != nil || string(cached) != "what was written" {
		t.Fatalf("the kernel remembers %q, %v: nothing is shown by this", cached, err)
	}
	got, err := readEach(t, s.Mount, names...)
	check(t, err)
	for i, data := range got {
		if string(data) != "what is on there" {
			t.Fatalf("file %d: %q", i, data)
		}
	}
}
