package app_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/change"
	"keyrite/ui/uitest"
)

// signed is a real trust server behind the signing screen. Its registry is a table.
type signed struct {
	*trustWorld
	serves map[string]rotation.Target
	unsign bool
}

func (s signed) Plan(ctx context.Context, gun trustdata.GUN, tags []string) (*rotation.Edit, error) {
	if s.unsign {
		return s.PlanRevoke(ctx, gun, tags)
	}
	var targets []rotation.TagTarget
	for _, tag := range tags {
		targets = append(targets, rotation.TagTarget{Tag: tag, Target: s.serves[tag]})
	}
	return s.PlanSign(ctx, gun, targets)
}

func (s signed) Apply(ctx context.Context, e *rotation.Edit, keys rotation.Keys, progress rotation.Progress) (*rotation.EditResult, error) {
	return s.ApplyEdit(ctx, e, keys, progress)
}

func (s signed) enterSigning(tags ...string) *uitest.Driver {
	s.t.Helper()
	return enter(s.t, 100, 30, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return change.New(change.Options{Setting: change.Setting{Context: context.Background(), Styles: st, Clock: clock}, GUN: realGUN, Tags: tags, Unsign: s.unsign, Service: s})
	})
}

func tagNames(col *trustdata.Collection) string {
	var names []string
	for _, t := range col.Tags {
		names = append(names, t.Name)
	}
	return strings.Join(names, " ")
}

func TestSignForReal(t *testing.T) {
	w := newTrustWorld(t)
	s := signed{w, map[string]rotation.Target{"2.0": {Digest: digest("ab"), Length: 11}, "2.1": {Digest: digest("cd"), Length: 22}}, false}
	before := w.files()
	d := s.enterSigning("2.0", "2.1").Has("SIGN 2 TAGS").Press("enter").Type("not the one").Press("enter").Has("Second try").Type(oldPass).Press("enter", "enter")
	if got := tagNames(w.collection()); got != "1.0" {
		t.Fatalf("tags %q before the answer", got)
	}
	d.Advance(time.Second).Press("tab", "enter").Fits().Has("[5 Close]", "version 2")
	col := w.collection()
	if got := tagNames(col); got != "1.0 2.0 2.1" || col.Tags[1].Digest != digest("ab") || col.Tags[2].Length != 22 {
		t.Errorf("tags %+v", col.Tags)
	}
	if v, _ := col.Role(trustdata.RoleTargets); v.Version != 2 || !maps.Equal(before, w.files()) {
		t.Errorf("version %d, files %v", v.Version, w.files())
	}
	s.enterSigning("2.0", "2.1").Has("All of them are signed so already")
	s.unsign = true
	s.enterSigning("2.0", "1.0").Has("UNSIGN 2 TAGS").Press("enter").Type(oldPass).Press("enter", "enter").Advance(time.Second).Press("tab", "enter").Has("[5 Close]")
	if got := tagNames(w.collection()); got != "2.1" {
		t.Errorf("tags %q", got)
	}
}

func TestSignRefusedForReal(t *testing.T) {
	w := newTrustWorld(t)
	s := signed{w, map[string]rotation.Target{"2.0": {Digest: digest("ab"), Length: 11}}, false}
	d := s.enterSigning("2.0").Press("enter").Type(oldPass).Press("enter", "enter").Advance(time.Second)
	w.refuse = true
	d.Press("tab", "enter").Has("THE SERVER DID NOT TAKE THE CHANGE. NOTHING HAS CHANGED.", "What happened").Fits()
	w.refuse = false
	d.Press("enter").Has("[1 Check]").Press("enter").Type(oldPass).Press("enter", "enter").Advance(time.Second).Press("tab", "enter").Has("[5 Close]")
	if got := tagNames(w.collection()); got != "1.0 2.0" {
		t.Errorf("tags %q", got)
	}
}
