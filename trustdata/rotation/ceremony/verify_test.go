package ceremony_test

import (
	"errors"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation/ceremony"
)

// TestFits are roots that are signed by the right keys and say something else than what
// was prepared.
func TestFits(t *testing.T) {
	files, keys := roots(t)
	base := files[0]
	old, cert := base.Body.Keys[base.Body.Roles[trustdata.RoleRoot].KeyIDs[0]], certificate(t, keys[1])
	targets := base.Body.Keys[base.Body.Roles[trustdata.RoleTargets].KeyIDs[0]]
	policy := notary.Policy{GUN: gun, Now: now}
	again := certificate(t, keys[0])
	other, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		t.Fatal(err)
	}
	by := map[trustdata.KeyID]*keyring.PrivateKey{keys[0].KeyID(): keys[0], keys[1].KeyID(): keys[1]}
	// next signs a root by its own keys and by base's.
	next := func(body notary.Root) *notary.File[notary.Root] {
		signers := []notary.Signer{{Key: keys[0], Listed: old.ListedID()}}
		for _, id := range body.Roles[trustdata.RoleRoot].KeyIDs {
			key, _ := body.Keys[id].KeyID()
			if id != old.ListedID() {
				signers = append(signers, notary.Signer{Key: by[key], Listed: id})
			}
		}
		return sign(t, body, signers...)
	}
	repo := func(role trustdata.Role, change ceremony.Change, gives trustdata.PublicKey, more ...ceremony.Key) *ceremony.Repository {
		id, _ := gives.KeyID()
		return &ceremony.Repository{GUN: gun, Role: role, Change: change, Gives: []trustdata.KeyID{id}, New: more}
	}
	refreshed := &ceremony.Repository{GUN: gun, Role: trustdata.RoleRoot, Change: ceremony.Refresh}
	newKey := ceremony.Key{KeyID: other.KeyID(), Type: other.Public().Type, Public: other.Public().Value, At: ceremony.AtOnline}
	end := now.AddDate(10, 0, 0)
	for name, c := range map[string]struct {
		repo *ceremony.Repository
		root *notary.File[notary.Root]
		says string // "" fits
	}{
		"a new root key":             {repo(trustdata.RoleRoot, ceremony.NewKey, old), files[1], ""},
		"a new certificate":          {repo(trustdata.RoleRoot, ceremony.NewCertificate, old), next(base.Body.Next(trustdata.RoleRoot, []trustdata.PublicKey{again}, end)), ""},
		"a refresh":                  {refreshed, next(base.Body.Next(trustdata.RoleRoot, []trustdata.PublicKey{old}, end)), ""},
		"a new targets key":          {repo(trustdata.RoleTargets, ceremony.NewKey, targets, newKey), next(base.Body.Next(trustdata.RoleTargets, []trustdata.PublicKey{other.Public()}, end)), ""},
		"another targets key":        {repo(trustdata.RoleTargets, ceremony.NewKey, targets, newKey), next(base.Body.Next(trustdata.RoleTargets, []trustdata.PublicKey{keys[1].Public()}, end)), "other keys"},
		"one more targets key":       {repo(trustdata.RoleTargets, ceremony.NewKey, targets, newKey), next(base.Body.Next(trustdata.RoleTargets, []trustdata.PublicKey{other.Public(), targets}, end)), "other keys"},
		"a new key for certificate":  {repo(trustdata.RoleRoot, ceremony.NewCertificate, old), files[1], "other keys"},
		"a certificate for a key":    {repo(trustdata.RoleRoot, ceremony.NewKey, old), next(base.Body.Next(trustdata.RoleRoot, []trustdata.PublicKey{again}, end)), "other keys"},
		"a new key for a refresh":    {refreshed, files[1], "keep its other keys"},
		"root for a targets change":  {repo(trustdata.RoleTargets, ceremony.NewKey, targets, newKey), files[1], "other keys"},
		"two changes":                {refreshed, next(base.Body.Next(trustdata.RoleRoot, []trustdata.PublicKey{old}, end).Next(trustdata.RoleTargets, []trustdata.PublicKey{cert}, end)), "does not follow"},
		"one more signer of targets": {repo(trustdata.RoleRoot, ceremony.NewKey, old), next(moreSigners(base.Body.Next(trustdata.RoleRoot, []trustdata.PublicKey{cert}, end))), "changes more"},
		"a key that nobody asked of": {repo(trustdata.RoleRoot, ceremony.NewKey, old), next(withKey(base.Body.Next(trustdata.RoleRoot, []trustdata.PublicKey{cert}, end), other.Public())), "changes more"},
		"the same root again":        {refreshed, base, "changes more"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.repo.Fits(base, c.root.Raw, policy)
			if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, trustdata.ErrVerify) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// moreSigners lets the timestamp key sign targets too.
func moreSigners(body notary.Root) notary.Root {
	who := body.Roles[trustdata.RoleTargets]
	who.KeyIDs = append(who.KeyIDs, body.Roles[trustdata.RoleTimestamp].KeyIDs...)
	body.Roles[trustdata.RoleTargets] = who
	return body
}

func withKey(body notary.Root, key trustdata.PublicKey) notary.Root {
	body.Keys[key.ListedID()] = key
	return body
}

// TestChain are roots that do not follow from one another.
func TestChain(t *testing.T) {
	files, keys := roots(t)
	foreign, _ := roots(t)
	policy := notary.Policy{GUN: gun, Now: now}
	repo := func(first int64, raws ...[]byte) *ceremony.Repository {
		r := &ceremony.Repository{GUN: gun, Role: trustdata.RoleRoot, Change: ceremony.NewKey, Gives: []trustdata.KeyID{keys[1].KeyID()}}
		r.SetRoots(first, raws)
		return r
	}
	for name, c := range map[string]struct {
		repo *ceremony.Repository
		bad  bool
	}{
		"whole":               {repo(1, files[0].Raw, files[1].Raw), false},
		"the last alone":      {repo(2, files[1].Raw), false},
		"another company's":   {repo(1, foreign[0].Raw, files[1].Raw), true},
		"in the wrong place":  {repo(2, files[0].Raw, files[1].Raw), true},
		"in the wrong order":  {repo(1, files[1].Raw, files[0].Raw), true},
		"no root":             {repo(1, []byte("{}")), true},
		"no key to give away": {repo(1, files[0].Raw), true},
	} {
		if _, err := c.repo.Chain(policy); (err != nil) != c.bad {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := repo(1, files[0].Raw, files[1].Raw)
	if _, err := r.Chain(notary.Policy{GUN: gun, Now: now.AddDate(20, 0, 0)}); err == nil {
		t.Error("a root that has expired is the end of a chain")
	}
	if _, err := r.Chain(notary.Policy{GUN: gun + "2", Now: now}); err == nil {
		t.Error("another repository's chain is taken")
	}
}

func FuzzParse(f *testing.F) {
	first, _ := prepared(f)
	f.Add(first.Raw)
	f.Add(signed(f).Raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := ceremony.Parse(raw)
		if err != nil {
			return
		}
		again, err := b.Prepared.Encode()
		if b.Signed != nil {
			return
		}
		if err != nil || string(again) != string(raw) {
			t.Errorf("read as something else than it is: %v", err)
		}
	})
}
