package interop_test

import (
	"os"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

func TestMain(m *testing.M) {
	code := m.Run()
	interop.RemoveBinary()
	os.Exit(code)
}
