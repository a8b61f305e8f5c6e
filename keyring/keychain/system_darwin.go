package keychain

import (
	"errors"
	"os/exec"
)

func (system) reachable() error { return nil }

// meaning reads the exit code of Apple's security tool, which is the last byte of the
// status of the Security framework.
func meaning(err error) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return ErrNoService
	case !errors.As(err, &exit):
		return nil
	}
	switch exit.ExitCode() {
	case 36: // errSecInteractionNotAllowed, -25308: locked, and no screen to ask on
		return ErrLocked
	case 51, 128: // errSecAuthFailed, -25293; errSecUserCanceled, -128
		return ErrDenied
	case 37, 50: // errSecNoDefaultKeychain, -25307; errSecNoSuchKeychain, -25294
		return ErrNoService
	}
	return nil
}
