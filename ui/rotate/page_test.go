package rotate_test

import (
	"strings"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui/rotate"
	"keyrite/ui/uitest"
)

// plan is a rotation as rotation.Rotator would plan it.
func plan(role trustdata.Role) *rotation.Plan {
	p := &rotation.Plan{ID: "20261122T094100Z-00000000", Kind: "rotate " + string(role), Server: "https://notary.acme.io", RootVersion: 8,
		Request: rotation.Request{GUN: "registry.acme.io/pay/web", Role: role},
		Steps:   []string{"check that the server still has what this plan saw", "send it"},
		Need: []rotation.Need{{KeyID: uitest.KeyID("7f3a9c1e"), Role: trustdata.RoleRoot, GUN: "registry.acme.io/pay/web", Why: "it signs version 8 of root.json"},
			{Role: role, GUN: "registry.acme.io/pay/web", Why: "the new " + role.Title() + " key is made here and locked with this passphrase", New: true}},
		Changes: []string{"root.json: version 7 to 8"}, WillNotFollow: []string{},
		OldKeys: []trustdata.KeyID{uitest.KeyID("b7712fe")}}
	if role == trustdata.RoleRoot {
		p.OldKeys = []trustdata.KeyID{uitest.KeyID("7f3a9c1e")}
		p.WillNotFollow = []string{"clients that pin the old root certificate"}
	}
	return p
}

func TestPlanPageSaysEverything(t *testing.T) {
	p := plan(trustdata.RoleRoot)
	p.Changes = append(p.Changes, "a name with \x1b[2J and \u202e in it")
	got := uitest.PageText(t, rotate.PlanPage(p))
	uitest.InBoth(t, got, "registry.acme.io/pay/web", "https://notary.acme.io", "root.json: version 7 to 8", "it signs version 8 of root.json",
		"clients that pin", "keyrite rotate registry.acme.io/pay/web root", "7f3a 9c1e", `\x1b[2J`, `\u202e`)
}

func TestCommandQuotes(t *testing.T) {
	for gun, want := range map[trustdata.GUN]string{
		"alpine":       "keyrite rotate alpine snapshot --to server",
		"a/b c;rm -rf": "keyrite rotate 'a/b c;rm -rf' snapshot --to server",
		"it's":         `keyrite rotate 'it'\''s' snapshot --to server`,
	} {
		if got := rotate.Command(rotation.Request{GUN: gun, Role: trustdata.RoleSnapshot, To: rotation.Server}); got != want {
			t.Errorf("Command of %q = %q, want %q", gun, got, want)
		}
	}
}

func TestCommandOfAStolenKey(t *testing.T) {
	for want, r := range map[string]rotation.Request{
		"keyrite rotate a root --compromised":                            {Role: trustdata.RoleRoot, Compromised: true},
		"keyrite rotate a targets --compromised --drop 'a b' --keep TAG": {Role: trustdata.RoleTargets, Compromised: true, Drop: []string{"a b"}},
	} {
		r.GUN = "a"
		if got := rotate.Command(r); got != want {
			t.Errorf("Command(%+v) = %q, want %q", r, got, want)
		}
	}
}

func TestCommandOfEveryKind(t *testing.T) {
	key := uitest.KeyID("2b80e4d7")
	for want, r := range map[string]rotation.Request{
		"keyrite rotate a root --same-key":                               {SameKey: true},
		"keyrite rotate a root --old-key " + string(key) + " --same-key": {SameKey: true, Old: key},
		"keyrite rotate a root --key " + string(key):                     {Key: key},
		"keyrite rotate a root --key FILE --root-cert FILE":              {Key: key, Import: true, Chain: "x"},
		"keyrite rotate a root --add-only --threshold 2":                 {Part: rotation.AddOnly, Threshold: 2},
		"keyrite rotate a root --remove-only --old-key " + string(key):   {Part: rotation.RemoveOnly, Old: key},
	} {
		r.GUN, r.Role = "a", trustdata.RoleRoot
		if got := rotate.Command(r); got != want {
			t.Errorf("Command(%+v) = %q, want %q", r, got, want)
		}
		p := plan(trustdata.RoleRoot)
		p.Request, p.Need = r, nil
		if text := uitest.PageText(t, rotate.PlanPage(p)); strings.Contains(text, "that the trust server makes and holds") {
			t.Errorf("%+v: the page gives the key to the server", r)
		}
	}
}

func TestResultPageSaysWhatBecameOfTheKeys(t *testing.T) {
	yes := true
	p := plan(trustdata.RoleTargets)
	res := &rotation.Result{GUN: p.GUN, Role: p.Role, OldKeys: p.OldKeys, NewKeys: []trustdata.KeyID{uitest.KeyID("2b80e4d7")}, Published: &yes,
		RootVersion: 8, Verified: true, Waived: []string{"backup: drill"}, Trashed: []string{"/home/ops/.docker/trust/trash/2026-11-22/" + string(p.OldKeys[0]) + ".key"},
		Notes: []string{"the answer to the upload was an error"}}
	got := uitest.PageText(t, rotate.ResultPage(p, res))
	uitest.InBoth(t, got, "version 8", "2b80 e4d7", "in the trash", "/trash/2026-11-22/", "backup: drill", "the answer to the upload was an error", "keyrite tags registry.acme.io/pay/web")
	res.Verified = false
	if got := uitest.PageText(t, rotate.ResultPage(p, res)); !strings.Contains(got, "not everything could be verified") || strings.Contains(got, "and verified.") {
		t.Errorf("a result that was not verified is called verified:\n%s", got)
	}
	root := plan(trustdata.RoleRoot)
	if got := uitest.PageText(t, rotate.ResultPage(root, &rotation.Result{GUN: p.GUN, Role: trustdata.RoleRoot, OldKeys: root.OldKeys, Verified: true})); !strings.Contains(got, "KEEP IT") {
		t.Errorf("the page does not say that the old root key is kept:\n%s", got)
	}
}

func TestStepSentence(t *testing.T) {
	p := plan(trustdata.RoleTargets)
	for _, step := range []string{"sign", "send", "confirm", "promote"} {
		if got := rotate.StepSentence(step, p); got == step || got == "" {
			t.Errorf("step %q is %q", step, got)
		}
	}
}
