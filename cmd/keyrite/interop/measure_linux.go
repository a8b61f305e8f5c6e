package interop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// Usage is what a run took.
type Usage struct {
	Peak int64         // the most memory that was resident at once, in bytes
	Took time.Duration // from start to end
	CPU  time.Duration // of all its threads, which a busy machine does not lengthen
}

// Measure is Try, and tells what the run took. The peak comes from the kernel's mark of the
// process (VmHWM) and not from the rusage of its end: that counts the memory of whoever
// started it, too.
func (k *Keyrite) Measure(args ...string) (Result, Usage) {
	k.t.Helper()
	k.note(args)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, Binary(k.t), append(append([]string(nil), k.Args...), args...)...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = k.Home, k.Environ(), &stdout, &stderr
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	ended, peak := make(chan struct{}), make(chan int64)
	go func() { peak <- watchPeak(cmd.Process.Pid, ended) }()
	cmd.Wait() // the exit code says it
	used := Usage{Took: time.Since(begin)}
	close(ended)
	used.Peak, used.CPU = <-peak, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	return Result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}, used
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// watchPeak reads a process's mark, which only rises, until it has ended.
func watchPeak(pid int, ended <-chan struct{}) (peak int64) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // gone when it has ended
		if m := highWater.FindSubmatch(status); m != nil {
			if n, err := strconv.ParseInt(string(m[1]), 10, 64); err == nil {
				peak = max(peak, n<<10)
			}
		}
		select {
		case <-ended:
			return peak
		case <-tick.C:
		}
	}
}
