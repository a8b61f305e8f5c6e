package app_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
	"keyrite/ui/rotate"
)

// lookingWorld is one operation that is looked around for on a real trust server.
type lookingWorld struct{ *severalWorld }

var _ rotate.Preflighter = lookingWorld{}

func (s lookingWorld) Preflight(ctx context.Context, plans []*rotation.Plan) ([]rotation.Check, error) {
	return s.Rotator.Preflight(ctx, plans, nil, rotation.Around{
		Visit: func(ctx context.Context, gun trustdata.GUN) (access.Visit, string, error) {
			ep, err := s.config.TrustServer(gun)
			if err != nil {
				return access.Visit{}, "", err
			}
			return ep.Visit(ctx, "/v2/"+string(gun)+"/_trust/tuf/root.json", access.Push, access.Pull), ep.Resource, nil
		},
		Staged: func(ctx context.Context, gun trustdata.GUN) ([]keyring.Changelist, error) {
			list, err := s.dir.StagedChanges(ctx, gun)
			return []keyring.Changelist{list}, err
		},
		Proven: func(trustdata.KeyID) (at time.Time, file string, proven bool, err error) { return at, "", false, nil },
		Room:   func() (uint64, error) { return 1 << 30, nil },
	}, 1)
}

// TestRotateSeveralLooksAround: what was found is counted over the repositories, and one
// whose server is ill stands by its name before anything is sent.
func TestRotateSeveralLooksAround(t *testing.T) {
	w := newTrustWorld(t, secondGUN, thirdGUN)
	s := lookingWorld{&severalWorld{trustWorld: w, role: trustdata.RoleRoot, guns: []trustdata.GUN{realGUN, secondGUN, thirdGUN}}}
	d := enter(t, 140, 45, func(st *ui.Styles, clock ui.Clock) ui.Screen {
		return rotate.NewOperation(rotate.SeveralOptions{Context: context.Background(), Styles: st, Clock: clock, Role: trustdata.RoleRoot, GUNs: s.guns, Profile: "PROD acme", Operation: s})
	})
	d.Fits().Has("BEFORE YOU BEGIN", "no record here says so", "things looked at just now and fine", "v1 -> v2").Lacks("1024 MiB free")
	d.Press("d").Fits().Has("1024 MiB free", "the trust server answers", "3 of 3 repositories: change lists are empty")
	waiting := filepath.Join(w.dir.Path(), "tuf", string(secondGUN), "changelist")
	w.must(os.MkdirAll(waiting, 0o700))
	w.must(os.WriteFile(filepath.Join(waiting, "1_a.change"), []byte("{}"), 0o600))
	before := w.files()
	d.Press("r").Fits().Has(string(secondGUN)+": 1 in", "notary publish sends them", "2 of 3 repositories: change lists are empty")
	if after := w.files(); !maps.Equal(after, before) {
		t.Errorf("files %v, before %v", after, before)
	}
	w.wantVersions(1, 1, 1)
}
