package interop_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/backup"
	"keyrite/cmd/keyrite/interop"
)

// onlyText fails unless every byte of a session is printable text or the end of a line, as a
// terminal writes it, and none of secrets is among them.
func onlyText(t *testing.T, x *interop.Lines, secrets ...string) {
	t.Helper()
	text := x.Text()
	for _, r := range text {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%q is no text:\n%q", r, text)
		}
	}
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("a passphrase was shown: %q", s)
		}
	}
}

// The journey of TestJourney, in lines: find an unsigned tag, rotate the repository key, back
// up, and restore on another machine.
func TestJourneyInLines(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	oldKey, root := d.KeyID("targets", d.gun), d.KeyID("root", "")
	before := tree(t, d.TrustDir)
	identity, recipient := newIdentity(t)
	stick := filepath.Join(t.TempDir(), "stick")

	d.keyrite.Env = []string{"TERM=dumb"}
	x := d.keyrite.Lines()
	d.findsUnsignedInLines(x)
	d.rotatesInLines(x, oldKey, root)
	file := backsUpInLines(t, x, stick, recipient, identity)
	x.Say("q")
	if code := x.End(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	onlyText(t, x, interop.Known.Root, newPassphrase, "not the passphrase")

	newKey := d.KeyID("targets", d.gun)
	if newKey == oldKey || d.HasKey(oldKey) {
		t.Errorf("the new key is %s, the old one %s", newKey, oldKey)
	}
	nothingLost(t, before, tree(t, d.TrustDir))
	opensWithAge(t, file, identity, d.TrustDir)

	fresh := interop.NewKeyrite(t)
	fresh.Args = []string{"--server", d.Server, "--registry", d.registry.URL}
	restored := d.Fresh()
	restored.TrustDir = filepath.Join(fresh.DockerConfig(), "trust")
	restored.Passphrases.Targets = newPassphrase
	y := fresh.Lines("--plain")
	restoresInLines(t, y, file, identity, newKey, root)
	y.Say("q")
	if code := y.End(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	onlyText(t, y)
	if diff := gocmp.Diff(d.Keys(), restored.Keys()); diff != "" {
		t.Error("restored keys:", diff)
	}
	restored.Sign(d.gun, "1.3", digest1, 1)
	if got := d.Fresh().List(d.gun); len(got) != 4 {
		t.Errorf("published after the journey: %v", got)
	}
}

func (d desk) findsUnsignedInLines(x *interop.Lines) {
	x.Wait("keyrite: overview.", "Next step back up", "Type a number for details")
	x.Say("keys", "keyrite: keys.", "2 keys", "Role root.", "Role repository.")
	x.Say("1", "Selected: 1 of 2.", "locked with a passphrase", "Type an empty line for open")
	x.Say("", "keyrite: keys, ", "SIGNS FOR 1 REPOSITORY.")
	x.Say("q", "keyrite: keys.")
	x.Say("repos", "keyrite: repos.", d.gun)
	x.Say("1", "Selected: 1 of 1.", "root v")
	x.Say("", "4 tags: 1 signed and current", "Tag 1.1. State SIGNED, MOVED.", "Tag 1.0. State signed.")
	x.Say("/unsigned", "1 of 1. Soon. Tag 2.0-rc1. State UNSIGNED.", `Filter "unsigned": 1 of 4 tags.`)
	x.Say("1", "Selected: 1 of 1.", "Clients that check signatures refuse this tag.")
	x.Say("", "Nobody has signed it.", d.gun+":2.0-rc1")
	x.Say("q", "keyrite: repos, team/app.")
	x.Say("/", "Tag 1.0. State signed.")
}

func (d desk) rotatesInLines(x *interop.Lines, oldKey, root string) {
	x.Say("R", "What kind of rotation?", "1 of ", "new repository key")
	x.Say("1", "Selected: 1 of ", "Type an empty line for open")
	x.Say("", "Step 1 of 5: Check.", "Old repository key "+oldKey[:4]+" "+oldKey[4:8], "repository key "+oldKey[:7]+" is here", "Leaving now changes nothing.", "an empty line for")
	x.Say("", "PASSPHRASE OF THE ROOT KEY.", root[:4]+" "+root[4:8], "typed unseen")
	x.Say("not the passphrase", "That passphrase does not open this key. Second try. Nothing has changed.")
	x.Say(interop.Known.Root, "NEW PASSPHRASE OF THE REPOSITORY KEY.", "It is asked twice.")
	x.Say(newPassphrase, "The same passphrase once more")
	x.Say(newPassphrase, "Step 3 of 5: Review.", "an empty line for confirm")
	// Whoever types ahead is not asked what they have not read.
	x.Say("\n"+d.gun, "Type  "+d.gun+"  to do it", "was not taken")
	x.Ponder()
	x.Say("publish", "Not done: what was typed is not what is asked for.")
	x.Say(d.gun, "Step 5 of 5: Close.", "yes: as a client that knows nothing", "It is done and was read back.", oldKey[:7]+" in the trash")
	x.Say("", "keyrite: repos, team/app.")
	x.Say("q", "keyrite: repos.")
}

func backsUpInLines(t *testing.T, x *interop.Lines, stick, recipient, identity string) string {
	x.Say("backups", "No backup is remembered on this machine.")
	x.Say("b", "Step 1 of 4: Choose.", "Nothing is written yet.")
	x.Say("f", "WHERE THE BACKUP GOES.", "(an empty line leaves)")
	x.Say(stick, "Fine. "+stick)
	x.Say("n", "WHO CAN OPEN IT.", "Public keys (an empty line leaves)")
	x.Say(recipient, "COMPARE THE FINGERPRINT.", "Last group, as its holder gives it")
	to, err := backup.ParseRecipients([]string{recipient})
	if err != nil {
		t.Fatal(err)
	}
	x.Say(to[0].LastGroup(), "2 keys, each still locked", "metadata of 1 repository", "no identity is at hand")
	x.Say("i", "PROVE IT.")
	x.Say(identity, "decrypted to the end and compared")
	x.Say("B", "Step 3 of 4: Prove.", "decrypted to the end, every file compared")
	files, err := filepath.Glob(filepath.Join(stick, "*.age"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the folder holds %q, %v", files, err)
	}
	x.Say("W", "DO WITHOUT COPY 2?", "2 of 2. do without; that is recorded.")
	x.Say("2", "Step 4 of 4: Sheet.", "SIGNING KEYS: BACKUP SHEET")
	x.Say("", "1 copy is remembered", filepath.Base(files[0]), "proven")
	return files[0]
}

func restoresInLines(t *testing.T, x *interop.Lines, file, identity string, ids ...string) {
	x.Wait("No signing key was found here yet.", "Restore keys from a backup")
	x.Say("2", "Step 1 of 5: Find.")
	x.Say("f", "File (an empty line leaves): ")
	x.Say(file, "HOW IS IT OPENED?", "Type a number from 1 to ")
	x.Say("1", "Identity file (")
	x.Say(identity, "Step 3 of 5: Compare.", "2 keys to add", "Nothing is written yet.")
	x.Say("", "RESTORE INTO A TRUST DIRECTORY.", `Type the words "Restore" to do it (an empty line: `)
	x.Ponder()
	x.Say("restore", "Step 5 of 5: Prove.", "read back and is what the backup says")
	x.Say("", "keyrite: overview.")
	told := x.Say("keys", "keyrite: keys.", "2 keys (")
	for _, id := range ids {
		if !strings.Contains(told, "Key "+id[:7]) {
			t.Errorf("key %s is not told:\n%s", id, told)
		}
	}
}

// However a console in lines ends, what is typed is shown again.
func TestLinesGiveTheEchoBack(t *testing.T) {
	t.Parallel()
	s := interop.StartServer(t, interop.ServerOptions{})
	n := s.Notary(t)
	n.InitServerSnapshot("example.com/app")
	for name, tt := range map[string]struct {
		end  func(*interop.Lines)
		code int
	}{
		"the answer": {func(x *interop.Lines) { x.Send("\n", "Leaving now changes nothing."); x.Send("\x03\x03") }, 0},
		"Ctrl-c":     {func(x *interop.Lines) { x.Send("\x03", "? for help"); x.Say("q"); x.Say("q"); x.Say("q"); x.Say("q") }, 0},
		"Ctrl-d":     {func(x *interop.Lines) { x.Send("\x04", "? for help"); x.Send("\x04\x04\x04\x04\x04") }, 0},
		"SIGTERM":    {func(x *interop.Lines) { x.Signal(syscall.SIGTERM) }, 130},
		"SIGHUP":     {func(x *interop.Lines) { x.Signal(syscall.SIGHUP) }, 130},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := n.Keyrite()
			k.Env = []string{"ACCESSIBLE=1"}
			x := k.Lines()
			x.Wait("keyrite: overview.", "Type ")
			if !x.Echoes() {
				t.Fatal("there is no echo to begin with")
			}
			x.Say("o", "OPEN A REPOSITORY.")
			x.Say("example.com/app", "keyrite: overview, ")
			x.Say("R", "What kind of rotation?")
			x.Say("1", "Selected: 1 of ")
			x.Say("", "Step 1 of 5: Check.", "Leaving now changes nothing.")
			x.Say("", "PASSPHRASE OF THE ROOT KEY.", "typed unseen")
			if x.Echoes() {
				t.Fatal("a passphrase would be seen")
			}
			tt.end(x)
			if code := x.End(); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if !x.Echoes() {
				t.Error("what is typed stays unseen")
			}
			onlyText(t, x)
		})
	}
}
