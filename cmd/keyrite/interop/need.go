package interop

import (
	"testing"

	"keyrite/trustdata/programtest"
)

// Need is programtest.Need, for tests that have this harness.
func Need(t testing.TB, program string) string {
	t.Helper()
	return programtest.Need(t, program)
}
