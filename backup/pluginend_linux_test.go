package backup

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
)

// A plugin that hangs is ended when its time is up, or when nobody waits for it any more: it,
// and what it has started, whatever signals they ignore.
func TestHangingPluginIsEnded(t *testing.T) {
	installPlugins(t, "deaf", "forking")
	for _, name := range []string{"deaf", "forking"} {
		for _, by := range []string{"time", "cancel"} {
			for _, deed := range []string{"close", "open"} {
				if by == "time" && deed == "open" {
					continue // the same wait
				}
				t.Run(name+" by "+by+" at "+deed, func(t *testing.T) {
					file := filepath.Join(t.TempDir(), "pids")
					t.Setenv("PLUGIN_PIDS", file)
					p := Plugins{Allowed: []string{name}, Patience: time.Minute}
					if by == "time" {
						p.Patience = 2 * time.Second
					}
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					ended := make(chan error, 1)
					go func() { ended <- useHanging(ctx, t, p, name, deed) }()
					pids := waitForPIDs(t, file)
					want := context.Canceled
					if by == "cancel" {
						cancel()
					}
					err := <-ended
					if by == "cancel" && !errors.Is(err, want) || by == "time" && (err == nil || !strings.Contains(err.Error(), "has not answered for 2s")) {
						t.Errorf("it ended with %v", err)
					}
					for _, pid := range pids {
						if alive(pid) {
							t.Errorf("process %d of %v is left", pid, pids)
							_ = syscall.Kill(pid, syscall.SIGKILL)
						}
					}
				})
			}
		}
	}
}

// useHanging closes for a plugin's recipient, or opens with its identity.
func useHanging(ctx context.Context, t *testing.T, p Plugins, name, deed string) error {
	recipient, identity := pluginPair(t, name)
	if deed == "close" {
		to, err := p.ParseRecipients([]string{recipient})
		if err != nil {
			return err
		}
		_, err = proveEach(ctx, to, nil)
		return err
	}
	ids, err := p.ParseIdentities([]byte(identity))
	if err != nil {
		return err
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	data, err := os.ReadFile(seal(t, []byte("plain"), id.Recipient()))
	if err != nil {
		return err
	}
	_, err = decrypt(ctx, bytes.NewReader(data), ids)
	return err
}

// waitForPIDs waits for the file of a plugin that has begun to hang.
func waitForPIDs(t *testing.T, file string) (pids []int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		data, err := os.ReadFile(file)
		if err == nil {
			for f := range strings.FieldsSeq(string(data)) {
				pid, err := strconv.Atoi(f)
				check(t, err)
				pids = append(pids, pid)
			}
			return pids
		}
		if time.Now().After(end) {
			t.Fatal("the plugin was not started")
		}
	}
}

// alive reports whether a process runs; one that nobody has taken note of yet does not.
func alive(pid int) bool { return parent(pid) != 0 }
