package media_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keyrite/backup/media"
	"keyrite/backup/media/mediatest"
	"keyrite/keyring/keychain/keychaintest"
)

func TestEject(t *testing.T) {
	const point = "/media/ada/BACKUP1"
	tests := []struct {
		name  string
		fake  mediatest.UDisks
		more  func(*mediatest.Tree, string) // before
		at    string                        // where the service has it mounted, if elsewhere
		calls []string
		want  media.Ejected
		is    error
		says  string // of the error or the note
	}{
		{name: "switched off", fake: mediatest.UDisks{CanPowerOff: true, Ejectable: true}, calls: []string{"Unmount", "PowerOff"}, want: media.Ejected{Unmounted: true, Off: true}},
		{name: "ejected", fake: mediatest.UDisks{Ejectable: true}, calls: []string{"Unmount", "Eject"}, want: media.Ejected{Unmounted: true, Off: true}},
		{name: "neither can be done", calls: []string{"Unmount"}, want: media.Ejected{Unmounted: true}},
		{name: "locked first", fake: mediatest.UDisks{Encrypted: true, CanPowerOff: true}, calls: []string{"Unmount", "Lock", "PowerOff"}, want: media.Ejected{Unmounted: true, Off: true}},
		{name: "cannot be locked", fake: mediatest.UDisks{Encrypted: true, CanPowerOff: true, Lock: func() error { return mediatest.Fail("DeviceBusy") }},
			calls: []string{"Unmount", "Lock"}, want: media.Ejected{Unmounted: true}, says: "could not be locked"},
		{name: "another partition is in use", fake: mediatest.UDisks{CanPowerOff: true}, more: func(tree *mediatest.Tree, disk string) {
			tree.Part(disk, "sdb2", "8:18", 4096)
			tree.Mount("77 1 8:18 / /mnt/b rw - ext4 /dev/sdb2 rw")
		}, calls: []string{"Unmount"}, want: media.Ejected{Unmounted: true}, says: `"/mnt/b"`},
		{name: "power is refused", fake: mediatest.UDisks{CanPowerOff: true, PowerOff: func() error { return mediatest.Fail("NotAuthorizedCanObtain") }},
			calls: []string{"Unmount", "PowerOff"}, want: media.Ejected{Unmounted: true}, says: "could not be switched off"},
		{name: "in use", fake: mediatest.UDisks{Unmount: func() error { return mediatest.Fail("DeviceBusy") }}, more: openBy, calls: []string{"Unmount"},
			is: media.ErrBusy, says: `is in use by vi\x1b[2J (process 4242): close it`},
		{name: "in use by somebody unseen", fake: mediatest.UDisks{Unmount: func() error { return mediatest.Fail("DeviceBusy") }}, calls: []string{"Unmount"},
			is: media.ErrBusy, says: "a process of another user"},
		{name: "not allowed", fake: mediatest.UDisks{Unmount: func() error { return mediatest.Fail("NotAuthorizedDismissed") }}, calls: []string{"Unmount"}, is: media.ErrDenied, says: "by hand"},
		{name: "failed", fake: mediatest.UDisks{Unmount: func() error { return mediatest.Fail("Failed") }}, calls: []string{"Unmount"}, says: "it says"},
		{name: "a lie", fake: mediatest.UDisks{Unmount: func() error { return nil }}, calls: []string{"Unmount"}, says: "and it is not"},
		{name: "unmounted by others just now", fake: mediatest.UDisks{Unmount: func() error { return mediatest.Fail("NotMounted") }}, more: func(tree *mediatest.Tree, _ string) { tree.Unmount("40") },
			calls: []string{"Unmount"}, want: media.Ejected{Unmounted: true}},
		{name: "unknown to the service", at: "/media/ada/OTHER", is: media.ErrNoService, says: "does not know"},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			tree, bus := mediatest.NewTree(t), keychaintest.StartBus(t)
			disk := stick(tree)
			d := scan(t, media.Options{Roots: tree.Roots, Ask: roomy.ask})[0]
			if tt.more != nil {
				tt.more(tree, disk)
			}
			pull := func() error { tree.Pull(disk); return nil }
			for does, usual := range map[*func() error]func() error{
				&tt.fake.Unmount: func() error { tree.Unmount("40"); return nil }, &tt.fake.PowerOff: pull, &tt.fake.Eject: pull,
			} {
				if *does == nil {
					*does = usual
				}
			}
			at := point
			if tt.at != "" {
				at = tt.at
			}
			tt.fake.Serve(t, bus, at)
			got, err := media.Ejector{Bus: bus.Address, Roots: tree.Roots}.Eject(t.Context(), d)
			if (err != nil) != (tt.want == media.Ejected{}) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%+v, %v", got, err)
			}
			text := got.Note
			if err != nil {
				if text = err.Error(); !strings.Contains(text, point) {
					t.Errorf("the drive is not named: %v", err)
				}
			}
			if !strings.Contains(text, tt.says) {
				t.Errorf("%q", text)
			}
			got.Note = ""
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.calls, tt.fake.Calls()); len(tt.calls)+len(tt.fake.Calls()) > 0 && diff != "" {
				t.Error(diff)
			}
		})
	}
}

// openBy is a process that has a file of the stick open, and another that has not.
func openBy(tree *mediatest.Tree, _ string) {
	tree.Process(4242, "vi\x1b[2J", "/media/ada/BACKUP1/DCTKEYS/notes")
	tree.Process(4243, "cat", "/media/ada/BACKUP11/x")
}

// Without a service it is said how to do it by hand, and nothing is waited for for ever.
func TestEjectByHand(t *testing.T) {
	tree := mediatest.NewTree(t)
	stick(tree)
	d := scan(t, media.Options{Roots: tree.Roots, Ask: roomy.ask})[0]
	dir, err := os.MkdirTemp("", "bus") // t.TempDir is too long for a socket's name
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	deaf, err := net.Listen("unix", filepath.Join(dir, "deaf"))
	check(t, err)
	t.Cleanup(func() { deaf.Close() })
	hanging := keychaintest.StartBus(t)
	wake := make(chan struct{})
	t.Cleanup(func() { close(wake) })
	(&mediatest.UDisks{Unmount: func() error { <-wake; return nil }}).Serve(t, hanging, d.Mount)
	for name, tt := range map[string]struct {
		bus      string
		patience time.Duration
		is       error
	}{
		"no bus":                    {"", time.Hour, media.ErrNoService},
		"nobody listens":            {"unix:path=" + filepath.Join(dir, "none"), time.Hour, media.ErrNoService},
		"no address":                {"nonsense", time.Hour, media.ErrNoService},
		"no service on the bus":     {keychaintest.StartBus(t).Address, time.Hour, media.ErrNoService},
		"a bus that never answers":  {"unix:path=" + filepath.Join(dir, "deaf"), 300 * time.Millisecond, context.DeadlineExceeded},
		"a service that never does": {hanging.Address, 300 * time.Millisecond, context.DeadlineExceeded},
	} {
		got, err := media.Ejector{Bus: tt.bus, Roots: tree.Roots, Patience: tt.patience}.Eject(t.Context(), d)
		if !errors.Is(err, tt.is) || got.Unmounted || !strings.Contains(err.Error(), "by hand") || !strings.Contains(err.Error(), d.Mount) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// A real stick is really unmounted, and who holds it is named.
func TestEjectARealStick(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	s, bus := mediatest.NewSocket(t), keychaintest.StartBus(t)
	s.Insert(mediatest.Image(t, "ONE"), false)
	d := virtual(t, s, media.Options{})
	(&mediatest.UDisks{Unmount: s.TryUnmount}).Serve(t, bus, s.Mount)
	held, err := os.Create(filepath.Join(s.Mount, "FILE"))
	check(t, err)
	var busy *media.BusyError
	if _, err := (media.Ejector{Bus: bus.Address}).Eject(t.Context(), d); !errors.As(err, &busy) || len(busy.Holders) != 1 || busy.Holders[0].PID != os.Getpid() || busy.Holders[0].Name == "" {
		t.Errorf("%v", err)
	}
	check(t, held.Close())
	got, err := media.Ejector{Bus: bus.Address}.Eject(t.Context(), d)
	if check(t, err); got != (media.Ejected{Unmounted: true}) {
		t.Errorf("%+v", got)
	}
	check(t, media.WaitOut(t.Context(), media.Roots{}, d.Identity()))
}
