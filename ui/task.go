package ui

import (
	"fmt"
	"time"
)

// TaskState is how far one piece of long work is.
type TaskState int

// The states of a task.
const (
	TaskWaiting TaskState = iota
	TaskRunning
	TaskDone
	TaskFailed
	TaskUnknown // it cannot be told whether it happened
	TaskSkipped
)

// Task is one piece of long work, as a line of its progress.
type Task struct {
	Name  string
	State TaskState
	// Note says what came of it, or what is being waited for.
	Note string
	Took time.Duration
}

// Mark is the state as a mark.
func (t Task) Mark() Mark {
	switch t.State {
	case TaskRunning:
		return MarkRunning
	case TaskDone:
		return MarkOK
	case TaskFailed:
		return MarkNow
	case TaskUnknown:
		return MarkUnchecked
	}
	return MarkNone
}

// Progress puts the tasks into a page as its table, in the order in which they happen.
func (p Page) Progress(tasks []Task) Page {
	p.Order = "in the order of the work"
	p.Columns = []Column{{Title: "STEP", Priority: 1, Min: 12}, {Title: "RESULT", Priority: 2, Min: 10}, {Title: "TOOK", Priority: 3}}
	p.Rows = nil
	for i, t := range tasks {
		took := ""
		if t.Took > 0 {
			took = fmt.Sprintf("%.1f s", t.Took.Seconds())
		}
		note := t.Note
		if note == "" && t.State == TaskWaiting {
			note = "waiting"
		}
		row := Row{ID: fmt.Sprint(i), Mark: t.Mark(), Cells: []string{t.Name, note, took}}
		p.Rows = append(p.Rows, row)
	}
	return p
}
