package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"keyrite/backup/media/mediatest"
	"keyrite/keyring/keychain/keychaintest"
)

// TestMediaScripts runs testdata/media. Each script has an ext4 stick on the loop device
// $LOOP, mounted at $STICK, and a fake UDisks2 that can unmount it on the system bus $DISKS;
// $EMPTY is a bus without one. "hold DIR" opens a file there, "letgo DIR" closes it.
func TestMediaScripts(t *testing.T) {
	if !mediatest.Mounting(t) {
		return
	}
	var held *os.File
	runScripts(t, filepath.Join("testdata", "media"), func(env *testscript.Env) error {
		tb := env.T().(testing.TB)
		disks, empty := keychaintest.StartBus(tb), keychaintest.StartBus(tb)
		socket := mediatest.NewSocket(tb)
		socket.Insert(mediatest.Image(tb, "BACKUP1"), false)
		(&mediatest.UDisks{Unmount: socket.TryUnmount}).Serve(tb, disks, socket.Mount)
		for name, value := range map[string]string{
			"LOOP": socket.Name, "STICK": socket.Mount, "DISKS": disks.Address, "EMPTY": empty.Address, "DBUS_SYSTEM_BUS_ADDRESS": disks.Address,
		} {
			env.Setenv(name, value)
		}
		return nil
	}, map[string]func(string) error{
		"hold": func(dir string) (err error) {
			held, err = os.Create(filepath.Join(dir, "HELD"))
			return err
		},
		"letgo": func(string) error { return held.Close() },
	})
}
