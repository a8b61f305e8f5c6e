package app_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	saving "keyrite/trustdata/archive"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/change"
	"keyrite/ui/uitest"
)

// The services of the wizards of a change on a real trust world; each says what it plans.
type (
	editWorld   struct{ *trustWorld }
	repairWorld struct{ editWorld }
	signerWorld struct {
		editWorld
		key trustdata.PublicKey
	}
	refreshWorld struct{ *trustWorld }
	endWorld     struct{ *trustWorld }
	retireWorld  struct{ *trustWorld }
)

var (
	_ change.Repairer     = repairWorld{}
	_ change.SignerEditor = signerWorld{}
	_ change.Refresher    = refreshWorld{}
	_ change.Deleter      = endWorld{}
	_ change.Retirer      = retireWorld{}
)

func (w editWorld) Apply(ctx context.Context, e *rotation.Edit, keys rotation.Keys, progress rotation.Progress) (*rotation.EditResult, error) {
	return w.ApplyEdit(ctx, e, keys, progress)
}

func (w repairWorld) Plan(ctx context.Context, gun trustdata.GUN, drop []string) (*rotation.Edit, error) {
	return w.PlanRepair(ctx, rotation.RepairRequest{GUN: gun, Drop: drop})
}

func (w signerWorld) Plan(ctx context.Context, c change.SignerChange) (*rotation.Edit, error) {
	if c.Remove {
		return w.PlanRemoveSigner(ctx, c.GUN, c.Name)
	}
	return w.PlanAddSigner(ctx, rotation.SignerRequest{GUN: c.GUN, Name: c.Name, Keys: []trustdata.PublicKey{w.key}, Releases: true})
}

func (w refreshWorld) Plan(ctx context.Context, guns []trustdata.GUN, all bool) (*rotation.Edits, error) {
	edits, err := w.PlanEdits(ctx, guns, 1, func(ctx context.Context, gun trustdata.GUN) (*rotation.Edit, error) {
		return w.PlanRefresh(ctx, rotation.RefreshRequest{GUN: gun, All: all})
	})
	if err == nil {
		edits.Again = "keyrite refresh --all"
	}
	return edits, err
}

func (w refreshWorld) Apply(ctx context.Context, all *rotation.Edits, keys rotation.Keys, told func(trustdata.GUN, string)) ([]rotation.EditOutcome, error) {
	return w.ApplyEdits(ctx, all, keys, 1, told)
}

func (w endWorld) Plan(ctx context.Context, gun trustdata.GUN) (*rotation.Deletion, error) {
	return w.PlanDelete(ctx, gun)
}

func (w endWorld) Archive(ctx context.Context, gun trustdata.GUN, folder string) (*saving.Saved, error) {
	res, err := w.Fetch(ctx, gun)
	if err != nil {
		return nil, err
	}
	return saving.Save(ctx, folder, "test", res, w.serverOf(gun), w.now())
}

func (w endWorld) Apply(ctx context.Context, p *rotation.Deletion, waived []string, progress rotation.Progress) (*rotation.DeletionResult, error) {
	return w.ApplyDelete(ctx, p, waived, progress)
}

func (w retireWorld) Plan(ctx context.Context, id trustdata.KeyID) (*change.Retirement, error) {
	if _, err := w.Fresh(ctx, realGUN); !errors.Is(err, remote.ErrNotFound) {
		return nil, errors.Join(fmt.Errorf("a repository lists it: %w", change.ErrListed), err)
	}
	return &change.Retirement{KeyID: id, Files: []string{"private/" + string(id) + ".key"}, Checked: 1, Asked: []string{"1 known repository was asked for"}, Proof: "no record here says so"}, nil
}

func (w retireWorld) Apply(ctx context.Context, r *change.Retirement, _ []string, progress rotation.Progress) (string, error) {
	progress("move")
	return w.dir.Retire(ctx, r.KeyID)
}

func changing(st *ui.Styles, clock ui.Clock) change.Setting {
	return change.Setting{Context: context.Background(), Styles: st, Clock: clock, Profile: "PROD acme"}
}

// unlock answers the questions for so many keys.
func unlock(d *uitest.Driver, keys int) *uitest.Driver {
	d.Press("enter")
	for range keys {
		d.Has("PASSPHRASE OF THE").Type(oldPass).Press("enter")
	}
	return d
}

func (w *trustWorld) wantTargets(gun trustdata.GUN, version int64) {
	w.t.Helper()
	if v, _ := w.collectionOf(gun).Role(trustdata.RoleTargets); v.Version != version {
		w.t.Errorf("targets of %s has version %d, want %d", gun, v.Version, version)
	}
}

// TestRefreshForReal: what is not due is not signed unless somebody asks for all of it.
func TestRefreshForReal(t *testing.T) {
	w := newTrustWorld(t)
	d := enter(t, 100, 30, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return change.NewRefresh(changing(st, clock), []trustdata.GUN{realGUN}, refreshWorld{w})
	})
	d.Fits().Has("Nothing to do", "ends within 180").Press("enter").Has("There is no plan").Press("a").Fits().Has("SIGN 2 ROLES AGAIN", "with the same 1 tags", "Needs")
	unlock(d, 2).Fits().Has("[3 Review]", "Way back: none is needed").Press("enter").Advance(time.Second)
	w.wantTargets(realGUN, 1)
	d.Fits().Press("tab", "enter").Fits().Has("[5 Close]", "version 2", "WHAT CHANGED")
	w.wantTargets(realGUN, 2)
	if v, _ := w.collection().Role(trustdata.RoleRoot); v.Version != 2 || !v.Expires.After(w.now().AddDate(9, 6, 0)) {
		t.Errorf("root %+v", v)
	}
}

// TestRefreshSeveralForReal: one that a server does not take stops no other, and only that
// one is planned anew.
func TestRefreshSeveralForReal(t *testing.T) {
	w := newTrustWorld(t, secondGUN, thirdGUN)
	w.fault = func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, string(secondGUN)) {
			return false
		}
		http.Error(rw, `{"errors":[{"code":"UNAUTHORIZED","message":"no push","detail":null}]}`, http.StatusForbidden)
		return true
	}
	d := enter(t, 100, 30, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return change.NewRefresh(changing(st, clock), []trustdata.GUN{realGUN, secondGUN, thirdGUN}, refreshWorld{w})
	})
	d.Press("a").Fits().Has("SIGN ROLES OF 3 REPOSITORIES AGAIN", "root, targets")
	unlock(d, 4).Has("[3 Review]").Press("enter").Advance(time.Second).Press("tab", "enter").Has("Locked").Press("tab").Type("3 repositories").Press("tab", "enter")
	d.Fits().Has("2 OF 3 REPOSITORIES ARE DONE", "read back and verified", "Enter plans what is still to do", "keyrite refresh --all --gun "+string(secondGUN))
	for gun, version := range map[trustdata.GUN]int64{realGUN: 2, secondGUN: 1, thirdGUN: 2} {
		w.wantTargets(gun, version)
	}
	w.fault = nil
	d.Press("enter").Fits().Has("[1 Check]", "SIGN 2 ROLES AGAIN", string(secondGUN))
	unlock(d, 2).Press("enter").Advance(time.Second).Press("tab", "enter").Has("[5 Close]")
	for _, gun := range []trustdata.GUN{realGUN, secondGUN, thirdGUN} {
		w.wantTargets(gun, 2)
	}
}

// TestRepairForReal: every tag is shown, and one that is dropped is signed no more.
func TestRepairForReal(t *testing.T) {
	w := newTrustWorld(t)
	s := signed{w, map[string]rotation.Target{"2.0": {Digest: digest("ab"), Length: 11}}, false}
	unlock(s.enterSigning("2.0"), 1).Press("enter").Advance(time.Second).Press("tab", "enter").Has("[5 Close]")
	begin := func() *uitest.Driver {
		return enter(t, 100, 30, func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return change.NewRepair(changing(st, clock), realGUN, repairWorld{editWorld{w}})
		})
	}
	w.Late = w.late()
	begin().Has("Nothing of it has expired")
	w.clock = w.clock.AddDate(4, 0, 0)
	if _, err := w.Fresh(t.Context(), realGUN); !errors.Is(err, trustdata.ErrVerify) {
		t.Fatalf("four years later it reads as %v", err)
	}
	d := begin().Fits().Has("VOUCH AGAIN FOR 2 TAGS", "1.0", "2.0", "sha256:ab", "x drops one")
	d.Press("j", "x").Fits().Has("VOUCH AGAIN FOR 1 TAG", "DROPPED").Press("x").Has("VOUCH AGAIN FOR 2 TAGS").Press("x")
	unlock(d, 1).Fits().Has("[3 Review]", "2.0 is no longer signed", "DROPPED").Press("enter").Advance(time.Second).Fits().Has("Dropped", "1 tag")
	d.Press("tab", "enter").Has("Locked").Press("tab").Type(string(realGUN)).Press("tab", "enter").Fits().Has("[5 Close]", "version 3")
	if got := tagNames(w.collection()); got != "1.0" {
		t.Errorf("tags %q", got)
	}
}

// late reads what has expired too.
func (w *trustWorld) late() func(context.Context, trustdata.GUN) (*remote.Result, error) {
	store, err := state.OpenStore(w.t.TempDir(), w.now)
	w.must(err)
	return (&remote.Fetcher{Config: w.config, State: store, Now: w.now, Late: true}).Fetch
}

// TestSignersForReal: somebody is let sign, and is let sign no more.
func TestSignersForReal(t *testing.T) {
	w := newTrustWorld(t)
	alice, err := keyring.Generate(trustdata.KeyECDSA)
	w.must(err)
	begin := func(remove bool) *uitest.Driver {
		return enter(t, 100, 30, func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return change.NewSigner(changing(st, clock), change.SignerChange{GUN: realGUN, Name: "alice", Files: []string{"alice.pub"}, Remove: remove}, signerWorld{editWorld{w}, alice.Public()})
		})
	}
	begin(true).Has("There is no such signer.")
	d := begin(false).Fits().Has("LET A SIGNER SIGN TAGS", "targets/alice: is made", string(alice.KeyID()))
	unlock(d, 1).Press("enter").Advance(time.Second).Fits().Has("alice.pub").Type("bob").Press("tab", "enter").Has("Locked").Press("tab")
	d.Press("backspace", "backspace", "backspace").Type("alice").Press("tab", "enter").Fits().Has("[5 Close]")
	if v, ok := w.collection().Role("targets/alice"); !ok || len(v.Keys) != 1 || v.Keys[0].KeyID != alice.KeyID() {
		t.Errorf("alice is listed as %+v", v)
	}
	begin(false).Has("These keys are listed for this signer already.")
	d = begin(true).Fits().Has("REMOVE A SIGNER", "targets/alice: is deleted")
	unlock(d, 1).Press("enter").Advance(time.Second).Type("alice").Press("tab", "enter").Has("[5 Close]")
	if v, ok := w.collection().Role("targets/alice"); ok {
		t.Errorf("alice is still listed as %+v", v)
	}
}

// TestDeleteAndRetireForReal: a repository goes after its evidence is kept, and only then
// its root key may be retired.
func TestDeleteAndRetireForReal(t *testing.T) {
	w := newTrustWorld(t)
	before := w.files()
	retire := func() *uitest.Driver {
		return enter(t, 100, 30, func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return change.NewRetire(changing(st, clock), w.root.KeyID(), retireWorld{w})
		})
	}
	retire().Fits().Has("No plan", "A repository lists it", "Rotate, repair or delete these repositories first", "r asks again").Press("enter").Has("There is no plan")
	kept := filepath.Join(t.TempDir(), "kept")
	d := enter(t, 100, 30, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return change.NewDelete(changing(st, clock), realGUN, endWorld{w})
	})
	d.Fits().Has("DELETE THE TRUST DATA OF 1 REPOSITORY", "1.0 loses its signature", "WHO NOTICES").Press("enter").Has("[2 Evidence]").Press("enter").Has("Neither archived nor waived")
	d.Press("x").Type("a drill").Press("enter").Has("NONE: a drill").Press("a").Type(kept).Press("enter").Fits().Has("read back and verified")
	if found, err := filepath.Glob(filepath.Join(kept, "*")); err != nil || len(found) != 1 {
		t.Errorf("kept %v, %v", found, err)
	}
	d.Press("enter").Has("[3 Review]").Press("enter").Advance(time.Second).Fits().Press("tab", "enter").Has("Locked")
	w.wantTargets(realGUN, 1)
	d.Press("tab").Type(string(realGUN)).Press("tab", "enter").Fits().Has("[5 Close]", "1 went with it", kept[:20])
	if _, err := w.serverOf(realGUN).Get(t.Context(), trustdata.RoleRoot, notary.Limit(trustdata.RoleRoot)); !errors.Is(err, remote.ErrNotFound) {
		t.Errorf("the server has %v", err)
	}
	if len(w.files()) != len(before) {
		t.Errorf("files %v", w.files())
	}
	d = retire().Fits().Has("TAKE A ROOT KEY OUT OF USE", "1 known repository was asked for").Press("enter").Has("No backup with this key is proven")
	d.Press("x").Type("a drill").Press("enter").Has("WAIVED: a drill").Press("enter").Has("[2 Review]").Press("enter").Advance(time.Second).Fits()
	d.Type(string(w.root.KeyID()[:8])).Press("tab", "enter").Fits().Has("trust/retired/", "Done without")
	retired, err := w.dir.Retired(t.Context())
	if err != nil || !slices.ContainsFunc(retired, func(i keyring.Info) bool { return i.KeyID == w.root.KeyID() }) {
		t.Errorf("retired: %v, %v", retired, err)
	}
	if _, still := w.files()[string(w.root.KeyID())+".key"]; still {
		t.Error("the root key is still in private/")
	}
}
