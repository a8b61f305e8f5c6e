package ui_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/ui"
)

func TestTasks(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	clock := ui.Clock{Now: func() time.Time { return now }}
	tasks := ui.NewTasks(clock, []string{"sign", "send", "confirm"}, []string{"sign it", "send it", "read it back"})
	tasks.Begin("sign", "signing")
	now = now.Add(2 * time.Second)
	want := []ui.Task{{Name: "sign it", State: ui.TaskRunning, Note: "signing", Took: 2 * time.Second}, {Name: "send it"}, {Name: "read it back"}}
	if diff := cmp.Diff(want, tasks.Rows()); diff != "" {
		t.Errorf("while the first runs: %s", diff)
	}
	if name := tasks.Running(); name != "sign it" {
		t.Errorf("running is %q", name)
	}
	tasks.Begin("send", "sending")
	now = now.Add(time.Second)
	tasks.PassOver()
	tasks.End(ui.TaskFailed)
	tasks.Settle("send", ui.TaskUnknown, "")
	want = []ui.Task{{Name: "sign it", State: ui.TaskDone, Note: "done", Took: 2 * time.Second},
		{Name: "send it", State: ui.TaskUnknown, Note: "not known", Took: time.Second}, {Name: "read it back", State: ui.TaskSkipped, Note: "not reached"}}
	if diff := cmp.Diff(want, tasks.Rows()); diff != "" {
		t.Errorf("at the end: %s", diff)
	}
	if name := tasks.Running(); name != "" {
		t.Errorf("running is %q when nothing runs", name)
	}
}

// TestTasksBeside: of several that run at once each has its own time.
func TestTasksBeside(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	guns := []string{"reg.example/a", "reg.example/b"}
	tasks := ui.NewTasks(ui.Clock{Now: func() time.Time { return now }}, guns, guns)
	tasks.Beside(guns[0], "signing")
	now = now.Add(time.Second)
	tasks.Beside(guns[1], "signing")
	tasks.Beside(guns[0], "sending")
	now = now.Add(time.Second)
	want := []ui.Task{{Name: guns[0], State: ui.TaskRunning, Note: "sending", Took: 2 * time.Second}, {Name: guns[1], State: ui.TaskRunning, Note: "signing", Took: time.Second}}
	if diff := cmp.Diff(want, tasks.Rows()); diff != "" {
		t.Errorf("while both run: %s", diff)
	}
	tasks.End(ui.TaskDone)
	tasks.Settle(guns[1], ui.TaskFailed, "it answers 403")
	want = []ui.Task{{Name: guns[0], State: ui.TaskDone, Note: "done", Took: 2 * time.Second}, {Name: guns[1], State: ui.TaskFailed, Note: "it answers 403", Took: time.Second}}
	if diff := cmp.Diff(want, tasks.Rows()); diff != "" {
		t.Errorf("at the end: %s", diff)
	}
}
