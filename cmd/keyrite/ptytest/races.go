package ptytest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reportRaces fails the test with what the race detector wrote about the program. One race is
// Bubble Tea's own: killed, it closes the reader of its input without waiting for a read that
// begins.
func reportRaces(t testing.TB, prefix string) {
	files, err := filepath.Glob(prefix + ".*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, race := range strings.Split(string(text), "WARNING: DATA RACE")[1:] {
			if !strings.Contains(race, "cancelreader.(*epollCancelReader).Close()") || !strings.Contains(race, "cancelreader.(*epollCancelReader).wait()") {
				t.Errorf("the program has a race:\n%s", race)
			}
		}
	}
}
