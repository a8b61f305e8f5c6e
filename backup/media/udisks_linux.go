package media

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// Names of UDisks2 on the system bus (its D-Bus reference).
const (
	udisksName    = "org.freedesktop.UDisks2"
	udisksPath    = dbus.ObjectPath("/org/freedesktop/UDisks2")
	managed       = "org.freedesktop.DBus.ObjectManager.GetManagedObjects"
	asFileSystem  = udisksName + ".Filesystem"
	asBlock       = udisksName + ".Block"
	asEncrypted   = udisksName + ".Encrypted"
	asDrive       = udisksName + ".Drive"
	udisksErrors  = udisksName + ".Error."
	goneWithin    = 3 * time.Second
	notAuthorized = udisksErrors + "NotAuthorized"
)

type objects map[dbus.ObjectPath]map[string]map[string]dbus.Variant

// Eject unmounts a drive and has it switched off or ejected. Unmounting is what matters, and
// is an error if it fails: a BusyError, ErrDenied, ErrNoService or ctx's, each with what to
// do. What could not be done after it is in Note.
func (e Ejector) Eject(ctx context.Context, d Drive) (Ejected, error) {
	e.Roots = e.Roots.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(e.Patience, DefaultEjectPatience))
	defer cancel()
	if e.Bus == "" {
		return Ejected{}, byHand(d, ErrNoService)
	}
	conn, err := dbus.Connect(e.Bus, dbus.WithContext(ctx))
	if err != nil {
		return Ejected{}, byHand(d, noService(ctx, err))
	}
	defer conn.Close()
	u := udisks{e, conn, d}
	var all objects
	if err := u.call(ctx, udisksPath, managed).Store(&all); err != nil {
		return Ejected{}, byHand(d, noService(ctx, err))
	}
	at, ok := all.mountedAt(d.Mount)
	if !ok {
		return Ejected{}, byHand(d, fmt.Errorf("%w: it does not know this drive", ErrNoService))
	}
	if err := u.unmount(ctx, at); err != nil {
		return Ejected{}, err
	}
	return u.switchOff(ctx, all, at), nil
}

// udisks ejects one drive.
type udisks struct {
	Ejector
	conn  *dbus.Conn
	drive Drive
}

func (u udisks) call(ctx context.Context, at dbus.ObjectPath, method string, args ...any) *dbus.Call {
	return u.conn.Object(udisksName, at).CallWithContext(ctx, method, 0, args...)
}

// noOptions is what every method of UDisks2 takes last.
var noOptions = map[string]dbus.Variant{}

// unmount believes the kernel alone.
func (u udisks) unmount(ctx context.Context, at dbus.ObjectPath) error {
	err := u.call(ctx, at, asFileSystem+".Unmount", noOptions).Err
	var said dbus.Error
	switch errors.As(err, &said); {
	case err == nil:
	case said.Name == udisksErrors+"DeviceBusy":
		return &BusyError{Title: u.drive.Title(), Mount: u.drive.Mount, Holders: u.Roots.holders(u.drive.Mount)}
	case strings.HasPrefix(said.Name, notAuthorized):
		return byHand(u.drive, ErrDenied)
	case said.Name == udisksErrors+"NotMounted":
	default:
		return byHand(u.drive, noService(ctx, err))
	}
	all, err := u.Roots.mounts()
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.id == u.drive.mount && m.point == u.drive.Mount {
			return byHand(u.drive, errors.New("the disk service said it was unmounted, and it is not"))
		}
	}
	return nil
}

// switchOff locks what was unlocked and takes the drive's power, unless another file system
// of it is in use.
func (u udisks) switchOff(ctx context.Context, all objects, at dbus.ObjectPath) Ejected {
	done := Ejected{Unmounted: true}
	if backing := all.path(at, asBlock, "CryptoBackingDevice"); backing != "" && backing != "/" {
		if err := u.call(ctx, backing, asEncrypted+".Lock", noOptions).Err; err != nil {
			done.Note = fmt.Sprintf("it is unmounted, and could not be locked: %v", err)
			return done
		}
		at = backing
	}
	if other := u.inUse(); other != "" {
		done.Note = fmt.Sprintf("it is unmounted; the same drive is still mounted at %q, so unmount that too before you take it out", other)
		return done
	}
	drive := all.path(at, asBlock, "Drive")
	method := ""
	switch {
	case all.says(drive, "CanPowerOff"):
		method = ".PowerOff"
	case all.says(drive, "Ejectable"):
		method = ".Eject"
	default:
		return done
	}
	if err := u.call(ctx, drive, asDrive+method, noOptions).Err; err != nil {
		done.Note = fmt.Sprintf("it is unmounted and can be taken out; it could not be switched off: %v", err)
		return done
	}
	ctx, cancel := context.WithTimeout(ctx, goneWithin)
	defer cancel()
	done.Off = WaitOut(ctx, u.Roots, u.drive.Identity()) == nil
	return done
}

// inUse is where another file system of the same disk is mounted, "" if none is.
func (u udisks) inUse() string {
	all, err := u.Roots.mounts()
	if err != nil {
		return ""
	}
	for _, m := range all {
		if b, ok := u.Roots.device(m); ok {
			for _, disk := range b.disks() {
				if disk.name() == u.drive.disk {
					return m.point
				}
			}
		}
	}
	return ""
}

// mountedAt is the object of the file system that is mounted at a folder.
func (all objects) mountedAt(point string) (dbus.ObjectPath, bool) {
	for at, faces := range all {
		points, _ := faces[asFileSystem]["MountPoints"].Value().([][]byte)
		for _, p := range points {
			if string(bytes.TrimRight(p, "\x00")) == point {
				return at, true
			}
		}
	}
	return "", false
}

func (all objects) path(at dbus.ObjectPath, face, property string) dbus.ObjectPath {
	to, _ := all[at][face][property].Value().(dbus.ObjectPath)
	return to
}

func (all objects) says(at dbus.ObjectPath, property string) bool {
	yes, _ := all[at][asDrive][property].Value().(bool)
	return yes
}

// noService is the meaning of an error of the bus: nobody there, nobody who answers, or
// what it says.
func noService(ctx context.Context, err error) error {
	var said dbus.Error
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the disk service does not answer: %w", ctx.Err())
	case !errors.As(err, &said):
		return fmt.Errorf("%w: %w", ErrNoService, err)
	case strings.HasPrefix(said.Name, "org.freedesktop.DBus.Error.AccessDenied"):
		return ErrDenied
	case strings.HasPrefix(said.Name, "org.freedesktop.DBus.Error."):
		return fmt.Errorf("%w: %w", ErrNoService, said)
	}
	return fmt.Errorf("the disk service says: %w", said)
}
