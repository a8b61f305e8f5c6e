// Package bench times keyrite and the stock notary client side by side, in one run on the
// same real notary-server, and writes what it found. It judges nothing: a slow machine
// fails no build.
package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"
)

// A Command makes one process of a measured program. It is called anew for each run, and
// prepares whatever that run needs outside the measured time.
type Command func() *exec.Cmd

// Figure is what a command took: the median wall time of its runs, the median of the CPU
// time, and the largest high-water mark of memory, in KiB.
type Figure struct {
	Wall, CPU time.Duration
	RSS       int64
	Runs      int
}

// pair runs two commands in turn, so that a machine whose speed drifts slows both.
func pair(b *testing.B, runs int, ours, stock Command) (Figure, Figure) {
	b.Helper()
	var a, z []Figure
	for range runs {
		a = append(a, once(b, ours()))
		z = append(z, once(b, stock()))
	}
	return median(a), median(z)
}

// helperVariable makes the benchmark's own program run one command and report on it. The
// kernel starts a child's high-water mark of memory at its parent's, so the parent must be
// small: a fresh copy of this program, and not the one that has built the repositories.
const helperVariable = "KEYRITE_BENCH_RUN"

// report is what the small parent says of one run.
type report struct {
	Wall, CPU time.Duration
	RSS       int64
	Err       string
	Said      string
}

// Helper runs the command in its arguments and prints a report, if this process is a
// small parent. TestMain calls it first.
func Helper() {
	if os.Getenv(helperVariable) == "" {
		return
	}
	os.Unsetenv(helperVariable)
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdin = os.Stdin
	var said bytes.Buffer
	cmd.Stderr = &said
	begin := time.Now()
	err := cmd.Run()
	r := report{Wall: time.Since(begin), Said: said.String()}
	if err != nil {
		r.Err = err.Error()
	}
	if cmd.ProcessState != nil {
		r.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		r.RSS = highWater(cmd.ProcessState)
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// small wraps a command in a small parent.
func small(b *testing.B, cmd *exec.Cmd) *exec.Cmd {
	b.Helper()
	self, err := os.Executable()
	must(b, err)
	wrapped := exec.Command(self, append([]string{cmd.Path}, cmd.Args[1:]...)...)
	wrapped.Env, wrapped.Stdin = append(cmd.Env, helperVariable+"=1"), cmd.Stdin
	return wrapped
}

// once runs a command to its end. A command that fails stops the run: its time says
// nothing.
func once(b *testing.B, cmd *exec.Cmd) Figure {
	b.Helper()
	out, err := small(b, cmd).Output()
	must(b, err)
	return figure(b, cmd, out)
}

func figure(b *testing.B, cmd *exec.Cmd, out []byte) Figure {
	b.Helper()
	var r report
	must(b, json.Unmarshal(out, &r))
	if r.Err != "" {
		b.Fatalf("%v: %s\n%s", cmd.Args, r.Err, r.Said)
	}
	return Figure{Wall: r.Wall, CPU: r.CPU, RSS: r.RSS, Runs: 1}
}

// many runs commands, so many at once, as one piece of work.
func many(b *testing.B, atOnce int, commands []Command) Figure {
	b.Helper()
	cmds, outs, errs := make([]*exec.Cmd, len(commands)), make([][]byte, len(commands)), make([]error, len(commands))
	for i, c := range commands {
		cmds[i] = c()
	}
	slots := make(chan struct{}, atOnce)
	begin := time.Now()
	var wg sync.WaitGroup
	for i, cmd := range cmds {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			outs[i], errs[i] = small(b, cmd).Output()
		})
	}
	wg.Wait()
	f := Figure{Wall: time.Since(begin), Runs: 1}
	for i, cmd := range cmds {
		must(b, errs[i])
		one := figure(b, cmd, outs[i])
		f.CPU += one.CPU
		f.RSS = max(f.RSS, one.RSS)
	}
	return f
}

func median(all []Figure) Figure {
	mid := func(of func(Figure) time.Duration) time.Duration {
		d := make([]time.Duration, len(all))
		for i, f := range all {
			d[i] = of(f)
		}
		slices.Sort(d)
		return d[len(d)/2]
	}
	f := Figure{Wall: mid(func(f Figure) time.Duration { return f.Wall }), CPU: mid(func(f Figure) time.Duration { return f.CPU }), Runs: len(all)}
	for _, one := range all {
		f.RSS = max(f.RSS, one.RSS)
	}
	return f
}
