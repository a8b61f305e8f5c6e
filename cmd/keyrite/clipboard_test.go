package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clipWorld is a run whose PATH has nothing but made-up programs for a clipboard.
type clipWorld struct {
	*cli
	dir string
	env map[string]string
}

func newClipWorld(t *testing.T) clipWorld {
	w := clipWorld{dir: t.TempDir(), env: map[string]string{}}
	w.env["PATH"] = w.dir
	w.cli = newCLI(process{getenv: func(name string) string { return w.env[name] },
		environ: func() []string {
			return []string{"NOTARY_ROOT_PASSPHRASE=" + canary, "KEPT=yes", "PATH=/usr/bin:/bin"}
		}, now: time.Now})
	return w
}

const canary = "the passphrase of the root key"

// program puts a program into PATH. It writes what it was given beside itself.
func (w clipWorld) program(t *testing.T, name, and string) {
	t.Helper()
	path := filepath.Join(w.dir, name)
	script := "#!/bin/sh\ncat > " + path + ".in\necho \"$@\" > " + path + ".args\nenv > " + path + ".env\n" + and + "\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (w clipWorld) got(t *testing.T, name, what string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, name+"."+what))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCopyText(t *testing.T) {
	const text = "sha256:9d41\nsecond line; $(id)"
	for _, c := range []struct {
		name     string
		env      string
		programs map[string]string
		want     string
		taker    string
	}{
		{"nothing", "", nil, "", ""},
		{"no session, though a program is there", "", map[string]string{"wl-copy": "", "xclip": "", "tmux": ""}, "", ""},
		{"wayland", "WAYLAND_DISPLAY DISPLAY TMUX", map[string]string{"wl-copy": "", "xclip": "", "tmux": ""}, "wl-copy", "wl-copy"},
		{"x11", "DISPLAY", map[string]string{"xclip": ""}, "xclip", "xclip"},
		{"x11 without xclip", "DISPLAY", map[string]string{"xsel": ""}, "xsel", "xsel"},
		{"one that fails", "WAYLAND_DISPLAY DISPLAY", map[string]string{"wl-copy": "exit 1", "xsel": ""}, "xsel", "xsel"},
		{"tmux", "TMUX", map[string]string{"tmux": ""}, "tmux, into its buffer", "tmux"},
		{"windows below", "WSL_DISTRO_NAME", map[string]string{"clip.exe": ""}, "clip.exe", "clip.exe"},
		{"windows below, from afar", "WSL_DISTRO_NAME SSH_CONNECTION", map[string]string{"clip.exe": ""}, "", ""},
		{"all fail", "WAYLAND_DISPLAY TMUX", map[string]string{"wl-copy": "exit 1", "tmux": "exit 1"}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newClipWorld(t)
			for _, name := range strings.Fields(c.env) {
				w.env[name] = "x"
			}
			for name, and := range c.programs {
				w.program(t, name, and)
			}
			if by := w.copyText(t.Context(), text); by != c.want {
				t.Fatalf("copied by %q, want %q", by, c.want)
			}
			if c.taker == "" {
				return
			}
			if got := w.got(t, c.taker, "in"); got != text {
				t.Errorf("it was given %q", got)
			}
			if args := w.got(t, c.taker, "args"); strings.Contains(args, "9d41") {
				t.Errorf("the text is among its arguments: %q", args)
			}
			if env := w.got(t, c.taker, "env"); strings.Contains(env, canary) || !strings.Contains(env, "KEPT=yes") {
				t.Errorf("its environment is %q", env)
			}
		})
	}
}

// TestCopyTextIsBounded: a program that hangs is given up, and the next one is asked.
func TestCopyTextIsBounded(t *testing.T) {
	w := newClipWorld(t)
	w.env["WAYLAND_DISPLAY"], w.env["TMUX"] = "x", "x"
	w.program(t, "wl-copy", "exec sleep 100")
	w.program(t, "tmux", "")
	begun := time.Now()
	if by := w.copyText(t.Context(), "text"); by != "tmux, into its buffer" {
		t.Errorf("copied by %q", by)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}
