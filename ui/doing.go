package ui

import (
	"fmt"
	"time"
)

// Doing names the loader's work for the sentences about it: "reading what goes in". It is
// set before the work starts, and may be set again while it runs.
func (l *Loader[T]) Doing(what string) { l.doing = what }

// Busy says that something runs, for keys that cannot act meanwhile. It is "" when nothing
// does.
func (l *Loader[T]) Busy() string {
	if !l.running {
		return ""
	}
	return "Something runs: " + l.doing + ". Esc stops it."
}

// Patience is how long a load may take before anything is said of it.
const Patience = 300 * time.Millisecond

// Waiting is the sentence for the status line about work that takes its time, and "" while
// there is none.
func (l *Loader[T]) Waiting() string {
	took, on := l.Running()
	if !on || took < Patience {
		return ""
	}
	return Waiting(l.doing, took)
}

// Elapsing stands between what takes its time, and how long it has taken so far.
const Elapsing = " ... "

// Waiting is the sentence about a load that takes its time.
func Waiting(what string, took time.Duration) string {
	return fmt.Sprintf("%s%s%.1f s   Esc stop", what, Elapsing, took.Seconds())
}
