package interop_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

var record = flag.Bool("record", false, "write docs/interop.md")

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	interop.RemoveBinary()
	if *record && code == 0 {
		cosign, err := interop.CosignMatrix("testdata/cosign")
		if err == nil {
			err = interop.WriteMatrix("../../../docs/interop.md", cosign)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
