package main

import (
	"strings"
	"testing"
)

// TestConsoleRefusesWhatMayNotChange: a console that was started to change nothing opens no
// wizard, and says why.
func TestConsoleRefusesWhatMayNotChange(t *testing.T) {
	for want, change := range map[string]func(*flags){
		"dry run":   func(f *flags) { f.dryRun = true },
		"read-only": func(f *flags) { f.readOnly = true },
		"Offline":   func(f *flags) { f.offline = true },
	} {
		d := deskOf(t, emptyHome(t), change)
		if screen, why := d.rotateRepository("registry.acme.example/pay/web"); screen != nil || !strings.Contains(why, want) {
			t.Errorf("%s: screen %T, reason %q", want, screen, why)
		}
		if notice, changed := d.recover(); notice != "" || changed {
			t.Errorf("%s: what waits was looked at: %q", want, notice)
		}
	}
}
