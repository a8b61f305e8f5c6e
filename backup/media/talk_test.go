package media

import (
	"errors"
	"strconv"
	"testing"
	"time"
)

// A medium that is slow is waited for as long as its disk moves, and no longer.
func TestSlowIsNotHung(t *testing.T) {
	looks := 0
	counts := func() string { // what the kernel counts, until it stands still
		looks++
		return strconv.Itoa(min(looks, 5))
	}
	slow := &talk{name: "SLOW", patience: time.Millisecond, ctx: t.Context(), moved: counts}
	_, err := slow.await(make(chan answered))
	var hung *HungError
	if !errors.As(err, &hung) || hung.Medium != "SLOW" || looks != 6 {
		t.Errorf("%v after %d looks", err, looks)
	}
	done := make(chan answered, 1)
	looks = 0
	slow.moved = func() string {
		if looks++; looks == 4 {
			done <- answered{data: []byte("late")}
		}
		return strconv.Itoa(looks)
	}
	if a, err := slow.await(done); err != nil || string(a.data) != "late" {
		t.Errorf("%q, %v", a.data, err)
	}
}
