package backup

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOtherCopies(t *testing.T) {
	stick := func(label string) *Medium { return &Medium{Label: label, Recognised: true} }
	copyOf := func(operation, file string, on *Medium, problem string) Copy {
		return Copy{Operation: operation, File: file, Medium: on, Problem: problem}
	}
	known := []Copy{copyOf("a", "/a1/k.age", stick("A1"), "torn"), copyOf("a", "/a2/k.age", stick("A2"), ""), copyOf("b", "/mnt/s.age", stick("B1"), ""),
		copyOf("b", "/mnt/s.age", stick("B2"), ""), copyOf("", "/alone.age", nil, "")}
	for _, tt := range []struct {
		name, operation, file string
		want                  []string
	}{
		{"of the set that the file names", "a", "/elsewhere/x.age", []string{"A2", "A1"}},
		{"not the file itself", "a", "/a2/k.age", []string{"A1"}},
		{"by the record of the file", "", "/a1/k.age", []string{"A2"}},
		{"by the name of the file", "", "/moved/k.age", []string{"A2", "A1"}},
		{"both media that had one path", "b", "/mnt/s.age", []string{"B1", "B2"}},
		{"one that stands alone", "", "/alone.age", nil},
		{"one that nothing is known of", "", "/other.age", nil},
		{"a set that nothing is known of", "c", "/a1/k.age", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range OtherCopies(known, tt.operation, tt.file) {
				got = append(got, c.Medium.Name())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhere(t *testing.T) {
	for want, c := range map[string]Copy{
		`copy 2 of 2 on "KEYS-B" ("ACME Stick", serial "4711"), last seen 2026-11-22 as "/media/b/k.age"`: {Number: 2, Of: 2, File: "/media/b/k.age", LookedAt: testTime,
			Medium: &Medium{Label: "KEYS-B", Vendor: "ACME", Model: "Stick", Serial: "4711"}},
		`copy 1 of 2 on "\x1b[2J", last seen 2026-11-22 as "/k.age", damaged too`: {Number: 1, Of: 2, File: "/k.age", LookedAt: testTime, Problem: "x", Medium: &Medium{Label: "\x1b[2J"}},
		`a copy in a folder, last seen 2026-11-22 as "/k.age"`:                    {File: "/k.age", LookedAt: testTime},
	} {
		if got := c.Where(); got != want {
			t.Errorf("%s\nand not\n%s", got, want)
		}
	}
}
