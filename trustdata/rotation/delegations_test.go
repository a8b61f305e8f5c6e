package rotation_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/notary"
	"keyrite/trustdata/rotation"
)

const alice, releases = trustdata.Role("targets/alice"), trustdata.RoleReleases

// delegate lists the delegations and no others, each with one of the keys and for the
// names that begin so.
func (w *world) delegate(prefix string, who map[trustdata.Role]*keyring.PrivateKey) {
	w.t.Helper()
	res, err := w.rotator().Fresh(context.Background(), gun)
	if err != nil {
		w.t.Fatal(err)
	}
	body := res.Repo.Targets[trustdata.RoleTargets].Body.Clone()
	body.Version, body.Expires = body.Version+1, w.clock.AddDate(3, 0, 0)
	body.Delegations, body.Keys = nil, map[trustdata.ListedID]trustdata.PublicKey{}
	for _, role := range []trustdata.Role{alice, releases} {
		if k, ok := who[role]; ok {
			id := k.Public().ListedID()
			body.Keys[id] = k.Public()
			body.Delegations = append(body.Delegations, notary.Delegation{Role: role, Paths: []string{prefix},
				RoleKeys: notary.RoleKeys{KeyIDs: []trustdata.ListedID{id}, Threshold: 1}})
		}
	}
	key := w.only(trustdata.RoleTargets)
	file, err := notary.SignTargets(trustdata.RoleTargets, body, []notary.Signer{{Key: key, Listed: key.Public().ListedID()}})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.server().Publish(context.Background(), map[trustdata.Role][]byte{trustdata.RoleTargets: file.Raw}); err != nil {
		w.t.Fatal(err)
	}
}

// only opens the one key of a role.
func (w *world) only(role trustdata.Role) *keyring.PrivateKey {
	w.t.Helper()
	infos, err := w.dir.List(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, i := range infos {
		if i.Role == string(role) {
			k, err := w.dir.Open(context.Background(), i.KeyID, keyring.NewPassphrase([]byte(pass)))
			if err != nil {
				w.t.Fatal(err)
			}
			return k
		}
	}
	w.t.Fatalf("no %s key", role)
	return nil
}

// sign plans and carries out.
func (w *world) sign(tags ...rotation.TagTarget) *rotation.EditResult {
	w.t.Helper()
	e, err := w.rotator().PlanSign(context.Background(), gun, tags)
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := w.apply(e)
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

// names are the tags by the roles that vouch for them.
func (w *world) names(role trustdata.Role) string {
	var out []string
	for _, t := range w.collection().Tags {
		for _, r := range t.Roles {
			if r == role {
				out = append(out, t.Name)
			}
		}
	}
	return strings.Join(out, " ")
}

func TestSeveralTagsAreOneUpload(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	posts := 0
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/tuf/") {
			posts++
		}
		next.ServeHTTP(rw, r)
	}
	two := []rotation.TagTarget{{Tag: "2.0", Target: target}, {Tag: "2.1", Target: target}}
	res := w.sign(two...)
	if posts != 1 || res.Versions[trustdata.RoleTargets] != 3 {
		t.Errorf("%d uploads, %+v", posts, res)
	}
	if got := w.names(trustdata.RoleTargets); got != "1.0 2.0 2.1 a<b>&" {
		t.Errorf("tags %q", got)
	}
	ctx, r := context.Background(), w.rotator()
	_, err := r.PlanSign(ctx, gun, two)
	is(t, err, rotation.ErrNothing)
	if posts != 1 {
		t.Error("an empty upload was sent")
	}
	for _, bad := range [][]rotation.TagTarget{nil, {two[0], two[0]}, {{Target: target}}} {
		_, err = r.PlanSign(ctx, gun, bad)
		is(t, err, rotation.ErrUsage)
	}
	e, err := r.PlanRevoke(ctx, gun, []string{"2.0", "1.0", "never there"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.apply(e); err != nil {
		t.Fatal(err)
	}
	if got := w.names(trustdata.RoleTargets); got != "2.1 a<b>&" || posts != 2 {
		t.Errorf("tags %q after %d uploads", got, posts)
	}
}

// A delegation that was never published gets its first file; targets is left alone, even
// though its key is here. A server with a database has no answer to the question for a file
// that its snapshot does not name.
func TestSignInDelegations(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	key := w.key("alice")
	w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: key, releases: key})
	w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/tuf/targets/alice.json") || strings.HasSuffix(r.URL.Path, "/tuf/targets/releases.json") {
			rw.WriteHeader(http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(rw, r)
	}
	res := w.sign(rotation.TagTarget{Tag: "3.0", Target: target})
	if len(res.Changed) != 2 || res.Versions[alice] != 1 || res.Versions[releases] != 1 {
		t.Errorf("%+v", res)
	}
	if got := w.names(releases); got != "3.0" {
		t.Errorf("releases vouches for %q", got)
	}
	if got := w.names(trustdata.RoleTargets); strings.Contains(got, "3.0") {
		t.Errorf("targets vouches for %q", got)
	}
	w.delegate("v", map[trustdata.Role]*keyring.PrivateKey{alice: key, releases: key})
	_, err := w.rotator().PlanSign(context.Background(), gun, one("4.0", target))
	if err == nil || !strings.Contains(err.Error(), `no delegation of "registry.acme.example/pay/web" admits the tag "4.0"`) {
		t.Errorf("a tag outside all paths: %v", err)
	}
}

// Where no key of any delegation is here, the targets key does not stand in for it.
func TestSignWithoutTheDelegationsKey(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	elsewhere, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		t.Fatal(err)
	}
	w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: elsewhere})
	_, err = w.rotator().PlanSign(context.Background(), gun, one("1.0", target))
	var missing *rotation.MissingKeyError
	if !asMissing(err, &missing) || missing.Role != alice {
		t.Errorf("error %v, want one that names the key of alice", err)
	}
}

// A delegation that was deleted and made again with another key: the server still has its
// old file and takes no version below it. Nothing of the old file is taken over.
func TestSignInRecreatedDelegation(t *testing.T) {
	for name, lost := range map[string]func(w *world){
		"its file is still there": func(*world) {},
		"the current file is not found": func(w *world) {
			w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				if strings.HasSuffix(r.URL.Path, "/tuf/targets/alice.json") {
					rw.WriteHeader(http.StatusNotFound)
					return
				}
				next.ServeHTTP(rw, r)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.publish(false)
			w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: w.key("alice")})
			w.sign(rotation.TagTarget{Tag: "old", Target: target})
			w.sign(rotation.TagTarget{Tag: "older", Target: target})
			w.delegate("", nil)
			w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: w.key("alice2")})
			lost(w)
			e, err := w.rotator().PlanSign(context.Background(), gun, one("new", target))
			if err != nil {
				t.Fatal(err)
			}
			if said := strings.Join(append(e.Changes, e.WillNotFollow...), "\n"); !strings.Contains(said, "starts afresh with version 3") || !strings.Contains(said, "nothing of its old file (2 tags)") {
				t.Errorf("the plan says %q", said)
			}
			res, err := w.apply(e)
			if err != nil || res.Versions[alice] != 3 {
				t.Fatalf("%+v, %v", res, err)
			}
			if got := w.names(alice); got != "new" {
				t.Errorf("alice vouches for %q", got)
			}
		})
	}
}

// A file that only has expired is its signers' own: it is not written over.
func TestSignInExpiredDelegation(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	key := w.key("alice")
	w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: key})
	w.sign(rotation.TagTarget{Tag: "old", Target: target})
	w.clock = w.clock.AddDate(2, 11, 20)
	w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: key}) // targets lives on
	w.clock = w.clock.AddDate(0, 1, 0)
	_, err := w.rotator().PlanSign(context.Background(), gun, one("new", target))
	var refused *trustdata.VerifyError
	if !errors.As(err, &refused) || refused.Reason != trustdata.ReasonExpired || !strings.Contains(err.Error(), "keyrite repair") {
		t.Errorf("error %v", err)
	}
}

// What stays signed after revoking is said, and an answer that nothing was done is an error.
func TestRevokeWhatOthersVouchFor(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	a, b := w.key("alice"), w.key("bob")
	w.delegate("", map[trustdata.Role]*keyring.PrivateKey{alice: a, releases: b})
	w.sign(rotation.TagTarget{Tag: "3.0", Target: target})
	if _, err := w.dir.Trash(context.Background(), a.KeyID(), w.clock); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	e, err := w.rotator().PlanRevoke(ctx, gun, []string{"3.0"})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.WillNotFollow) != 1 || !strings.Contains(e.WillNotFollow[0], "targets/alice goes on vouching for 3.0") {
		t.Errorf("will not follow: %q", e.WillNotFollow)
	}
	if _, err := w.apply(e); err != nil {
		t.Fatal(err)
	}
	if w.names(releases) != "" || w.names(alice) != "3.0" {
		t.Errorf("releases %q, alice %q", w.names(releases), w.names(alice))
	}
	_, err = w.rotator().PlanRevoke(ctx, gun, []string{"3.0"})
	var missing *rotation.MissingKeyError
	if !asMissing(err, &missing) {
		t.Errorf("error %v, want one that names the missing key", err)
	}
}

func TestSignWithLocalSnapshot(t *testing.T) {
	w := newWorld(t)
	w.publish(true)
	res := w.sign(rotation.TagTarget{Tag: "2.0", Target: target})
	if res.Versions[trustdata.RoleSnapshot] != 2 || res.Versions[trustdata.RoleTargets] != 3 {
		t.Errorf("%+v", res)
	}
}
