package tufrepo

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
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
	{"targets of another repository, without hashes", "targets", trustdata.ReasonSignature, "refuses", func(w *world) {
		other := newWorld(w)
		w.hashes = false
		w.bump()
		w.publish()
		other.targets["targets"].Signed.Version = 3
		other.publish()
		w.write("3.targets.json", other.read("3.targets.json"))
	}},
	{"a snapshot with a hash of an unknown kind", "snapshot", trustdata.ReasonChecksum, "refuses", func(w *world) {
		w.bump()
		w.publish()
		w.timestamp.Signed.Meta["snapshot.json"].Hashes = metadata.Hashes{"md5": []byte("0123456789abcdef")}
		w.publishTimestamp()
	}},
	{"a page in the place of the timestamp", "timestamp", trustdata.ReasonFormat, "refuses", func(w *world) {
		w.write("timestamp.json", []byte("<html><body>Log in to go on</body></html>"))
	}},
	{"a key that is said to be of another kind", "targets", trustdata.ReasonFormat, "refuses", func(w *world) {
		claimed := edKey(w)
		claimed.listed.Type, claimed.listed.Scheme = metadata.KeyTypeECDSA_SHA2_P256, metadata.KeySchemeECDSA_SHA2_P256
		claimed.id, _ = claimed.listed.ID()
		w.replaceKey("targets", claimed)
		w.bump()
		w.publish()
		file := w.targets["targets"]
		file.Signatures[0].KeyID = claimed.id
		raw, _ := file.ToBytes(false)
		w.writeTargets("targets", raw)
		w.publishSnapshot()
	}},
	// go-tuf takes as much of a timestamp as it is configured for, and that is 16 KiB.
	{"a timestamp that is too long", "timestamp", trustdata.ReasonChecksum, "refuses", func(w *world) {
		w.bump()
		w.publish()
		w.write("timestamp.json", append(w.read("timestamp.json"), bytes.Repeat([]byte{' '}, 1<<20)...))
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
