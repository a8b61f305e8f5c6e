package remote_test

import (
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// TestVersionJump has versions grow faster than anybody publishes.
func TestVersionJump(t *testing.T) {
	for _, tt := range []struct {
		name string
		to   int64
		want string
	}{
		{"usual", 999, ""}, {"a jump", 1001, "jump from version 2"}, {"near the end", notary.MaxVersion - 1, "jump from version 2"},
	} {
		w := newWorld(t)
		f, _ := w.newFetcher()
		w.mustFetch(f)
		body := w.targets["targets"]
		body.Version = tt.to
		w.targets["targets"] = body
		w.publish()
		got := unusual(w.mustFetch(f).Collection.Problems)
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
	w := newWorld(t)
	body := w.targets["targets"]
	body.Version = notary.MaxVersion - 1
	w.targets["targets"] = body
	w.publish()
	f, _ := w.newFetcher()
	if got := unusual(w.mustFetch(f).Collection.Problems); !strings.Contains(got, "leaves no room") {
		t.Errorf("first seen near the end: %q", got)
	}
}

func unusual(all []trustdata.Problem) string {
	s := ""
	for _, p := range all {
		if p.Reason == trustdata.ReasonUnusual {
			s += p.String() + "\n"
		}
	}
	return s
}

// TestOldTimestamp has a server hold changes back: the age of what it serves is reported.
func TestOldTimestamp(t *testing.T) {
	for left, want := range map[time.Duration]string{8 * 24 * time.Hour: "", 24 * time.Hour: "signed about 13 days ago"} {
		w := newWorld(t)
		w.expires["timestamp"] = now.Add(left)
		w.publish()
		f, _ := w.newFetcher()
		report := w.mustFetch(f).Collection.Report
		if got := unusual(report.Notes); want == "" && got != "" || !strings.Contains(got, want) || !report.At.Equal(now) {
			t.Errorf("%v left: %q at %v", left, got, report.At)
		}
	}
}
