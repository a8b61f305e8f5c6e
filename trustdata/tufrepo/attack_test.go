package tufrepo

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
)

// attack is what somebody does to a repository that both clients have seen at version 2.
type attack struct {
	name   string
	role   trustdata.Role
	reason trustdata.Reason
	// stock is go-tuf's own verdict: refuses, accepts or panics.
	stock string
	do    func(*world)
}

// attacks are refused as a whole. Where the stock client's verdict is another one, why
// stands beside it.
var attacks = []attack{
	{"an old timestamp", "timestamp", trustdata.ReasonRollback, "refuses", func(w *world) { w.timestamp.Signed.Version = 1; w.publishTimestamp() }},
	{"an old snapshot", "snapshot", trustdata.ReasonRollback, "refuses", func(w *world) {
		w.snapshot.Signed.Version, w.timestamp.Signed.Version = 1, 3
		w.publishSnapshot()
	}},
	{"an old targets", "targets", trustdata.ReasonRollback, "refuses", func(w *world) {
		w.bump()
		w.targets["targets"].Signed.Version = 1
		w.publish()
	}},
	{"all as it was at first", "timestamp", trustdata.ReasonRollback, "refuses", func(w *world) {
		w.snapshot.Signed.Version, w.timestamp.Signed.Version, w.targets["targets"].Signed.Version = 1, 1, 1
		w.publish()
	}},
	{"a frozen timestamp", "timestamp", trustdata.ReasonExpired, "refuses", func(w *world) { w.now = w.now.AddDate(0, 0, 3) }},
	// go-tuf holds an end that is now for one to come.
	{"a timestamp that ends now", "timestamp", trustdata.ReasonExpired, "accepts", func(w *world) { w.now = w.timestamp.Signed.Expires }},
	{"an expired snapshot", "snapshot", trustdata.ReasonExpired, "refuses", func(w *world) {
		w.bump()
		w.snapshot.Signed.Expires = w.now.Add(-time.Second)
		w.publish()
	}},
	{"an expired targets", "targets", trustdata.ReasonExpired, "refuses", func(w *world) {
		w.bump()
		w.targets["targets"].Signed.Expires = w.now.Add(-time.Second)
		w.publish()
	}},
	{"an expired root", "root", trustdata.ReasonExpired, "refuses", func(w *world) {
		w.root.Signed.Expires = w.now.Add(-time.Second)
		w.replaceKey("targets", edKey(w))
		w.bump()
		w.publish()
	}},
	{"a wrong timestamp key", "timestamp", trustdata.ReasonSignature, "refuses", func(w *world) { w.keys["timestamp"] = []testKey{edKey(w)}; w.bump(); w.publish() }},
	{"a wrong snapshot key", "snapshot", trustdata.ReasonSignature, "refuses", func(w *world) { w.keys["snapshot"] = []testKey{edKey(w)}; w.bump(); w.publish() }},
	{"a wrong targets key", "targets", trustdata.ReasonSignature, "refuses", func(w *world) { w.keys["targets"] = []testKey{edKey(w)}; w.bump(); w.publish() }},
	{"a key of another role", "targets", trustdata.ReasonSignature, "refuses", func(w *world) { w.keys["targets"] = w.keys["snapshot"]; w.bump(); w.publish() }},
	{"a threshold of two met by one", "targets", trustdata.ReasonSignature, "refuses", func(w *world) {
		w.root.Signed.Version++
		w.giveKey("targets", edKey(w))
		w.root.Signed.Roles["targets"].Threshold = 2
		w.writeRoot(w.keys["root"])
		w.bump()
		w.keys["targets"] = w.keys["targets"][:1]
		w.publish()
	}},
	{"a threshold of two met by one key under two names", "targets", trustdata.ReasonSignature, "refuses", func(w *world) {
		k := w.keys["targets"][0]
		twin := k
		twin.listed = &metadata.Key{Type: k.listed.Type, Scheme: k.listed.Scheme, Value: k.listed.Value, UnrecognizedFields: map[string]any{"x": "y"}}
		twin.id, _ = twin.listed.ID()
		w.root.Signed.Version++
		w.giveKey("targets", twin)
		w.root.Signed.Roles["targets"].Threshold = 2
		w.writeRoot(w.keys["root"])
		w.bump()
		w.keys["targets"] = []testKey{k}
		w.publish()
		file := w.targets["targets"]
		file.Signatures = append(file.Signatures, metadata.Signature{KeyID: twin.id, Signature: file.Signatures[0].Signature})
		raw, _ := file.ToBytes(false)
		w.writeTargets("targets", raw)
		w.publishSnapshot()
	}},
	{"targets of another repository", "targets", trustdata.ReasonChecksum, "refuses", func(w *world) {
		other := newWorld(w)
		w.bump()
		w.publish()
		w.write("3.targets.json", other.read("1.targets.json"))
	}},
	{"a snapshot of another time", "snapshot", trustdata.ReasonChecksum, "refuses", func(w *world) {
		old := w.read("2.snapshot.json")
		w.bump()
		w.publish()
		w.write("3.snapshot.json", old)
	}},
	{"a snapshot with a space more", "snapshot", trustdata.ReasonChecksum, "refuses", func(w *world) {
		w.bump()
		w.publish()
		w.write("3.snapshot.json", append(w.read("3.snapshot.json"), ' '))
	}},
	{"a targets of the same length and other bytes", "targets", trustdata.ReasonChecksum, "refuses", func(w *world) {
		w.bump()
		w.publish()
		w.write("3.targets.json", w.replaceIn(w.read("3.targets.json"), `"1.0"`, `"1.1"`))
	}},
	{"no targets", "targets", trustdata.ReasonMissing, "refuses", func(w *world) {
		w.bump()
		w.publish()
		if err := os.Remove(filepath.Join(w.dir, "3.targets.json")); err != nil {
			w.Fatal(err)
		}
	}},
	{"another targets than the snapshot's version", "targets", trustdata.ReasonRollback, "refuses", func(w *world) {
		w.hashes = false
		w.bump()
		w.publish()
		w.snapshot.Signed.Meta["targets.json"].Version = 9
		w.publishSnapshot()
		w.write("9.targets.json", w.read("3.targets.json"))
	}},
	{"a root that the old keys did not sign", "root", trustdata.ReasonChain, "refuses", func(w *world) {
		w.root.Signed.Version++
		w.keys["root"] = []testKey{edKey(w)}
		w.writeRoot(w.keys["root"])
	}},
	{"a root that its own new keys did not sign", "root", trustdata.ReasonChain, "refuses", func(w *world) {
		old := w.keys["root"]
		w.replaceKey("root", edKey(w))
		w.writeRoot(old)
	}},
	{"a root that skips a version", "root", trustdata.ReasonChain, "refuses", func(w *world) {
		w.root.Signed.Version += 2
		w.write("3.root.json", sign(w, w.root, w.keys["root"]))
	}},
	// A client that begins anew at the first root, as keyrite does each time, must not be
	// shown fewer roots than there were. go-tuf begins at the root in its cache.
	{"a root that is gone", "root", trustdata.ReasonRollback, "accepts", func(w *world) {
		if err := os.Remove(filepath.Join(w.dir, "2.root.json")); err != nil {
			w.Fatal(err)
		}
	}},
	// go-tuf never asks for a version of root again that it has.
	{"a root of the same version and other content", "root", trustdata.ReasonChain, "accepts", func(w *world) {
		w.root.Signed.Expires = w.root.Signed.Expires.Add(time.Hour)
		w.writeRoot(w.keys["root"])
	}},
	{"a root with a threshold of nought", "root", trustdata.ReasonFormat, "refuses", threshold(0)},
	{"a root with a threshold below nought", "root", trustdata.ReasonFormat, "refuses", threshold(-1)},
	{"a root with a threshold that nobody reaches", "root", trustdata.ReasonFormat, "refuses", threshold(2)},
	{"a targets of the type snapshot", "targets", trustdata.ReasonFormat, "refuses", func(w *world) {
		w.bump()
		w.targets["targets"].Signed.Type = "snapshot"
		w.publish()
	}},
	{"a targets of version nought", "targets", trustdata.ReasonFormat, "refuses", func(w *world) {
		w.bump()
		w.hashes = false
		w.targets["targets"].Signed.Version = 0
		w.publish()
		w.snapshot.Signed.Meta["targets.json"].Version = 3
		w.publishSnapshot()
		w.write("3.targets.json", w.read("0.targets.json"))
	}},
	{"an RSA key of 1024 bits", "root", trustdata.ReasonFormat, "refuses", func(w *world) {
		// Go itself does not check signatures of such a key unless it is told to.
		w.replaceKey("targets", testKey{w.keys["targets"][0].signer, weakRSA(w), "weak"})
		w.bump()
		w.publish()
	}},
}

func threshold(n int) func(*world) {
	return func(w *world) {
		w.root.Signed.Version++
		w.root.Signed.Roles["targets"].Threshold = n
		w.writeRoot(w.keys["root"])
		w.bump()
		w.publish()
	}
}

// seenTwice is a repository at version 2 of everything, which both clients know.
func seenTwice(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.replaceKey("targets", edKey(t))
	w.bump()
	w.publish()
	w.mustOpen()
	if _, err := w.stock(); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestAttacks(t *testing.T) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			w := seenTwice(t)
			before := w.remembered()
			a.do(w)
			w.refused(a.role, a.reason)
			if !sameMap(before, w.remembered()) {
				t.Error("the memory moved")
			}
			if _, err := w.stock(); verdict(err) != a.stock {
				t.Errorf("go-tuf %s it (%v), and did not when this was written", verdict(err), err)
			}
		})
	}
}

// rsa1024 is a public key of 1024 bits, in DER.
const rsa1024 = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC+MU27JFeIlhsuvUuL9ug5Ejr6xTcjsPP76hNRdeGRy1wF6kPYUpWb8/Nnrg6fnpq36aSj+BOhXe3aXvo7pBkJhQ9z3Oo22MAR/L6GW+93sP63I3Xzeb5I+t3iSnEe/9g/GA27+Mp4AhQyxbcVwM8cADFNd1kN8RHuY94owhswcQIDAQAB"

// weakRSA is a key that is too short, as go-tuf would list it.
func weakRSA(w *world) *metadata.Key {
	w.Helper()
	der, err := base64.StdEncoding.DecodeString(rsa1024)
	if err != nil {
		w.Fatal(err)
	}
	return &metadata.Key{Type: "rsa", Scheme: "rsassa-pss-sha256",
		Value: metadata.KeyVal{PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}}
}

// refused checks that keyrite refuses the repository for this reason.
func (w *world) refused(role trustdata.Role, reason trustdata.Reason) {
	w.Helper()
	_, err := w.open()
	var refused *trustdata.VerifyError
	if !errors.As(err, &refused) || refused.Role != role || refused.Reason != reason {
		w.Errorf("open: %v, want %s refused for %s", err, role, reason)
	}
	if refused != nil && reason == trustdata.ReasonExpired && !strings.HasPrefix(refused.Detail, "expired at 2026") {
		w.Errorf("%v does not say since when", err)
	}
}

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

// TestDelegationAttacks: each takes away the role that is attacked and nothing else, and
// what was seen of it is not forgotten.
func TestDelegationAttacks(t *testing.T) {
	const role = "alice"
	for _, a := range []struct {
		name   string
		reason trustdata.Reason
		do     func(*world)
	}{
		{"rollback", trustdata.ReasonRollback, func(w *world) { w.bump(); w.targets[role].Signed.Version = 1; w.publish() }},
		{"expired", trustdata.ReasonExpired, func(w *world) { w.bump(); w.targets[role].Signed.Expires = w.now.Add(-time.Second); w.publish() }},
		{"ends now", trustdata.ReasonExpired, func(w *world) { w.bump(); w.targets[role].Signed.Expires = w.now; w.publish() }},
		{"wrong key", trustdata.ReasonSignature, func(w *world) { w.keys[role] = []testKey{edKey(w)}; w.bump(); w.publish() }},
		{"no file", trustdata.ReasonMissing, func(w *world) { w.bump(); w.publish(); os.Remove(filepath.Join(w.dir, "3.alice.json")) }},
		{"not in the snapshot", trustdata.ReasonMissing, func(w *world) {
			w.bump()
			w.publish()
			delete(w.snapshot.Signed.Meta, "alice.json")
			w.publishSnapshot()
		}},
		{"other bytes", trustdata.ReasonChecksum, func(w *world) {
			w.bump()
			w.publish()
			w.write("3.alice.json", w.replaceIn(w.read("3.alice.json"), `"a/1"`, `"a/2"`))
		}},
		{"longer", trustdata.ReasonChecksum, func(w *world) { w.bump(); w.publish(); w.write("3.alice.json", append(w.read("3.alice.json"), ' ')) }},
		{"null target", trustdata.ReasonFormat, func(w *world) {
			w.bump()
			w.publish()
			w.writeTargets(role, w.replaceIn(w.read("3.alice.json"), `"a/1":{`, `"x":null,"a/1":{`))
			w.publishSnapshot()
		}},
		{"threshold of nought", trustdata.ReasonFormat, delegationThreshold(-1)},
		{"threshold that nobody reaches", trustdata.ReasonFormat, delegationThreshold(2)},
		{"another role's file", trustdata.ReasonChecksum, func(w *world) { w.bump(); w.publish(); w.write("3.alice.json", w.read("3.bob.json")) }},
	} {
		t.Run(a.name, func(t *testing.T) {
			w := newWorld(t)
			w.delegate("targets", metadata.DelegatedRole{Name: role, Paths: []string{"a/*"}})
			w.delegate("targets", metadata.DelegatedRole{Name: "bob", Paths: []string{"*", "a/*"}})
			w.tag(role, "a/1")
			w.tag("bob", "b")
			w.tag("bob", "a/1")
			w.bump()
			w.publish()
			w.mustOpen()
			a.do(w)
			c := w.mustOpen().Collection
			view, _ := c.Role(role)
			i := slices.IndexFunc(c.Problems, func(p trustdata.Problem) bool { return p.Role == role })
			if view.Problem == "" || i < 0 || c.Problems[i].Reason != a.reason || c.Verified() {
				t.Errorf("role %+v, problems %v, want %s", view, c.Problems, a.reason)
			}
			want := []trustdata.Tag{
				{Name: "1.0", Digest: digestOf("targets", "1.0"), Length: 10, Roles: []trustdata.Role{"targets"}, Signers: []string{trustdata.RepoAdmin}, Pulled: true},
				// alice comes before bob and may say something else of a/1.
				{Name: "a/1", Digest: digestOf("bob", "a/1"), Length: 6, Roles: []trustdata.Role{"bob"}, Signers: []string{"bob"}},
				{Name: "b", Digest: digestOf("bob", "b"), Length: 4, Roles: []trustdata.Role{"bob"}, Signers: []string{"bob"}, Pulled: true},
			}
			if fmt.Sprint(c.Tags) != fmt.Sprint(want) {
				t.Errorf("tags %v\nwant %v", c.Tags, want)
			}
			// The role's own version is as it was: its good file of version 2 still counts.
			seen, err := recall(w.state, w.dir)
			if err == nil {
				err = seen.recallVersions(w.root)
			}
			if err != nil || seen.versions[role] != 2 {
				t.Errorf("remembered %v, %v", seen.versions, err)
			}
		})
	}
}

func delegationThreshold(n int) func(*world) {
	return func(w *world) {
		w.bump()
		w.targets["targets"].Signed.Delegations.Roles[0].Threshold = n
		w.publish()
	}
}

// TestRoleNames: what a name must not be is refused before any file of it is looked for.
func TestRoleNames(t *testing.T) {
	for _, bad := range []string{
		"../../escape", "..", ".", "a/../b", "/etc/passwd", "a//b", `..\b`, "%2e%2e/x", "a\x00b", "a\nb", "a\u202eb", "a?b", "a#b", "C:x",
		"", "root", "snapshot", "timestamp", "targets", strings.Repeat("a", 129), ".hidden", "a\x1b[2J",
	} {
		t.Run(fmt.Sprintf("%.20q", bad), func(t *testing.T) {
			w := newWorld(t)
			outside := filepath.Join(filepath.Dir(w.dir), "escape.json")
			k := edKey(t)
			w.targets["targets"].Signed.Delegations = &metadata.Delegations{Keys: map[string]*metadata.Key{k.id: k.listed},
				Roles: []metadata.DelegatedRole{{Name: bad, KeyIDs: []string{k.id}, Threshold: 1, Paths: []string{"*"}}}}
			raw := sign(w, metadata.Targets(w.now.AddDate(1, 0, 0)), []testKey{k})
			if err := os.WriteFile(outside, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			w.snapshot.Signed.Meta[bad+".json"] = w.metaOf(1, raw)
			w.publish()
			c := w.mustOpen().Collection
			if i := slices.IndexFunc(c.Problems, func(p trustdata.Problem) bool { return string(p.Role) == bad && p.Reason == trustdata.ReasonFormat }); i < 0 {
				t.Errorf("problems %v", c.Problems)
			}
			if len(c.Tags) != 1 {
				t.Errorf("tags %v", c.Tags)
			}
		})
	}
}

// TestFastForward: versions pushed up by stolen online keys are forgotten when root
// replaces these, and by nothing else.
func TestFastForward(t *testing.T) {
	w := newWorld(t)
	w.timestamp.Signed.Version, w.snapshot.Signed.Version = 1<<31-1, 1<<31-1
	w.publishSnapshot()
	w.mustOpen()
	w.timestamp.Signed.Version, w.snapshot.Signed.Version = 2, 2
	w.replaceKey("targets", edKey(t))
	w.publish()
	w.refused("timestamp", trustdata.ReasonRollback)
	w.replaceKey("timestamp", edKey(t))
	w.publish()
	if c := w.mustOpen().Collection; c.Roles[3].Version != 2 {
		t.Errorf("timestamp %+v", c.Roles[3])
	}
	w.timestamp.Signed.Version = 1
	w.publishTimestamp()
	w.refused("timestamp", trustdata.ReasonRollback)
}

// TestEndlessRoots: a run follows so many roots, and does not take the one it came to for
// the newest as go-tuf does.
func TestEndlessRoots(t *testing.T) {
	w := newWorld(t)
	for range maxRoots + 3 {
		w.root.Signed.Version++
		w.writeRoot(w.keys["root"])
	}
	w.publish()
	w.refused("root", trustdata.ReasonChain)
	w.firstRoot = w.read("4.root.json")
	if c := w.mustOpen().Collection; c.Roles[0].Version != maxRoots+4 {
		t.Errorf("root version %d", c.Roles[0].Version)
	}
}

// TestLadder: two roles on each of many levels, each listing both of the next: 2^n ways.
func TestLadder(t *testing.T) {
	w := newWorld(t)
	parents := []string{"targets"}
	for level := range 12 {
		here := []string{fmt.Sprintf("l%d", level), fmt.Sprintf("r%d", level)}
		for _, p := range parents {
			for _, name := range here {
				w.delegate(p, metadata.DelegatedRole{Name: name, Paths: []string{"*"}})
			}
		}
		parents = here
	}
	w.publish()
	start := time.Now()
	c := w.mustOpen().Collection
	if len(c.Tags) != 1 || time.Since(start) > 20*time.Second || len(c.Problems) == 0 {
		t.Errorf("%d tags, %d problems after %s", len(c.Tags), len(c.Problems), time.Since(start))
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
