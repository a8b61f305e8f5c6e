package tags_test

import (
	"context"
	"strings"
	"testing"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/ui"
	"keyrite/ui/tags"
)

// TestOtherSignaturesColumn: what other systems signed is called present and not verified.
func TestOtherSignaturesColumn(t *testing.T) {
	on := func(digest, kind string) *registry.Found {
		return &registry.Found{Signatures: []registry.Signature{{Kind: kind, Form: registry.FormBundle, Digest: dig("e"), On: digest, Certificates: []string{dig("f")}}}}
	}
	rows := compared()
	rows[0].Others, rows[1].Others, rows[2].Others = on(dig("a"), "notation"), on(dig("9"), "cosign"), &registry.Found{}
	rows[3].Others, rows[4].Others = &registry.Found{Err: context.DeadlineExceeded}, on(dig("d"), "cosign")
	p := tags.Page(col, rows, true, now)
	if got := p.Columns[len(p.Columns)-1].Title; got != "OTHER SIGNATURES" || !strings.Contains(strings.Join(p.Notes, " "), "present, not verified") {
		t.Errorf("column %q, notes %q", got, p.Notes)
	}
	for i, want := range []string{"notation", "cosign on parts", "none found here", "not known", "cosign"} {
		if got := p.Rows[i].Cells[len(p.Rows[i].Cells)-1]; got != want || len(p.Rows[i].Cells) != len(p.Columns) {
			t.Errorf("row %d says %q of %d columns, want %q", i, got, len(p.Columns), want)
		}
	}
	for i, want := range []string{"present, not verified; on what is served; attached as the bundle eeeeeeeeeeee; certificate ffffffffffff",
		"on the part 999999999999", "none found here; they may be in another repository", "deadline exceeded", "on what was signed"} {
		sections := tags.TagPage(col, rows, rows[i], true, now).Sections
		if got := sections[len(sections)-1]; got.Title != "OTHER SIGNATURES" || !strings.Contains(got.Facts[0].Value, want) {
			t.Errorf("tag %d says %q, want %q", i, got, want)
		}
	}
	rows[0].Others = &registry.Found{Problems: []string{"a \x1b[2J word"}}
	sections := tags.TagPage(col, rows, rows[0], true, now).Sections
	if got := sections[len(sections)-1].Facts[1].Value; got != trustdata.Visible("a \x1b[2J word") || sections[len(sections)-1].Facts[1].Mark != ui.MarkNote {
		t.Errorf("a problem is shown as %q", got)
	}
}
