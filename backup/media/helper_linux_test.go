package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/backup/media"
)

// TestMain makes this test binary a helper process when it is started as one, or one that
// misbehaves.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "helper" {
		helperMain(os.Args[2])
		return
	}
	os.Exit(m.Run())
}

func helperMain(how string) {
	switch how {
	case "serve":
		if err := media.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "hang":
		select {}
	case "die":
		fmt.Fprint(os.Stderr, "no \x1b[2Jway")
		os.Exit(1)
	case "garbage":
		os.Stdout.WriteString("HTTP/1.1 200 OK\r\n\r\n")
	case "names":
		for {
			if _, err := os.Stdin.Read(make([]byte, 64<<10)); err != nil {
				return
			}
			os.Stdout.Write(frame(`{"names":["ok","../x"],"file":1}`, "12345"))
		}
	}
}

// frame is one of the helper's protocol, by hand.
func frame(head, body string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(head)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(append(b, head...), body...)
}

func helper(t *testing.T, how string) media.Helper {
	t.Helper()
	exe, err := os.Executable()
	check(t, err)
	return media.Helper{Program: exe, Args: []string{"keyrite", "helper", how}, Patience: 20 * time.Second}
}

// script does everything that a Folder can and writes down what came of it.
func script(t *testing.T, open media.Opener, dir string) (log []string) {
	t.Helper()
	note := func(what string, err error, more ...any) {
		is := ""
		for name, target := range map[string]error{"exist": fs.ErrExist, "absent": fs.ErrNotExist, "invalid": fs.ErrInvalid, "is a directory": syscall.EISDIR} {
			if errors.Is(err, target) {
				is += " " + name
			}
		}
		var at *fs.PathError
		log = append(log, fmt.Sprint(what, ": ", err, is, errors.As(err, &at), more))
	}
	_, err := open(filepath.Join(dir, "none"), false)
	note("a folder that is not there", err)
	f, err := open(dir, true)
	check(t, err)
	for _, name := range []string{"", ".", "..", "...", "a/b", "../x", "/etc/passwd"} {
		_, err := f.Create(name)
		note("create "+name, err)
	}
	check(t, os.MkdirAll(filepath.Join(dir, "FOLDER"), 0o700))
	check(t, syscall.Mkfifo(filepath.Join(dir, "PIPE"), 0o600))
	big := bytes.Repeat([]byte("0123456789abcdef"), 40_000)
	note("write", media.WriteFile(f, "TEMP", "BIG", big))
	note("write again", media.WriteFile(f, "TEMP", "BIG", big))
	note("write nothing", media.WriteFile(f, "TEMP", "EMPTY", nil))
	for _, name := range []string{"BIG", "EMPTY", "none", "FOLDER", "PIPE", "../x"} {
		r, err := f.Open(name)
		note("open "+name, err)
		if err == nil {
			got, err := io.ReadAll(r)
			note("read "+name, err, r.Size(), len(got), name != "BIG" || bytes.Equal(got, big))
			note("close", r.Close())
		}
		i, err := f.Lstat(name)
		note("lstat "+name, err)
		if err == nil && !i.IsDir() {
			note("is", nil, i.Name(), i.Size(), i.Mode())
		}
	}
	note("place over", f.Place("EMPTY", "BIG"))
	note("place", f.Place("EMPTY", "NEW"))
	note("place what is not there", f.Place("EMPTY", "NEWER"))
	note("remove a folder's content", f.Remove("../"+filepath.Base(dir)))
	note("remove", f.Remove("NEW"))
	note("settle", f.Settle())
	i, err := f.Self()
	note("self", err, i.IsDir(), i.Mode())
	names, err := f.Names()
	note("names", err, names, f.Path() == dir)
	note("close", f.Close())
	_, err = f.Names()
	log = append(log, fmt.Sprint("after its end an error: ", err != nil))
	return log
}

// A folder behind a process is as one in this process, to every word of every error.
func TestHelperIsAsAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "stick")
	here := script(t, media.OpenFolder, dir)
	check(t, os.RemoveAll(dir))
	there := script(t, helper(t, "serve").Opener(t.Context(), nil), dir)
	if diff := cmp.Diff(here, there); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(strings.Join(here, "\n"), "open PIPE: ") {
		t.Errorf("%q", here)
	}
}

func TestHelperTellsProgress(t *testing.T) {
	h := helper(t, "serve")
	var told []int64
	h.Progress = func(name string, n int64) { told = append(told, n) }
	f, err := h.Opener(t.Context(), nil)(t.TempDir(), false)
	check(t, err)
	defer f.Close()
	check(t, media.WriteFile(f, "TEMP", "BIG", make([]byte, 600_000)))
	if len(told) != 3 || told[2] != 600_000 {
		t.Errorf("%d", told)
	}
}

// However a helper breaks down, the call ends with a sentence that names the medium, and
// so do all later ones.
func TestHelperBreaksDown(t *testing.T) {
	dir := t.TempDir()
	for how, want := range map[string]string{"die": `no \\x1b\[2Jway`, "garbage": "too large", "hang": "has not answered for"} {
		h := helper(t, how)
		if how == "hang" {
			h.Patience = 100 * time.Millisecond
		}
		_, err := h.Opener(t.Context(), nil)(dir, false)
		if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(strings.ReplaceAll(err.Error(), `[`, `\[`), strings.ReplaceAll(want, `\\`, `\`)) {
			t.Errorf("%s: %v", how, err)
		}
		var hung *media.HungError
		if errors.As(err, &hung) != (how == "hang") || hung != nil && hung.PID != 0 {
			t.Errorf("%s: %#v", how, err)
		}
	}
	if _, err := (media.Helper{Program: filepath.Join(dir, "none")}).Opener(t.Context(), nil)(dir, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	f, err := helper(t, "names").Opener(t.Context(), nil)(dir, false)
	check(t, err)
	defer f.Close()
	if names, err := f.Names(); err == nil {
		t.Errorf("names that lead out: %q", names)
	}
	r, err := f.Open("x")
	check(t, err)
	if n, err := r.Read(make([]byte, 2)); err == nil {
		t.Errorf("%d bytes more than there is room for", n)
	}
}

// The server trusts its parent no more than the parent trusts it.
func TestServeRefuses(t *testing.T) {
	dir := t.TempDir()
	enter := frame(`{"op":"enter","name":`+strconv.Quote(filepath.Join(dir, "in"))+`,"make":true}`, "")
	for _, head := range []string{
		`{"op":"create","name":"../out"}`, `{"op":"create","name":"a/b"}`, `{"op":"place","name":"x","to":"../out"}`, `{"op":"remove","name":".."}`, `{"op":"open","name":"."}`,
		`{"op":"lstat","name":""}`, `{"op":"write","file":7}`, `{"op":"enter","name":"/"}`, `{"op":"dance"}`, `{}`,
	} {
		var out bytes.Buffer
		if err := media.Serve(bytes.NewReader(append(bytes.Clone(enter), frame(head, "x")...)), &out); err != nil {
			t.Errorf("%s: %v", head, err)
		}
		if !strings.Contains(out.String(), `"fault"`) {
			t.Errorf("%s: %q", head, out.String())
		}
	}
	for _, bad := range [][]byte{frame(`{`, ""), {1}, {0, 0, 0, 9}, frame("{}", "x")[:10], {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}} {
		if err := media.Serve(bytes.NewReader(bad), io.Discard); err == nil {
			t.Errorf("%q passed", bad)
		}
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(names) != 1 {
		t.Errorf("made: %q", names)
	}
}

func FuzzServe(f *testing.F) {
	dir := f.TempDir()
	enter := frame(`{"op":"enter","name":`+strconv.Quote(filepath.Join(dir, "in"))+`,"make":true}`, "")
	f.Add(frame(`{"op":"create","name":"A"}`, ""))
	f.Add(append(frame(`{"op":"open","name":"../../etc/passwd"}`, ""), frame(`{"op":"read","file":1,"want":99}`, "")...))
	f.Fuzz(func(t *testing.T, b []byte) {
		media.Serve(io.MultiReader(bytes.NewReader(enter), bytes.NewReader(b)), io.Discard)
		if names, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(names) != 1 {
			t.Errorf("made: %q", names)
		}
	})
}
