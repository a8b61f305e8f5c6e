package app_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"keyrite/trustdata"
	saving "keyrite/trustdata/archive"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/change"
	"keyrite/ui/uitest"
)

// The services of the wizards of a change with names and IDs that stay: for frames. None of
// them does anything.
type (
	repairs   struct{ signings }
	signers   struct{ signings }
	refreshes struct{ signings }
	deletions struct{}
	retires   struct{}
)

const infraBase = trustdata.GUN("registry.acme.io/infra/base")

func editOf(gun trustdata.GUN, kind string, changes ...string) *rotation.Edit {
	return &rotation.Edit{ID: "20261122T094100Z-00000000", Kind: kind, GUN: gun, Server: "https://notary.acme.io", Roles: []trustdata.Role{"targets"}, Changes: changes,
		Need: []rotation.Need{{KeyID: id("91d27b3"), Role: "targets", GUN: gun, Why: "it signs targets"}}}
}

func (f *repairs) Plan(_ context.Context, gun trustdata.GUN, drop []string) (*rotation.Edit, error) {
	e := editOf(gun, "repair", "targets: version 7 to 8, valid until 2029-11-21 instead of 2026-11-19, with the same 3 tags and 0 delegations")
	for i, tag := range []string{"bookworm", "hid\x1b[2Jden", "trixie"} {
		if slices.Contains(drop, tag) {
			e.Changes = append(e.Changes, "targets: "+tag+" is no longer signed")
			continue
		}
		v := rotation.VouchedTag{Tag: tag, Digest: digest(fmt.Sprintf("c2219f0e4b8%d", i)), Length: int64(1862 + i), Roles: []trustdata.Role{"targets"}}
		e.Vouched, e.Changes = append(e.Vouched, v), append(e.Changes, v.Sentence())
	}
	return e, nil
}

func (f *signers) Plan(_ context.Context, c change.SignerChange) (*rotation.Edit, error) {
	e := editOf(c.GUN, "signer add "+c.Name, "targets/alice: is made, for every tag; one of its keys is enough", "targets/alice: lists the ecdsa key "+string(id("6cf02d9")))
	e.WillNotFollow = []string{"targets keeps its 3 tags; docker signs in delegations from now on"}
	return e, nil
}

func (f *refreshes) Plan(_ context.Context, guns []trustdata.GUN, _ bool) (*rotation.Edits, error) {
	all := &rotation.Edits{ID: "20261122T094100Z-00000000", Kind: "refresh", Again: "keyrite refresh", Left: []rotation.LeftOut{
		{GUN: "registry.acme.io/infra/proxy", Why: trustdata.Refuse("targets", trustdata.ReasonExpired, "it ended on 2026-11-19")}}}
	for _, gun := range guns {
		all.Edits = append(all.Edits, editOf(gun, "refresh", "targets: version 7 to 8, valid until 2029-11-21 instead of 2026-12-12, with the same 3 tags and 0 delegations"))
	}
	return all, nil
}

func (f *refreshes) Apply(_ context.Context, all *rotation.Edits, _ rotation.Keys, told func(trustdata.GUN, string)) (out []rotation.EditOutcome, err error) {
	for i, e := range all.Edits {
		told(e.GUN, "send")
		o := rotation.EditOutcome{GUN: e.GUN, Result: &rotation.EditResult{GUN: e.GUN, Versions: map[trustdata.Role]int64{"targets": 8}}}
		if i == 1 {
			o = rotation.EditOutcome{GUN: e.GUN, Err: fmt.Errorf("%q: %w: no push", e.GUN, rotation.ErrRefused)}
		}
		out = append(out, o)
	}
	return out, nil
}

func (deletions) Plan(_ context.Context, gun trustdata.GUN) (*rotation.Deletion, error) {
	return &rotation.Deletion{Kind: "delete", GUN: gun, Server: "https://notary.acme.io", Tags: 2,
		Changes:       []string{string(gun) + ": every version of its metadata is deleted from https://notary.acme.io", "1.0 loses its signature for sha256:" + digest("ab")},
		WillNotFollow: []string{"docker with content trust refuses every tag of it from now on, wherever nobody has a copy of the metadata"}}, nil
}

func (deletions) Archive(_ context.Context, gun trustdata.GUN, folder string) (*saving.Saved, error) {
	return &saving.Saved{GUN: gun, Path: folder + "/base", Files: 9, Roots: 3, Tags: 2, Verified: true}, nil
}

func (deletions) Apply(_ context.Context, p *rotation.Deletion, waived []string, progress rotation.Progress) (*rotation.DeletionResult, error) {
	progress("send")
	progress("confirm")
	return &rotation.DeletionResult{GUN: p.GUN, Deleted: true, Verified: true, Tags: 2, Waived: waived}, nil
}

func (retires) Plan(_ context.Context, k trustdata.KeyID) (*change.Retirement, error) {
	return &change.Retirement{KeyID: k, Files: []string{"/home/ops/.docker/trust/private/" + string(k) + ".key"}, Checked: 31,
		Asked: []string{"31 known repositories were asked for; none lists root key " + string(k)}, Proof: "no record here says that a backup with this key was decrypted: keyrite backup verify FILE makes one"}, nil
}

func (retires) Apply(_ context.Context, r *change.Retirement, _ []string, progress rotation.Progress) (string, error) {
	progress("ask")
	progress("move")
	return "/home/ops/.docker/trust/retired/" + string(r.KeyID) + ".key", nil
}

// answered goes through a dialog of level 3.
func answered(text string) func(*uitest.Driver) {
	return func(d *uitest.Driver) { d.Advance(time.Second).Type(text).Press("tab", "enter") }
}

// journey is a way through one screen.
type journey struct {
	name   string
	screen func(*ui.Styles, ui.Clock) ui.Screen
	flow   []stage
}

// changeJourneys lead through every wizard of a change that is no rotation, to its end.
func changeJourneys() []journey {
	return []journey{
		{"repair", func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return change.NewRepair(changing(st, clock), infraBase, new(repairs))
		}, []stage{{"1 check", press()}, {"1 dropped", press("j", "x")}, {"2 passphrase", press("enter")}, {"3 review", typeIn(oldPass)}, {"3 question", press("enter")}, {"5 close", answered(string(infraBase))}}},
		{"signer", func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return change.NewSigner(changing(st, clock), change.SignerChange{GUN: infraBase, Name: "alice", Files: []string{"~/alice.pub"}}, new(signers))
		}, []stage{{"1 check", press()}, {"2 passphrase", press("enter")}, {"3 review", typeIn(oldPass)}, {"3 question", press("enter")}, {"5 close", answered("alice")}}},
		{"refresh", func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return change.NewRefresh(changing(st, clock), []trustdata.GUN{"registry.acme.io/pay/api", "registry.acme.io/pay/web", infraBase}, new(refreshes))
		}, []stage{{"1 check", press()}, {"2 passphrase", press("enter")}, {"3 review", typeIn(oldPass)}, {"3 question", press("enter")}, {"4 one refused", answered("3 repositories")}, {"1 what is left", press("enter")}}},
		{"delete", func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return change.NewDelete(changing(st, clock), infraBase, deletions{})
		}, []stage{{"1 check", press()}, {"2 evidence", press("enter")}, {"2 folder", press("a")}, {"2 kept", typeIn("/media/stick")}, {"3 review", press("enter")}, {"3 question", press("enter")}, {"5 close", answered(string(infraBase))}}},
		{"retire", func(st *ui.Styles, clock ui.Clock) ui.Screen {
			return change.NewRetire(changing(st, clock), id("e90b3aa"), retires{})
		}, []stage{{"1 check", press()}, {"1 why", press("x")}, {"1 waived", typeIn("a drill")}, {"2 review", press("enter")}, {"2 question", press("enter")}, {"4 close", answered(string(id("e90b3aa"))[:8])}}},
	}
}

func TestChangeFrames(t *testing.T) {
	for _, c := range changeJourneys() {
		t.Run(c.name, func(t *testing.T) {
			frames(t, c.flow, func(w, h int) *uitest.Driver { return enter(t, w, h, c.screen) })
		})
	}
}
