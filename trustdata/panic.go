package trustdata

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
)

// Panic is a fault of the program as it may be told: its value, which may hold anything that
// was at hand, is not in it.
type Panic struct {
	// Kind is the type of the value.
	Kind string
	// Text is what the runtime said, as "index out of range", and "" for any other value.
	Text string
	// Trace has a line for each call, the latest first, without arguments.
	Trace []string
}

// onPanic is whoever is told of panics; there is one terminal, and so one of these.
var onPanic atomic.Pointer[func(Panic)]

// OnPanic has tell called for each panic that Caught catches, until release is called.
func OnPanic(tell func(Panic)) (release func()) {
	onPanic.Store(&tell)
	return func() { onPanic.CompareAndSwap(&tell, nil) }
}

// Caught, deferred, ends a panic and tells it to whom OnPanic has named. Where that is nobody
// it goes on.
func Caught() {
	value := recover()
	if value == nil {
		return
	}
	tell := onPanic.Load()
	if tell == nil {
		panic(value)
	}
	(*tell)(newPanic(value))
}

// Guarded is do for a goroutine of its own, where nobody would catch a panic: the program would
// end at once, with the terminal in whatever state it is. After one that was told it does not
// return, since whoever waits for it would take what it has left for its result.
func Guarded(do func()) func() {
	return func() {
		done := false
		defer func() {
			if !done && onPanic.Load() != nil {
				select {} // runtime.Goexit would come here, too, and nobody calls it
			}
		}()
		defer Caught()
		do()
		done = true
	}
}

// maxTrace is how many calls are told of.
const maxTrace = 64

func newPanic(value any) Panic {
	p := Panic{Kind: fmt.Sprintf("%T", value)}
	if err, ok := value.(runtime.Error); ok {
		p.Text = Visible(err.Error())
	}
	calls := make([]uintptr, maxTrace)
	frames := runtime.CallersFrames(calls[:runtime.Callers(3, calls)]) // past Callers, this and Caught
	for more := true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); f.Function != "" && !strings.HasPrefix(f.Function, "runtime.gopanic") {
			p.Trace = append(p.Trace, fmt.Sprintf("%s %s:%d", f.Function, f.File, f.Line))
		}
	}
	return p
}
