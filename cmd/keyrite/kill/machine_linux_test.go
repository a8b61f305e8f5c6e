package kill

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"keyrite/cmd/keyrite/interop"
)

// typed is a word of a command line as it is on this machine.
func (w *world) typed(word string) string {
	switch word {
	case prepared:
		return w.newest("prepared")
	case signed:
		return w.newest("signed")
	}
	return strings.NewReplacer(firstRoot, w.root, stick, w.stick()).Replace(word)
}

// newest is the file of the last ceremony that has come so far.
func (w *world) newest(kind string) (file string) {
	w.t.Helper()
	found, err := filepath.Glob(filepath.Join(w.stick(), "*."+kind+".tar"))
	w.ok(err)
	var last time.Time
	for _, path := range found {
		info, err := os.Stat(path)
		w.ok(err)
		if info.ModTime().After(last) {
			file, last = path, info.ModTime()
		}
	}
	return file
}

// command is keyrite on this machine.
func (w *world) command(args ...string) *exec.Cmd {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	w.t.Cleanup(cancel)
	home := filepath.Join(w.folder, "home")
	args = slices.Clone(args)
	for i, arg := range args {
		args[i] = w.typed(arg)
	}
	cmd := exec.CommandContext(ctx, interop.Binary(w.t), append([]string{"--trust-dir", w.trust(), "--server", w.url}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LC_ALL=C.UTF-8", "KEYRITE_NO_KEYCHAIN=1",
		"NOTARY_ROOT_PASSPHRASE=" + interop.Known.Root, "NOTARY_TARGETS_PASSPHRASE=" + interop.Known.Targets,
		"NOTARY_SNAPSHOT_PASSPHRASE=" + interop.Known.Snapshot, "NOTARY_DELEGATION_PASSPHRASE=" + interop.Known.Delegation}
	for _, kind := range []string{"CONFIG", "STATE", "CACHE", "DATA"} {
		cmd.Env = append(cmd.Env, "XDG_"+kind+"_HOME="+filepath.Join(home, kind))
	}
	return cmd
}

// try runs keyrite to its end.
func (w *world) try(args ...string) (stdout, all string, code int) {
	w.t.Helper()
	cmd := w.command(args...)
	var out, err strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &err
	if failed := cmd.Run(); failed != nil && cmd.ProcessState == nil {
		w.t.Fatal(failed)
	}
	return out.String(), out.String() + err.String(), cmd.ProcessState.ExitCode()
}

func (w *world) must(args ...string) string {
	w.t.Helper()
	out, all, code := w.try(args...)
	if code != 0 {
		w.t.Fatalf("keyrite %q: exit %d\n%s", args, code, all)
	}
	return out
}

// traced runs keyrite until the call of that number, 0 for none.
func (w *world) traced(when int, args ...string) trace {
	w.t.Helper()
	report := filepath.Join(w.folder, "report")
	cmd := w.command(args...)
	cmd.Args = append([]string{os.Args[0], tracerMark, report, fmt.Sprint(when)}, append([]string{cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path = os.Args[0]
	out, err := cmd.CombinedOutput()
	t := trace{output: string(out)}
	if err != nil {
		w.t.Fatalf("tracing %q: %v\n%s", args, err, out)
	}
	data, err := os.ReadFile(report)
	if err == nil {
		err = json.Unmarshal(data, &t)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}
