package backup

import (
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A set lacks what was never written and what is damaged; a copy that comes later takes the
// first number that no sound copy has.
func TestSets(t *testing.T) {
	copyOf := func(label string, n, of int) Record {
		return Record{File: "/media/" + label + "/set.age", SHA256: "sha256:" + label, State: StateProven, Written: true, Operation: "op", Copy: n, Copies: of,
			Created: testTime, Manifest: "sha256:m", Medium: &Medium{Token: label, Recognised: true}}
	}
	damaged := func(label string) Record {
		return Record{File: "/media/" + label + "/set.age", SHA256: "sha256:bad", State: StateUnknown, Medium: &Medium{Token: label, Recognised: true}, Problem: "cut short"}
	}
	for _, tt := range []struct {
		name    string
		records []Record
		missing int
		vacant  []int
	}{
		{"both", []Record{copyOf("A", 1, 2), copyOf("B", 2, 2)}, 0, []int{3, 4}},
		{"one", []Record{copyOf("A", 1, 2)}, 1, []int{2, 3}},
		{"one is enough", []Record{copyOf("A", 1, 1)}, 0, []int{2, 3}},
		{"more than planned", []Record{copyOf("A", 1, 2), copyOf("B", 2, 2), copyOf("C", 3, 3)}, 0, []int{4, 5}},
		{"the first is damaged", []Record{copyOf("A", 1, 2), copyOf("B", 2, 2), damaged("A")}, 1, []int{1, 3}},
		{"and was written anew", []Record{copyOf("A", 1, 2), copyOf("B", 2, 2), damaged("A"), copyOf("C", 1, 2)}, 0, []int{3, 4}},
		{"all are damaged", []Record{copyOf("A", 1, 2), damaged("A")}, 2, []int{1, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			records, err := OpenRecords(filepath.Join(t.TempDir(), "backups.jsonl"), func() time.Time { return testTime })
			check(t, err)
			defer records.Close()
			check(t, records.Note(Record{File: "/alone.age", SHA256: "sha256:alone", State: StateProven, Written: true}))
			for _, r := range tt.records {
				check(t, records.Note(r))
			}
			known := records.Copies(testTime, DefaultIntervals)
			set, ok := SetOf("op", known)
			if !ok || set.Missing() != tt.missing || !slices.Equal(set.Vacant(2), tt.vacant) {
				t.Errorf("missing %d, want %d; vacant %v, want %v; %v", set.Missing(), tt.missing, set.Vacant(2), tt.vacant, ok)
			}
			if set.Manifest != "sha256:m" || !set.Created.Equal(testTime) {
				t.Errorf("the set is %+v", set)
			}
			for _, c := range known {
				if want := map[string]int{"op": tt.missing}[c.Operation]; c.Missing != want {
					t.Errorf("copy %d of %q says that %d are missing, want %d", c.Number, c.Operation, c.Missing, want)
				}
			}
			for _, none := range []string{"", "another"} {
				if _, ok := SetOf(none, known); ok {
					t.Errorf("there is a set %q", none)
				}
			}
		})
	}
}
