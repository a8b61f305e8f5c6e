package backup

import (
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// What a set does without is remembered of all its copies, and proves nothing anew.
func TestWaiveTheOtherCopies(t *testing.T) {
	now := testTime
	records, err := OpenRecords(filepath.Join(t.TempDir(), "backups.jsonl"), func() time.Time { return now })
	check(t, err)
	defer records.Close()
	for _, op := range []string{"one", "two"} {
		check(t, records.Note(Record{File: "/b/" + op + ".age", SHA256: "sha256:" + op, State: StateProven, Written: true, Operation: op, Copy: 1, Copies: 2}))
	}
	now = testTime.Add(time.Hour)
	check(t, records.Waive("one", WaiverCopies))
	check(t, records.Waive("one", WaiverCopies))
	for _, c := range records.Copies(now, DefaultIntervals) {
		want := []string{}
		if c.Operation == "one" {
			want = []string{WaiverCopies}
		}
		if !slices.Equal(c.Waived, want) || !c.ProvenAt.Equal(testTime) || !c.Written.Equal(testTime) {
			t.Errorf("%s: waived %q, proven %v, written %v", c.Operation, c.Waived, c.ProvenAt, c.Written)
		}
	}
}
