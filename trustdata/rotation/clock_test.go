package rotation_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
)

// TestPlansNameAWrongClock has the server's clock a day before and a day after ours.
func TestPlansNameAWrongClock(t *testing.T) {
	w := newWorld(t)
	w.publish(false)
	for off, want := range map[time.Duration]string{0: "", 24 * time.Hour: "24h0m0s behind", -24 * time.Hour: "24h0m0s ahead of", time.Minute: ""} {
		w.meddle = func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
			next.ServeHTTP(&redated{rw, w.clock.Add(off)}, r)
		}
		plan, err := w.rotator().Plan(context.Background(), rotation.Request{GUN: gun, Role: trustdata.RoleTargets})
		if err != nil {
			t.Fatal(err)
		}
		edit, err := w.rotator().PlanSign(context.Background(), gun, []rotation.TagTarget{{Tag: "2.0", Target: target}})
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(plan.Changes, "\n")
		if warned := strings.Contains(said, "CHECK THE CLOCK"); warned != (want != "") || !strings.Contains(said, want) || (len(edit.Warnings) > 0) != warned {
			t.Errorf("a server %v off: the plans say %q and %q, want %q", off, said, edit.Warnings, want)
		}
	}
}

// redated puts another date on an answer.
type redated struct {
	http.ResponseWriter
	at time.Time
}

func (r *redated) WriteHeader(code int) {
	r.Header().Set("Date", r.at.UTC().Format(http.TimeFormat))
	r.ResponseWriter.WriteHeader(code)
}

func (r *redated) Write(b []byte) (int, error) {
	r.Header().Set("Date", r.at.UTC().Format(http.TimeFormat))
	return r.ResponseWriter.Write(b)
}
