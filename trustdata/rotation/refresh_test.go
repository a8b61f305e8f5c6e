package rotation_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// refresh plans and carries out.
func (w *world) refresh(q rotation.RefreshRequest) (*rotation.EditResult, error) {
	w.t.Helper()
	q.GUN = gun
	e, err := w.rotator().PlanRefresh(context.Background(), q)
	if err != nil {
		return nil, err
	}
	return w.apply(e)
}

// refreshes wants these roles to be signed again, and nothing in them to change.
func (w *world) refreshes(q rotation.RefreshRequest, want ...trustdata.Role) {
	w.t.Helper()
	before, tags := w.collection(), w.names(trustdata.RoleTargets)
	res, err := w.refresh(q)
	if err != nil || !res.Verified || !slices.Equal(res.Changed, want) {
		w.t.Fatalf("%+v, %v; want %v", res, err, want)
	}
	after := w.collection()
	for _, was := range before.Roles {
		is, _ := after.Role(was.Role)
		switch signed := slices.Contains(want, was.Role); {
		case signed && (is.Version != was.Version+1 || res.Versions[was.Role] != is.Version || is.Expires.Before(w.clock.AddDate(2, 11, 0))):
			w.t.Errorf("%s: version %d to %d, %+v, ends %s", was.Role, was.Version, is.Version, res.Versions, is.Expires)
		case !signed && was.Role != "snapshot" && was.Role != "timestamp" && (is.Version != was.Version || !is.Expires.Equal(was.Expires)):
			w.t.Errorf("%s was signed again too", was.Role)
		}
		if len(is.Keys) != len(was.Keys) || is.Keys[0] != was.Keys[0] {
			w.t.Errorf("%s lists %+v, before %+v", was.Role, is.Keys, was.Keys)
		}
	}
	if got := w.names(trustdata.RoleTargets); got != tags {
		w.t.Errorf("tags %q, before %q", got, tags)
	}
}

// What ends within 180 days is signed again and nothing else: content, keys, certificates
// and every other role stay.
func TestRefreshWhatIsDue(t *testing.T) {
	w := newWorld(t)
	w.publish(false) // root for 9 years, targets for 3
	_, err := w.refresh(rotation.RefreshRequest{})
	is(t, err, rotation.ErrNothing)
	w.clock = w.clock.AddDate(2, 8, 0)
	w.refreshes(rotation.RefreshRequest{}, "targets")
	_, err = w.refresh(rotation.RefreshRequest{})
	is(t, err, rotation.ErrNothing)
	w.clock = w.clock.AddDate(2, 8, 0)
	w.refreshes(rotation.RefreshRequest{}, "targets")
	w.clock = w.clock.AddDate(2, 11, 0)
	w.refreshes(rotation.RefreshRequest{}, "targets")
	w.clock = w.clock.AddDate(0, 4, 0)
	w.refreshes(rotation.RefreshRequest{}, "root")
}

func TestRefreshWhatIsNamed(t *testing.T) {
	w := newWorld(t)
	w.publish(true)
	w.refreshes(rotation.RefreshRequest{Roles: []trustdata.Role{"targets"}}, "targets")
	w.refreshes(rotation.RefreshRequest{Roles: []trustdata.Role{"snapshot"}}, "snapshot")
	w.refreshes(rotation.RefreshRequest{Roles: []trustdata.Role{"root"}}, "root")
	w.refreshes(rotation.RefreshRequest{All: true}, "root", "targets", "snapshot")
	for _, bad := range []trustdata.Role{"timestamp", "targets/never"} {
		_, err := w.refresh(rotation.RefreshRequest{Roles: []trustdata.Role{bad}})
		is(t, err, rotation.ErrUsage)
	}
	snapshot := w.only(trustdata.RoleSnapshot)
	if _, err := w.dir.Trash(context.Background(), snapshot.KeyID(), w.clock); err != nil {
		t.Fatal(err)
	}
	_, err := w.refresh(rotation.RefreshRequest{Roles: []trustdata.Role{"snapshot"}})
	is(t, err, rotation.ErrUsage)
}

// A delegation whose key is elsewhere is named, whether anything else is done or not.
func TestRefreshNamesWhatStays(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	a, b := w.key("alice"), w.key("bob")
	w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: a, releases: b})
	w.sign(rotation.TagTarget{Tag: "3.0", Target: target})
	w.clock = w.clock.AddDate(2, 11, 0)
	w.refreshes(rotation.RefreshRequest{Roles: []trustdata.Role{"targets"}}, "targets")
	if _, err := w.dir.Trash(context.Background(), a.KeyID(), w.clock); err != nil {
		t.Fatal(err)
	}
	e, err := w.rotator().PlanRefresh(context.Background(), rotation.RefreshRequest{GUN: gun})
	if err != nil || len(e.WillNotFollow) != 1 || !strings.Contains(e.WillNotFollow[0], "targets/alice ends") || !strings.Contains(e.WillNotFollow[0], a.KeyID().Short()) {
		t.Fatalf("%+v, %v", e, err)
	}
	res, err := w.apply(e)
	if err != nil || !slices.Equal(res.Changed, []trustdata.Role{releases}) || len(res.WillNotFollow) != 1 {
		t.Errorf("%+v, %v", res, err)
	}
	_, err = w.refresh(rotation.RefreshRequest{})
	var none *rotation.NothingDueError
	if !errors.As(err, &none) || len(none.Stays) != 1 || !strings.Contains(none.Stays[0], "targets/alice ends") {
		t.Errorf("error %v, %+v", err, none)
	}
	_, err = w.refresh(rotation.RefreshRequest{Roles: []trustdata.Role{alice}})
	var missing *rotation.MissingKeyError
	if !asMissing(err, &missing) || missing.Role != alice {
		t.Errorf("error %v", err)
	}
}
