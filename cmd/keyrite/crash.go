package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// errCrashed is what a fault of keyrite's own Is.
var errCrashed = errors.New("a fault of keyrite's own")

// unwinding is how long a run that has crashed may take to finish what it sends.
const unwinding = 30 * time.Second

// crash is the end of a run by a fault of its own, wherever that was: everything else ends as
// after a signal, so that the terminal comes back and an upload under way is written down.
type crash struct {
	cli  *cli
	stop func()

	mu   sync.Mutex
	err  error  // what is said of the first fault; nil before it
	dump string // the file that SIGQUIT has asked for
}

// note writes down the first panic, and ends the run; those after it mostly follow from it.
func (k *crash) note(p trustdata.Panic) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return
	}
	file, err := k.write("stopped by a fault", p.Kind+" "+p.Text+"\n\n"+strings.Join(p.Trace, "\n"))
	k.err = fmt.Errorf("%w stopped it. The report %q has no secrets; look at it before you send it", errCrashed, file)
	if err != nil {
		k.err = fmt.Errorf("%w stopped it, and no report could be written: %w", errCrashed, err)
	}
	k.stop()
	// Whoever waits for a goroutine that is no more waits for ever.
	time.AfterFunc(unwinding, func() { os.Exit(k.cli.report(context.Background(), k.err)) })
}

// guarded does something in the goroutine of the caller.
func (k *crash) guarded(do func() error) error {
	defer trustdata.Caught()
	return do()
}

// outcome is what a run has come to: its own error, or the fault that ended it.
func (k *crash) outcome(err error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dump != "" {
		k.cli.say("where it was when SIGQUIT came is in %q, without secrets", k.dump)
	}
	return cmp.Or(k.err, err)
}

// write makes crash-TIME.txt in the state folder, for its owner alone.
func (k *crash) write(what, where string) (file string, err error) {
	p, err := k.cli.findPaths()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(p.state, 0o700); err != nil {
		return "", err
	}
	dir, err := os.OpenRoot(p.state)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	now := k.cli.now().UTC()
	name := "crash-" + now.Format("20060102T150405Z") + ".txt"
	text := fmt.Sprintf("keyrite %s, %s, %s/%s\n%s at %s\n\n%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, what, now.Format(time.RFC3339), where)
	return filepath.Join(p.state, name), state.CreateFile(dir, name, []byte(text))
}
