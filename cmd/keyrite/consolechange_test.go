package main

import (
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/cmd/keyrite/demo"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/remote"
	"keyrite/ui/uitest"
)

// tagsOf are the names that a repository signs, as its server has it now.
func (d *desk) tagsOf(t *testing.T, gun trustdata.GUN) string {
	t.Helper()
	col, err := d.session.collection(t.Context(), gun)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tag := range col.Tags {
		names = append(names, tag.Name)
	}
	return strings.Join(names, " ")
}

// at shows the repositories, with the cursor on one of them.
func at(d *uitest.Driver, path string) *uitest.Driver {
	return d.Press("esc", "3", "/").Type(path).Press("enter")
}

// TestConsoleRepairs: E signs again what has expired, without the tag that is dropped.
func TestConsoleRepairs(t *testing.T) {
	world, desk, d := demoConsole(t)
	at(d, "infra/base").Press("E").Has("VOUCH AGAIN FOR 3 TAGS", "bookworm-slim").Press("j", "x").Has("DROPPED").Press("enter")
	d.Type(world.Passphrases["targets"]).Press("enter").Has("[3 Review]").Press("enter").Advance(time.Second).Type(demo.Host+"/infra/base").Press("tab", "enter").Has("[5 Close]")
	if got := desk.tagsOf(t, demo.Host+"/infra/base"); got != "bookworm trixie" {
		t.Errorf("tags %q", got)
	}
	d.Press("enter").Has(time.Now().AddDate(3, 0, 0).Format("2006-")).Press("E").Has("Nothing of it has expired")
}

// TestConsoleRefreshesMarked: F signs roles of every marked repository again.
func TestConsoleRefreshesMarked(t *testing.T) {
	world, desk, d := demoConsole(t)
	at(d, "pay/api").Press("space", "F").Has("Nothing to do").Press("a").Has("SIGN 2 ROLES AGAIN").Press("enter")
	d.Type(world.Passphrases["root"]).Press("enter").Type(world.Passphrases["targets"]).Press("enter").Has("[3 Review]").Press("enter").Advance(time.Second).Press("tab", "enter").Has("[5 Close]")
	if v := desk.rootVersion(t, demo.Host+"/pay/api"); v != 2 {
		t.Errorf("root.json has version %d, want 2", v)
	}
}

// TestConsoleChangesSigners: the public key comes from a file, and X takes the right away.
func TestConsoleChangesSigners(t *testing.T) {
	world, desk, d := demoConsole(t)
	k, err := keyring.Generate(trustdata.KeyECDSA)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "carol.pub")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: k.Public().Value}), 0o600); err != nil {
		t.Fatal(err)
	}
	at(d, "pay/web").Press("enter", "w").Has("alice", "ci-bot").Press("A").Type("carol").Press("enter").Type(file).Press("enter").Has("LET A SIGNER SIGN TAGS", "targets/carol: is made").Press("enter")
	d.Type(world.Passphrases["targets"]).Press("enter", "enter").Advance(time.Second).Type("carol").Press("tab", "enter").Has("[5 Close]").Press("enter").Has("3 signers", "carol", k.KeyID().Short())
	d.Press("G", "X").Has("REMOVE A SIGNER", "targets/carol: is deleted").Press("enter").Type(world.Passphrases["targets"]).Press("enter", "enter").Advance(time.Second)
	d.Type("carol").Press("tab", "enter").Has("[5 Close]").Press("enter").Has("2 signers").Lacks("carol")
	col, err := desk.session.collection(t.Context(), demo.Host+"/pay/web")
	if err != nil {
		t.Fatal(err)
	}
	if _, listed := col.Role("targets/carol"); listed {
		t.Error("carol is still listed")
	}
}

// TestConsoleDeletesAndRetires: what is listed is not retired, and what is deleted is archived.
func TestConsoleDeletesAndRetires(t *testing.T) {
	_, desk, d := demoConsole(t)
	d.Press("esc", "2", "g", "M").Has("stays in private/", "lists it for root").Press("esc")
	d.Press("?").Has("move a root key out of use (retire)").Press("esc")
	kept := filepath.Join(t.TempDir(), "kept")
	at(d, "pay/api").Press("?").Has("refresh dates", "repair what has expired", "delete from the server").Press("esc").Press("X").Has("DELETE THE TRUST DATA OF 1 REPOSITORY").Press("enter", "a")
	d.Type(kept).Press("enter").Has("read back and verified").Press("enter", "enter").Advance(time.Second).Type(demo.Host+"/pay/api").Press("tab", "enter").Has("went with it")
	if _, err := desk.session.collection(t.Context(), demo.Host+"/pay/api"); !errors.Is(err, remote.ErrNotFound) {
		t.Errorf("the server has it: %v", err)
	}
	if found, err := filepath.Glob(filepath.Join(kept, "*")); err != nil || len(found) != 1 {
		t.Errorf("archived %v, %v", found, err)
	}
}

// TestConsoleChangesNothingReadOnly: every key of a change says why it cannot act.
func TestConsoleChangesNothingReadOnly(t *testing.T) {
	_, desk, d := demoConsole(t)
	desk.session.cli.flags.readOnly = true
	for _, key := range []string{"F", "E", "X"} {
		at(d, "pay/web").Press(key).Has("Read-only: start keyrite without --read-only")
	}
	d.Press("enter", "w", "A").Type("carol").Press("enter").Type("/none.pub").Press("enter").Has("Read-only:")
	d.Press("esc", "esc", "2", "g", "M").Has("Read-only:")
}
