package notary_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

func TestWorldVerifies(t *testing.T) {
	repo, err := newWorld(t).verify(policy)
	if err != nil {
		t.Fatal(err)
	}
	if len(repo.Targets) != 4 {
		t.Errorf("%d targets files verified, want 4", len(repo.Targets))
	}
}

// replace changes the first old in a file and fails where there is none.
func replace(t testing.TB, old, new string) func([]byte) []byte {
	return func(file []byte) []byte {
		t.Helper()
		if !bytes.Contains(file, []byte(old)) {
			t.Fatalf("file has no %q: %s", old, file)
		}
		return bytes.Replace(file, []byte(old), []byte(new), 1)
	}
}

// everyRole are attacks on any one file, with the reason for which it is then refused.
var everyRole = []struct {
	name   string
	change func(w *world, role trustdata.Role)
	why    trustdata.Reason
}{
	{"no JSON", signedAs(func([]byte) []byte { return []byte("{") }), trustdata.ReasonFormat},
	{"empty", signedAs(func([]byte) []byte { return nil }), trustdata.ReasonFormat},
	{"a web page", signedAs(func([]byte) []byte { return []byte("<html>") }), trustdata.ReasonFormat},
	{"cut off", signedAs(func(b []byte) []byte { return b[:len(b)-1] }), trustdata.ReasonFormat},
	{"garbage behind", signedAs(func(b []byte) []byte { return append(b, "{}"...) }), trustdata.ReasonFormat},
	{"signed is no object", signedAs(func([]byte) []byte { return []byte(`{"signed":"x","signatures":[]}`) }), trustdata.ReasonFormat},
	{"signed is null", signedAs(func([]byte) []byte { return []byte(`{"signed":null,"signatures":[]}`) }), trustdata.ReasonFormat},
	{"signed is a list", signedAs(func([]byte) []byte { return []byte(`{"signed":[],"signatures":[]}`) }), trustdata.ReasonFormat},
	{"no signed", signedAs(func([]byte) []byte { return []byte(`{"signatures":[]}`) }), trustdata.ReasonFormat},
	{"no signatures", swap(`,"signatures":[`, `,"Signatures":[`), trustdata.ReasonFormat},
	{"signatures are an object", signedAs(func(b []byte) []byte {
		return append(b[:bytes.Index(b, []byte(`,"signatures"`))], `,"signatures":{}}`...)
	}), trustdata.ReasonFormat},
	{"an unsigned member", swap(`{"signed":`, `{"extra":1,"signed":`), trustdata.ReasonFormat},
	{"signed twice", swap(`,"signatures":`, `,"signed":{},"signatures":`), trustdata.ReasonFormat},
	{"signatures twice", swap(`{"signed":`, `{"signatures":[],"signed":`), trustdata.ReasonFormat},
	{"signed in upper case", swap(`{"signed":`, `{"SIGNED":`), trustdata.ReasonFormat},
	{"a signature's member twice", swap(`,"method":`, `,"method":"ecdsa","method":`), trustdata.ReasonFormat},
	{"a signature's unknown member", swap(`,"method":`, `,"x":1,"method":`), trustdata.ReasonFormat},
	{"a signature without method", swap(`"method":"ecdsa",`, ``), trustdata.ReasonFormat},
	{"a signature that is no base64", swap(`"sig":"`, `"sig":"*`), trustdata.ReasonFormat},
	{"a signature's key ID that is none", swap(`{"keyid":"`, `{"keyid":"../../`), trustdata.ReasonFormat},
	{"a member twice", swap(`,"version":1`, `,"version":1,"version":1`), trustdata.ReasonFormat},
	{"a member twice, apart", swap(`{"signed":{`, `{"signed":{"version":1,`), trustdata.ReasonFormat},

	{"no _type", body(func(b object) { delete(b, "_type") }), trustdata.ReasonFormat},
	{"_type in lower case", body(func(b object) { b["_type"] = strings.ToLower(b["_type"].(string)) }), trustdata.ReasonFormat},
	{"_type Mirrors", body(func(b object) { b["_type"] = "Mirrors" }), trustdata.ReasonFormat},
	{"_type is a number", body(func(b object) { b["_type"] = 1 }), trustdata.ReasonFormat},
	{"_Type", body(func(b object) { b["_Type"] = b["_type"]; delete(b, "_type") }), trustdata.ReasonFormat},
	{"no expires", body(func(b object) { delete(b, "expires") }), trustdata.ReasonFormat},
	{"expires null", body(func(b object) { b["expires"] = nil }), trustdata.ReasonFormat},
	{"expires is no date", body(func(b object) { b["expires"] = "never" }), trustdata.ReasonFormat},
	{"expires is the zero date", body(func(b object) { b["expires"] = "0001-01-01T00:00:00Z" }), trustdata.ReasonFormat},
	{"expires without a zone", body(func(b object) { b["expires"] = "2036-01-01T00:00:00" }), trustdata.ReasonFormat},
	{"Expires", body(func(b object) { b["Expires"] = b["expires"]; delete(b, "expires") }), trustdata.ReasonFormat},
	{"no version", body(func(b object) { delete(b, "version") }), trustdata.ReasonFormat},
	{"version null", body(func(b object) { b["version"] = nil }), trustdata.ReasonFormat},
	{"version 0", body(func(b object) { b["version"] = 0 }), trustdata.ReasonFormat},
	{"version -3", body(func(b object) { b["version"] = -3 }), trustdata.ReasonFormat},
	{"version 2147483647", body(func(b object) { b["version"] = 2147483647 }), trustdata.ReasonFormat},
	{"version 2^53+1", swap(`"version":1`, `"version":9007199254740993`), trustdata.ReasonFormat},
	{"version 1e400", swap(`"version":1`, `"version":1e400`), trustdata.ReasonFormat},
	{"version 1.5", swap(`"version":1`, `"version":1.5`), trustdata.ReasonFormat},
	{"version 1e0", swap(`"version":1`, `"version":1e0`), trustdata.ReasonFormat},
	{"version of a million digits", swap(`"version":1`, `"version":1`+strings.Repeat("0", 900_000)), trustdata.ReasonFormat},
	{"version \"3\"", body(func(b object) { b["version"] = "3" }), trustdata.ReasonFormat},
	{"a fraction in an unknown member", body(func(b object) { b["x"] = json.RawMessage("1.5") }), trustdata.ReasonFormat},
	{"deep nesting", swap(`"version":1`, `"x":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+`,"version":1`), trustdata.ReasonFormat},

	{"no signature", signedBy(), trustdata.ReasonSignature},
	{"signatures null", signedAs(func(b []byte) []byte {
		return append(b[:bytes.Index(b, []byte(`,"signatures"`))], `,"signatures":null}`...)
	}), trustdata.ReasonSignature},
	{"a changed body", body(func(b object) { b["x"] = "a" }, swap(`"x":"a"`, `"x":"b"`)), trustdata.ReasonSignature},
	{"an unknown key", func(w *world, role trustdata.Role) {
		w.signers[role] = []notary.Signer{signer(newEC(w.t))}
	}, trustdata.ReasonSignature},
	{"a foreign key under the listed ID", func(w *world, role trustdata.Role) {
		w.signers[role][0].Key = newEC(w.t)
	}, trustdata.ReasonSignature},
	{"threshold 2 with one signature", func(w *world, role trustdata.Role) {
		second(w, role)
		w.listing(role)["threshold"] = 2
	}, trustdata.ReasonSignature},
	{"threshold 2 with one signature twice", func(w *world, role trustdata.Role) {
		second(w, role)
		w.listing(role)["threshold"] = 2
		w.signers[role] = append(w.signers[role], w.signers[role][0])
	}, trustdata.ReasonSignature},
	{"method of another kind", swap(`"method":"ecdsa"`, `"method":"eddsa"`), trustdata.ReasonSignature},
	{"method of RSA", swap(`"method":"ecdsa"`, `"method":"rsapkcs1v15"`), trustdata.ReasonSignature},
	{"unknown method", swap(`"method":"ecdsa"`, `"method":"none"`), trustdata.ReasonSignature},
	{"empty method", swap(`"method":"ecdsa"`, `"method":""`), trustdata.ReasonSignature},
	{"expired", func(w *world, role trustdata.Role) { expire(w.bodies[role], now.Add(-time.Second)) }, trustdata.ReasonExpired},
}

func signedAs(change func([]byte) []byte) func(*world, trustdata.Role) {
	return func(w *world, role trustdata.Role) { w.signed[role] = change }
}

func swap(old, new string) func(*world, trustdata.Role) {
	return func(w *world, role trustdata.Role) { w.signed[role] = replace(w.t, old, new) }
}

func body(change func(object), then ...func(*world, trustdata.Role)) func(*world, trustdata.Role) {
	return func(w *world, role trustdata.Role) {
		change(w.bodies[role])
		for _, next := range then {
			next(w, role)
		}
	}
}

func signedBy(signers ...notary.Signer) func(*world, trustdata.Role) {
	return func(w *world, role trustdata.Role) { w.signers[role] = signers }
}

// second lists another key for role, a certificate for root.
func second(w *world, role trustdata.Role) notary.Signer {
	key := newEC(w.t)
	public, s := key.Public(), signer(key)
	if role == rRoot {
		public, s = certify(w.t, key)
	}
	w.list(role, public, true)
	return s
}

func TestAttacksOnEveryRole(t *testing.T) {
	for _, tt := range everyRole {
		for _, role := range fiveRoles {
			t.Run(fmt.Sprintf("%s/%s", tt.name, role), func(t *testing.T) {
				w := newWorld(t)
				tt.change(w, role)
				_, err := w.verify(policy)
				expectRefusal(t, err, role, tt.why)
			})
		}
	}
}

func TestRollback(t *testing.T) {
	for _, role := range fiveRoles {
		w := newWorld(t)
		w.bodies[role]["version"] = 4
		p := notary.Policy{GUN: gun, Now: now, Least: map[trustdata.Role]int64{role: 4}}
		if _, err := w.verify(p); err != nil {
			t.Errorf("%s: the version seen before is refused: %v", role, err)
		}
		p.Least[role] = 5
		w = newWorld(t)
		w.bodies[role]["version"] = 4
		_, err := w.verify(p)
		expectRefusal(t, err, role, trustdata.ReasonRollback)
		if !strings.Contains(err.Error(), "4") || !strings.Contains(err.Error(), "5") {
			t.Errorf("%s: %q does not name both versions", role, err)
		}
	}
}

// TestFilesOtherThanNamed: what the parent names is neither longer nor other than served.
func TestFilesOtherThanNamed(t *testing.T) {
	serve := func(change func([]byte) []byte) func(*world, trustdata.Role) {
		return func(w *world, role trustdata.Role) { w.served[role] = change }
	}
	keep := func(meta func(raw object)) func(*world, trustdata.Role) {
		return func(w *world, role trustdata.Role) {
			w.build()
			m := metaObject(w.files[role])
			meta(m)
			file := w.files[role]
			w.signed[role] = func([]byte) []byte { return file }
			w.keep[role] = m
			delete(w.bodies[rSnapshot], "meta")
			delete(w.bodies[rTimestamp], "meta")
		}
	}
	tests := []struct {
		name   string
		change func(*world, trustdata.Role)
		why    trustdata.Reason
	}{
		{"a space behind", serve(func(b []byte) []byte { return append(b, ' ') }), trustdata.ReasonChecksum},
		{"a newline behind", serve(func(b []byte) []byte { return append(b, '\n') }), trustdata.ReasonChecksum},
		{"same length, other content", serve(func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"version":1`), []byte(`"version":2`), 1)
		}), trustdata.ReasonChecksum},
		{"cut off", serve(func(b []byte) []byte { return b[:len(b)/2] }), trustdata.ReasonChecksum},
		{"length named wrongly", keep(func(m object) { m["length"] = m["length"].(int) + 1 }), trustdata.ReasonChecksum},
		{"SHA-256 right, SHA-512 wrong", keep(func(m object) {
			m["hashes"].(object)["sha512"] = make([]byte, 64)
		}), trustdata.ReasonChecksum},
		{"SHA-256 wrong, SHA-512 right", keep(func(m object) {
			m["hashes"].(object)["sha256"] = make([]byte, 32)
		}), trustdata.ReasonChecksum},
	}
	for _, tt := range tests {
		for _, role := range []trustdata.Role{rRoot, rSnapshot, rTargets, rAlice} {
			t.Run(fmt.Sprintf("%s/%s", tt.name, role), func(t *testing.T) {
				w := newWorld(t)
				tt.change(w, role)
				_, err := w.verify(policy)
				if role == rRoot && errorIs(err, rRoot, trustdata.ReasonFormat, trustdata.ReasonSignature) {
					return // root is looked at before any file names it
				}
				expectRefusal(t, err, role, tt.why)
			})
		}
	}
}

func errorIs(err error, role trustdata.Role, whys ...trustdata.Reason) bool {
	refused, ok := err.(*trustdata.VerifyError)
	if !ok || refused.Role != role {
		return false
	}
	for _, why := range whys {
		if refused.Reason == why {
			return true
		}
	}
	return false
}

func TestMixAndMatch(t *testing.T) {
	ours, theirs := newWorld(t), newWorld(t)
	theirs.build()
	for _, role := range []trustdata.Role{rSnapshot, rTargets, rAlice} {
		ours.served = map[trustdata.Role]func([]byte) []byte{role: func([]byte) []byte { return theirs.files[role] }}
		delete(ours.bodies[rSnapshot], "meta")
		delete(ours.bodies[rTimestamp], "meta")
		_, err := ours.verify(policy)
		expectRefusal(t, err, role, trustdata.ReasonChecksum)
	}
}

func TestTooLarge(t *testing.T) {
	for _, role := range []trustdata.Role{rRoot, rSnapshot, rTimestamp} {
		big := bytes.Repeat([]byte(" "), int(notary.Limit(role))+1)
		var err error
		switch role {
		case rRoot:
			_, err = notary.ParseRoot(big)
		case rSnapshot:
			_, err = notary.ParseSnapshot(big)
		default:
			_, err = notary.ParseTimestamp(big)
		}
		expectRefusal(t, err, role, trustdata.ReasonFormat)
	}
}
