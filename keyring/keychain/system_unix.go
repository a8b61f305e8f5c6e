//go:build !darwin && !windows

package keychain

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/godbus/dbus/v5"
)

// reachable keeps the library from looking for a bus by itself.
func (s system) reachable() error {
	if s.bus == "" {
		return fmt.Errorf("%w: there is no session bus", ErrNoService)
	}
	return nil
}

// meaning tells the errors of the bus and of the Secret Service apart. A keychain that
// stayed locked, for want of an answer or of a screen to ask on, has no name there but the
// library's text.
func meaning(err error) error {
	var answer dbus.Error
	var network net.Error
	switch {
	case errors.As(err, &answer):
		switch answer.Name {
		case "org.freedesktop.Secret.Error.IsLocked":
			return ErrLocked
		case "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.AuthFailed":
			return ErrDenied
		case "org.freedesktop.DBus.Error.Timeout", "org.freedesktop.DBus.Error.TimedOut":
			return ErrHung
		case "org.freedesktop.Secret.Error.NoSuchObject":
			return nil
		}
		return ErrNoService
	case strings.Contains(err.Error(), "failed to unlock"):
		return ErrLocked
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, dbus.ErrClosed), strings.HasPrefix(err.Error(), "dbus: "):
		return ErrNoService
	}
	return nil
}
