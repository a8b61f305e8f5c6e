package ui

import (
	"cmp"
	"slices"
	"time"
)

// Tasks are the pieces of long work in their order. The work reports them by the names of its
// steps: Begin where one runs at a time, Beside where several do.
type Tasks struct {
	clock Clock
	steps []string
	rows  []Task
	began []time.Time
}

// NewTasks are tasks of which none has begun; names are the steps in words.
func NewTasks(clock Clock, steps, names []string) *Tasks {
	t := &Tasks{clock: clock, steps: steps, began: make([]time.Time, len(steps))}
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
	t.Beside(step, note)
}

// Beside begins the task of a step beside those that run; for one that runs already note says
// what it does now.
func (t *Tasks) Beside(step, note string) {
	i := slices.Index(t.steps, step)
	if i < 0 {
		return
	}
	if t.rows[i].State != TaskRunning {
		t.began[i] = t.clock.Now()
	}
	t.rows[i].State, t.rows[i].Note = TaskRunning, note
}

// End ends the tasks that run.
func (t *Tasks) End(state TaskState) {
	for i, r := range t.rows {
		if r.State == TaskRunning {
			t.rows[i] = Task{Name: r.Name, State: state, Took: t.clock.Now().Sub(t.began[i]), Note: taskWords[state]}
		}
	}
}

// Settle corrects what came of a step, by what was found out later; without a note it is said
// in one word.
func (t *Tasks) Settle(step string, state TaskState, note string) {
	if i := slices.Index(t.steps, step); i >= 0 {
		t.rows[i].State, t.rows[i].Note = state, cmp.Or(note, taskWords[state])
	}
}

// PassOver ends those that have not begun: nothing will come of them.
func (t *Tasks) PassOver() {
	for i := range t.rows {
		if t.rows[i].State == TaskWaiting {
			t.rows[i].State, t.rows[i].Note = TaskSkipped, taskWords[TaskSkipped]
		}
	}
}

// Running is the name of the first task that runs, or "".
func (t *Tasks) Running() string {
	for _, r := range t.rows {
		if r.State == TaskRunning {
			return r.Name
		}
	}
	return ""
}

// Rows are the tasks as they are now, for Page.Progress. Without any there are none.
func (t *Tasks) Rows() []Task {
	if t == nil {
		return nil
	}
	rows := slices.Clone(t.rows)
	for i := range rows {
		if rows[i].State == TaskRunning {
			rows[i].Took = t.clock.Now().Sub(t.began[i])
		}
	}
	return rows
}
