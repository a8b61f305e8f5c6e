package keychain

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"
	gokeyring "github.com/zalando/go-keyring"
)

func TestExplain(t *testing.T) {
	answer := func(name string) error { return dbus.Error{Name: name, Body: []any{"text\x1b[2J\nof another program"}} }
	for _, tt := range []struct {
		err, want error
	}{
		{gokeyring.ErrNotFound, fs.ErrNotExist},
		{gokeyring.ErrSetDataTooBig, ErrTooBig},
		{gokeyring.ErrUnsupportedPlatform, ErrNoService},
		{answer("org.freedesktop.Secret.Error.IsLocked"), ErrLocked},
		{errors.New("failed to unlock correct collection '/x'"), ErrLocked},
		{answer("org.freedesktop.DBus.Error.AccessDenied"), ErrDenied},
		{answer("org.freedesktop.DBus.Error.TimedOut"), ErrHung},
		{answer("org.freedesktop.DBus.Error.ServiceUnknown"), ErrNoService},
		{answer("org.freedesktop.DBus.Error.NoReply"), ErrNoService}, // the service went away
		{errors.New("dbus: authentication failed"), ErrNoService},    // the bus of another user
		{&net.OpError{Op: "dial", Err: syscall.EACCES}, ErrNoService},
		{io.EOF, ErrNoService},
		{dbus.ErrClosed, ErrNoService},
	} {
		got := explain(tt.err)
		if !errors.Is(got, tt.want) {
			t.Errorf("%v is %v, want %v", tt.err, got, tt.want)
		}
		if strings.ContainsAny(got.Error(), "\x1b\n") {
			t.Errorf("what another program wrote is not quoted: %q", got)
		}
	}
	for _, err := range []error{errors.New("something else\n"), answer("org.freedesktop.Secret.Error.NoSuchObject")} {
		got := explain(err)
		for _, known := range []error{ErrNoService, ErrLocked, ErrDenied, ErrHung, ErrTooBig, ErrForeign, fs.ErrNotExist} {
			if errors.Is(got, known) {
				t.Errorf("%q is taken for %q", err, known)
			}
		}
		if strings.ContainsAny(got.Error(), "\x1b\n") {
			t.Errorf("not quoted: %q", got)
		}
	}
	if explain(nil) != nil {
		t.Error("no error is one")
	}
}
