package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"keyrite/cmd/keyrite/ptytest"
)

// startFaulty runs the program that breaks, with state in a folder of its own.
func startFaulty(t *testing.T, at string) (s *ptytest.Screen, state string) {
	t.Helper()
	program, err := exec.LookPath("keyrite-faulty")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.Command(program, "faulty", at)
	cmd.Dir = home
	cmd.Env = []string{"HOME=" + home, "LC_ALL=C.UTF-8", "GOCOVERDIR=" + home}
	return ptytest.Start(t, cmd, 100, 30), filepath.Join(home, ".local", "state", "keyrite")
}

// reports are the crash reports in the state folder, each for its owner alone.
func reports(t *testing.T, state string) (texts []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(state, "crash-*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("%s has mode %o", file, info.Mode())
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

// Wherever it breaks, the terminal comes back, a report says where, and neither shows what was
// at hand.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"update", "view", "command", "first command", "batch", "sequence", "goroutine", "group", "verb"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			s, state := startFaulty(t, at)
			if at != "first command" && at != "verb" {
				s.Wait("ready to break")
				if !s.Alternate() || s.Sane() {
					t.Fatal("the console does not hold the terminal, so giving it back proves nothing")
				}
				s.Type("f")
			}
			if code := s.End(); code != exitFailed {
				t.Errorf("exit %d, want %d", code, exitFailed)
			}
			givenBack(t, s)
			if screen := strings.Join(strings.Fields(s.Text()), " "); !strings.Contains(screen, "keyrite: a fault of keyrite's own stopped it. The report") || !strings.Contains(screen, "No key file is lost by it.") {
				t.Errorf("it says %q", screen)
			}
			texts := reports(t, state)
			if len(texts) != 1 || !strings.Contains(texts[0], ".fail ") || !strings.Contains(texts[0], "stopped by a fault") {
				t.Fatalf("the reports are %q", texts)
			}
			if strings.Contains(texts[0]+string(s.Raw()), sownSecret) {
				t.Errorf("the passphrase is told:\n%s\n%q", texts[0], s.Raw())
			}
		})
	}
}

// givenBack fails unless the terminal is as a shell wants it: its own screen, the cursor, whole
// lines with echo.
func givenBack(t *testing.T, s *ptytest.Screen) {
	t.Helper()
	raw := string(s.Raw())
	if s.Alternate() || !s.Sane() || strings.LastIndex(raw, "\x1b[?25l") > strings.LastIndex(raw, "\x1b[?25h") {
		t.Errorf("the terminal is not given back: alternate screen %v, sane %v, it ends with %.200q", s.Alternate(), s.Sane(), raw[max(0, len(raw)-200):])
	}
}

// However a signal ends it, the terminal comes back, in the console and where a passphrase is
// typed, of which nothing is shown.
func TestSignalsGiveTheTerminalBack(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGINT} {
		for _, at := range []string{"nowhere", "prompt"} {
			t.Run(sig.String()+"/"+at, func(t *testing.T) {
				t.Parallel()
				s, state := startFaulty(t, at)
				if at == "prompt" {
					s.Wait("Passphrase:")
					s.Type(sownSecret[:10])
				} else {
					s.Wait("ready to break")
				}
				if s.Sane() {
					t.Fatal("the terminal is as a shell wants it, so giving it back proves nothing")
				}
				if err := s.Cmd.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
				if code := s.End(); code != exitInterrupted {
					t.Errorf("exit %d, want %d", code, exitInterrupted)
				}
				givenBack(t, s)
				texts := reports(t, state)
				if (len(texts) == 1) != (sig == syscall.SIGQUIT) {
					t.Errorf("%d reports", len(texts))
				}
				all := strings.Join(texts, "") + string(s.Raw())
				if strings.Contains(all, sownSecret[:10]) || strings.Contains(all, "(0x") {
					t.Errorf("more is told than may be:\n%s", all)
				}
				if sig == syscall.SIGQUIT && !strings.Contains(all, "goroutine 1 ") {
					t.Errorf("the report does not say where it was:\n%s", all)
				}
			})
		}
	}
}
