package tufrepo

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"keyrite/trustdata"
)

// TestReport: of three keys of which two must sign, the two that did are named.
func TestReport(t *testing.T) {
	w := newWorld(t)
	w.root.Signed.Version++
	w.giveKey("targets", edKey(t))
	w.giveKey("targets", edKey(t))
	w.root.Signed.Roles["targets"].Threshold = 2
	w.writeRoot(w.keys["root"])
	w.delegate("targets", metadata.DelegatedRole{Name: "alice", Paths: []string{"a/*"}})
	w.bump()
	all := w.keys["targets"]
	w.keys["targets"] = all[:2]
	w.publish()
	listed := func(k testKey) trustdata.ListedID {
		public, err := publicOf(k.listed)
		if err != nil {
			t.Fatal(err)
		}
		return public.ListedID()
	}
	file := func(role, by trustdata.Role, version int64, name string, threshold int, keys ...testKey) trustdata.ReportFile {
		raw := w.read(name)
		sum := sha256.Sum256(raw)
		f := trustdata.ReportFile{Role: role, By: by, Version: version, SHA256: hex.EncodeToString(sum[:]), Length: int64(len(raw)), Threshold: threshold}
		for _, k := range keys {
			f.SignedBy = append(f.SignedBy, listed(k))
		}
		return f
	}
	want := &trustdata.Report{At: testTime, Files: []trustdata.ReportFile{
		file("root", "root", 2, "2.root.json", 1, w.keys["root"][0]),
		file("timestamp", "root", 2, "timestamp.json", 1, w.keys["timestamp"][0]),
		file("snapshot", "root", 2, "2.snapshot.json", 1, w.keys["snapshot"][0]),
		file("targets", "root", 2, "2.targets.json", 2, all[0], all[1]),
		file("alice", "targets", 2, "2.alice.json", 1, w.keys["alice"][0]),
	}}
	if diff := cmp.Diff(want, w.mustOpen().Collection.Report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if listed(all[0]) == listed(all[2]) {
		t.Fatal("the keys are one")
	}
}
