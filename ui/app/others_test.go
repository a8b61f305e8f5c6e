package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/notation"
	"keyrite/ui"
	screen "keyrite/ui/notation"
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

// judged makes the screen of a verdict; whether revocation was asked about is remembered.
func (w *world) judged(st *ui.Styles, clock ui.Clock) func(trustdata.GUN, string) (ui.Screen, string) {
	return func(gun trustdata.GUN, digest string) (ui.Screen, string) {
		if w.noPolicy != "" {
			return nil, w.noPolicy
		}
		return screen.New(screen.Options{Context: context.Background(), Styles: st, Clock: clock, Judge: func(_ context.Context, revocation bool) (screen.Result, error) {
			w.revocation = append(w.revocation, revocation)
			return screen.Result{Policy: &notation.Policy{Origin: "/etc/policy.json"}, At: clock.Now(),
				Verdict: notation.Verdict{Subject: notation.Subject{Repository: string(gun), Digest: digest}, Why: "nobody signed it"}}, w.lookErr
		}}), ""
	}
}

// TestNotationVerdict: a tag leads to what the trust policy says, and the hosts that
// certificates name are asked on a key of their own.
func TestNotationVerdict(t *testing.T) {
	w := newWorld()
	d := w.console(t, 120, 30).Press("o").Type("registry.acme.io/pay/web").Press("enter", "enter").Has("t policy")
	d.Press("t").Has("VERDICT", "refused: nobody signed it", "/etc/policy.json", "w whether revoked").Press("r").Press("w").Press("r")
	if diff := cmp.Diff([]bool{false, false, true, true}, w.revocation); diff != "" {
		t.Error(diff)
	}
	d.Press("esc").Has("WHO SIGNED")
	w.lookErr = fmt.Errorf("no file: %w", notation.ErrPolicy)
	d.Press("t").Has("no usable trust policy", "no verdict").Press("esc", "esc")
	w.noPolicy = "Offline: the registry is not asked."
	d.Press("t").Has("Offline: the registry is not asked.", "WHO SIGNED")
}

// TestLeaving plans what another system signs anew, for the repositories that are marked.
func TestLeaving(t *testing.T) {
	w := newWorld()
	w.planSource = trustdata.SourceLive
	d := w.console(t, 120, 40).Press("3", "space", "m").Fits().Has("leaving", "live 09:41 UTC", "1 to sign, 1 decide", "DECIDE", "stable", "keyrite migrate plan", "--for notation --out PLAN", "Disable last.")
	w.planSource = trustdata.SourceArchive
	d.Press("t").Has("--for cosign --out PLAN", "cosign sign", "from archive").Lacks("live 09:41 UTC")
	if text := d.Press("y").Text(); !strings.Contains(text, "all commands of cosign") || !strings.Contains(text, "keyrite's command") {
		t.Errorf("y offers:\n%s", text)
	}
	w.lookErr = errors.New("the registry is closed")
	d.Press("esc", "r").Has("The registry is closed").Press("esc", "esc").Has("[3 Repos")
}
