package notary_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// sample is a targets body with everything in it.
func sample(t testing.TB) notary.Targets {
	delegate := newEC(t).Public()
	return notary.Targets{
		Version: 3, Expires: time.Date(2029, 11, 21, 1, 46, 34, 437045184, time.FixedZone("", -5*3600)),
		Targets: notary.EntriesOf(map[string]notary.Entry{
			"1.10":     {Hashes: notary.Hashes{SHA256: make([]byte, 32)}, Length: 1570},
			"a/<b>&\"": {Hashes: notary.Hashes{SHA256: make([]byte, 32), More: map[string][]byte{"sha512": make([]byte, 64)}}, Length: 0, Custom: json.RawMessage(` { "b" : [ 1e0 , "<" ], "a" : null } `)},
		}),
		Keys: map[trustdata.ListedID]trustdata.PublicKey{delegate.ListedID(): delegate},
		Delegations: []notary.Delegation{
			{Role: rReleases, RoleKeys: notary.RoleKeys{KeyIDs: []trustdata.ListedID{delegate.ListedID()}, Threshold: 1}, Paths: []string{""}},
			{Role: rAlice, RoleKeys: notary.RoleKeys{Threshold: 1}},
		},
	}
}

// rendered is what the peers' encoders make of a parsed file: the struct-free rendering
// that a trust server hashes. docker's canonical JSON sorts, encoding/json escapes.
func rendered(t testing.TB, raw []byte) []byte {
	t.Helper()
	var file struct {
		Signed     any `json:"signed"`
		Signatures []struct {
			KeyID  string `json:"keyid"`
			Method string `json:"method"`
			Sig    []byte `json:"sig"`
		} `json:"signatures"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	return toWire(t, file)
}

func TestSignedFilesAreInTheServersBytes(t *testing.T) {
	b := sample(t)
	e, _ := b.Targets.Get("a/<b>&\"")
	e.Custom = json.RawMessage(` { "b" : [ 1 , "<" ], "a" : null } `)
	b.Targets.Put("a/<b>&\"", e)
	f, err := notary.SignTargets(rTargets, b, []notary.Signer{signer(newEC(t)), signer(newEC(t))})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(rendered(t, f.Raw)), string(f.Raw)); diff != "" {
		t.Errorf("bytes differ from the peers' (-peer +ours):\n%s", diff)
	}
	for _, want := range []string{
		`"expires":"2029-11-21T06:46:34Z"`, `"custom":{"a":null,"b":[1,"\u003c"]}`, `"a/\u003cb\u003e\u0026\""`,
		`{"keyids":[],"name":"targets/alice","threshold":1}`, `"paths":[""]`, `"keyval":{"private":null,"public":"`,
	} {
		if !bytes.Contains(f.Raw, []byte(want)) {
			t.Errorf("file lacks %s: %s", want, f.Raw)
		}
	}
	if !bytes.HasPrefix(f.Raw, []byte(`{"signed":{"_type":"Targets","delegations":{"keys":{"`)) || f.Raw[len(f.Raw)-1] != '}' {
		t.Errorf("file begins or ends otherwise: %s", f.Raw)
	}
	var generic struct{ Signed any }
	if err := json.Unmarshal(f.Raw, &generic); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(toMessage(t, generic.Signed)), string(f.Message)); diff != "" {
		t.Errorf("message differs from the peer's (-peer +ours):\n%s", diff)
	}
}

func TestEmptyTargets(t *testing.T) {
	f, err := notary.SignTargets(rAlice, notary.Targets{Version: 1, Expires: now}, []notary.Signer{signer(vectorEd())})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2026-11-22T10:00:00Z","targets":{},"version":1}`
	if string(f.Message) != want {
		t.Errorf("message is %s", f.Message)
	}
}

func TestEveryRoleIsSignedInTheServersBytes(t *testing.T) {
	repo := verified(t, newWorld(t))
	ed := []notary.Signer{signer(vectorEd())}
	root := repo.Root.Body.Clone()
	root.ConsistentSnapshot = true
	key := newEC(t)
	cert, rootSigner := certify(t, key)
	root.Keys[cert.ListedID()] = cert
	root.Roles[rRoot] = notary.RoleKeys{KeyIDs: []trustdata.ListedID{cert.ListedID()}, Threshold: 1}
	signedRoot, err := notary.SignRoot(root, []notary.Signer{rootSigner})
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := notary.SignSnapshot(repo.Snapshot.Body, ed)
	if err != nil {
		t.Fatal(err)
	}
	timestamp, err := notary.SignTimestamp(repo.Timestamp.Body, ed)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range [][]byte{signedRoot.Raw, snapshot.Raw, timestamp.Raw} {
		if diff := cmp.Diff(string(rendered(t, raw)), string(raw)); diff != "" {
			t.Errorf("bytes differ from the peers' (-peer +ours):\n%s", diff)
		}
	}
	if diff := cmp.Diff(root, signedRoot.Body); diff != "" {
		t.Errorf("root reads back otherwise (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(repo.Snapshot.Body, snapshot.Body); diff != "" {
		t.Errorf("snapshot reads back otherwise (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(repo.Timestamp.Body, timestamp.Body); diff != "" {
		t.Errorf("timestamp reads back otherwise (-want +got):\n%s", diff)
	}
}

// verified is the repository of a world that must verify.
func verified(t testing.TB, w *world) *notary.Repository {
	t.Helper()
	repo, err := w.verify(policy)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func TestSignRefuses(t *testing.T) {
	entry := func(custom string) notary.Entry {
		return notary.Entry{Hashes: notary.Hashes{SHA256: make([]byte, 32)}, Length: 1, Custom: json.RawMessage(custom)}
	}
	key := newEC(t)
	tests := []struct {
		name   string
		change func(b *notary.Targets, s *[]notary.Signer)
		says   string
	}{
		{"unknown members", func(b *notary.Targets, _ *[]notary.Signer) { b.Unknown = []string{"extra"} }, `"extra"`},
		{"a fraction in custom", func(b *notary.Targets, _ *[]notary.Signer) { b.Targets.Put("x", entry(`{"a":1.5}`)) }, "1.5"},
		{"an exponent in custom", func(b *notary.Targets, _ *[]notary.Signer) { b.Targets.Put("x", entry(`1e5`)) }, "1e5"},
		{"2^53 in custom", func(b *notary.Targets, _ *[]notary.Signer) { b.Targets.Put("x", entry(`9007199254740992`)) }, "2^53"},
		{"a control character in custom", func(b *notary.Targets, _ *[]notary.Signer) { b.Targets.Put("x", entry(`{"a":"\t"}`)) }, "control"},
		{"a control character in a custom name", func(b *notary.Targets, _ *[]notary.Signer) { b.Targets.Put("x", entry(`{"\u001b":1}`)) }, "control"},
		{"a member twice in custom", func(b *notary.Targets, _ *[]notary.Signer) { b.Targets.Put("x", entry(`{"a":1,"b":2,"a":1}`)) }, "twice"},
		{"custom that is no JSON", func(b *notary.Targets, _ *[]notary.Signer) { b.Targets.Put("x", entry(`{`)) }, "JSON"},
		{"empty custom", func(b *notary.Targets, _ *[]notary.Signer) { b.Targets.Put("x", entry(``)) }, "JSON"},
		{"a control character in a name", func(b *notary.Targets, _ *[]notary.Signer) { b.Targets.Put("a\nb", entry(`1`)) }, "control"},
		{"a name that is no UTF-8", func(b *notary.Targets, _ *[]notary.Signer) { b.Targets.Put("\xff", entry(`1`)) }, "UTF-8"},
		{"a path that is no UTF-8", func(b *notary.Targets, _ *[]notary.Signer) { b.Delegations[0].Paths = []string{"\xff"} }, "UTF-8"},
		{"no hash", func(b *notary.Targets, _ *[]notary.Signer) { b.Targets.Put("x", notary.Entry{}) }, "no hash"},
		{"a negative length", func(b *notary.Targets, _ *[]notary.Signer) {
			b.Targets.Put("x", notary.Entry{Hashes: notary.Hashes{SHA256: []byte{}}, Length: -1})
		}, "length"},
		{"version 0", func(b *notary.Targets, _ *[]notary.Signer) { b.Version = 0 }, "version 0"},
		{"a version too high", func(b *notary.Targets, _ *[]notary.Signer) { b.Version = notary.MaxVersion + 1 }, "version 2147483647"},
		{"no date", func(b *notary.Targets, _ *[]notary.Signer) { b.Expires = time.Time{} }, "expiry"},
		{"the year 10000", func(b *notary.Targets, _ *[]notary.Signer) { b.Expires = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "year"},
		{"a key under another ID", func(b *notary.Targets, _ *[]notary.Signer) {
			b.Keys[trustdata.ListedID(strings.Repeat("0", 64))] = key.Public()
		}, "own ID"},
		{"a delegation that is none", func(b *notary.Targets, _ *[]notary.Signer) { b.Delegations[0].Role = rSnapshot }, "snapshot"},
		{"a delegation of another parent", func(b *notary.Targets, _ *[]notary.Signer) { b.Delegations[0].Role = rTeam }, "direct child"},
		{"a delegation's threshold 0", func(b *notary.Targets, _ *[]notary.Signer) { b.Delegations[0].Threshold = 0 }, "threshold"},
		{"no signer", func(_ *notary.Targets, s *[]notary.Signer) { *s = nil }, "no key"},
		{"one signer twice", func(_ *notary.Targets, s *[]notary.Signer) { *s = append(*s, (*s)[0]) }, "twice"},
		{"a broken key", func(_ *notary.Targets, s *[]notary.Signer) { (*s)[0].Key = brokenKey{key} }, "the device is gone"},
		{"a key that signs something else", func(_ *notary.Targets, s *[]notary.Signer) { (*s)[0].Key = liarKey{key} }, "its own signature"},
		{"a listed ID that is none", func(_ *notary.Targets, s *[]notary.Signer) { (*s)[0].Listed = `","x":"` }, "key ID"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, s := sample(t), []notary.Signer{signer(key)}
			b.Targets.Put("a/<b>&\"", entry(`{}`))
			if _, err := notary.SignTargets(rTargets, b, s); err != nil {
				t.Fatalf("before the change: %v", err)
			}
			tt.change(&b, &s)
			f, err := notary.SignTargets(rTargets, b, s)
			if err == nil {
				t.Fatalf("it is signed: %s", f.Raw)
			}
			if !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "failed to sign targets") {
				t.Errorf("%q does not say %q", err, tt.says)
			}
		})
	}
	if _, err := notary.SignTargets(rSnapshot, sample(t), []notary.Signer{signer(key)}); err == nil {
		t.Error("targets are signed as a snapshot")
	}
}

func TestSignRootRefuses(t *testing.T) {
	repo := verified(t, newWorld(t))
	key := newEC(t)
	cert, s := certify(t, key)
	if _, err := notary.SignRoot(repo.Root.Body, []notary.Signer{s}); err == nil || !strings.Contains(err.Error(), "not among its keys") {
		t.Errorf("signer that is not listed: %v", err)
	}
	root := repo.Root.Body.Clone()
	root.Keys[cert.ListedID()] = cert
	if _, err := notary.SignRoot(root, []notary.Signer{{Key: newEC(t), Listed: s.Listed}}); err == nil || !strings.Contains(err.Error(), "not the one at hand") {
		t.Errorf("signer with another key: %v", err)
	}
	delete(root.Roles, rTimestamp)
	if _, err := notary.SignRoot(root, []notary.Signer{s}); err == nil || !strings.Contains(err.Error(), "timestamp") {
		t.Errorf("root without the timestamp role: %v", err)
	}
}

// TestResign: an existing file is signed again without losing custom data.
func TestResign(t *testing.T) {
	w := newWorld(t)
	w.bodies[rTargets]["targets"].(object)["v1"].(object)["custom"] = object{"note": "<é>", "n": 7}
	repo := verified(t, w)
	b := repo.Targets[rTargets].Body.Clone()
	b.Version++
	f, err := notary.SignTargets(rTargets, b, w.signers[rTargets])
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(f.Message, []byte(`"custom":{"n":7,"note":"<é>"}`)) {
		t.Errorf("custom data are lost: %s", f.Message)
	}
	if f.Body.Version != 2 || f.Signatures[0].KeyID != w.signers[rTargets][0].Listed {
		t.Errorf("version %d signed by %s", f.Body.Version, f.Signatures[0].KeyID)
	}
}

func TestClonesAreApart(t *testing.T) {
	b := sample(t)
	before := sample(t)
	before.Keys, before.Delegations[0].KeyIDs = maps.Clone(b.Keys), append([]trustdata.ListedID(nil), b.Delegations[0].KeyIDs...)
	c := b.Clone()
	e, _ := c.Targets.Get("a/<b>&\"")
	e.Hashes.More["md5"] = nil
	c.Targets.Delete("a/<b>&\"")
	clear(c.Keys)
	c.Delegations[0].KeyIDs[0], c.Delegations[0].Paths[0] = "x", "y"
	c.Delegations[1].Threshold = 9
	if diff := cmp.Diff(before, b); diff != "" {
		t.Errorf("a clone's change shows in the original (-want +got):\n%s", diff)
	}
	root := verified(t, newWorld(t)).Root.Body
	listed := root.Roles[rTargets].KeyIDs[0]
	copied := root.Clone()
	copied.Roles[rTargets].KeyIDs[0] = "x"
	clear(copied.Keys)
	delete(copied.Roles, rRoot)
	if root.Roles[rTargets].KeyIDs[0] != listed || len(root.Keys) != 4 || len(root.Roles) != 4 {
		t.Error("a clone's change shows in the original root")
	}
}

func TestLifetimesAndLimits(t *testing.T) {
	tests := []struct {
		role  trustdata.Role
		days  int
		limit int64
	}{
		{rRoot, 3650, 16 << 20}, {rTargets, 1095, 64 << 20}, {rAlice, 1095, 64 << 20}, {rSnapshot, 1095, 16 << 20}, {rTimestamp, 14, 1 << 20},
	}
	for _, tt := range tests {
		if got := notary.Lifetime(tt.role); got != time.Duration(tt.days)*24*time.Hour {
			t.Errorf("%s lives %s", tt.role, got)
		}
		if got := notary.Limit(tt.role); got != tt.limit {
			t.Errorf("%s may have %d bytes", tt.role, got)
		}
	}
}
