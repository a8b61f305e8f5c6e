package kill

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// asked runs keyrite, and does something about it at the first request that is meant: the
// server answers only after that.
func (w *world) asked(meant func(*http.Request) bool, do func(pid int), args ...string) (all string, code int) {
	w.t.Helper()
	cmd := w.command(args...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	var once sync.Once
	started := make(chan struct{})
	see := func(r *http.Request) {
		if meant(r) {
			once.Do(func() { <-started; do(cmd.Process.Pid) })
		}
	}
	w.before.Store(&see)
	err := cmd.Start()
	close(started)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = cmd.Wait() // its exit code says it
	return out.String(), cmd.ProcessState.ExitCode()
}

func isUpload(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/_trust/tuf/")
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet }

// send sends a signal, and waits until the program has taken it.
func send(t *testing.T, pid int, sig syscall.Signal) {
	if err := syscall.Kill(pid, sig); err != nil {
		t.Error(err)
	}
	for waiting := true; waiting; {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return // it has ended
		}
		waiting = false
		for line := range strings.Lines(string(status)) {
			name, mask, _ := strings.Cut(line, ":")
			var pending uint64
			if name == "SigPnd" || name == "ShdPnd" {
				if _, err := fmt.Sscanf(strings.TrimSpace(mask), "%x", &pending); err != nil {
					t.Error(err)
				}
				waiting = waiting || pending>>(sig-1)&1 == 1
			}
		}
	}
}

// TestSignalled stops keyrite from outside: while it reads, nothing has been begun; once
// an upload is on its way, that one is finished and written down, and no other is begun.
func TestSignalled(t *testing.T) {
	base := founded(t)
	one := []string{"rotate", string(web), "targets", "--yes", quick}
	three := []string{"rotate", "root", "--gun", string(api), "--gun", string(jobs), "--gun", string(web), "--yes", quick}
	for name, c := range map[string]struct {
		at         func(*http.Request) bool
		args       []string
		code       int
		done, todo int
	}{
		"while it reads":        {isRead, one, 130, 0, 0},
		"the only upload":       {isUpload, one, 0, 1, 0},
		"the first one of many": {isUpload, three, 130, 1, 2},
	} {
		for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT} {
			t.Run(name+"/"+sig.String(), func(t *testing.T) {
				t.Parallel()
				p := (&kind{ready: base}).at(t, 0, false)
				p.config("[limits]\nat_once = 1\n")
				all, code := p.asked(c.at, func(pid int) { send(t, pid, sig) }, c.args...)
				if code != c.code {
					t.Errorf("exit %d, want %d\n%s", code, c.code, all)
				}
				p.whole("the signal")
				var ops []operation
				if err := json.Unmarshal([]byte(p.must("rotations", "--json")), &ops); err != nil {
					t.Fatal(err)
				}
				done, todo := 0, 0
				for _, op := range ops {
					done, todo = done+len(op.GUNs.Done), todo+len(op.GUNs.ToDo)+len(op.GUNs.Unknown)
				}
				// The three that were founded and the three that were signed are done, too.
				if done -= 6; done != c.done || todo != c.todo {
					t.Errorf("%d done and %d to do, want %d and %d: %+v", done, todo, c.done, c.todo, ops)
				}
				if c.todo > 0 {
					p.must("rotate", "--resume", p.unfinished()[0].ID, "--yes", quick)
					p.whole("going on")
				}
				if c.done+c.todo == 0 {
					if d := cmp.Diff(p.was, p.view()); d != "" {
						t.Error("something has changed:", d)
					}
				}
			})
		}
	}
}

func (w *world) config(text string) {
	w.t.Helper()
	folder := filepath.Join(w.folder, "home", "CONFIG", "keyrite")
	err := os.MkdirAll(folder, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "config.toml"), []byte(text), 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestTwoAtOnce starts a second keyrite on a trust directory in the middle of a change:
// it shows everything, and changes nothing but says which process is at work.
func TestTwoAtOnce(t *testing.T) {
	w := founded(t).copy(t)
	before := ""
	all, code := w.asked(isUpload, func(pid int) {
		before = fmt.Sprint(w.keyFiles())
		for _, args := range [][]string{{"keys", "list"}, {"tags", string(web)}, {"rotations"}, {"inspect", string(web)}} {
			if _, all, code := w.try(args...); code != 0 {
				t.Errorf("%q meanwhile: exit %d\n%s", args, code, all)
			}
		}
		for _, args := range [][]string{
			{"rotate", string(api), "targets", "--yes", quick},
			{"sign", string(api) + ":2.0", "--digest", digest, "--length", "528", "--yes"},
			{"init", string(fresh), "--yes", quick},
		} {
			if _, all, code := w.try(args...); code != 1 || !strings.Contains(all, fmt.Sprintf("process %d", pid)) {
				t.Errorf("%q meanwhile: exit %d, want 1 and the process %d\n%s", args, code, pid, all)
			}
		}
		if now := fmt.Sprint(w.keyFiles()); now != before {
			t.Error("the second program has changed key files")
		}
	}, "rotate", string(web), "targets", "--yes", quick)
	if code != 0 {
		t.Errorf("the first: exit %d\n%s", code, all)
	}
}
