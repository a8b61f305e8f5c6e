package rotation_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
)

// around sees a sound world: the server answers and grants, a backup is proven.
func (w *world) around() rotation.Around {
	return rotation.Around{
		Visit: func(context.Context, trustdata.GUN) (access.Visit, string, error) {
			return access.Visit{Status: http.StatusOK, Clock: w.clock, Challenge: access.Challenge{Scheme: "Bearer"},
				Token: access.Token{Readable: true, Granted: []string{"repository:" + string(gun) + ":pull,push"}}}, string(gun), nil
		},
		Staged: func(ctx context.Context, g trustdata.GUN) ([]keyring.Changelist, error) {
			list, err := w.dir.StagedChanges(ctx, g)
			return []keyring.Changelist{list}, err
		},
		Proven: func(trustdata.KeyID) (time.Time, string, bool, error) { return w.clock, "/safe/a.age", true, nil },
		Room:   func() (uint64, error) { return 1 << 40, nil },
	}
}

// visiting has the server's answer changed by edit.
func visiting(edit func(*access.Visit)) func(*world) rotation.Around {
	return func(w *world) rotation.Around {
		a := w.around()
		sound := a.Visit
		a.Visit = func(ctx context.Context, g trustdata.GUN) (access.Visit, string, error) {
			v, resource, err := sound(ctx, g)
			edit(&v)
			return v, resource, err
		}
		return a
	}
}

// The days after which targets.json, and the root certificate, have a hundred left.
const (
	targetsLate     = 3*365 - 100
	certificateLate = 10*365 - 100
)

// TestPreflight spoils one thing of a sound world at a time, and expects one row to say so.
func TestPreflight(t *testing.T) {
	for name, test := range map[string]struct {
		role  trustdata.Role // "" is targets
		spoil func(w *world) rotation.Around
		late  int // days between the plan and the look
		what  string
		mark  rotation.Verdict
		in    string
	}{
		"nothing":               {"", (*world).around, 0, "", rotation.VerdictOK, ""},
		"an open key":           {"", openedKeys, 0, "root key", rotation.VerdictOK, "tried just now"},
		"no backup":             {"", noProof, 0, "a backup of root key", rotation.VerdictSoon, "backup verify"},
		"no record of backups":  {"", brokenRecords, 0, "a backup of root key", rotation.VerdictUnknown, "torn"},
		"a full disk":           {"", fullDisk, 0, "room on the disk", rotation.VerdictNow, "1 MiB"},
		"another program":       {"", lockedOut, 0, "no other program", rotation.VerdictNow, "lock"},
		"a staged change":       {"", stagedChange, 0, "no unfinished change", rotation.VerdictSoon, "1 in "},
		"a lost upload":         {"", lostUpload, 0, "no earlier change", rotation.VerdictNow, "rotate targets of"},
		"a ceremony":            {"", waitingCeremony, 0, "no earlier change", rotation.VerdictSoon, "waits for a ceremony"},
		"a server that is down": {"", visiting(func(v *access.Visit) { v.Err = errors.New("refused") }), 0, "the trust server answers", rotation.VerdictNow, "refused"},
		"a broken server":       {"", visiting(func(v *access.Visit) { v.Status = 502 }), 0, "the trust server answers", rotation.VerdictNow, "502"},
		"a clock that is late":  {"", visiting(func(v *access.Visit) { v.Clock = v.Clock.Add(-time.Hour) }), 0, "the trust server answers", rotation.VerdictSoon, "1h0m0s apart"},
		"no right to push":      {"", visiting(func(v *access.Visit) { v.Token.Granted = nil }), 0, "the login may publish", rotation.VerdictNow, "does not grant"},
		"refused":               {"", visiting(func(v *access.Visit) { v.Status = 403 }), 0, "the login may publish", rotation.VerdictNow, "403"},
		"a login refused":       {"", visiting(func(v *access.Visit) { v.Err = access.ErrUnauthorized }), 0, "the login may publish", rotation.VerdictNow, "refused"},
		"no login asked for":    {"", visiting(func(v *access.Visit) { v.Challenge, v.Token = access.Challenge{}, access.Token{} }), 0, "the login may publish", rotation.VerdictUnknown, "no login"},
		"targets end soon":      {trustdata.RoleRoot, (*world).around, targetsLate, "targets metadata", rotation.VerdictSoon, "repository key"},
		"what is signed again":  {trustdata.RoleTargets, (*world).around, targetsLate, "targets metadata", rotation.VerdictOK, "this rotation"},
		"certificate ends soon": {trustdata.RoleTargets, (*world).around, certificateLate, "the root certificate", rotation.VerdictSoon, "--same-key"},
		"and is made anew":      {trustdata.RoleRoot, (*world).around, certificateLate, "the root certificate", rotation.VerdictOK, "makes a new one"},
		"pins of others":        {trustdata.RoleRoot, (*world).around, 0, "nobody is left behind", rotation.VerdictUnknown, "other clients"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(true)
			around := test.spoil(w)
			if test.role == "" {
				test.role = trustdata.RoleTargets
			}
			r := w.rotator()
			plan, err := r.Plan(t.Context(), rotation.Request{GUN: gun, Role: test.role})
			if err != nil {
				t.Fatal(err)
			}
			w.clock = w.clock.AddDate(0, 0, test.late)
			before := w.files()
			checks, err := r.Preflight(t.Context(), []*rotation.Plan{plan}, nil, around, 1)
			if err != nil {
				t.Fatal(err)
			}
			for path, sum := range w.files() {
				if before[path] != sum {
					t.Errorf("%s was changed", path)
				}
			}
			if test.what == "" && rotation.Worst(checks) != rotation.VerdictOK {
				t.Errorf("in a sound world: %+v", checks)
			}
			at := slices.IndexFunc(checks, func(c rotation.Check) bool { return strings.HasPrefix(c.What, test.what) })
			if at < 0 {
				t.Fatalf("no row %q in %+v", test.what, checks)
			}
			if c := checks[at]; test.what != "" && (c.Mark != test.mark || !strings.Contains(c.Detail, test.in)) {
				t.Errorf("%q is %s, %q; want %s, %q", c.What, c.Mark, c.Detail, test.mark, test.in)
			}
		})
	}
}

func openedKeys(w *world) rotation.Around {
	a := w.around()
	plan, err := w.rotator().Plan(context.Background(), rotation.Request{GUN: gun, Role: trustdata.RoleTargets})
	if err != nil {
		w.t.Fatal(err)
	}
	a.Opened = w.open(plan)
	return a
}

func noProof(w *world) rotation.Around {
	a := w.around()
	a.Proven = func(trustdata.KeyID) (time.Time, string, bool, error) { return time.Time{}, "", false, nil }
	return a
}

func brokenRecords(w *world) rotation.Around {
	a := w.around()
	a.Proven = func(trustdata.KeyID) (time.Time, string, bool, error) {
		return time.Time{}, "", false, errors.New("the record is torn")
	}
	return a
}

func fullDisk(w *world) rotation.Around {
	a := w.around()
	a.Room = func() (uint64, error) { return 1 << 20, nil }
	return a
}

// lockedOut holds the trust directory as another program would.
func lockedOut(w *world) rotation.Around {
	other, err := keyring.OpenDir(w.dir.Path(), keyring.DirOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	unlock, err := other.Lock(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { unlock() })
	return w.around()
}

func stagedChange(w *world) rotation.Around {
	folder := filepath.Join(w.dir.Path(), "tuf", string(gun), "changelist")
	err := os.MkdirAll(folder, 0o700)
	for _, name := range []string{"00000000000000000000_a.change", "README"} {
		err = errors.Join(err, os.WriteFile(filepath.Join(folder, name), []byte("{}"), 0o600))
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return w.around()
}

// lostUpload is a rotation of which it is not known whether it has landed.
func lostUpload(w *world) rotation.Around {
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if isUpload(r) {
			rw.WriteHeader(http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(rw, r)
	}
	_, _, err := w.change(rotation.Request{Role: trustdata.RoleTargets})
	is(w.t, err, rotation.ErrUnknown)
	return w.around()
}

func waitingCeremony(w *world) rotation.Around {
	w.prepare(trustdata.RoleRoot, ceremony.NewKey)
	return w.around()
}
