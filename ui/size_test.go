package ui_test

import (
	"testing"

	"keyrite/ui"
)

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1: "1 byte", 1023: "1023 bytes", 1024: "1 KiB", 1025: "2 KiB", 62000: "61 KiB", 1<<20 - 1: "1024 KiB", 1 << 20: "1.0 MiB", 3 << 19: "1.5 MiB", 5 << 29: "2.5 GiB"} {
		if got := ui.Size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
