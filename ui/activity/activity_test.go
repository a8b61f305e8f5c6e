package activity_test

import (
	"strings"
	"testing"
	"time"

	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/activity"
)

func TestPage(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC)
	p := activity.Page([]state.ActRecord{
		{Seq: 1, Time: at, Act: state.Act{What: "rotate targets", On: "reg.example/app", Result: "done"}},
		{Seq: 2, Time: at.Add(time.Minute), Act: state.Act{What: "publish", On: "evil\x1b[2J", Result: "failed", Detail: "502\n"}},
	}, at)
	if p.Rows[0].ID != "2" || p.Rows[1].ID != "1" {
		t.Error("the latest is not first")
	}
	if got := strings.Join(p.Rows[0].Cells, "|"); p.Rows[0].Mark != ui.MarkNote || got != `2026-11-22 09:42:00|publish|evil\x1b[2J|failed` {
		t.Errorf("got %q %q", p.Rows[0].Mark, got)
	}
	if p.Rows[1].Mark != ui.MarkOK || !strings.Contains(p.Summary, "2 acts") {
		t.Errorf("got %q, %q", p.Rows[1].Mark, p.Summary)
	}
	p = activity.Page([]state.ActRecord{{Seq: 1, Time: at, Act: state.Act{What: "back up", On: "/media/stick/a_b.age", Result: "read_back"}}}, at)
	shown := strings.Join(append(append(p.Rows[0].Cells, p.Rows[0].Detail...), p.Rows[0].Copy[0].Text), "|")
	if strings.Contains(shown, "read_back") || strings.Count(shown, "read back") != 3 || !strings.Contains(shown, "a_b.age") {
		t.Errorf("a result in words reads %q", shown)
	}
}
