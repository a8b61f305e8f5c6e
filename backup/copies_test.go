package backup

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A copy is as good as the last look at it, and as old as its last proof.
func TestCopies(t *testing.T) {
	const day = 24 * time.Hour
	stick := func(label string) *Medium { return &Medium{Label: label, Token: "token " + label, Recognised: true} }
	wrote := func(hash, label string, n int) Record {
		return Record{File: "/media/" + label + "/set.age", SHA256: hash, State: StateReadBack, Written: true, Operation: "op", Copy: n, Copies: 2, Medium: stick(label)}
	}
	looked := func(hash, at, label string, s State) Record {
		return Record{File: "/media/" + at + "/set.age", SHA256: hash, State: s, Medium: stick(label)}
	}
	broken := Record{File: "/media/A/set.age", SHA256: "sha256:other", State: StateUnknown, Medium: stick("A"), Problem: "cut short"}
	type row struct {
		N     int
		State State
		Clock Clock
	}
	tests := []struct {
		name    string
		records []Record
		after   time.Duration
		want    []row
	}{
		{"none", nil, 0, nil},
		{"written, nobody decrypted it", []Record{wrote("sha256:a", "A", 1)}, 0, []row{{1, StateReadBack, ClockNever}}},
		{"two copies, one proven", []Record{wrote("sha256:a", "A", 1), wrote("sha256:b", "B", 2), looked("sha256:b", "B", "B", StateProven)}, 0,
			[]row{{1, StateReadBack, ClockNever}, {2, StateProven, ClockOK}}},
		{"mounted elsewhere", []Record{wrote("sha256:a", "A", 1), looked("sha256:a", "elsewhere", "A", StateDrilled)}, 0, []row{{1, StateDrilled, ClockOK}}},
		{"a day before it is due", []Record{looked("sha256:a", "A", "A", StateProven)}, 179 * day, []row{{0, StateProven, ClockOK}}},
		{"due", []Record{looked("sha256:a", "A", "A", StateProven)}, 180 * day, []row{{0, StateProven, ClockDue}}},
		{"late", []Record{looked("sha256:a", "A", "A", StateDrilled)}, 365 * day, []row{{0, StateDrilled, ClockLate}}},
		{"proven in the future", []Record{looked("sha256:a", "A", "A", StateProven)}, -2 * day, []row{{0, StateProven, ClockLate}}},
		{"a lower look does not wind the clock", []Record{looked("sha256:a", "A", "A", StateProven), looked("sha256:a", "A", "A", StateReadBack)}, 200 * day,
			[]row{{0, StateReadBack, ClockDue}}},
		{"damaged since", []Record{wrote("sha256:a", "A", 1), looked("sha256:a", "A", "A", StateDrilled), broken}, 0, []row{{1, StateUnknown, ClockBad}}},
		{"damage of a file that nothing is known of", []Record{broken}, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, err := OpenRecords(filepath.Join(t.TempDir(), "backups.jsonl"), func() time.Time { return testTime })
			check(t, err)
			defer records.Close()
			for _, r := range tt.records {
				check(t, records.Note(r))
			}
			var got []row
			for _, c := range records.Copies(testTime.Add(tt.after), DefaultIntervals) {
				got = append(got, row{c.Number, c.State, c.Clock})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
