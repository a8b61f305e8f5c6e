package interop

import (
	"os/exec"
	"syscall"
)

// endWithParent lets the kernel end a server whose test process was killed, by a test
// time-out for instance, and could not clean up.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// ownTerminal makes a program the one that its terminal's Ctrl-c reaches, and ends it with
// the test process.
func ownTerminal(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
}
