package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/uitest"
)

func TestFirstFrameNeedsNothing(t *testing.T) {
	w := newWorld()
	d := w.console(t, 80, 24).Pause().Press("3").Fits().Has("[3 Repos]").Lacks("infra/base")
	if len(w.fetched) > 0 {
		t.Errorf("the first frame asked for %q", w.fetched)
	}
	d.Resume().Has("infra/base", "targets PAST")
}

// TestKnownFirst: tags are shown from the cache before any server was asked, and marked
// as what they are.
func TestKnownFirst(t *testing.T) {
	w := newWorld()
	w.fetchErr = trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonRollback, "version 6 is older than version 7")
	d := w.console(t, 80, 24).Press("o").Type("registry.acme.io/pay/web").Press("enter")
	d.Fits().Has("2026.10.1", "not compared", "REFUSED, 24 h old", "What happened", "version 6 is older", "So does an attack")
	// The error stays until it is dismissed, whatever else is looked at.
	d.Press("j", "j").Advance(time.Hour).Has("What happened").Press("s", "esc").Has("What happened")
	if !strings.Contains(d.Press("y").Text(), "Copied the error") {
		t.Errorf("y does not copy the error:\n%s", d.Text())
	}
	d.Press("esc").Lacks("What happened").Has("2026.10.1").Press("esc").Has("10 keys (")
}

// TestErrorOfReadingEnds: what a screen could not read is over once it has read it, and is not
// carried to other screens. Until then nothing old is called live.
func TestErrorOfReadingEnds(t *testing.T) {
	w := newWorld()
	d := w.console(t, 80, 24).Press("o").Type("registry.acme.io/pay/web").Press("enter").Has("live 09:41")
	w.fetchErr = trustdata.Refuse(trustdata.RoleTimestamp, trustdata.ReasonSignature, "no signature is valid")
	d.Press("r").Has("What happened", "no signature is valid", "REFUSED, ").Lacks("live 09:41")
	w.fetchErr = errors.New("no answer")
	d.Press("r").Has("No answer.", "OFFLINE, ")
	w.fetchErr = nil
	d.Press("r").Has("Read again, and the error before is over: pay/web.", "live 09:41").Lacks("What happened", "OFFLINE")
	w.fetchErr = errors.New("no answer")
	d.Press("r").Has("What happened").Press("1").Lacks("What happened")
	d.Press(":").Type("messages").Press("enter").Has("No answer.", "Read again, and the error before is over")
}

func TestLoading(t *testing.T) {
	w := newWorld()
	d := w.console(t, 80, 24).Press("3").Pause().Press("r")
	d.Lacks("Esc stop").Advance(time.Second).Has("Esc stop", "infra/base")
	d.Press("esc").Lacks("Esc stop")
	d.Resume().Has("Stopped.", "infra/base").Press("j").Lacks("Stopped.")
}

// TestLateAnswers: what an older load sends is dropped.
func TestLateAnswers(t *testing.T) {
	w := newWorld()
	d := w.console(t, 80, 24).Pause().Press("r").Press("r")
	w.infos = w.infos[:2]
	d.Resume().Has("2 keys (", "[2 Keys 2]")
	w.listErr = errDisk
	d.Press("r").Has("permission denied", "owner and the mode", "[2 Keys 2]")
}

func TestCancelKeys(t *testing.T) {
	d := newWorld().console(t, 80, 24).Press("3").Pause().Press("r")
	if d.Press("ctrl+c"); d.Quit {
		t.Error("Ctrl-c quit although something ran")
	}
	d.Has("Cancelled. Ctrl-c again quits.")
	if d.Resume().Press("ctrl+c"); !d.Quit {
		t.Error("the second Ctrl-c does not quit")
	}
}

func TestQuit(t *testing.T) {
	d := newWorld().console(t, 80, 24).Press("enter", "q").Has("10 keys (")
	if d.Quit {
		t.Fatal("q left the program from a screen below the top")
	}
	if d.Press("h", "esc", "left"); d.Quit {
		t.Fatal("going back left the program")
	}
	if d.Press("q"); !d.Quit {
		t.Fatal("q at the top does not quit")
	}
	d = newWorld().console(t, 80, 24).Press("3").Pause().Press("r").Press("q")
	d.Resume()
	if d.Quit {
		t.Fatal("q left at once although something ran")
	}
}

func TestQuitAsksWhileBusy(t *testing.T) {
	w := newWorld()
	d := w.console(t, 80, 24).Press("3").Pause().Press("r")
	d.Send(ui.AskMsg{Dialog: ui.NewInput(ui.NewStyles(ui.Look{}), ui.Input{Title: "X"})}).Has("X").Press("esc")
	d.Press("q") // its question waits among the commands
	d.Resume().Has("LEAVE WHILE SOMETHING RUNS").Advance(time.Second).Press("enter").Lacks("LEAVE")
	if d.Quit {
		t.Error("Enter left")
	}
}

func TestPasteOutsideAnInput(t *testing.T) {
	d := newWorld().console(t, 80, 24)
	before := d.Text()
	d.Paste("3qR\n").Has("A paste of 3 characters was dropped")
	if d.Quit || strings.Contains(d.Text(), "[3 Repos") {
		t.Error("a paste acted as keys")
	}
	if d.Press("esc").Text() != before {
		t.Errorf("after the notice the frame is another:\n%s", d.Text())
	}
	// A terminal that does not mark pastes sends keys faster than anybody types.
	for range 20 {
		d.Send(tea.KeyPressMsg{Text: "j", Code: 'j'})
	}
	d.Has("faster than anyone types")
	// In an input a paste is text.
	d.Press("o").Paste("registry.acme.io/pay/web\n").Press("enter").Has("2026.10.1")
	d.Press("/").Paste("stable").Has("1 of 9 tags", "stable")
}

func TestTooSmall(t *testing.T) {
	d := newWorld().console(t, 39, 10).Fits().Has("keyrite needs 40 x 10.", "This window is 39 x 10.", "Keys do nothing")
	d.Press("3", "j", "o", "?").Paste("x").Resize(80, 24).Has("[2 Keys 10]", ">!! 7f3a9c1")
	if d.Resize(10, 3).Fits().Press("ctrl+c"); !d.Quit {
		t.Error("Ctrl-c does not quit in a window that is too small")
	}
	// What must be seen whole waits for room, and can only be left.
	w := newWorld()
	d = w.console(t, 80, 24).Press("b", "enter").Has("WRITE A BACKUP").Resize(50, 12).Fits().Lacks("WRITE").Has("Make the window 60x15")
	d.Advance(time.Second).Press("tab", "enter").Resize(80, 24).Has("WRITE A BACKUP", `"Cancel" is selected`)
	if len(w.changed) > 0 {
		t.Errorf("changed %q unseen", w.changed)
	}
	d.Resize(50, 12).Press("esc").Resize(80, 24).Lacks("WRITE A BACKUP")
}

func TestOpenByName(t *testing.T) {
	w := newWorld()
	d := w.console(t, 80, 24).Press("o").Type("a//b").Press("enter").Has("empty segment")
	d.Press("ctrl+u").Type("alpine").Press("enter").Has("docker.io/library/alpine")
	if len(w.fetched) != 1 || w.fetched[0] != "docker.io/library/alpine" {
		t.Errorf("asked for %q", w.fetched)
	}
	d.Press("enter").Has("No tag is selected.").Press("esc").Has("10 keys (")
}

func TestMissingTabsAnswer(t *testing.T) {
	newWorld().console(t, 80, 24).Press("4").Has("no list of backups yet", "10 keys (").Press("j").Lacks("no list of backups")
}

func TestTabsKeepTheirPlace(t *testing.T) {
	d := newWorld().console(t, 80, 24).Press("j", "j", "3", "2").Has(">!! 0aa94c6")
	d.Press("enter", "3").Has("[3 Repos 7]").Press("2").Has(">!! 0aa94c6")
}

func TestFreshnessAges(t *testing.T) {
	newWorld().console(t, 80, 24).Press("3").Has("live 09:41 UTC").Advance(12 * time.Minute).Lacks("live 09:41").Has("12 min old")
}

// copied is what was put on the clipboard last.
func copied(d *uitest.Driver) (last ui.CopyMsg) {
	for _, m := range d.Sent {
		if c, ok := m.(ui.CopyMsg); ok {
			last = c
		}
	}
	return last
}

// TestCopy: y and then what. The terminal's own clipboard is the last way.
func TestCopy(t *testing.T) {
	d := newWorld().console(t, 80, 24).Press("y").Has("COPY", "1 y  key ID", "2 u  repository", "3 c  command", "4 s  this screen as text").Press("enter").Has("Copied key ID by OSC 52: your terminal may ignore it.")
	for _, c := range []struct{ letter, what, text string }{
		{"y", "key ID", string(id("7f3a9c1"))}, {"u", "repository", "registry.acme.io/infra/base"}, {"2", "repository", "registry.acme.io/infra/base"},
		{"c", "command", "keyrite keys show " + string(id("7f3a9c1"))},
	} {
		if d.Press("y", c.letter); copied(d) != (ui.CopyMsg{What: c.what, Text: c.text}) {
			t.Errorf("y %s copied %+v", c.letter, copied(d))
		}
	}
	d.Press("/").Type("root").Press("enter", "y", "s")
	if text := copied(d).Text; !strings.HasPrefix(text, "Keys. Read from disk at") || strings.Count(text, "Role root.") != 3 || strings.Contains(text, "5419081") {
		t.Errorf("the screen as text is\n%s", text)
	}
	// A tag's name is no part of a shell's line that a shell would act on.
	w := newWorld()
	w.names = []string{"$(id);\x1b"}
	d = w.console(t, 100, 30).Press("o").Type("evil.example/x").Press("enter", "y", "c")
	if got, want := copied(d).Text, `keyrite verify 'evil.example/x:$(id);\x1b'`; got != want {
		t.Errorf("copied %s, want %s", got, want)
	}
}

// TestCopyByAProgram: one that keeps a clipboard comes before the terminal, and is named.
func TestCopyByAProgram(t *testing.T) {
	var given []string
	by := "wl-copy"
	d := newWorld().consoleWith(t, 100, 30, func(o *app.Options) {
		o.Copy = func(text string) string { given = append(given, text); return by }
	}).Press("y", "y").Has("Copied key ID by wl-copy.")
	by = ""
	d.Press("y", "u").Has("Copied repository by OSC 52")
	if len(given) != 2 || given[0] != string(id("7f3a9c1")) {
		t.Errorf("it was given %q", given)
	}
}

func TestHelpIsMadeFromTheKeys(t *testing.T) {
	d := newWorld().console(t, 100, 60).Press("?").Has("ON THIS SCREEN (keys)", "Enter l Right", "b B", "back up", "open a repository by name", "not checked; unknown is not fine")
	d.Press("?").Has("10 keys (")
}

// TestHelpIsSearched: / looks for keys and words, in every group.
func TestHelpIsSearched(t *testing.T) {
	d := newWorld().console(t, 100, 30).Press("?").Has("/ search").Press("/").Type("undo").Has("undo the last local thing", "filter: undo_   1 of").Lacks("move down", "ON THIS SCREEN")
	d.Press("enter").Has(`filter "undo": 1 of`).Press("esc").Has("ON THIS SCREEN (keys)").Press("/").Type("zzz").Has(`No line matches "zzz"`).Press("esc", "esc").Has("10 keys (")
}

// TestHelpNamesEveryKey of everywhere and of lists, with what each does.
func TestHelpNamesEveryKey(t *testing.T) {
	d := newWorld().console(t, 100, 100).Press("3", "?")
	for _, line := range []string{": go or do", "u undo the last local thing", "L forget opened keys", "[ Ctrl-o the place before", "] the place after", "n next match", "N match before",
		"v mark a range", "Space mark", "* mark all shown", "s sort", "/ filter", "y copy", "o open a repository by name"} {
		found := false
		for _, l := range strings.Split(d.Text(), "\n") {
			found = found || strings.HasPrefix(strings.Join(strings.Fields(l), " "), line)
		}
		if !found {
			t.Errorf("the help does not name %q:\n%s", line, d.Text())
		}
	}
}

// TestChangesAreNews: after a change every screen reads again, the covered ones too.
func TestChangesAreNews(t *testing.T) {
	w := newWorld()
	d := w.console(t, 80, 24).Press("enter")
	w.infos = w.infos[:3]
	d.Send(ui.DoneMsg{Action: "retire"}).Press("esc").Has("3 keys (")
}

func TestParseName(t *testing.T) {
	if _, err := app.ParseName("x/../y"); err == nil {
		t.Error("a name with .. was taken")
	}
	for typed, want := range map[string]trustdata.GUN{"alpine": "docker.io/library/alpine", "a/b": "docker.io/a/b", "reg.example:5000/x": "reg.example:5000/x", "localhost/x": "localhost/x"} {
		if got, err := app.ParseName(typed); got != want || err != nil {
			t.Errorf("ParseName(%q) = %q, %v; want %q", typed, got, err, want)
		}
	}
}

func TestProfileAndTitle(t *testing.T) {
	d := newWorld().console(t, 60, 15).Press("o").Has("PROD acme", "RW")
	d.Resize(40, 10).Has("PROD").Resize(100, 30).Has("PROD acme")
}
