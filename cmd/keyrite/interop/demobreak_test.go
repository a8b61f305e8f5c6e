package interop_test

import (
	"os"
	"regexp"
	"testing"

	"keyrite/backup"
	"keyrite/cmd/keyrite/interop"
)

// demoTerminal opens the console of a demo that begins with the named problems, and gives what
// its banner says: the recipient of backups, and the identity that opens them.
func demoTerminal(t *testing.T, with string) (x *interop.Terminal, recipient, identity string) {
	t.Helper()
	k := interop.NewKeyrite(t)
	dir, err := os.MkdirTemp("", "k") // a name so short that the banner's lines are whole
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	k.Env = []string{"TMPDIR=" + dir}
	x = k.Terminal(120, 40, "demo", "--with", with)
	banner := x.Wait("Enter opens the console")
	recipient = regexp.MustCompile(`age1[a-z0-9]+`).FindString(banner)
	identity = regexp.MustCompile(`opened with +(\S+)`).FindStringSubmatch(banner)[1]
	x.Press("Enter", "[1 Overview", "DEMO")
	return x, recipient, identity
}

// choose takes an entry of the palette by its name.
func choose(x *interop.Terminal, entry string, texts ...string) {
	x.Press(":", "entries")
	x.Type(entry)
	x.Wait("> " + entry)
	x.Press("Enter", texts...)
}

// TestDemoSurvivesServersOnScreen: a server that rolled back stops the console in red, what is
// tampered with is said, and when each is mended the screen says that all is well again.
func TestDemoSurvivesServersOnScreen(t *testing.T) {
	t.Parallel()
	x, _, _ := demoTerminal(t, "rollback")
	x.Wait("STOP: the server contradicts what was seen", "pay/api")
	x.Press("Enter", "overview > pay/api", "contradicts what this machine has seen")
	x.Press("e", "Both copies are in ", "state/keyrite/conflicts")
	x.Press("Escape")
	x.Until("the error is dismissed", func() bool { return !x.Shows("What happened") })
	x.Press("1", "[1 Overview")
	choose(x, "mend rollback", "Mended: rollback.", "6 of 6 repositories checked")
	if x.Shows("STOP") {
		t.Errorf("it still says STOP:\n%s", x.Screen())
	}
	choose(x, "break tampered metadata", "metadata does not verify", "infra/proxy")
	choose(x, "mend tampered metadata", "Mended: tampered metadata.", "6 of 6 repositories checked")

	choose(x, "registry.acme.example/pay/web", "latest       signed", "stable       SIGNED, MOVED")
	choose(x, "break tampered tag", "BROKEN", "latest       SIGNED, MOVED")
	choose(x, "mend tampered tag", "Mended", "latest       signed")
	x.Insist("q", interop.TerminalAfter+"0")
}

// TestDemoSurvivesLyingStickOnScreen: a backup onto the stick that forgets fails in one
// sentence and is not remembered; on the other stick the same backup is proven.
func TestDemoSurvivesLyingStickOnScreen(t *testing.T) {
	t.Parallel()
	x, recipient, identity := demoTerminal(t, "lying-stick")
	to, err := backup.ParseRecipients([]string{recipient})
	if err != nil {
		t.Fatal(err)
	}
	x.Press("4", "No backup is remembered on this machine.")
	x.Press("b", "[1 Choose]", "ACME-A", "BARGAIN")
	x.Press("j", "BARGAIN")
	x.Press("Space", "chosen")
	x.Press("n", "Public keys:", "Enter take")
	x.Type(recipient)
	x.Press("Enter", "COMPARE THE FINGERPRINT", "Last group")
	x.Type(to[0].LastGroup())
	x.Press("Enter", "each still locked")
	x.Press("i", "PROVE IT")
	x.Type(identity)
	x.Press("Enter", "proven by an identity", "decrypted to the end and compared")
	x.Press("B", "the medium does not keep data")

	x.Press("Enter", "[1 Choose]", "ACME-A")
	x.Press("k", " >   ( ) Made-up stick \"ACME-A\"")
	x.Insist("Space", "(o) Made-up stick \"ACME-A\"") // it hears nothing while it reads the keys anew
	x.Wait("ACME-A/keyrite-")
	x.Press("B", "[3 Prove]", "decrypted to the end, every file compared")
	x.Press("W", "DO WITHOUT COPY 2?")
	x.Press("2", "[4 Sheet]")
	x.Press("Enter", "1 copy is remembered", "proven")
	if x.Shows("BARGAIN") {
		t.Errorf("the copy that was lost is remembered:\n%s", x.Screen())
	}
}
