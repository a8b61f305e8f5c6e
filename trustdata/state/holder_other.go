//go:build unix && !linux

package state

import "os"

// holder is not known on this system.
func holder(*os.File) string { return "" }
