package rotation_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

func (w *world) repair(drop ...string) (*rotation.Edit, *rotation.EditResult, error) {
	w.t.Helper()
	e, err := w.rotator().PlanRepair(context.Background(), rotation.RepairRequest{GUN: gun, Drop: drop})
	if err != nil {
		return nil, nil, err
	}
	res, err := w.apply(e)
	return e, res, err
}

// unreadable proves that the fault bites: a client reads nothing any more.
func (w *world) unreadable() {
	w.t.Helper()
	if _, err := w.rotator().Fresh(context.Background(), gun); err == nil {
		w.t.Fatal("the repository is readable")
	}
}

// What has ended is signed again with what it said, every file that must be and no other.
func TestRepair(t *testing.T) {
	for name, tt := range map[string]struct {
		local bool
		years int
		want  []trustdata.Role
	}{
		"targets":                      {false, 4, []trustdata.Role{"targets"}},
		"targets and snapshot":         {true, 4, []trustdata.Role{"snapshot", "targets"}},
		"root and targets":             {false, 9, []trustdata.Role{"root", "targets"}},
		"root, targets and a snapshot": {true, 9, []trustdata.Role{"root", "snapshot", "targets"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(tt.local)
			if _, _, err := w.repair(); err == nil {
				t.Error("repaired what was whole")
			} else {
				is(t, err, rotation.ErrNothing)
			}
			before, _ := w.collection().Role(trustdata.RoleRoot)
			tags := w.names(trustdata.RoleTargets)
			w.clock = w.clock.AddDate(tt.years, 1, 0)
			w.unreadable()
			e, res, err := w.repair()
			if err != nil || !res.Verified || !slices.Equal(res.Changed, tt.want) {
				t.Fatalf("%+v, %v", res, err)
			}
			if len(e.Vouched) != 2 || e.Vouched[0].Tag != "1.0" || len(e.Vouched[0].Digest) != 64 || !slices.Equal(e.Vouched[0].Roles, []trustdata.Role{"targets"}) {
				t.Errorf("vouched for: %+v", e.Vouched)
			}
			if got := w.names(trustdata.RoleTargets); got != tags {
				t.Errorf("tags %q, before %q", got, tags)
			}
			if after, _ := w.collection().Role(trustdata.RoleRoot); !slices.Equal(after.Keys, before.Keys) {
				t.Errorf("root lists %+v, before %+v", after.Keys, before.Keys)
			}
			_, _, err = w.repair()
			is(t, err, rotation.ErrNothing)
		})
	}
}

func TestRepairDropsTags(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	w.clock = w.clock.AddDate(4, 0, 0)
	_, _, err := w.repair("never there")
	is(t, err, rotation.ErrUsage)
	e, _, err := w.repair("1.0", "1.0")
	if err != nil || len(e.Vouched) != 1 {
		t.Fatalf("%+v, %v", e, err)
	}
	if all := strings.Join(e.Changes, "\n"); strings.Count(all, "with 1 of 2 tags and the same 0 delegations") != 1 || strings.Count(all, "1.0 is no longer signed") != 1 {
		t.Errorf("the plan says %q", e.Changes)
	}
	if got := w.names(trustdata.RoleTargets); got != "a<b>&" {
		t.Errorf("tags %q", got)
	}
}

// A delegation is mended alone, and where its key is elsewhere that is said; its tags are not
// vouched for by anybody else.
func TestRepairDelegations(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	a, b := w.key("alice"), w.key("bob")
	w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: a, releases: b})
	w.sign(rotation.TagTarget{Tag: "3.0", Target: target})
	w.clock = w.clock.AddDate(2, 11, 0)
	w.refreshes(rotation.RefreshRequest{Roles: []trustdata.Role{"targets"}}, "targets")
	w.clock = w.clock.AddDate(0, 2, 0)
	if got := w.names(releases); got != "" {
		t.Fatalf("releases vouches for %q and has not expired", got)
	}
	if _, err := w.dir.Trash(context.Background(), a.KeyID(), w.clock); err != nil {
		t.Fatal(err)
	}
	e, res, err := w.repair()
	if err != nil || !res.Verified || !slices.Equal(res.Changed, []trustdata.Role{releases}) {
		t.Fatalf("%+v, %v", res, err)
	}
	if len(e.WillNotFollow) != 1 || !strings.Contains(e.WillNotFollow[0], "targets/alice stays expired") {
		t.Errorf("will not follow: %q", e.WillNotFollow)
	}
	if w.names(releases) != "3.0" || w.names(alice) != "" {
		t.Errorf("releases %q, alice %q", w.names(releases), w.names(alice))
	}
	_, _, err = w.repair()
	var missing *rotation.MissingKeyError
	if !asMissing(err, &missing) || missing.Role != alice {
		t.Errorf("error %v", err)
	}
}

// Without the key of targets there is nothing to repair with.
func TestRepairWithoutTheKey(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	key := w.only(trustdata.RoleTargets)
	if _, err := w.dir.Trash(context.Background(), key.KeyID(), w.clock); err != nil {
		t.Fatal(err)
	}
	w.clock = w.clock.AddDate(4, 0, 0)
	_, _, err := w.repair()
	var missing *rotation.MissingKeyError
	if !asMissing(err, &missing) || missing.Role != trustdata.RoleTargets {
		t.Errorf("error %v", err)
	}
}

// That the end of a file does not count weakens nothing else: what was tampered with or is
// older than what was seen is refused as ever, and nothing is sent.
func TestRepairRefusesWhatIsFalse(t *testing.T) {
	for name, tt := range map[string]struct {
		role   string
		edit   func(string) string
		reason string
	}{
		"tampered targets":   {"targets", func(s string) string { return strings.Replace(s, `"1.0"`, `"6.6"`, 1) }, "should be"},
		"tampered timestamp": {"timestamp", func(s string) string { return strings.Replace(s, `"version":`, `"version":9`, 1) }, "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(false)
			w.clock = w.clock.AddDate(4, 0, 0)
			posts := 0
			w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				if r.Method == http.MethodPost {
					posts++
				}
				if strings.Contains(r.URL.Path, "/tuf/"+tt.role+".") {
					answer := &strings.Builder{}
					next.ServeHTTP(&captured{ResponseWriter: rw, body: answer}, r)
					rw.Write([]byte(tt.edit(answer.String())))
					return
				}
				next.ServeHTTP(rw, r)
			}
			_, _, err := w.repair()
			if err == nil || !strings.Contains(err.Error(), tt.reason) || posts != 0 {
				t.Errorf("error %v, %d uploads", err, posts)
			}
		})
	}
}

// captured keeps what a handler writes.
type captured struct {
	http.ResponseWriter
	body *strings.Builder
}

func (c *captured) Write(b []byte) (int, error) { return c.body.Write(b) }

// An answer that is lost leaves the repair to be settled, of a repository that nobody can
// read the usual way.
func TestRepairIsSettledLater(t *testing.T) {
	for name, landed := range map[string]bool{"landed": true, "never arrived": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(false)
			w.clock = w.clock.AddDate(4, 0, 0)
			w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				if r.Method == http.MethodPost {
					if landed {
						next.ServeHTTP(&captured{ResponseWriter: rw, body: &strings.Builder{}}, r)
					}
					w.meddle = func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) { rw.WriteHeader(http.StatusBadGateway) }
					rw.WriteHeader(http.StatusBadGateway)
					return
				}
				next.ServeHTTP(rw, r)
			}
			_, _, err := w.repair()
			is(t, err, rotation.ErrUnknown)
			w.meddle = nil
			recs, err := w.rotator().Recover(context.Background())
			if err != nil || len(recs) != 1 || recs[0].Op.Closed != landed {
				t.Fatalf("%+v, %v", recs, err)
			}
			if !landed {
				rec, err := w.rotator().Again(context.Background(), recs[0].Op, func(trustdata.GUN, string) {})
				if err != nil || rec.Op.State() != rotation.StateDone {
					t.Fatalf("%+v, %v", rec.Op, err)
				}
			}
			if got := w.names(trustdata.RoleTargets); got != "1.0 a<b>&" {
				t.Errorf("tags %q", got)
			}
		})
	}
}
