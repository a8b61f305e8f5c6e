package keychain

import (
	"errors"
	"syscall"
)

// errNoLogonSession is ERROR_NO_SUCH_LOGON_SESSION: a session without a credential set,
// such as one over the network.
const errNoLogonSession = syscall.Errno(1312)

func (system) reachable() error { return nil }

func meaning(err error) error {
	switch {
	case errors.Is(err, errNoLogonSession):
		return ErrNoService
	case errors.Is(err, syscall.ERROR_ACCESS_DENIED):
		return ErrDenied
	}
	return nil
}
