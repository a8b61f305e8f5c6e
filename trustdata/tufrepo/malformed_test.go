package tufrepo

import (
	"errors"
	"strings"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
)

// malformed are edits of files that stay valid JSON, unsigned. go-tuf decodes before it
// checks any signature, so anybody who can answer in the server's place can send them,
// where the snapshot names no hashes; here those above are signed to match.
var malformed = []struct {
	role, old, new, stock string
}{
	{"timestamp", `"snapshot.json":{`, `"other.json":{`, "refuses"},
	{"timestamp", `"meta":{"snapshot.json":{`, `"meta":{"snapshot.json":null,"x":{`, "refuses"},
	{"timestamp", `"meta":{`, `"meta":null,"x":{`, "refuses"},
	{"timestamp", `"version":2}`, `"version":-3}`, "refuses"},
	{"timestamp", `"version":2}`, `"version":1.5}`, "refuses"},
	{"timestamp", `"version":2}`, `"version":1e400}`, "refuses"},
	{"timestamp", `"version":2}`, `"version":"3"}`, "refuses"},
	{"timestamp", `"version":2}`, `"version":9007199254740993}`, "refuses"},
	{"timestamp", `"signed":{`, `"signed":[],"x":{`, "refuses"},
	{"timestamp", `"signatures":[`, `"signatures":[],"signatures":[`, "accepts"}, // the last one counts
	{"timestamp", `"expires":"`, `"expires":"x`, "refuses"},
	{"snapshot", `"targets.json":{`, `"targets.json":null,"x":{`, "refuses"},
	{"snapshot", `"targets.json":{`, `"other.json":{`, "refuses"},
	{"snapshot", `"_type":"snapshot"`, `"_type":"root"`, "refuses"},
	{"targets", `"1.0":{`, `"2.0":null,"1.0":{`, "panics"},
	{"targets", `"hashes":{`, `"hashes":{},"x":{`, "refuses"},
	{"targets", `"length":10`, `"length":-10`, "refuses"},
	{"targets", `"targets":{`, `"delegations":{"keys":{"a":null},"roles":[]},"targets":{`, "refuses"},
	{"targets", `"targets":{`, `"delegations":{"keys":{},"succinct_roles":{"bit_length":33,"name_prefix":"b","keyids":[],"threshold":1}},"targets":{`, "refuses"},
	{"root", `"keys":{`, `"keys":{"a":null,`, "refuses"},
	{"root", `"snapshot":{"keyids"`, `"snapshot":null,"x":{"keyids"`, "refuses"},
	{"root", `"targets":{"keyids"`, `"x":{"keyids"`, "refuses"},
	{"root", `"root":{"keyids"`, `"root":null,"x":{"keyids"`, "panics"},
}

func TestMalformed(t *testing.T) {
	for _, m := range malformed {
		t.Run(m.role+" "+m.new, func(t *testing.T) {
			w := seenTwice(t)
			if m.role == "root" { // as the first root that is given
				w.firstRoot = w.replaceIn(w.firstRoot, m.old, m.new)
				w.refused("root", trustdata.ReasonFormat)
				w.cache = t.TempDir()
				if _, err := w.stock(); verdict(err) != m.stock {
					t.Errorf("go-tuf %s it: %v", verdict(err), err)
				}
				return
			}
			before := w.remembered()
			w.edit(m.role, m.old, m.new)
			w.refused(trustdata.Role(m.role), trustdata.ReasonFormat)
			if !sameMap(before, w.remembered()) {
				t.Error("the memory moved")
			}
			w.cache = t.TempDir()
			if _, err := w.stock(); verdict(err) != m.stock {
				t.Errorf("go-tuf %s it: %v", verdict(err), err)
			}
		})
	}
}

// TestMalformedSigned: whoever holds the timestamp or the snapshot key can sign what makes
// go-tuf panic.
func TestMalformedSigned(t *testing.T) {
	for name, do := range map[trustdata.Role]func(*world){
		"timestamp": func(w *world) { w.timestamp.Signed.Meta = nil; w.publishTimestamp() },
		"snapshot":  func(w *world) { w.snapshot.Signed.Meta["targets.json"] = nil; w.publishSnapshot() },
	} {
		w := seenTwice(t)
		w.snapshot.Signed.Version, w.timestamp.Signed.Version = 3, 3
		do(w)
		w.refused(name, trustdata.ReasonFormat)
		if _, err := w.stock(); verdict(err) != "panics" {
			t.Errorf("%s: go-tuf %s it: %v", name, verdict(err), err)
		}
	}
}

// TestGuard: a panic that nothing foresaw is a refusal too.
func TestGuard(t *testing.T) {
	err := guarded(func() trustdata.Role { return "alice" }, func() error { var m *metadata.MetaFiles; return m.VerifyLengthHashes(nil) })
	var refused *trustdata.VerifyError
	if !errors.As(err, &refused) || refused.Role != "alice" || refused.Reason != trustdata.ReasonFormat {
		t.Errorf("%v", err)
	}
}

// edit changes a file of a base role and names the outcome in those above it.
func (w *world) edit(role, old, new string) {
	w.Helper()
	name := "timestamp.json"
	if role != "timestamp" {
		name = "2." + role + ".json"
	}
	raw := w.replaceIn(w.read(name), old, new)
	w.write(name, raw)
	switch role {
	case "targets":
		w.writeTargets(role, raw)
		w.publishSnapshot()
	case "snapshot":
		w.writeSnapshot(raw)
	}
}

// FuzzShape: nothing that passes the look before go-tuf makes go-tuf panic.
func FuzzShape(f *testing.F) {
	w := newWorld(f)
	w.delegate("targets", metadata.DelegatedRole{Name: "alice", Paths: []string{"a"}})
	w.publish()
	for _, name := range []string{"1.root.json", "1.targets.json", "1.snapshot.json", "timestamp.json"} {
		f.Add(w.read(name))
	}
	for _, m := range malformed {
		if m.role != "root" {
			name := map[bool]string{true: "timestamp.json", false: "1." + m.role + ".json"}[m.role == "timestamp"]
			f.Add([]byte(strings.Replace(string(w.read(name)), m.old, m.new, 1)))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, role := range trustdata.BaseRoles {
			if checkShape(role, raw) == nil {
				mustNotPanic(t, role, raw)
			}
		}
	})
}

func mustNotPanic(t *testing.T, role trustdata.Role, raw []byte) {
	switch role {
	case trustdata.RoleRoot:
		m, err := metadata.Root().FromBytes(raw)
		for name := range metadata.TOP_LEVEL_ROLE_NAMES {
			if err == nil {
				m.VerifyDelegate(metadata.TOP_LEVEL_ROLE_NAMES[name], m)
			}
		}
	case trustdata.RoleTargets:
		m, err := metadata.Targets().FromBytes(raw)
		if err == nil && m.Signed.Delegations != nil {
			for _, d := range m.Signed.Delegations.Roles {
				m.VerifyDelegate(d.Name, m)
			}
			m.Signed.Delegations.GetRolesForTarget("x")
		}
	case trustdata.RoleSnapshot:
		if m, err := metadata.Snapshot().FromBytes(raw); err == nil {
			m.Signed.Meta["targets.json"].VerifyLengthHashes(raw)
		}
	case trustdata.RoleTimestamp:
		if m, err := metadata.Timestamp().FromBytes(raw); err == nil {
			m.Signed.Meta["snapshot.json"].VerifyLengthHashes(raw)
		}
	}
}
