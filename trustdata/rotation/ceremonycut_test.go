package rotation_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
)

// cutJournal takes the last lines away that an operation has noted, as if its machine had
// stopped before them.
func (w *world) cutJournal(id string, lines int) {
	w.t.Helper()
	found, err := filepath.Glob(filepath.Join(filepath.Dir(w.dir.Path()), "state", "*", id, "journal.jsonl"))
	if err != nil || len(found) != 1 {
		w.t.Fatal(found, err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		w.t.Fatal(err)
	}
	all := bytes.SplitAfter(text, []byte("\n"))
	if err := os.WriteFile(found[0], bytes.Join(all[:len(all)-1-lines], nil), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// TestCeremonyHalfPrepared stops a ceremony of two repositories between their notes that
// they wait. No file has left, so it is given up as a whole, and can be prepared anew.
func TestCeremonyHalfPrepared(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	if _, err := w.foundOn(rotation.InitRequest{GUN: another}); err != nil {
		t.Fatal(err)
	}
	ctx, r := context.Background(), w.rotator()
	var reqs []rotation.CeremonyRequest
	for _, g := range []trustdata.GUN{another, gun} {
		reqs = append(reqs, rotation.CeremonyRequest{Request: rotation.Request{GUN: g, Role: trustdata.RoleTargets}, Change: ceremony.NewKey})
	}
	prepare := func() *ceremony.Bundle {
		t.Helper()
		plan, err := r.PlanCeremony(ctx, reqs, 1)
		if err != nil || len(plan.Left) > 0 {
			t.Fatal(plan, err)
		}
		b, err := r.PrepareCeremony(ctx, plan, keyring.NewPassphrase([]byte(pass)), "a test")
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	half := prepare()
	w.cutJournal(half.ID, 1)
	op, err := r.Journal.Find(half.ID)
	if err != nil || op.Units[0].State != rotation.StateWaiting || op.Units[1].State != rotation.StatePlanned {
		t.Fatalf("it is not half prepared: %+v, %v", op, err)
	}
	if _, err := r.AgainCeremony(op); err == nil {
		t.Error("the file of a half prepared ceremony is written")
	}
	rec, err := r.Recover(ctx)
	if err != nil || len(rec) != 1 || rec[0].Op.State() != rotation.StateAbandoned || w.pending() != 0 {
		t.Errorf("%+v, %v, %d pending", rec, err, w.pending())
	}
	if whole := prepare(); len(whole.GUNs()) != 2 {
		t.Errorf("it is for %q", whole.GUNs())
	}
}

// TestUnsent are the states of two repositories of an operation, and whether there is one
// that is still to be sent for the first time.
func TestUnsent(t *testing.T) {
	sent := rotation.Unit{State: rotation.StateUnknown, Tries: 1}
	for name, c := range map[string]struct {
		other rotation.Unit
		want  bool
	}{
		"waiting":              {rotation.Unit{State: rotation.StateWaiting}, true},
		"signed":               {rotation.Unit{State: rotation.StateSigned}, true},
		"planned":              {rotation.Unit{State: rotation.StatePlanned}, true},
		"refused, and waits":   {rotation.Unit{State: rotation.StateWaiting, Tries: 1}, false},
		"on its way":           {sent, false},
		"done":                 {rotation.Unit{State: rotation.StateDone, Tries: 1}, false},
		"given up, never sent": {rotation.Unit{State: rotation.StateAbandoned}, false},
	} {
		if got := (&rotation.Operation{Units: []*rotation.Unit{&sent, &c.other}}).Unsent(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
