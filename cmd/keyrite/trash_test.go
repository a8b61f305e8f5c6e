package main

import (
	"os"
	"slices"
	"testing"
	"time"

	"keyrite/cmd/keyrite/demo"
	"keyrite/keyring"
)

// TestConsoleBringsBack: the palette leads to the trash, and a removed key comes back from
// there once it has proved that it opens. The file in the trash stays.
func TestConsoleBringsBack(t *testing.T) {
	world, desk, d := demoConsole(t)
	store := desk.session.keys
	here := func() (ids []string) {
		t.Helper()
		infos, err := store.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range infos {
			ids = append(ids, string(k.KeyID))
		}
		return ids
	}
	infos, err := store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(infos, func(k keyring.Info) bool { return k.Role == "targets" && k.GUN == demo.Host+"/pay/web" })
	removed := infos[at].KeyID
	path, err := store.Trash(t.Context(), removed, time.Now())
	if err != nil || slices.Contains(here(), string(removed)) {
		t.Fatalf("in the trash at %q: %v", path, err)
	}
	d.Press("esc", "2", ":").Type("trash").Press("enter").Has("keyrite > keys > trash", removed.Short(), "repository", "Enter bring back")
	d.Press("/").Type(removed.Short()).Press("enter", "enter").Has("import keys", removed.Short()).Press("enter").Has("PASSPHRASE OF")
	d.Type("not the one").Press("enter").Has("does not open").Type(world.Passphrases["targets"]).Press("enter").Has("IMPORT 1 KEY")
	if slices.Contains(here(), string(removed)) {
		t.Fatal("it is back before the answer")
	}
	d.Advance(time.Second).Press("tab", "enter").Has("read back, and opened").Press("enter").Has("trash")
	if !slices.Contains(here(), string(removed)) {
		t.Errorf("%s is not back:\n%s", removed, d.Text())
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file in the trash: %v", err)
	}
}
