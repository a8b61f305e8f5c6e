package demo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"keyrite/cmd/keyrite/demo"
)

// fakeRun stands for keyrite: it notes each command, and makes a file for a backup.
type fakeRun struct {
	world   *demo.World
	out     bytes.Buffer
	args    [][]string
	backups int // how many files a backup makes, plus one
	fail    string
}

func (f *fakeRun) run(args ...string) error {
	f.args = append(f.args, args)
	fmt.Fprintf(&f.out, "(output of %s)\n", args[0])
	if args[0] == f.fail {
		return errors.New("it did not work")
	}
	if args[0] == "backup" && args[1] == "create" {
		for i := range f.backups + 1 {
			name := filepath.Join(f.world.BackupDir, fmt.Sprintf("keys-%d.age", i))
			if err := os.WriteFile(name, nil, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestWalk(t *testing.T) {
	w := newWorld(t)
	f := &fakeRun{world: w}
	if err := demo.Walk(t.Context(), &f.out, w, f.run); err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, args := range f.args {
		verb := args[0]
		if verb == "backup" || verb == "keys" {
			verb += " " + args[1]
		}
		verbs = append(verbs, verb)
	}
	want := "repos, audit, keys list, tags, inspect, verify, rotate, tags, backup create, backup verify, backup restore, keys list"
	if got := strings.Join(verbs, ", "); got != want {
		t.Errorf("verbs:\n got %s\nwant %s", got, want)
	}
	text := f.out.String()
	for _, want := range []string{
		"\n$ keyrite keys list\n(output of keys)\n",
		"\n$ keyrite tags registry.acme.example/pay/web --compare\n(output of tags)\n",
		"\n$ keyrite backup verify " + filepath.Join(w.BackupDir, "keys-0.age") + " -i " + w.IdentityFile + "\n(output of backup)\n",
		"\n$ keyrite keys list --trust-dir " + w.RestoreDir + "\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for role, phrase := range w.Passphrases {
		if !strings.Contains(text, phrase) {
			t.Errorf("the %s passphrase %q is not shown", role, phrase)
		}
	}
	if last := text[strings.LastIndexByte(strings.TrimSuffix(text, "\n"), '\n')+1:]; !strings.HasSuffix(last, ".\n") || strings.HasPrefix(last, "(") {
		t.Errorf("the walk ends with %q, which is no sentence", last)
	}
}

// Every passphrase file that a command names holds the passphrase of that role.
func TestWalkNamesRealFiles(t *testing.T) {
	w := newWorld(t)
	f := &fakeRun{world: w}
	if err := demo.Walk(t.Context(), &f.out, w, f.run); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, args := range f.args {
		for i, arg := range args {
			if arg != "--passphrase-file" {
				continue
			}
			seen++
			role, file, _ := strings.Cut(args[i+1], "=")
			data, err := os.ReadFile(file)
			if want := w.Passphrases[strings.TrimSuffix(role, "-new")]; err != nil || strings.TrimSpace(string(data)) != want || want == "" {
				t.Errorf("%s: %q, %v; want %q", args[i+1], data, err, want)
			}
		}
		if i := slices.Index(args, "-i"); i >= 0 {
			if data, err := os.ReadFile(args[i+1]); err != nil || !strings.Contains(string(data), "\nAGE-SECRET-KEY-1") {
				t.Errorf("identity file %q: %v", args[i+1], err)
			}
		}
	}
	if seen != 3 {
		t.Errorf("%d passphrase files were named", seen)
	}
}

func TestWalkStops(t *testing.T) {
	for _, verb := range []string{"repos", "rotate", "backup"} {
		f := &fakeRun{world: newWorld(t), fail: verb}
		err := demo.Walk(t.Context(), &f.out, f.world, f.run)
		if err == nil || !strings.Contains(err.Error(), "keyrite "+verb) || !strings.Contains(err.Error(), "it did not work") {
			t.Errorf("%s: %v", verb, err)
		}
		if last := f.args[len(f.args)-1]; last[0] != verb {
			t.Errorf("after %s failed, %q was run", verb, last)
		}
	}
	f := &fakeRun{world: newWorld(t), backups: 1}
	if err := demo.Walk(t.Context(), &f.out, f.world, f.run); err == nil || !strings.Contains(err.Error(), "2 backups") {
		t.Errorf("with two backups: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f = &fakeRun{world: f.world}
	if err := demo.Walk(ctx, &f.out, f.world, f.run); !errors.Is(err, context.Canceled) || len(f.args) != 0 {
		t.Errorf("cancelled: %v after %d commands", err, len(f.args))
	}
}
