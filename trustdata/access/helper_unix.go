//go:build unix

package access

import (
	"os/exec"
	"syscall"
)

// detach gives a helper a session of its own. It has no terminal to ask or draw on, and
// what it started ends with it.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
