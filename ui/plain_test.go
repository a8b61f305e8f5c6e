package ui_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/exp/golden"

	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/uitest"
)

var example = ui.Page{
	Title: "Tags of pay/web", Summary: "3 tags: 1 signed and current",
	Freshness: ui.Freshness{Source: trustdata.SourceLive, At: uitest.Start, Server: "notary.acme.io"},
	Sections: []ui.Section{{Title: "REPOSITORY", Facts: []ui.Fact{{Label: "Name", Value: "registry.acme.io/pay/web"},
		{Label: "Ends", Value: "2026-12-03", Mark: ui.MarkNow}, {Value: "It is one sentence."}}}},
	TableTitle: "ITS TAGS",
	Columns:    []ui.Column{{Title: "TAG", Priority: 1}, {Title: "SIGNED BY", Priority: 2}},
	Rows: []ui.Row{
		{ID: "a", Mark: ui.MarkSoon, Cells: []string{"stable", "alice"}, Detail: []string{"Clients still pull the old one."}},
		{ID: "b", Mark: ui.MarkOK, Cells: []string{"日本", "--"}},
		{ID: "c", Mark: ui.MarkUnchecked, Cells: []string{"evil\x1b[2J\nname\u202e", "x\x00"}},
	},
	Notes: []string{"The registry was asked too."},
}

func TestPlain(t *testing.T) {
	var b bytes.Buffer
	if err := ui.WritePlain(&b, example); err != nil {
		t.Fatal(err)
	}
	golden.RequireEqual(t, b.String())
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	if err := ui.WriteTable(&b, example); err != nil {
		t.Fatal(err)
	}
	golden.RequireEqual(t, b.String())
}

func TestTableOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := ui.WriteTable(&b, ui.Page{Columns: example.Columns, Empty: "There are no tags."}); err != nil {
		t.Fatal(err)
	}
	if b.String() != "There are no tags.\n" {
		t.Errorf("got %q", b.String())
	}
}

// TestNoRawBytes: what a page holds by mistake is written out all the same.
func TestNoRawBytes(t *testing.T) {
	var b bytes.Buffer
	ui.WritePlain(&b, example)
	ui.WriteTable(&b, example)
	for _, r := range b.String() {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Errorf("holds %U:\n%q", r, b.String())
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestWriteErrors(t *testing.T) {
	if ui.WritePlain(brokenPipe{}, example) == nil || ui.WriteTable(brokenPipe{}, example) == nil {
		t.Error("a broken pipe is no error")
	}
}

// TestPlainHasAllFacts: what the frame states is in the plain text, word for word.
func TestPlainHasAllFacts(t *testing.T) {
	var b bytes.Buffer
	ui.WritePlain(&b, example)
	l := ui.NewList(uitest.Styles(), "tag", "tags")
	l.Set(ui.NewListing(example))
	for _, line := range strings.Split(l.View(100, 40), "\n") {
		for _, fact := range strings.Split(line, "  ") {
			fact = strings.TrimSpace(strings.NewReplacer(">", "").Replace(stripped(fact)))
			for _, m := range ui.Marks {
				fact = strings.TrimSpace(strings.TrimPrefix(fact, string(m)+" "))
			}
			if fact == "TAG" || fact == "SIGNED BY" || fact == "--" || fact == "" {
				continue // column titles stand in sentence case, and nothing is left out
			}
			if isMark(fact) {
				fact = ui.Mark(fact).Word()
			}
			if !strings.Contains(b.String(), fact) {
				t.Errorf("plain text lacks %q:\n%s", fact, b.String())
			}
		}
	}
}

func isMark(s string) bool { return ui.Mark(s).Word() != "" }

func TestMarks(t *testing.T) {
	words := map[string]bool{}
	for i, m := range ui.Marks {
		if m.Word() == "" || words[m.Word()] {
			t.Errorf("mark %q has no word of its own", m)
		}
		words[m.Word()] = true
		if m.Rank() != i || ui.Worse(m, ui.MarkNow) != ui.MarkNow || ui.Worse(ui.MarkNone, m) != m {
			t.Errorf("mark %q ranks %d", m, m.Rank())
		}
	}
}
