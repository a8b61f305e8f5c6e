package app_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/rotate"
	"keyrite/ui/uitest"
)

// tenRepositories is an operation that does nothing, with names and IDs that stay: for
// frames. fails says after how many of its ten repositories the server fails, 0 for none.
type tenRepositories struct {
	rotations
	fails int
	op    *rotation.Operation
}

var (
	_ rotate.Operation   = (*tenRepositories)(nil)
	_ rotate.Preflighter = (*tenRepositories)(nil)
)

func (f *tenRepositories) Plan(context.Context) (*rotation.Batch, error) {
	b := &rotation.Batch{ID: "20261122T094100Z-00000000", Kind: "rotate root", Left: []rotation.LeftOut{
		{GUN: "registry.acme.io/infra/base", Why: trustdata.Refuse("targets", trustdata.ReasonExpired, "it ended on 2026-11-19")}}}
	for i, name := range []string{"pay/api", "pay/web", "shop/front", "shop/cart", "shop/search", "shop/mail", "infra/dns", "infra/log", "ml/train", "ml/serve"} {
		p := newRotations(trustdata.RoleRoot).plan
		p.GUN, p.RootVersion = trustdata.GUN("registry.acme.io/"+name), int64(8-i%4)
		b.Plans = append(b.Plans, p)
	}
	return b, nil
}

// Preflight says of one repository that its login may not publish, and of all that they are
// well otherwise.
func (f *tenRepositories) Preflight(_ context.Context, plans []*rotation.Plan) ([]rotation.Check, error) {
	checks := []rotation.Check{{Mark: rotation.VerdictOK, What: "no other program changes the keys", Detail: "the trust directory's lock was free just now"},
		{Mark: rotation.VerdictSoon, What: "a backup of root key 7f3a9c1 was decrypted", Detail: "no record here says so: keyrite backup verify FILE makes one"}}
	for i, p := range plans {
		may := rotation.Check{Mark: rotation.VerdictOK, What: "the login may publish", Detail: "the token that was given out grants it", GUN: p.GUN}
		if i == 3 {
			may.Mark, may.Detail = rotation.VerdictNow, "refused (403): keyrite doctor says what to ask for"
		}
		checks = append(checks, rotation.Check{Mark: rotation.VerdictOK, What: "the root on the server is the one known here", Detail: fmt.Sprintf("version %d follows from what was known", p.RootVersion-1), GUN: p.GUN}, may)
	}
	return checks, nil
}

func (f *tenRepositories) Prepare(ctx context.Context, _ *rotation.Batch, _ rotation.Keys, p keyring.Passphrase) (*rotation.Prepared, error) {
	if f.op != nil {
		return &rotation.Prepared{NewIDs: []trustdata.KeyID{id("2b80e4d7")}}, nil
	}
	return f.rotations.Prepare(ctx, nil, p)
}

func (f *tenRepositories) Record(context.Context, *rotation.Prepared, *backup.CreateResult, string) error {
	return nil
}

func (f *tenRepositories) Again(context.Context, func(trustdata.GUN, string)) error { return nil }

func (f *tenRepositories) Publish(ctx context.Context, _ *rotation.Prepared, _ rotation.Keys, told func(trustdata.GUN, string)) ([]rotation.Outcome, error) {
	b, _ := f.Plan(ctx)
	if f.op != nil { // the second time everybody but the one that was skipped takes it
		for _, u := range f.op.Units[f.fails+1:] {
			u.State = rotation.StateDone
		}
		return nil, nil
	}
	f.op = &rotation.Operation{ID: b.ID, Kind: b.Kind, Started: uitest.Start, Backups: []rotation.Saved{{File: "/media/stick/keyrite.age", SHA256: "sha256:4e1f09c3", State: "read_back"}}}
	var out []rotation.Outcome
	for i, p := range b.Plans {
		u := &rotation.Unit{Request: p.Request, State: rotation.StateDone, Anchor: trustdata.RoleRoot, Version: p.RootVersion, Tries: 1,
			OldKeys: p.OldKeys, NewKeys: []trustdata.KeyID{id("2b80e4d7")}, Certificate: trustdata.ListedID(id("c0ffee0"))}
		f.op.Units = append(f.op.Units, u)
		switch o := (rotation.Outcome{GUN: p.GUN}); {
		case f.fails == 0 || i < f.fails:
			for _, step := range []string{"sign", "send", "confirm", "promote", rotation.StepDone} {
				told(p.GUN, step)
			}
			out = append(out, o)
		case i == f.fails:
			for _, step := range []string{"sign", "send", "confirm", rotation.StepStopped} {
				told(p.GUN, step)
			}
			u.State = rotation.StateUnknown
			o.Err = fmt.Errorf("%w: %w", rotation.ErrUnknown, &remote.StatusError{Status: http.StatusBadGateway})
			out = append(out, o)
		default:
			u.State, u.Tries = rotation.StatePlanned, 0
			o.Err = rotation.ErrNotBegun
			out = append(out, o)
		}
	}
	f.op.Closed = f.op.Ended()
	return out, nil
}

func (f *tenRepositories) Standing(context.Context) (*rotation.Operation, string, error) {
	return f.op, string(id("aa4107de")), nil
}

func (f *tenRepositories) enter(t testing.TB, width, height int) *uitest.Driver {
	b, _ := f.Plan(context.Background())
	var guns []trustdata.GUN
	for _, p := range b.Plans {
		guns = append(guns, p.GUN)
	}
	f.plan = b.Plans[0]
	return enter(t, width, height, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return rotate.NewOperation(rotate.SeveralOptions{Context: context.Background(), Styles: st, Clock: clock, Role: trustdata.RoleRoot, GUNs: guns, Profile: "PROD acme", Operation: f})
	})
}

func TestRotateSeveralFrames(t *testing.T) {
	t.Run("done", func(t *testing.T) {
		frames(t, rootFlow, func(w, h int) *uitest.Driver { return new(tenRepositories).enter(t, w, h) })
	})
	t.Run("stopped", func(t *testing.T) {
		frames(t, []stage{
			{"6 stopped", func(d *uitest.Driver) { d.Resume() }},
			{"6 skipped", press("K")},
		}, func(w, h int) *uitest.Driver {
			return until(t, (&tenRepositories{fails: 4}).enter(t, w, h), rootFlow, "6 publish")
		})
	})
}

// TestRotateSeveralSpeaksOfNoSecret: nothing that is typed as a passphrase is in any frame.
func TestRotateSeveralSpeaksOfNoSecret(t *testing.T) {
	d := new(tenRepositories).enter(t, 100, 30)
	for _, s := range rootFlow {
		s.do(d)
		for _, size := range [][2]int{{40, 10}, {60, 15}, {120, 40}, {100, 30}} {
			d.Resize(size[0], size[1]).Fits().Lacks(oldPass, newPass, "canary")
		}
	}
	for _, m := range d.Sent {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", m, m, m), "canary") {
			t.Errorf("a message shows a passphrase: %T", m)
		}
	}
}
