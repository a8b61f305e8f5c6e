package mediatest

import (
	"maps"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"

	"keyrite/keyring/keychain/keychaintest"
)

const (
	udisksName = "org.freedesktop.UDisks2"
	udisksPath = dbus.ObjectPath("/org/freedesktop/UDisks2")
	blockPath  = udisksPath + "/block_devices/"
	drivePath  = udisksPath + "/drives/FAKE0001"
)

// UDisks is a fake UDisks2 on a test's own bus. It knows one drive, whose file system is
// mounted at a folder, and does what the functions say; nil says that all went well.
type UDisks struct {
	// Unmount, Lock, PowerOff and Eject are called for the methods of those names.
	Unmount, Lock, PowerOff, Eject func() error
	// CanPowerOff, Ejectable and Encrypted are what the drive says of itself.
	CanPowerOff, Ejectable, Encrypted bool

	mu    sync.Mutex
	calls []string
}

// Fail is an error of UDisks2's own: "DeviceBusy", "NotAuthorized".
func Fail(name string) error {
	return dbus.Error{Name: udisksName + ".Error." + name, Body: []any{"it says \x1b[31m" + name}}
}

// Serve puts the service on the bus, with a file system that is mounted at point.
func (u *UDisks) Serve(tb testing.TB, bus *keychaintest.Bus, point string) {
	tb.Helper()
	conn := bus.Connect(tb)
	inner, outer := blockPath+"dm_2d0", blockPath+"sdb1"
	if !u.Encrypted {
		inner = outer
	}
	for _, object := range []struct {
		at   dbus.ObjectPath
		face string
		does map[string]any
	}{
		{udisksPath, "org.freedesktop.DBus.ObjectManager", map[string]any{"GetManagedObjects": u.objects(inner, outer, point)}},
		{inner, udisksName + ".Filesystem", map[string]any{"Unmount": u.method("Unmount", u.Unmount)}},
		{outer, udisksName + ".Encrypted", map[string]any{"Lock": u.method("Lock", u.Lock)}},
		{drivePath, udisksName + ".Drive", map[string]any{"PowerOff": u.method("PowerOff", u.PowerOff), "Eject": u.method("Eject", u.Eject)}},
	} {
		if err := conn.ExportMethodTable(object.does, object.at, object.face); err != nil {
			tb.Fatal(err)
		}
	}
	if r, err := conn.RequestName(udisksName, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		tb.Fatal("the name on the bus:", r, err)
	}
}

// Calls are the methods that were called, in order.
func (u *UDisks) Calls() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string{}, u.calls...)
}

func (u *UDisks) method(name string, does func() error) func(map[string]dbus.Variant) *dbus.Error {
	return func(map[string]dbus.Variant) *dbus.Error {
		u.mu.Lock()
		u.calls = append(u.calls, name)
		u.mu.Unlock()
		if does == nil {
			return nil
		}
		err := does()
		if said, ok := err.(dbus.Error); ok {
			return &said
		}
		if err != nil {
			return dbus.NewError(udisksName+".Error.Failed", []any{err.Error()})
		}
		return nil
	}
}

type faces = map[string]map[string]dbus.Variant

func (u *UDisks) objects(inner, outer dbus.ObjectPath, point string) func() (map[dbus.ObjectPath]faces, *dbus.Error) {
	v := dbus.MakeVariant
	none := dbus.ObjectPath("/")
	block := map[string]dbus.Variant{"Device": v([]byte("/dev/sdb1\x00")), "Drive": v(drivePath), "CryptoBackingDevice": v(none)}
	all := map[dbus.ObjectPath]faces{
		outer:     {udisksName + ".Block": block},
		drivePath: {udisksName + ".Drive": {"Serial": v("FAKE0001"), "CanPowerOff": v(u.CanPowerOff), "Ejectable": v(u.Ejectable)}},
	}
	if u.Encrypted {
		upper := maps.Clone(block)
		upper["Drive"], upper["CryptoBackingDevice"] = v(none), v(outer)
		all[inner] = faces{udisksName + ".Block": upper}
	}
	all[inner][udisksName+".Filesystem"] = map[string]dbus.Variant{"MountPoints": v([][]byte{append([]byte(point), 0)})}
	return func() (map[dbus.ObjectPath]faces, *dbus.Error) { return all, nil }
}
