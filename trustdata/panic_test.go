package trustdata

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A panic in a goroutine is told with where it was, and without its value.
func TestGuarded(t *testing.T) {
	const secret = "canary-passphrase"
	var none []int
	for name, tt := range map[string]struct {
		do         func()
		kind, text string
	}{
		"of a text":        {func() { panic(secret) }, "string", ""},
		"of an error":      {func() { panic(errors.New("opening with " + secret)) }, "*errors.errorString", ""},
		"of the runtime's": {func() { none[len(secret)] = 1 }, "runtime.boundsError", "runtime error: index out of range [17] with length 0"},
	} {
		t.Run(name, func(t *testing.T) {
			told := make(chan Panic, 1)
			defer OnPanic(func(p Panic) { told <- p })()
			go Guarded(tt.do)()
			p := <-told
			if p.Kind != tt.kind || p.Text != tt.text {
				t.Errorf("%q %q, want %q %q", p.Kind, p.Text, tt.kind, tt.text)
			}
			all := fmt.Sprint(p)
			if strings.Contains(all, secret) || !strings.Contains(all, "TestGuarded") || strings.Contains(all, "0x") {
				t.Errorf("what is told is %s", all)
			}
		})
	}
}

// Where nobody is told a panic goes on: a fault is never swallowed.
func TestPanicGoesOn(t *testing.T) {
	defer func() {
		if p := recover(); p != "fault" {
			t.Errorf("what came out is %v", p)
		}
	}()
	Guarded(func() { panic("fault") })()
}
