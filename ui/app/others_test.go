package app_test

import (
	"errors"
	"testing"
)

// TestOtherSignatures: the registry is asked for other systems' signatures on a key alone,
// and what it has is called present.
func TestOtherSignatures(t *testing.T) {
	w := newWorld()
	d := w.console(t, 100, 30).Press("o").Type("registry.acme.io/pay/web").Press("enter", "enter").Has("WHO SIGNED", "i other signatures").Lacks("OTHER SIGNATURES")
	if len(w.looked) > 0 {
		t.Errorf("asked unasked: %q", w.looked)
	}
	d.Press("i").Has("OTHER SIGNATURES", "notation", "present, not verified; on what is served", "Other signatures: notation.")
	if len(w.looked) != 1 || len(w.looked[0]) != 64 {
		t.Errorf("asked for %q", w.looked)
	}
	d.Press("esc", "enter").Lacks("OTHER SIGNATURES")
	w.lookErr = errors.New("the registry is closed")
	d.Press("i").Has("The registry is closed").Lacks("OTHER SIGNATURES")
}
