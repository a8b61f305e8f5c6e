package kill

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
	"keyrite/trustdata"
)

var (
	every  = flag.Bool("every", false, "kill at every point, and list them")
	sample = flag.Int("sample", 320, "at how many points to kill, over all kinds of change")
	kinds  = flag.String("kinds", "", "the `KIND` of change to take, or the beginning of several (default: all)")
)

// stockShare is which part of the points is taken on the real notary-server, with the stock
// client looking on: each of this many.
const stockShare = 10

func TestMain(m *testing.M) {
	runTracer()
	flag.Parse()
	code := m.Run()
	interop.RemoveBinary()
	os.Exit(code)
}

// kind is a kind of change that has been made once, undisturbed.
type kind struct {
	change
	ready    *world // before it
	points   []string
	was, end view
	// killed and real count the points that were taken, here and on the real server.
	killed, real int
	missed       atomic.Int32 // points that did not come
}

// TestKilled kills each kind of change at each of its points, or at an even sample.
func TestKilled(t *testing.T) {
	all, worlds := []*kind{}, worlds{"": founded(t)}
	for _, c := range changes {
		if strings.HasPrefix(c.name, *kinds) {
			all = append(all, &kind{change: c, ready: worlds.given(t, c)})
		}
	}
	t.Run("undisturbed", func(t *testing.T) {
		for _, k := range all {
			t.Run(strings.ReplaceAll(k.name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				k.undisturbed(t)
			})
		}
	})
	total := 0
	for _, k := range all {
		total += len(k.points)
	}
	take := 1
	if !*every {
		take = max(1, total / *sample)
	}
	n := 0
	t.Run("at", func(t *testing.T) {
		for _, k := range all {
			for at := range k.points {
				if n++; n%take == 0 {
					k.take(t, at, n/take)
				}
			}
		}
	})
	report(t, all, total)
}

// take has one point killed, beside others.
func (k *kind) take(t *testing.T, at, number int) {
	real := number%stockShare == 0
	k.killed++
	if real {
		k.real++
	}
	t.Run(fmt.Sprintf("%s/%d %s", strings.ReplaceAll(k.name, " ", "_"), at+1, k.points[at]), func(t *testing.T) {
		t.Parallel()
		if !k.at(t, number, real).kill(at + 1) {
			k.missed.Add(1)
		}
	})
}

func report(t *testing.T, all []*kind, total int) {
	sum, real, missed := 0, 0, 0
	for _, k := range all {
		t.Logf("%-36s killed at %4d of %4d points, %3d on notary-server", k.name, k.killed, len(k.points), k.real)
		sum, real, missed = sum+k.killed, real+k.real, missed+int(k.missed.Load())
		if *every {
			t.Logf("%s", strings.Join(k.points, ", "))
		}
	}
	t.Logf("%-36s killed at %4d of %4d points, %3d on notary-server; %d ended before their point came", "all", sum, total, real, missed)
	if sum < min(300, total, *sample) || missed > sum/10 {
		t.Errorf("killed at %d points, of which %d did not come", sum, missed)
	}
}

// undisturbed makes a change without a fault, and finds its points and where it leads.
func (k *kind) undisturbed(t *testing.T) {
	t.Helper()
	p := k.at(t, 0, false)
	if !k.ended {
		p.everybodyLooks()
	}
	trace := p.machine().traced(0, k.args...)
	if trace.Code != 0 {
		t.Fatalf("%s: exit %d\n%s", k.name, trace.Code, trace.output)
	}
	if k.ceremony != nil {
		k.ceremony.later(p.world)
	}
	k.points, k.was, k.end = trace.Calls, p.was, p.view().since(p.was)
	if len(k.on) > 0 && cmp.Equal(k.was.since(k.was), k.end) {
		t.Fatalf("%s: nobody sees that it was made", k.name)
	}
}

// point is one kill and what comes after.
type point struct {
	*world
	*kind
	choice int // what a person would do next is decided by it
	was    view
	served map[trustdata.GUN]string // the timestamps of the beginning
	files  map[string]string        // and the key files
	seen   map[trustdata.GUN]seen   // what clients have verified last
}

// at is a world for one point of a change.
func (k *kind) at(t *testing.T, number int, real bool) *point {
	t.Helper()
	p := &point{kind: k, choice: number + number/stockShare, served: map[trustdata.GUN]string{}, seen: map[trustdata.GUN]seen{}}
	if real {
		p.world = k.change.real(t)
	} else {
		p.world = k.ready.copy(t)
	}
	if k.ceremony != nil {
		k.ceremony.earlier(p.world)
	}
	p.files, p.was = p.keyFiles(), k.was
	if real || p.was == nil {
		p.was = p.view()
	}
	for g := range p.was {
		p.served[g] = p.timestamp(g)
	}
	return p
}

// machine is the one on which the change is made.
func (p *point) machine() *world {
	if p.ceremony != nil {
		return p.world.on(p.ceremony.at)
	}
	return p.world
}

// kill kills the change at a point, and reports whether that came.
func (p *point) kill(at int) bool {
	trace := p.machine().traced(at, p.args...)
	if !trace.Killed && trace.Code != 0 {
		p.t.Fatalf("it was not killed, and ended with %d\n%s", trace.Code, trace.output)
	}
	p.recovers("the kill")
	return trace.Killed
}

// everybodyLooks holds that before the change all clients can verify everything; where a
// repository still is the same, byte for byte, that is not tried once more.
func (p *point) everybodyLooks() {
	p.t.Helper()
	served := p.served
	p.served = nil
	p.whole("the beginning")
	p.served = served
}
