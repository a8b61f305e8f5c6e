package interop_test

import (
	"os"
	"testing"

	"keyrite/cmd/keyrite/interop"
)

// Without a terminal the demo walks the main job and ends; it leaves nothing in the home,
// docker's configuration, the XDG folders or the temporary folder.
func TestDemoLeavesNoTrace(t *testing.T) {
	t.Parallel()
	k, tmp := interop.NewKeyrite(t), t.TempDir()
	k.Env = []string{"TMPDIR=" + tmp}
	if r := k.Run("demo"); r.Stdout == "" {
		t.Error("the demo says nothing")
	}
	for _, dir := range []string{k.Home, tmp} {
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range left {
			t.Errorf("the demo left %q in %q", e.Name(), dir)
		}
	}
}
