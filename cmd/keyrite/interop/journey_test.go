package interop_test

import (
	"fmt"
	"path/filepath"

	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/backup"
	"keyrite/cmd/keyrite/interop"
)

// A desk is a signed repository on a real trust server and a real registry, with a tag in
// each of the four states, and a console that nobody has told a passphrase.
type desk struct {
	*interop.Notary
	registry *interop.Registry
	keyrite  *interop.Keyrite
	gun      string
	images   map[string]interop.Image
}

func newDesk(t *testing.T) desk {
	s, reg := interop.StartServer(t, interop.ServerOptions{}), interop.StartRegistry(t)
	d := desk{Notary: s.Notary(t), registry: reg, gun: reg.Host + "/team/app", images: make(map[string]interop.Image)}
	d.InitServerSnapshot(d.gun)
	for _, tag := range []string{"1.0", "1.1", "1.2"} {
		d.images[tag] = reg.Push("team/app", tag, tag)
		d.Sign(d.gun, tag, d.images[tag].Digest, d.images[tag].Length)
	}
	reg.Tag("team/app", "1.1", reg.Push("team/app", "2.0-rc1", "2.0-rc1"))
	reg.Untag("team/app", "1.2")
	d.keyrite = d.Notary.Keyrite()
	d.keyrite.Env = nil
	d.keyrite.Args = append(d.keyrite.Args, "--registry", reg.URL)
	return d
}

// openTags opens the repository by its name, from the list of keys.
func (d desk) openTags(x *interop.Terminal) string {
	x.Wait("[1 Overview", "of 1 repository checked.", "has no backup")
	x.Press("2", "2 keys", "root", "repository")
	x.Press("o", "OPEN A REPOSITORY")
	x.Type(d.gun)
	x.Wait(d.gun)
	return x.Press("Enter", "4 tags: 1 signed and current")
}

// One journey through the real program in a real terminal, against the real servers: find
// an unsigned tag, rotate the repository key, back up, and restore on another machine.
// What the screen says is compared with what lies on the disk.
func TestJourney(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	oldKey, root := d.KeyID("targets", d.gun), d.KeyID("root", "")
	before := tree(t, d.TrustDir)
	identity, recipient := newIdentity(t)
	stick := filepath.Join(t.TempDir(), "stick")

	x := d.keyrite.Terminal(100, 30)
	d.findsUnsigned(x)
	d.rotatesRepositoryKey(x, oldKey, root)
	file := backsUp(t, x, stick, recipient, identity)
	x.Press("q", interop.TerminalAfter+"0\n", interop.TerminalBefore)

	newKey := d.KeyID("targets", d.gun)
	if newKey == oldKey || d.HasKey(oldKey) {
		t.Errorf("the new key is %s, the old one %s", newKey, oldKey)
	}
	nothingLost(t, before, tree(t, d.TrustDir))
	trashed, err := filepath.Glob(filepath.Join(d.TrustDir, "trash", "*", oldKey+".key"))
	if err != nil || len(trashed) != 1 {
		t.Errorf("in the trash: %q, %v", trashed, err)
	}
	opensWithAge(t, file, identity, d.TrustDir)

	// Another machine: no trust directory, no state, no cache.
	fresh := interop.NewKeyrite(t)
	fresh.Args = []string{"--server", d.Server, "--registry", d.registry.URL}
	restored := d.Fresh()
	restored.TrustDir = filepath.Join(fresh.DockerConfig(), "trust")
	restored.Passphrases.Targets = newPassphrase
	y := fresh.Terminal(100, 30)
	restores(y, file, identity, newKey, root)
	y.Press("q", interop.TerminalAfter+"0\n", interop.TerminalBefore)
	if diff := gocmp.Diff(d.Keys(), restored.Keys()); diff != "" {
		t.Error("restored keys:", diff)
	}
	restored.Sign(d.gun, "1.3", digest1, 1)
	if got := d.Fresh().List(d.gun); len(got) != 4 {
		t.Errorf("published after the journey: %v", got)
	}
}

const newPassphrase = "chosen on the journey"

// findsUnsigned filters the tags, opens the one without a signature, and comes back.
func (d desk) findsUnsigned(x *interop.Terminal) {
	d.openTags(x)
	x.Press("/", "Esc clear")
	x.Type("unsigned")
	x.Wait("1 of 4 tags", "2.0-rc1  UNSIGNED")
	x.Press("Enter", "Enter open")
	x.Press("Enter", "Nobody has signed it.", d.gun+":2.0-rc1")
	x.Press("Escape", "Enter open", "1 of 4 tags")
	x.Press("Escape", "1.0      signed")
}

// rotatesRepositoryKey types two passphrases and the repository's name.
func (d desk) rotatesRepositoryKey(x *interop.Terminal, oldKey, root string) {
	x.Press("R", "What kind of rotation?", ">-- new repository key")
	x.Press("Enter", "[1 Check]", "ROTATE THE REPOSITORY KEY", "Old repository key  "+oldKey[:4]+" "+oldKey[4:8], "repository key "+oldKey[:7]+" is here", "Leaving now changes nothing.")
	x.Press("Enter", "PASSPHRASE OF THE ROOT KEY", root[:4]+" "+root[4:8], "hidden; empty")
	x.Type("not the passphrase")
	x.Wait("something is typed")
	x.Press("Enter", "That passphrase does not open this key. Second try. Nothing has changed.")
	x.Type(interop.Known.Root)
	x.Wait("something is typed")
	x.Press("Enter", "NEW PASSPHRASE OF THE REPOSITORY KEY", "hidden; empty")
	x.Type(newPassphrase)
	x.Wait("something is typed")
	x.Press("Enter", "Once more", "hidden; empty")
	x.Type(newPassphrase)
	x.Wait("something is typed")
	x.Press("Enter", "[3 Review]", "Enter confirm")
	x.Press("Enter", "to allow it:", "(locked)")
	x.Ponder()
	x.Press("Tab", `"Publish to 1 repository" is selected`)
	x.Press("Enter", "Locked: what is typed is not what is asked for.")
	x.Type(d.gun)
	x.Wait(fmt.Sprintf("%d of %d", len(d.gun), len(d.gun)))
	x.Press("Enter", "[5 Close]", "yes: as a client that knows nothing", "It is done and was read back.", oldKey[:7]+"  in the trash")
}

// backsUp writes a backup for a recipient, proves it with the identity, and returns the
// file that the screen names.
func backsUp(t *testing.T, x *interop.Terminal, stick, recipient, identity string) string {
	x.Press("4", "No backup is remembered on this machine.")
	x.Press("b", "[1 Choose]", "Nothing is written yet.")
	x.Press("f", "WHERE THE BACKUP GOES")
	x.Type(stick)
	x.Press("Enter", "nobody yet")
	x.Press("n", "Public keys:", "Enter take")
	x.Type(recipient)
	x.Press("Enter", "COMPARE THE FINGERPRINT", "Last group")
	to, err := backup.ParseRecipients([]string{recipient})
	if err != nil {
		t.Fatal(err)
	}
	x.Type(to[0].LastGroup())
	x.Press("Enter", "2 keys, each still locked", "metadata of 1 repository", "decrypted by nobody")
	x.Press("i", "PROVE IT")
	x.Type(identity)
	x.Press("Enter", "decrypted to the end and compared", "proven by an identity") // the plan is there again
	x.Press("B", "[3 Prove]", "decrypted to the end, every file compared")
	files, err := filepath.Glob(filepath.Join(stick, "*.age"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the folder holds %q, %v", files, err)
	}
	x.Wait(filepath.Base(files[0]), "RESTORE.txt")
	x.Press("W", "DO WITHOUT COPY 2?")
	x.Press("2", "[4 Sheet]", "SIGNING KEYS: BACKUP SHEET")
	x.Press("Enter", "1 copy is remembered", filepath.Base(files[0]), "proven")
	return files[0]
}

// restores takes the second choice of a console that finds no key, opens the backup with the
// identity, and looks at the keys.
func restores(x *interop.Terminal, file, identity string, ids ...string) {
	x.Wait("No signing key was found here yet.", "Restore keys from a backup")
	x.Press("2", "WHICH BACKUP", "f names a file")
	x.Press("f", "File:")
	x.Type(file)
	x.Press("Enter", "HOW IS IT OPENED?")
	x.Press("1", "Identity file:")
	x.Type(identity)
	x.Press("Enter", "[3 Compare]", "2 keys to add", "Nothing is written yet.")
	x.Press("Enter", "RESTORE INTO A TRUST DIRECTORY")
	x.Ponder()
	x.Press("Tab", `"Restore" is selected`)
	x.Press("Enter", "[5 Prove]", "read back and is what the backup says")
	x.Press("Enter", "[1 Overview")
	x.Press("2", "2 keys (")
	for _, id := range ids {
		x.Wait(id[:7])
	}
}

// opensWithAge opens a backup with stock age and tar, and compares the key files with those
// of a trust directory.
func opensWithAge(t *testing.T, file, identity, trustDir string) {
	t.Helper()
	plain, dir := filepath.Join(t.TempDir(), "plain.tar"), t.TempDir()
	interop.Exec(t, dir, interop.Peer(t, "age"), "-d", "-i", identity, "-o", plain, file)
	interop.Exec(t, dir, interop.Need(t, "tar"), "-xf", plain)
	want, got := tree(t, filepath.Join(trustDir, "private")), tree(t, filepath.Join(dir, "private"))
	if diff := gocmp.Diff(want, got); diff != "" || len(want) != 2 {
		t.Errorf("%d keys; in the backup (+) and in the trust directory (-): %s", len(want), diff)
	}
}
