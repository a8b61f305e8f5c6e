package keys

import (
	"strings"
	"testing"
	"time"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

func plain(t *testing.T, p ui.Page) string {
	t.Helper()
	var b strings.Builder
	if err := ui.WritePlain(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestChangePagesShowHostileTextVisibly(t *testing.T) {
	const hostile = "a\x1b[31m\u202eb"
	plan := plain(t, PlanPage(Plan{Title: hostile, Changes: []string{hostile}, Needs: []string{hostile}, Steps: []string{hostile}, Follows: []string{hostile}}))
	id := trustdata.KeyID(strings.Repeat("ab", 32))
	done := plain(t, ChangedPage(hostile, hostile, []Changed{{Info: keyring.Info{KeyID: id, Role: hostile, GUN: hostile}, State: "imported", File: hostile}}, []string{hostile}, time.Unix(1e9, 0)))
	for what, text := range map[string]string{"plan": plan, "done": done} {
		if strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%s acts on a terminal: %q", what, text)
		}
		if n := strings.Count(text, `a\x1b[31m\u202eb`); n < 4 {
			t.Errorf("%s shows the text %d times:\n%s", what, n, text)
		}
	}
	if !strings.Contains(done, "abababa") || !strings.Contains(done, "imported") {
		t.Errorf("the page:\n%s", done)
	}
}

func TestPlanPageLeavesOutWhatIsEmpty(t *testing.T) {
	text := plain(t, PlanPage(Plan{Title: "Remove key", Changes: []string{"it goes"}, Steps: []string{"one", "two"}}))
	if strings.Contains(text, "NEED") || strings.Contains(text, "FOLLOW") || !strings.Contains(text, "it goes") || !strings.Contains(text, "two") {
		t.Errorf("the page:\n%s", text)
	}
}
