//go:build !linux && !darwin && !windows

package state

import "errors"

// Room is not known on this system.
func Room(string) (uint64, error) { return 0, errors.ErrUnsupported }
