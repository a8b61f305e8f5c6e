package media

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
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
	if !errors.As(err, &hung) || hung.Medium != "SLOW" || looks != 5+beats-1 {
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

// TestLateLookIsNotHung has this process look for the answer late, as one that was stopped or
// got no processor.
func TestLateLookIsNotHung(t *testing.T) {
	const patience = time.Second
	t.Run("the answer is there", func(t *testing.T) {
		for range 100 { // of two things that are there one is taken by chance
			done := make(chan answered, 1)
			done <- answered{data: []byte("here")}
			prompt := &talk{name: "PROMPT", patience: 0, ctx: t.Context(), moved: func() string { return "" }}
			if a, err := prompt.await(done); err != nil || string(a.data) != "here" {
				t.Fatalf("%q, %v", a.data, err)
			}
		}
	})
	t.Run("the answer comes after it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			stopped := false
			prompt := &talk{name: "PROMPT", patience: patience, ctx: t.Context(), moved: func() string {
				if !stopped {
					stopped = true
					time.Sleep(10 * patience)
				}
				return ""
			}}
			done := make(chan answered, 1)
			time.AfterFunc(10*patience+patience/2, func() { done <- answered{data: []byte("here")} })
			if a, err := prompt.await(done); err != nil || string(a.data) != "here" {
				t.Errorf("%q, %v", a.data, err)
			}
			begin := time.Now()
			if _, err := prompt.await(make(chan answered)); !errors.Is(err, ErrHung) || time.Since(begin) != patience {
				t.Errorf("%v after %v", err, time.Since(begin))
			}
		})
	})
}
