package main

import (
	"os/exec"
	"syscall"
	"testing"

	"keyrite/cmd/keyrite/ptytest"
)

// However the console is ended before its terminal has answered, which here it never does, the
// shell has the terminal back, and in its own line only what was typed there.
func TestEndedBeforeTheTerminalAnswers(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("keyrite-faulty")
	if err != nil {
		t.Fatal(err)
	}
	// A shell whose traps do nothing outlives the signals to both.
	const shell = `trap : TERM HUP QUIT; "$0" faulty nowhere; echo "ended with $?"; IFS= read -r line; echo "[$line]"`
	for name, end := range map[string]func(*ptytest.Screen) error{
		"Ctrl-c":  func(s *ptytest.Screen) error { s.Type("\x03"); return nil },
		"SIGTERM": func(s *ptytest.Screen) error { return syscall.Kill(-s.Cmd.Process.Pid, syscall.SIGTERM) },
		"SIGHUP":  func(s *ptytest.Screen) error { return syscall.Kill(-s.Cmd.Process.Pid, syscall.SIGHUP) },
		"SIGQUIT": func(s *ptytest.Screen) error { return syscall.Kill(-s.Cmd.Process.Pid, syscall.SIGQUIT) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			cmd := exec.Command("/bin/sh", "-c", shell, program)
			cmd.Dir = home
			cmd.Env = []string{"HOME=" + home, "LC_ALL=C.UTF-8", "COLORTERM=truecolor", "GORACE=atexit_sleep_ms=0", "GOCOVERDIR=" + home}
			s := ptytest.Start(t, cmd, 100, 30)
			s.Mute()
			s.Wait("ready to break")
			if err := end(s); err != nil {
				t.Fatal(err)
			}
			s.Wait("ended with ")
			s.Press("typed\r", "[typed]")
			if code := s.End(); code != 0 {
				t.Errorf("the shell ended with %d", code)
			}
			givenBack(t, s)
		})
	}
}
