package uitest

import (
	"bytes"
	"strings"
	"testing"

	"keyrite/trustdata"
	"keyrite/ui"
)

// KeyID makes a key ID that begins with short.
func KeyID(short string) trustdata.KeyID {
	return trustdata.KeyID(short + strings.Repeat("5d20b846a1c7f093", 4)[:64-len(short)])
}

// PageText is a page without the console: as plain mode writes it, and then as a table.
func PageText(tb testing.TB, p ui.Page) string {
	tb.Helper()
	var b bytes.Buffer
	if err := ui.WritePlain(&b, p); err != nil {
		tb.Fatal(err)
	}
	if err := ui.WriteTable(&b, p); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// InBoth fails unless each of wants stands in both halves of a PageText, and if a byte of
// it would act on a terminal.
func InBoth(tb testing.TB, text string, wants ...string) {
	tb.Helper()
	for _, want := range wants {
		if strings.Count(text, want) < 2 {
			tb.Errorf("the page lacks %q in plain or as a table:\n%s", want, text)
		}
	}
	if strings.ContainsAny(text, "\x1b\a\u202e") {
		tb.Errorf("the page acts on the terminal: %q", text)
	}
}
