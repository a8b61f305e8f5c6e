package ui

import (
	"slices"
	"time"
)

// Tasks are the pieces of long work in their order, of which one runs at a time. The work
// reports them by the names of its steps.
type Tasks struct {
	clock Clock
	steps []string
	rows  []Task
	began time.Time // of the one that runs
}

// NewTasks are tasks of which none has begun; names are the steps in words.
func NewTasks(clock Clock, steps, names []string) *Tasks {
	t := &Tasks{clock: clock, steps: steps}
	for _, n := range names {
		t.rows = append(t.rows, Task{Name: n})
	}
	return t
}

// taskWords are what is said of a task that has ended.
var taskWords = map[TaskState]string{TaskDone: "done", TaskFailed: "failed", TaskUnknown: "not known", TaskSkipped: "not reached"}

// Begin ends the task that runs as done, and begins that of a step; note says what it does.
func (t *Tasks) Begin(step, note string) {
	t.End(TaskDone)
	t.began = t.clock.Now()
	if i := slices.Index(t.steps, step); i >= 0 {
		t.rows[i].State, t.rows[i].Note = TaskRunning, note
	}
}

// End ends the task that runs.
func (t *Tasks) End(state TaskState) {
	if i := t.running(); i >= 0 {
		t.rows[i].State, t.rows[i].Took, t.rows[i].Note = state, t.clock.Now().Sub(t.began), taskWords[state]
	}
}

// Settle corrects what came of a step, by what was found out later.
func (t *Tasks) Settle(step string, state TaskState) {
	if i := slices.Index(t.steps, step); i >= 0 {
		t.rows[i].State, t.rows[i].Note = state, taskWords[state]
	}
}

// Skip ends those that have not begun: nothing will come of them.
func (t *Tasks) Skip() {
	for i := range t.rows {
		if t.rows[i].State == TaskWaiting {
			t.rows[i].State, t.rows[i].Note = TaskSkipped, taskWords[TaskSkipped]
		}
	}
}

// Running is the name of the task that runs, or "".
func (t *Tasks) Running() string {
	if i := t.running(); i >= 0 {
		return t.rows[i].Name
	}
	return ""
}

func (t *Tasks) running() int {
	return slices.IndexFunc(t.rows, func(r Task) bool { return r.State == TaskRunning })
}

// Rows are the tasks as they are now, for Page.Progress. Without any there are none.
func (t *Tasks) Rows() []Task {
	if t == nil {
		return nil
	}
	rows := slices.Clone(t.rows)
	if i := t.running(); i >= 0 {
		rows[i].Took = t.clock.Now().Sub(t.began)
	}
	return rows
}
