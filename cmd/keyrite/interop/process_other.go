//go:build !linux

package interop

import "os/exec"

// endWithParent does nothing here: only Linux ends a child with its parent.
func endWithParent(*exec.Cmd) {}

// ownTerminal has no equal here: Ctrl-c does not reach the program.
func ownTerminal(*exec.Cmd) {}
