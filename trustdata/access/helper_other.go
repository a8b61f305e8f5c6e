//go:build !unix

package access

import "os/exec"

// detach does nothing: a helper without a console of its own cannot draw on ours.
func detach(*exec.Cmd) {}
