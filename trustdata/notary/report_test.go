package notary_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"keyrite/trustdata"
)

func TestReport(t *testing.T) {
	w := newWorld(t)
	repo, err := w.verify(policy)
	if err != nil {
		t.Fatal(err)
	}
	report := repo.Report()
	raw := map[trustdata.Role][]byte{rRoot: repo.Root.Raw, trustdata.RoleTimestamp: repo.Timestamp.Raw, trustdata.RoleSnapshot: repo.Snapshot.Raw}
	for role, file := range repo.Targets {
		raw[role] = file.Raw
	}
	if len(report.Files) != len(raw) {
		t.Errorf("%d files reported, want %d", len(report.Files), len(raw))
	}
	for _, f := range report.Files {
		if sum := fmt.Sprintf("%x", sha256.Sum256(raw[f.Role])); f.SHA256 != sum || f.Length != int64(len(raw[f.Role])) {
			t.Errorf("%s: %s of %d bytes, want %s", f.Role, f.SHA256, f.Length, sum)
		}
		if f.Version != 1 || f.Threshold != 1 || len(f.SignedBy) != 1 || f.SignedBy[0] != w.signers[f.Role][0].Listed {
			t.Errorf("%s: %+v", f.Role, f)
		}
		if want := map[bool]trustdata.Role{true: f.Role.Parent(), false: rRoot}[f.Role.IsDelegation()]; f.By != want {
			t.Errorf("%s is vouched for by %q, want %q", f.Role, f.By, want)
		}
	}
}

// TestReportCountsOnlyWhatHolds has two of three keys sign, one of them badly.
func TestReportCountsOnlyWhatHolds(t *testing.T) {
	c := newChain(t)
	f, err := policy.FirstRoot(c.roots("a,b,c/2 by c,a")[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(f.SignedBy) != 2 || f.SignedBy[0] != c.certs["a"].ListedID() || f.SignedBy[1] != c.certs["c"].ListedID() {
		t.Errorf("signed by %q", f.SignedBy)
	}
}
