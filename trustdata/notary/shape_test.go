package notary_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// TestRootShape: a root without one of its parts, for each base role.
func TestRootShape(t *testing.T) {
	stranger := newEC(t).Public().ListedID()
	tests := []struct {
		name   string
		change func(w *world, role trustdata.Role)
	}{
		{"role not listed", func(w *world, role trustdata.Role) { delete(w.bodies[rRoot]["roles"].(object), string(role)) }},
		{"role null", func(w *world, role trustdata.Role) { w.bodies[rRoot]["roles"].(object)[string(role)] = nil }},
		{"role in upper case", func(w *world, role trustdata.Role) {
			roles := w.bodies[rRoot]["roles"].(object)
			roles[strings.ToUpper(string(role))] = roles[string(role)]
			delete(roles, string(role))
		}},
		{"no keys", func(w *world, role trustdata.Role) { w.listing(role)["keyids"] = []string{} }},
		{"keys null", func(w *world, role trustdata.Role) { w.listing(role)["keyids"] = nil }},
		{"keys not listed", func(w *world, role trustdata.Role) { delete(w.listing(role), "keyids") }},
		{"a key that is not there", func(w *world, role trustdata.Role) {
			w.listing(role)["keyids"] = []trustdata.ListedID{stranger}
		}},
		{"a key ID that is none", func(w *world, role trustdata.Role) { w.listing(role)["keyids"] = []string{"../x"} }},
		{"no threshold", func(w *world, role trustdata.Role) { delete(w.listing(role), "threshold") }},
		{"threshold 0", func(w *world, role trustdata.Role) { w.listing(role)["threshold"] = 0 }},
		{"threshold -1", func(w *world, role trustdata.Role) { w.listing(role)["threshold"] = -1 }},
		{"threshold null", func(w *world, role trustdata.Role) { w.listing(role)["threshold"] = nil }},
		{"threshold above the number of keys", func(w *world, role trustdata.Role) { w.listing(role)["threshold"] = 2 }},
		{"threshold beyond an int", func(w *world, role trustdata.Role) { w.listing(role)["threshold"] = int64(1)<<32 + 1 }},
		{"threshold met by one key listed twice", func(w *world, role trustdata.Role) {
			ids := w.listing(role)["keyids"].([]trustdata.ListedID)
			w.listing(role)["keyids"] = append(ids, ids...)
			w.listing(role)["threshold"] = 2
		}},
	}
	for _, tt := range tests {
		for _, role := range trustdata.BaseRoles {
			t.Run(fmt.Sprintf("%s/%s", tt.name, role), func(t *testing.T) {
				w := newWorld(t)
				tt.change(w, role)
				_, err := w.verify(policy)
				expectRefusal(t, err, rRoot, trustdata.ReasonFormat)
			})
		}
	}
	for _, name := range []string{"keys", "roles"} {
		w := newWorld(t)
		delete(w.bodies[rRoot], name)
		w.build()
		_, err := notary.ParseRoot(w.files[rRoot])
		expectRefusal(t, err, rRoot, trustdata.ReasonFormat)
	}
}

func TestConsistentSnapshotShape(t *testing.T) {
	for value, why := range map[any]trustdata.Reason{true: "", false: "", "true": trustdata.ReasonFormat, 1: trustdata.ReasonFormat, nil: trustdata.ReasonFormat} {
		w := newWorld(t)
		w.bodies[rRoot]["consistent_snapshot"] = value
		repo, err := w.verify(policy)
		if why != "" {
			expectRefusal(t, err, rRoot, why)
		} else if err != nil || repo.Root.Body.ConsistentSnapshot != value {
			t.Errorf("%v is read as %v, %v", value, repo.Root.Body.ConsistentSnapshot, err)
		}
	}
}

// TestOddKeysAreRead: a key of a type that is not known, or with more members, stands in
// nobody's way.
func TestOddKeysAreRead(t *testing.T) {
	w := newWorld(t)
	keys := w.bodies[rRoot]["keys"].(object)
	keys[strings.Repeat("0", 64)] = object{"keytype": "dilithium", "keyval": object{"private": "", "public": "AA==", "hint": 1}, "scheme": "x"}
	root := verified(t, w).Root.Body
	if diff := cmp.Diff([]string{"keys.hint", "keys.scheme"}, root.Unknown); diff != "" {
		t.Errorf("unknown members differ (-want +got):\n%s", diff)
	}
	if k := root.Keys[trustdata.ListedID(strings.Repeat("0", 64))]; k.Type != "dilithium" || len(k.Value) != 1 {
		t.Errorf("key is read as %+v", k)
	}
}

func TestKeyShape(t *testing.T) {
	tests := []struct {
		name string
		key  any
	}{
		{"null", nil},
		{"no type", object{"keyval": object{"private": nil, "public": "AA=="}}},
		{"no public value", object{"keytype": "ecdsa", "keyval": object{"private": nil}}},
		{"public value null", object{"keytype": "ecdsa", "keyval": object{"private": nil, "public": nil}}},
		{"public value no base64", object{"keytype": "ecdsa", "keyval": object{"private": nil, "public": "A"}}},
		{"public value with a newline", object{"keytype": "ecdsa", "keyval": object{"private": nil, "public": "AA\n=="}}},
		{"public value with odd bits", object{"keytype": "ecdsa", "keyval": object{"private": nil, "public": "AB=="}}},
		{"public value in URL spelling", object{"keytype": "ecdsa", "keyval": object{"private": nil, "public": "_-=="}}},
		{"a private value", object{"keytype": "ecdsa", "keyval": object{"private": "AA==", "public": "AA=="}}},
		{"a list", []string{"ecdsa"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.bodies[rRoot]["keys"].(object)[strings.Repeat("0", 64)] = tt.key
			_, err := w.verify(policy)
			expectRefusal(t, err, rRoot, trustdata.ReasonFormat)
		})
	}
	w := newWorld(t)
	w.bodies[rRoot]["keys"].(object)["short"] = keyObject(newEC(t).Public())
	_, err := w.verify(policy)
	expectRefusal(t, err, rRoot, trustdata.ReasonFormat)
}

// TestMislabelledKey: a key counts only under the ID of its own content.
func TestMislabelledKey(t *testing.T) {
	for _, role := range []trustdata.Role{rTargets, rSnapshot, rTimestamp, rAlice, rRoot} {
		t.Run(string(role), func(t *testing.T) {
			w := newWorld(t)
			thief := newEC(t)
			public := thief.Public()
			if role == rRoot {
				public, _ = certify(t, thief)
			}
			listed := w.signers[role][0].Listed
			keys := w.bodies[rRoot]["keys"].(object)
			if role.IsDelegation() {
				keys = w.delegations(rTargets)["keys"].(object)
			}
			keys[string(listed)] = keyObject(public)
			w.signers[role] = []notary.Signer{{Key: thief, Listed: listed}}
			_, err := w.verify(policy)
			expectRefusal(t, err, role, trustdata.ReasonSignature)
		})
	}
}

func TestThresholdIsMet(t *testing.T) {
	for _, role := range fiveRoles {
		w := newWorld(t)
		w.signers[role] = append(w.signers[role], second(w, role), signer(newEC(t)))
		w.listing(role)["threshold"] = 2
		if _, err := w.verify(policy); err != nil {
			t.Errorf("%s: 2 of 2 signatures and a stranger's: %v", role, err)
		}
	}
}

// TestOneKeyUnderTwoNames: two certificates of one key are not two signers.
func TestOneKeyUnderTwoNames(t *testing.T) {
	w := newWorld(t)
	key := w.signers[rRoot][0].Key
	again, s := certify(t, key)
	w.list(rRoot, again, true)
	w.listing(rRoot)["threshold"] = 2
	w.signers[rRoot] = append(w.signers[rRoot], s)
	_, err := w.verify(policy)
	expectRefusal(t, err, rRoot, trustdata.ReasonSignature)
}

func TestSnapshotAndTimestampShape(t *testing.T) {
	hash := func(m any, change func(object)) { change(m.(object)["hashes"].(object)) }
	metas := func(w *world, role trustdata.Role) (meta object, name string) {
		w.build()
		name = "snapshot"
		if role == rSnapshot {
			name = "targets"
		}
		return w.bodies[role]["meta"].(object), name
	}
	tests := []struct {
		name   string
		change func(meta object, name string)
	}{
		{"no entry", func(meta object, name string) { delete(meta, name) }},
		{"entry null", func(meta object, name string) { meta[name] = nil }},
		{"entry under a file name", func(meta object, name string) { meta[name+".json"] = meta[name]; delete(meta, name) }},
		{"no hashes", func(meta object, name string) { delete(meta[name].(object), "hashes") }},
		{"hashes null", func(meta object, name string) { meta[name].(object)["hashes"] = nil }},
		{"hashes empty", func(meta object, name string) { meta[name].(object)["hashes"] = object{} }},
		{"unknown hash only", func(meta object, name string) {
			meta[name].(object)["hashes"] = object{"md5": make([]byte, 16)}
		}},
		{"SHA-512 only", func(meta object, name string) { hash(meta[name], func(h object) { delete(h, "sha256") }) }},
		{"SHA-256 in upper case", func(meta object, name string) {
			hash(meta[name], func(h object) { h["SHA256"] = h["sha256"]; delete(h, "sha256") })
		}},
		{"short SHA-256", func(meta object, name string) { hash(meta[name], func(h object) { h["sha256"] = make([]byte, 31) }) }},
		{"empty SHA-256", func(meta object, name string) { hash(meta[name], func(h object) { h["sha256"] = []byte{} }) }},
		{"SHA-256 null", func(meta object, name string) { hash(meta[name], func(h object) { h["sha256"] = nil }) }},
		{"hex SHA-256", func(meta object, name string) {
			hash(meta[name], func(h object) { h["sha256"] = strings.Repeat("0", 64) })
		}},
		{"short SHA-512", func(meta object, name string) { hash(meta[name], func(h object) { h["sha512"] = make([]byte, 32) }) }},
		{"no length", func(meta object, name string) { delete(meta[name].(object), "length") }},
		{"negative length", func(meta object, name string) { meta[name].(object)["length"] = -1 }},
		{"length in words", func(meta object, name string) { meta[name].(object)["length"] = "12" }},
		{"an entry that is no role", func(meta object, name string) { meta["targets/../x"] = meta[name] }},
	}
	for _, tt := range tests {
		for _, role := range []trustdata.Role{rSnapshot, rTimestamp} {
			t.Run(fmt.Sprintf("%s/%s", tt.name, role), func(t *testing.T) {
				w := newWorld(t)
				tt.change(metas(w, role))
				if role == rSnapshot {
					delete(w.bodies[rTimestamp], "meta")
				}
				_, err := w.verify(policy)
				expectRefusal(t, err, role, trustdata.ReasonFormat)
			})
		}
	}
	w := newWorld(t)
	w.build()
	delete(w.bodies[rSnapshot]["meta"].(object), "root")
	delete(w.bodies[rTimestamp], "meta")
	_, err := w.verify(policy)
	expectRefusal(t, err, rSnapshot, trustdata.ReasonFormat)
}

// TestNullIsEmpty: the reference client writes null for the list of delegations and for
// the keys of a role when the last one is gone.
func TestNullIsEmpty(t *testing.T) {
	tests := map[string]func(object){
		"roles null":        func(b object) { b["delegations"] = object{"keys": object{}, "roles": nil} },
		"keys null":         func(b object) { b["delegations"] = object{"keys": nil, "roles": nil} },
		"delegations null":  func(b object) { b["delegations"] = nil },
		"delegations gone":  func(b object) { delete(b, "delegations") },
		"targets null":      func(b object) { b["targets"] = nil },
		"custom null":       func(b object) { b["targets"].(object)["v1"].(object)["custom"] = nil },
		"white space":       func(b object) { b["x"] = json.RawMessage("[ 1 ]") },
		"an unknown member": func(b object) { b["x"] = object{"b": nil, "a": "<&>"} },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			delete(w.bodies, rAlice)
			delete(w.bodies, rTeam)
			delete(w.bodies, rReleases)
			change(w.bodies[rTargets])
			repo, err := w.verify(policy)
			if err != nil {
				t.Fatal(err)
			}
			if e, _ := repo.Targets[rTargets].Body.Targets.Get("v1"); e.Custom != nil {
				t.Errorf("custom null is read as %q", e.Custom)
			}
		})
	}
	w := newWorld(t)
	w.listing(rAlice)["keyids"], w.listing(rAlice)["paths"] = nil, nil
	w.build()
	f, err := notary.ParseTargets(rTargets, w.files[rTargets])
	if err != nil {
		t.Fatal(err)
	}
	if d := f.Body.Delegations[1]; d.KeyIDs != nil || d.Paths != nil || d.Threshold != 1 {
		t.Errorf("delegation without keys and paths is read as %+v", d)
	}
}

func TestTargetsShape(t *testing.T) {
	tests := map[string]object{
		"no length":          {"hashes": object{}},
		"negative length":    {"hashes": object{}, "length": -1},
		"length 1.5":         {"hashes": object{}, "length": json.RawMessage("1.5")},
		"length null":        {"hashes": object{}, "length": nil},
		"length beyond 2^53": {"hashes": object{}, "length": json.RawMessage("9007199254740994")},
		"hash no base64":     {"hashes": object{"sha256": "%"}, "length": 1},
		"hash a number":      {"hashes": object{"sha256": 1}, "length": 1},
		"hashes a list":      {"hashes": []int{}, "length": 1},
	}
	for name, e := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.bodies[rTargets]["targets"].(object)["bad"] = e
			w.build()
			_, err := notary.ParseTargets(rTargets, w.files[rTargets])
			expectRefusal(t, err, rTargets, trustdata.ReasonFormat)
		})
	}
}

// TestSignedOverEitherForm: a body that is not canonical on the wire verifies by its
// canonical form, and by nothing else.
func TestSignedOverEitherForm(t *testing.T) {
	w := newWorld(t)
	w.bodies[rTargets]["targets"].(object)["a<b>&\u2028 é"] = entryObject("x")
	w.signed[rTargets] = func(file []byte) []byte {
		return []byte(strings.Replace(string(file), `,"version"`, ", \n\t\"version\"", 1))
	}
	repo, err := w.verify(policy)
	if err != nil {
		t.Fatal(err)
	}
	f := repo.Targets[rTargets]
	if diff := cmp.Diff(string(toMessage(t, w.bodies[rTargets])), string(f.Message)); diff != "" {
		t.Errorf("message differs from the peer's (-want +got):\n%s", diff)
	}
	// Signed over the wire form instead.
	w = newWorld(t)
	w.bodies[rTargets]["targets"].(object)["a<b"] = entryObject("x")
	w.signed[rTargets] = func([]byte) []byte {
		raw := toWire(t, w.bodies[rTargets])
		return envelope(t, w.bodies[rTargets], []object{entry(t, w.signers[rTargets][0], raw)})
	}
	_, err = w.verify(policy)
	expectRefusal(t, err, rTargets, trustdata.ReasonSignature)
}

func TestParsedBody(t *testing.T) {
	w := newWorld(t)
	e := w.bodies[rTargets]["targets"].(object)["v1"].(object)
	e["custom"] = json.RawMessage(`{"b":"<"}`)
	w.bodies[rTargets]["extra"] = 1
	w.listing(rAlice)["terminating"] = true
	w.listing(rAlice)["paths"] = []string{"a", "b/"}
	w.bodies[rTargets]["expires"] = "2029-11-21T01:46:34.437045184-05:00"
	w.build()
	f, err := notary.ParseTargets(rTargets, w.files[rTargets])
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Body.Targets[0].Custom; string(got) != `{"b":"\u003c"}` {
		t.Errorf("custom is %s, not as it stands in the file", got)
	}
	if diff := cmp.Diff([]string{"delegations.roles.terminating", "extra"}, f.Body.Unknown); diff != "" {
		t.Errorf("unknown members differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "b/"}, f.Body.Delegations[1].Paths); diff != "" {
		t.Errorf("paths differ (-want +got):\n%s", diff)
	}
	if got := f.Body.Expires.Format("2006-01-02T15:04:05.999999999Z07:00"); got != "2029-11-21T06:46:34.437045184Z" {
		t.Errorf("expires is %s", got)
	}
	if _, err := notary.SignTargets(rTargets, f.Body, w.signers[rTargets]); err == nil || !strings.Contains(err.Error(), "terminating") {
		t.Errorf("signing what would lose members: %v", err)
	}
}
