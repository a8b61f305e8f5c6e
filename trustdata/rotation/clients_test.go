package rotation_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation"
)

// rooted is a repository with its root's certificate.
func rooted(t *testing.T) (w *world, id trustdata.ListedID, chain []*x509.Certificate) {
	t.Helper()
	w = newWorld(t)
	w.publish(false)
	now, err := w.rotator().Fetch(context.Background(), gun)
	if err != nil {
		t.Fatal(err)
	}
	id = now.Repo.Root.Body.Roles[trustdata.RoleRoot].KeyIDs[0]
	if chain, err = now.Repo.Root.Body.Keys[id].Certificates(); err != nil {
		t.Fatal(err)
	}
	return w, id, chain
}

// TestPinnedClients: whoever is named in the settings is told by name, before and after, and
// by the row that is looked at first; nobody is told who goes on as before.
func TestPinnedClients(t *testing.T) {
	certs := func(entry string) func(trustdata.ListedID, []*x509.Certificate) notary.Pins {
		return func(id trustdata.ListedID, _ []*x509.Certificate) notary.Pins {
			return notary.Pins{Certificates: map[string][]trustdata.ListedID{entry: {id}}}
		}
	}
	other := func(trustdata.ListedID, []*x509.Certificate) notary.Pins {
		return notary.Pins{Certificates: map[string][]trustdata.ListedID{string(gun): {"abcdef"}}}
	}
	authority := func(_ trustdata.ListedID, chain []*x509.Certificate) notary.Pins {
		return notary.Pins{Authorities: map[string][]*x509.Certificate{"registry.acme.example/": chain}}
	}
	for name, c := range map[string]struct {
		pins          func(trustdata.ListedID, []*x509.Certificate) notary.Pins
		role          trustdata.Role
		before, after string // "": nothing is said
	}{
		"its own entry":         {certs(string(gun)), trustdata.RoleRoot, "; AFTER this", "in place of the old ID"},
		"a wildcard":            {certs("registry.acme.example/*"), trustdata.RoleRoot, "; AFTER this", "an entry of its own"},
		"an authority":          {authority, trustdata.RoleRoot, ": BEFORE this", "an entry of its own"},
		"another root":          {other, trustdata.RoleRoot, "refuses the present root too", "in place of the old ID"},
		"another's repository":  {certs("registry.acme.example/else"), trustdata.RoleRoot, "", ""},
		"no root is to be told": {certs(string(gun)), trustdata.RoleTargets, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, id, chain := rooted(t)
			ctx, r, old := context.Background(), w.rotator(), c.pins(id, chain)
			r.Clients = []rotation.Client{{Name: "farm", Pins: old}}
			plan, err := r.Plan(ctx, rotation.Request{GUN: gun, Role: c.role})
			if err != nil {
				t.Fatal(err)
			}
			if said := strings.Join(plan.WillNotFollow, "\n"); !strings.Contains(said, c.before) || strings.Contains(said, `client "farm"`) != (c.before != "") {
				t.Errorf("before it is said %q", said)
			}
			row := clientsRow(t, r, plan)
			if c.role == trustdata.RoleRoot && (row.Mark == rotation.VerdictOK) != (c.before == "") || !strings.Contains(row.Detail, c.before) {
				t.Errorf("the row is %+v", row)
			}
			prep, err := r.Prepare(ctx, plan, keyring.NewPassphrase([]byte(pass)))
			if err != nil {
				t.Fatal(err)
			}
			res, err := r.Publish(ctx, prep, w.open(plan), func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			said := strings.Join(res.PinsToChange, "\n")
			if !strings.Contains(said, c.after) || c.after == "" && said != "" || c.after != "" && !strings.Contains(said, string(res.RootCertificateID)) {
				t.Errorf("after it is said %q", said)
			}
			// The client that has no copy is refused as was said, and let in once it has done it.
			if _, err := w.elsewhere().pinned(old).Fetch(ctx, gun); errors.Is(err, trustdata.ErrVerify) != (c.after != "") {
				t.Errorf("with the old pin: %v", err)
			}
			if c.after == "" {
				return
			}
			if _, err := w.elsewhere().pinned(certs(string(gun))(trustdata.ListedID(res.RootCertificateID), nil)).Fetch(ctx, gun); err != nil {
				t.Errorf("with the new one: %v", err)
			}
		})
	}
}

// clientsRow is the row about them of what is looked at before; the zero one for none.
func clientsRow(t *testing.T, r *rotation.Rotator, plan *rotation.Plan) rotation.Check {
	t.Helper()
	checks, err := r.Preflight(context.Background(), []*rotation.Plan{plan}, nil, rotation.Around{
		Visit: func(context.Context, trustdata.GUN) (access.Visit, string, error) {
			return access.Visit{Status: http.StatusOK}, "", nil
		},
		Staged: func(context.Context, trustdata.GUN) ([]keyring.Changelist, error) { return nil, nil },
		Proven: func(trustdata.KeyID) (time.Time, string, bool, error) { return time.Time{}, "", false, nil },
		Room:   func() (uint64, error) { return 1 << 40, nil },
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(checks, func(c rotation.Check) bool { return strings.HasPrefix(c.What, "the pinned clients") })
	if at < 0 {
		return rotation.Check{}
	}
	return checks[at]
}
