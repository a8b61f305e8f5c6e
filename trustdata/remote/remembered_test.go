package remote_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"strings"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// spoiled are attacks on the bytes of one file, with the reason for which it is refused.
// The file is signed before: what is wrong with its shape is found all the same.
var spoiled = []struct {
	name   string
	change func(raw []byte) []byte
	why    trustdata.Reason
}{
	{"invalid JSON", func(raw []byte) []byte { return raw[:len(raw)-2] }, trustdata.ReasonFormat},
	{"signed is a text", func([]byte) []byte { return []byte(`{"signed":"x","signatures":[]}`) }, trustdata.ReasonFormat},
	{"signed is a list", func([]byte) []byte { return []byte(`{"signed":[],"signatures":[]}`) }, trustdata.ReasonFormat},
	{"wrong _type", edited(`"_type":"`, `"_type":"X`), trustdata.ReasonFormat},
	{"version -3", edited(`"version":`, `"version":-3,"x":`), trustdata.ReasonFormat},
	{"version 2^31-1", edited(`"version":`, `"version":2147483647,"x":`), trustdata.ReasonFormat},
	{"version of a text", edited(`"version":`, `"version":"3","x":`), trustdata.ReasonFormat},
	{"no version", edited(`"version":`, `"x":`), trustdata.ReasonFormat},
	{"a member twice", edited(`"version":`, `"version":1,"version":`), trustdata.ReasonFormat},
	{"a changed body", edited(`"version":`, `"x":1,"version":`), trustdata.ReasonSignature},
	{"method of another key", edited(`"method":"ecdsa"`, `"method":"eddsa"`), trustdata.ReasonSignature},
	{"no method", edited(`"method":"ecdsa"`, `"method":""`), trustdata.ReasonSignature},
	{"no signature", func(raw []byte) []byte {
		return append(bytes.Clone(raw[:bytes.Index(raw, []byte(`"signatures":[`))]), `"signatures":[]}`...)
	}, trustdata.ReasonSignature},
}

func edited(old, new string) func([]byte) []byte {
	return func(raw []byte) []byte {
		if !bytes.Contains(raw, []byte(old)) {
			panic("no " + old)
		}
		return bytes.ReplaceAll(raw, []byte(old), []byte(new))
	}
}

// TestRememberedStands holds every attack on every role against a client that has seen the
// repository: it is refused with role and reason, and what was remembered did not move.
func TestRememberedStands(t *testing.T) {
	const alice = trustdata.Role("targets/alice")
	for _, role := range append(trustdata.BaseRoles[:len(trustdata.BaseRoles):len(trustdata.BaseRoles)], alice) {
		for _, tt := range spoiled {
			t.Run(fmt.Sprint(role, "/", tt.name), func(t *testing.T) {
				w := newWorld(t)
				w.delegate(alice, "1.1", "two")
				w.publish()
				f, dir := w.newFetcher()
				w.mustFetch(f)
				before := contents(t, dir)
				seen, _, _ := f.State.Seen(w.gun)
				w.spoil(role, tt.change)
				r, _, err := w.fetch(f)
				if role == alice {
					if err != nil {
						t.Fatal(err)
					}
					if p := r.Repo.Skipped[alice]; p.Reason != tt.why || p.Role != alice || r.Collection.Verified() {
						t.Errorf("skipped for %+v, want %s", p, tt.why)
					}
					if after, _, _ := f.State.Seen(w.gun); after.Versions[alice] != seen.Versions[alice] || after.Root != seen.Root {
						t.Errorf("remembered %+v, before %+v", after, seen)
					}
					return
				}
				why := tt.why
				if role == trustdata.RoleRoot && why == trustdata.ReasonSignature {
					why = trustdata.ReasonChain // the root before does not vouch for it
				}
				expectRefusal(t, err, role, why)
				if err == nil || !strings.Contains(err.Error(), string(role)+" metadata refused") {
					t.Errorf("%v does not name the role", err)
				}
				if !maps.Equal(before, contents(t, dir)) {
					t.Error("state or cache moved")
				}
			})
		}
	}
}

// spoil publishes a new state in which one role's file was changed after it was signed. What
// is above it names the changed file.
func (w *world) spoil(role trustdata.Role, change func([]byte) []byte) {
	w.t.Helper()
	if role == trustdata.RoleRoot {
		w.rotate(1)
		w.serveRoot(change(w.files["root.json"]))
		return
	}
	w.publish()
	raw := change(w.files[string(role)+".json"])
	switch role {
	case trustdata.RoleTimestamp:
		w.put(role, raw)
	case trustdata.RoleSnapshot:
		w.version[trustdata.RoleTimestamp]++
		ts := notary.Timestamp{Version: w.version[trustdata.RoleTimestamp], Expires: w.expires[trustdata.RoleTimestamp], Snapshot: w.put(role, raw)}
		w.put(trustdata.RoleTimestamp, must[*notary.File[notary.Timestamp]](w.t)(notary.SignTimestamp(ts, w.keys[trustdata.RoleTimestamp].signer())).Raw)
	default:
		meta := map[trustdata.Role]notary.Meta{trustdata.RoleRoot: notary.MetaOf(w.files["root.json"])}
		for r := range w.targets {
			meta[r] = notary.MetaOf(w.files[string(r)+".json"])
		}
		meta[role] = w.put(role, raw)
		w.publishSnapshot(meta)
	}
	if got := w.files[fmt.Sprintf("%s.%x.json", role, sha256.Sum256(raw))]; !bytes.Equal(got, raw) {
		w.t.Fatal("the changed file is not served")
	}
}
