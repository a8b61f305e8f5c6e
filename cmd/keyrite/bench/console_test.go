package bench

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"keyrite/cmd/keyrite/interop"
	"keyrite/cmd/keyrite/ptytest"
	"keyrite/keyring"
	"keyrite/trustdata"
)

// consoleRow is a figure of the console: what was measured, beside what is wanted.
type consoleRow struct{ what, is, want string }

// The size of the terminal in which the console is measured.
const columns, lines = 100, 30

// console measures how the console feels with much in its cache, in the way of a terminal:
// from the start of the process, or from a key, to what comes back.
func (s stand) console() []consoleRow {
	const repositories, tags, runs, keys = 1_000, 50, 10, 200
	front := interop.StartFront(s.b, s.server, "")
	var asked atomic.Int64
	front.Before(func(*http.Request) bool { asked.Add(1); return true })
	trust, root := s.b.TempDir(), generate(s.b)
	store(s.b, trust, root, keyring.Header{Role: "root"})
	for i := range repositories {
		publishUnder(s.b, root, s.server, trust, trustdata.GUN(fmt.Sprintf("registry.example/team%02d/app%03d", i%10, i)), tags)
	}
	cached := s.ours(false, front.URL, trust, "repos", "--check")()
	once(s.b, cached)
	start := func(args ...string) *exec.Cmd {
		cmd := s.ours(false, front.URL, trust, args...)()
		cmd.Env = append(cached.Env[:len(cached.Env):len(cached.Env)], "TERM=xterm-256color", "COLORTERM=truecolor")
		return cmd
	}
	var frames, wholes []time.Duration
	for range runs {
		cmd := start("--offline")
		begin := time.Now()
		x := ptytest.Start(s.b, cmd, columns, lines)
		x.Wait("Needs you")
		frames = append(frames, time.Since(begin))
		x.Wait(fmt.Sprintf("%d repositories as cached", repositories))
		wholes = append(wholes, time.Since(begin))
		must(s.b, cmd.Process.Kill())
		x.End()
	}
	x := ptytest.Start(s.b, start(), columns, lines)
	x.Wait("Needs you")
	x.Press("3", "[3 Repos")
	quiet(x)
	began, requests := count(x), asked.Load()
	time.Sleep(10 * time.Second)
	idle, during := count(x)-began, asked.Load()-requests
	answers := s.answers(x, keys)
	memory := resident(s, x.Cmd.Process.Pid)
	return []consoleRow{
		{"start to the first frame with facts from the cache, p50", span(at(frames, 50)), "60 ms"},
		{"the same, p95", span(at(frames, 95)), "200 ms"},
		{"start to what the whole cache needs, p50", span(at(wholes, 50)), "-"},
		{"key to the first byte, p95 of " + strconv.Itoa(keys), span(at(answers, 95)), "25 ms"},
		{"bytes and requests in 10 s without a key", fmt.Sprintf("%d and %d", idle, during), "0 and 0"},
		{"memory after that", fmt.Sprintf("%.0f MiB", float64(memory)/1024), "under 40 MiB"},
	}
}

// consoleText is what the console's figures look like in Markdown.
func consoleText(rows []consoleRow) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## The console\n\nOn a terminal of %d columns and %d lines, with 1,000 repositories and 50,000 tags in its cache. No stock client has\na console to compare it with.\n\n"+
		"| figure | measured | wanted |\n| --- | --- | --- |\n", columns, lines)
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.what, r.is, r.want)
	}
	return b.String()
}

// answers is how long each key took to bring a byte.
func (s stand) answers(x *ptytest.Screen, keys int) (took []time.Duration) {
	for i := range keys {
		key := "j"
		if i/20%2 == 1 {
			key = "k"
		}
		before, _ := x.Bytes()
		pressed := time.Now()
		x.Type(key)
		x.Until("an answer to "+key, func() bool { n, _ := x.Bytes(); return n > before })
		took = append(took, time.Since(pressed))
		time.Sleep(40 * time.Millisecond) // so many keys at once would be a paste
	}
	return took
}

// quiet waits until nothing has come for two seconds.
func quiet(x *ptytest.Screen) {
	for {
		if _, last := x.Bytes(); time.Since(last) > 2*time.Second {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func count(x *ptytest.Screen) int {
	n, _ := x.Bytes()
	return n
}

// at is the value below which so many of a hundred are.
func at(all []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

// resident is the memory of a process that is in use now, in KiB, 0 where the system does
// not tell.
func resident(s stand, pid int) int64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			must(s.b, err)
			return n
		}
	}
	return 0
}
