package app_test

import (
	"math/rand/v2"
	"testing"
)

// TestResizeStorm: while keys come, 500 sizes down to one cell leave a frame that is right for
// the last of them.
func TestResizeStorm(t *testing.T) {
	rnd := rand.New(rand.NewPCG(500, 1))
	w := newWorld()
	w.names = hostile
	d := w.console(t, 100, 30).Press("o").Type("evil.example/x").Press("enter")
	keys := []string{"j", "k", "enter", "esc", "1", "2", "3", "?", "/", "G", "g", ":", "s", "space", "pgdown", "y"}
	for range 500 {
		d.Resize(1+rnd.IntN(220), 1+rnd.IntN(70)).Fits().Press(keys[rnd.IntN(len(keys))]).Fits()
		if t.Failed() {
			return
		}
	}
	d.Resize(100, 30).Press("esc", "esc", "esc", "1").Fits().Has("[1 Overview")
}
