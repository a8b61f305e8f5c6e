package backup

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestList(t *testing.T) {
	r, dir := newRig(t), t.TempDir()
	_, to := newIdentity(t)
	first := r.create(t, CreateOptions{Dir: dir, Recipients: []Recipient{to}})
	second := r.create(t, CreateOptions{Dir: dir, Name: "acme-2027-01-02T030405Z", Recipients: []Recipient{to}})
	writeFile(t, second.File, "overwritten")
	own := filepath.Join(dir, "own.age")
	writeFile(t, own, "somebody's")
	check(t, os.Chtimes(own, testTime, testTime.Add(-time.Hour)))
	writeFile(t, filepath.Join(dir, ".half.age"), "hidden")

	records, err := OpenRecords(filepath.Join(t.TempDir(), "backups.jsonl"), func() time.Time { return testTime })
	check(t, err)
	defer records.Close()
	check(t, records.Note(Record{File: first.File, SHA256: first.SHA256, State: StateReadBack}))
	check(t, records.Note(Record{File: first.File, SHA256: first.SHA256, State: StateProven}))
	check(t, records.Note(Record{File: second.File, SHA256: second.SHA256, State: StateProven}))

	list, err := List(context.Background(), dir, records.Copies(testTime, DefaultIntervals), nil)
	check(t, err)
	type row struct {
		file  string
		made  time.Time
		sums  Sums
		state State
	}
	want := []row{
		{second.File, time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC), SumsDiffer, StateUnknown},
		{first.File, testTime, SumsOK, StateProven},
		{own, testTime.Add(-time.Hour), SumsNone, StateUnknown},
	}
	if len(list) != len(want) {
		t.Fatalf("%d backups, want %d: %+v", len(list), len(want), list)
	}
	for i, l := range list {
		if got := (row{l.File, l.Created, l.Sums, l.State}); got != want[i] {
			t.Errorf("row %d is %+v, want %+v", i, got, want[i])
		}
	}
	if list[1].SHA256 != first.SHA256 || !list[1].ProvenAt.Equal(testTime) || list[1].Size == 0 {
		t.Errorf("row 1 is %+v", list[1])
	}
	if _, err := List(context.Background(), filepath.Join(dir, "none"), nil, nil); err == nil {
		t.Error("a folder that is not there was listed")
	}
}
