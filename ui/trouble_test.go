package ui_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/access"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/uitest"
)

func stripped(s string) string { return ansi.Strip(s) }

// TestEveryTroubleSaysWhatToDo: each kind of error that the layers below tell apart has
// a meaning and a next step.
func TestEveryTroubleSaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{keyring.ErrPassphrase, "restore it from a backup"}, {keyring.ErrMismatch, "last backup"}, {keyring.ErrDamaged, "Restore it"}, {keyring.ErrReadOnly, "--read-only"},
		{rotation.ErrMoved, "made anew"}, {rotation.ErrConflict, "made anew"}, {rotation.ErrRefused, "right is missing"}, {rotation.ErrUnknown, "Delete no key"}, {rotation.ErrUnsent, "Try again"},
		{fmt.Errorf("%w: %w", rotation.ErrEnded, trustdata.Refuse("root", trustdata.ReasonCertificate, "x")), "Found it anew"},
		{fmt.Errorf("%w, but: %w", rotation.ErrLanded, trustdata.Refuse("root", trustdata.ReasonSignature, "x")), "Keep old and new"},
		{&access.StatusError{Status: 401, URL: "https://notary.example/v2/"}, "docker login"}, {&access.StatusError{Status: 404, URL: "https://x"}, "never signed"},
		{remote.ErrNotTrustServer, "--server"}, {remote.ErrNotCached, "--offline"}, {access.ErrTruncated, "Try again"},
		{state.ErrLocked, "other keyrite"}, {state.ErrBroken, "who changed it"}, {state.ErrNewer, "newer keyrite"},
		{backup.ErrDamaged, "another copy"}, {backup.ErrIdentity, "identity"}, {backup.ErrDiffers, "--replace"}, {backup.ErrNewer, "newer keyrite"}, {backup.ErrChanged, "made anew"},
		{&rotation.MissingKeyError{Role: trustdata.RoleRoot}, "machine that has it (keyrite ceremony"}, {&rotation.MissingKeyError{Role: trustdata.RoleTargets}, "machine that has it."},
		{fmt.Errorf("%w, %w", trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonRollback, "old"), rotation.ErrOutdated), "prepared anew"}, {syscall.EROFS, "writable"}, {syscall.ENOSPC, "Make room"}, {fs.ErrPermission, "owner and the mode"}, {fs.ErrExist, "another name"}, {fs.ErrNotExist, "name is right"},
		{context.DeadlineExceeded, "--deadline"}, {&access.SilenceError{Host: "x"}, "--timeout"}, {&net.OpError{Op: "dial", Err: errors.New("refused")}, "--offline"}, {x509.UnknownAuthorityError{}, "ca.crt"},
		{trustdata.Refuse("root", trustdata.ReasonRollback, "x"), "Do not sign"}, {trustdata.Refuse("root", trustdata.ReasonChain, "x"), "root key"},
		{trustdata.Refuse("targets", trustdata.ReasonExpired, "x"), "sign it again"}, {trustdata.Refuse("targets", trustdata.ReasonSignature, "x"), "Do not pull"},
		{trustdata.Refuse("targets", trustdata.ReasonChecksum, "x"), "Read it again"}, {trustdata.Refuse("root", trustdata.ReasonCertificate, "x"), "certificate"},
		{trustdata.Refuse("root", trustdata.ReasonPin, "x"), "[pins]"}, {trustdata.Refuse("root", trustdata.ReasonFormat, "x"), "trust server"}, {trustdata.Refuse("root", trustdata.ReasonMissing, "x"), "Read it again"},
	} {
		err := fmt.Errorf("reading %q: %w", "a\x1b[2J/b", c.err)
		got := ui.Explain(err)
		if !strings.Contains(got.Do, c.want) || got.Means == "" || ui.Hint(err) != got.Do {
			t.Errorf("%v: means %q, do %q; want %q in it", c.err, got.Means, got.Do, c.want)
		}
		if strings.ContainsRune(got.Text(), '\x1b') || !strings.HasPrefix(got.What, "Reading ") {
			t.Errorf("%v: says %q", c.err, got.Text())
		}
	}
	if got := ui.Explain(errors.New("something else")); got.Do != "" || got.What != "Something else." {
		t.Errorf("an unknown error says %+v", got)
	}
}

func TestTroubleFits(t *testing.T) {
	long := ui.Explain(fmt.Errorf("reading %q: %w", strings.Repeat("日本", 200), fs.ErrPermission))
	for _, w := range []int{40, 60, 100} {
		lines := long.View(uitest.Styles(), w, 6)
		if len(lines) > 6 {
			t.Errorf("%d lines in 6", len(lines))
		}
		for _, l := range lines {
			if ansi.StringWidth(l) > w {
				t.Errorf("%d wide in %d: %q", ansi.StringWidth(l), w, l)
			}
		}
	}
}

func TestAges(t *testing.T) {
	for d, want := range map[time.Duration]string{-time.Hour: "0 s", 40 * time.Second: "40 s", 12 * time.Minute: "12 min", 47 * time.Hour: "47 h", 49 * time.Hour: "2 d", 20000 * time.Hour: "2 y"} {
		if got := ui.Age(d); got != want {
			t.Errorf("Age(%v) = %q, want %q", d, got, want)
		}
	}
	now, day := uitest.Start, 24*time.Hour
	for left, want := range map[time.Duration]string{-3 * day: "!! PAST 2026-11-19", 0: "!! PAST 2026-11-22", 11 * day: "!! 2026-12-03", 112 * day: "!  2027-03-14", 400 * day: "ok 2027-12-27"} {
		mark, text := ui.Ends(now.Add(left), now)
		if got := fmt.Sprintf("%-2s %s", mark, text); got != want {
			t.Errorf("Ends(%v) = %q, want %q", left, got, want)
		}
	}
	if mark, text := ui.Ends(time.Time{}, now); mark != ui.MarkNone || text != "--" {
		t.Errorf("no end is %q %q", mark, text)
	}
	if got := ui.When(now.Add(-3*day), now); got != "2026-11-19 09:41 UTC (3 d ago)" {
		t.Errorf("When = %q", got)
	}
	for _, c := range []struct {
		f    ui.Freshness
		want string
	}{
		{ui.Freshness{}, ""}, {ui.Freshness{Source: trustdata.SourceLive, At: now}, "live 09:41 UTC"},
		{ui.Freshness{Source: trustdata.SourceLive, At: now.Add(-12 * time.Minute)}, "12 min old"},
		{ui.Freshness{Source: trustdata.SourceCache, At: now.Add(-3 * time.Hour)}, "OFFLINE, 3 h old"},
		{ui.Freshness{Source: trustdata.SourceArchive, At: now}, "from archive"}, {ui.Freshness{Disk: true, At: now}, "disk 09:41 UTC"},
	} {
		if got := c.f.Text(now); got != c.want {
			t.Errorf("%+v is %q, want %q", c.f, got, c.want)
		}
	}
}

func TestGroups(t *testing.T) {
	if got := ui.Fours("7f3a9c1e5d20b846a1c7f093"); got != "7f3a 9c1e 5d20 b846   a1c7 f093" {
		t.Errorf("Fours = %q", got)
	}
	if got := ui.Eights("7f3a9c1e5d20b846a1"); got != "7f3a9c1e 5d20b846 a1" {
		t.Errorf("Eights = %q", got)
	}
}

// The number of a failed system call has the methods of a network error, and may come from
// a file.
func TestFileErrorIsNoServerTrouble(t *testing.T) {
	if hint := ui.Hint(&fs.PathError{Op: "read", Path: "/tmp", Err: syscall.EISDIR}); hint != "" {
		t.Errorf("a folder read as a file: %q", hint)
	}
}
