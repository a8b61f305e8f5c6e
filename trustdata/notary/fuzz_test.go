package notary_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// oddSeeds are beginnings of files that a parser must get past without harm.
var oddSeeds = []string{
	``, `null`, `[]`, `{}`, `{"signed":null,"signatures":null}`, `{"signed":{},"signatures":[]}`, `{"signed":{"_type":"Root"}}`,
	`{"signatures":[{"keyid":null,"method":null,"sig":null}],"signed":{}}`, `{"signed":{"version":1e99},"signatures":[]}`,
	`{"signed":{"delegations":{"keys":{"":null},"roles":[null]}},"signatures":[]}`, `{"signed":{"meta":{"root":null}},"signatures":[]}`,
	`{"signed":{"roles":{"root":{"keyids":[1]}}},"signatures":[]}`, `{"signed":{"targets":{"a":{"hashes":{"sha256":1}}}},"signatures":[]}`,
	`{"signed":{"_type":"Targets","expires":"2030-01-01T00:00:00Z","targets":{"a":{"custom":[{"b":[]}],"hashes":null,"length":0}},"version":1},"signatures":null}`,
}

func addSeeds(f *testing.F, role trustdata.Role) {
	f.Helper()
	w := newWorld(f)
	w.build()
	f.Add(w.files[role])
	f.Add(bytes.Replace(w.files[role], []byte(`"version":1`), []byte(`"version" : 1, "x":{"b":[1.0,"\u003c"],"a":null}`), 1))
	for _, s := range oddSeeds {
		f.Add([]byte(s))
	}
}

// checkParse holds one parser against the peers: what it accepts is JSON with the two
// members of an envelope, its message is what docker's canonical JSON makes of "signed",
// and a body that can be signed again reads back the same.
func checkParse[B any](t *testing.T, role trustdata.Role, raw []byte, parse func([]byte) (*notary.File[B], error), sign func(B, []notary.Signer) (*notary.File[B], error)) {
	t.Helper()
	before := bytes.Clone(raw)
	f, err := parse(raw)
	if !bytes.Equal(before, raw) {
		t.Fatal("the input was written to")
	}
	if err != nil {
		expectRefusal(t, err, role, trustdata.ReasonFormat)
		if !errors.Is(err, trustdata.ErrVerify) {
			t.Fatalf("%v is no ErrVerify", err)
		}
		return
	}
	var generic map[string]json.RawMessage
	if err := json.Unmarshal(raw, &generic); err != nil || len(generic) != 2 {
		t.Fatalf("it is no envelope: %v: %q", err, raw)
	}
	message, err := peerCanonical(generic["signed"])
	if err != nil || !bytes.Equal(message, f.Message) {
		t.Fatalf("message is %q, docker's %q (%v)", f.Message, message, err)
	}
	again, err := sign(f.Body, []notary.Signer{signer(vectorEd())})
	if err != nil {
		return // members that are not known, hashes that are missing
	}
	// White space in custom data goes, and a date loses its fraction.
	ignored := cmpopts.IgnoreFields(notary.Entry{}, "Custom")
	date := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Expires" }, cmp.Ignore())
	if diff := cmp.Diff(f.Body, again.Body, ignored, date, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("it reads back otherwise:\n%s", diff)
	}
}

func FuzzParseRoot(f *testing.F) {
	addSeeds(f, rRoot)
	// A root can be signed only by a key that it lists: signing it again is left out.
	sign := func(notary.Root, []notary.Signer) (*notary.File[notary.Root], error) {
		return nil, errors.New("left out")
	}
	f.Fuzz(func(t *testing.T, raw []byte) { checkParse(t, rRoot, raw, notary.ParseRoot, sign) })
}

func FuzzParseTargets(f *testing.F) {
	addSeeds(f, rTargets)
	f.Add([]byte(vectorFile))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, role := range []trustdata.Role{rTargets, rAlice} {
			parse := func(raw []byte) (*notary.File[notary.Targets], error) { return notary.ParseTargets(role, raw) }
			sign := func(b notary.Targets, s []notary.Signer) (*notary.File[notary.Targets], error) {
				return notary.SignTargets(role, b, s)
			}
			checkParse(t, role, raw, parse, sign)
		}
	})
}

func FuzzParseSnapshot(f *testing.F) {
	addSeeds(f, rSnapshot)
	f.Fuzz(func(t *testing.T, raw []byte) {
		checkParse(t, rSnapshot, raw, notary.ParseSnapshot, notary.SignSnapshot)
	})
}

func FuzzParseTimestamp(f *testing.F) {
	addSeeds(f, rTimestamp)
	f.Fuzz(func(t *testing.T, raw []byte) {
		checkParse(t, rTimestamp, raw, notary.ParseTimestamp, notary.SignTimestamp)
	})
}

// FuzzVerify gives changed files to the verifier. Whatever it accepts says what was
// signed: its message is that of the file before the change.
func FuzzVerify(f *testing.F) {
	key, err := vectorKey()
	if err != nil {
		f.Fatal(err)
	}
	cert := trustdata.PublicKey{Type: trustdata.KeyECDSAx509, Value: []byte(vectorCert)}
	body := notary.Root{
		Version: 1, Expires: now.AddDate(1, 0, 0),
		Keys:  map[trustdata.ListedID]trustdata.PublicKey{vectorCertID: cert, vectorEdID: vectorEd().Public()},
		Roles: map[trustdata.Role]notary.RoleKeys{rRoot: {KeyIDs: []trustdata.ListedID{vectorCertID}, Threshold: 1}},
	}
	for _, role := range trustdata.BaseRoles[1:] {
		body.Roles[role] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{vectorEdID}, Threshold: 1}
	}
	root, err := notary.SignRoot(body, []notary.Signer{{Key: key, Listed: vectorCertID}})
	if err != nil {
		f.Fatal(err)
	}
	targets, err := notary.ParseTargets(rTargets, []byte(vectorFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(root.Raw)
	f.Add(targets.Raw)
	f.Add([]byte(strings.Replace(vectorFile, `,"version"`, ` , "version"`, 1)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got, err := policy.FirstRoot(raw); err == nil && !bytes.Equal(got.Message, root.Message) {
			t.Fatalf("root that was never signed: %q", raw)
		}
		if got, err := policy.NextRoot(root, raw, true); err == nil && !bytes.Equal(got.Message, root.Message) {
			t.Fatalf("next root that was never signed: %q", raw)
		}
		sn := &notary.File[notary.Snapshot]{Body: notary.Snapshot{Meta: map[trustdata.Role]notary.Meta{rTargets: notary.MetaOf(raw)}}}
		got, err := policy.Targets(root, sn, raw)
		if err != nil {
			return
		}
		if !bytes.Equal(got.Message, targets.Message) {
			t.Fatalf("targets that were never signed: %q", raw)
		}
		repo := &notary.Repository{GUN: gun, Root: root, Targets: map[trustdata.Role]*notary.File[notary.Targets]{rTargets: got}}
		if tags := repo.Collection().Tags; len(tags) != 1 || tags[0].Name != "1.0" {
			t.Fatalf("tags %v", tags)
		}
	})
}
