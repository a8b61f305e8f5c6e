package rotation_test

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
)

// pinned is a rotator whose settings say something of roots.
func (w *world) pinned(pins notary.Pins) *rotation.Rotator {
	r := w.rotator()
	f := &remote.Fetcher{Config: w.config, Cache: w.cache, State: w.state, Now: w.now, Pins: pins}
	r.Pins, r.Fetch, r.Known = pins, f.Fetch, knownBefore(f)
	return r
}

// TestPinnedRootRotates rotates a root key that this machine's settings pin: the plan says
// which entry will not do any more, the rotation ends verified, and the result has the ID
// to write into that entry.
func TestPinnedRootRotates(t *testing.T) {
	for name, c := range map[string]struct {
		entry   string // "" for the authority that issued the present certificate
		plan    string
		result  string
		refused bool // afterwards, until the settings are changed
		role    trustdata.Role
	}{
		"its own entry":  {string(gun), `[pins] certs "` + string(gun) + `" in config.toml is changed: it names certificate `, `in place of the old ID`, true, trustdata.RoleRoot},
		"a wildcard":     {"registry.acme.example/*", `[pins] certs "registry.acme.example/*" in config.toml is changed`, `"` + string(gun) + `" = "`, true, trustdata.RoleRoot},
		"an authority":   {"", `[pins] ca "registry.acme.example/" in config.toml is overruled`, `"` + string(gun) + `" = "`, true, trustdata.RoleRoot},
		"another's pin":  {"registry.acme.example/else", "", "", false, trustdata.RoleRoot},
		"repository key": {string(gun), "", "", false, trustdata.RoleTargets},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(false)
			ctx := context.Background()
			now, err := w.rotator().Fetch(ctx, gun)
			if err != nil {
				t.Fatal(err)
			}
			old := now.Repo.Root.Body.Roles[trustdata.RoleRoot].KeyIDs[0]
			pins := notary.Pins{Certificates: map[string][]trustdata.ListedID{c.entry: {old}}}
			if c.entry == "" {
				chain, err := now.Repo.Root.Body.Keys[old].Certificates()
				if err != nil {
					t.Fatal(err)
				}
				pins = notary.Pins{Authorities: map[string][]*x509.Certificate{"registry.acme.example/": chain}}
			}
			r := w.pinned(pins)
			plan, err := r.Plan(ctx, rotation.Request{GUN: gun, Role: c.role})
			if err != nil {
				t.Fatal(err)
			}
			if said := strings.Join(plan.WillNotFollow, "\n"); !strings.Contains(said, c.plan) || c.plan == "" && strings.Contains(said, "[pins]") ||
				strings.HasPrefix(c.entry, string(gun)) && c.plan != "" && !strings.Contains(said, string(old[:7])) {
				t.Errorf("the plan says %q", said)
			}
			prep, err := r.Prepare(ctx, plan, keyring.NewPassphrase([]byte(pass)))
			if err != nil {
				t.Fatal(err)
			}
			res, err := r.Publish(ctx, prep, w.open(plan), func(string) {})
			if err != nil || !res.Verified {
				t.Fatalf("%+v: %v", res, err)
			}
			if said := strings.Join(res.PinsToChange, "\n"); !strings.Contains(said, c.result) || c.result == "" && said != "" || c.result != "" && !strings.Contains(said, string(res.RootCertificateID)) {
				t.Errorf("the result says %q of certificate %q", said, res.RootCertificateID)
			}
			_, err = r.Fetch(ctx, gun)
			if refused := errors.Is(err, trustdata.ErrVerify); refused != c.refused || err != nil && !refused {
				t.Errorf("read with the old settings: %v, want refused: %v", err, c.refused)
			}
			if !c.refused {
				return
			}
			pins = notary.Pins{Certificates: map[string][]trustdata.ListedID{string(gun): {trustdata.ListedID(res.RootCertificateID)}}}
			if _, err := w.pinned(pins).Fetch(ctx, gun); err != nil {
				t.Errorf("read as the result says to: %v", err)
			}
		})
	}
}
