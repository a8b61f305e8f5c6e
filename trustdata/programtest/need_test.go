package programtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyrite/trustdata/programtest"
)

// witness is a test that notes how it was ended.
type witness struct {
	testing.TB
	failed, left string
}

func (w *witness) Helper()                      {}
func (w *witness) Name() string                 { return "TestOne" }
func (w *witness) Fatalf(_ string, args ...any) { w.failed = args[0].(string) }
func (w *witness) Skipf(text string, _ ...any)  { w.left = text }

// TestNeed: a missing program leaves a test out, and never where everything is installed.
func TestNeed(t *testing.T) {
	dir := t.TempDir()
	here := filepath.Join(dir, "here")
	if err := os.WriteFile(here, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	for _, tt := range []struct {
		ci, program, path string
		failed, left      bool
	}{{"", "here", here, false, false}, {"true", "here", here, false, false}, {"", "gone", "", false, true}, {"true", "gone", "", true, false}} {
		t.Setenv("CI", tt.ci)
		w := &witness{TB: t}
		if got := programtest.Need(w, tt.program); got != tt.path || (w.failed != "") != tt.failed || (w.left != "") != tt.left || tt.left && !strings.Contains(w.left, "left out") {
			t.Errorf("%s with CI=%q: %q, failed %q, left out %q", tt.program, tt.ci, got, w.failed, w.left)
		}
	}
}
