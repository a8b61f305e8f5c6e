package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/firstrun"
	"keyrite/ui/help"
	"keyrite/ui/restore"
	"keyrite/ui/uitest"
)

// The folder is asked for, and each repository says what became of it.
func TestArchive(t *testing.T) {
	w := newWorld()
	d := w.console(t, 100, 30).Press("3", "/").Type("infra").Press("enter", "*", "esc").Has("2 marked. a archives them.")
	d.Press("a").Has("ARCHIVE 2 REPOSITORIES", "Folder:").Press("enter").Has("type the path of a folder").Type("/media/stick").Press("enter")
	d.Has("read back and verified", "403", "Not all is archived").Fits()
	if want := []string{"registry.acme.io/infra/base to /media/stick"}; !slices.Equal(w.archived, want) {
		t.Errorf("archived %q, want %q", w.archived, want)
	}
	d.Press("esc").Has("2 marked")
	d = w.console(t, 100, 30).Press("o").Type("registry.acme.io/pay/web").Press("enter", "a").Has("ARCHIVE 1 REPOSITORY").Press("esc").Has("adds files to a folder")
	if len(w.archived) != 1 {
		t.Errorf("archived %q without a folder", w.archived)
	}
	d.Press("enter").Type("/a").Press("enter").Has("keyrite tags GUN --from-archive DIR").Press("esc").Has("stable")
}

func archiveFlow() []stage {
	return []stage{{"repositories", press("3", "*")}, {"folder", press("a")}, {"archived", typeIn("/media/stick")}}
}

func TestArchiveFrames(t *testing.T) {
	frames(t, archiveFlow(), func(w, h int) *uitest.Driver { return newWorld().console(t, w, h) })
}

// welcome is a console that has found no key.
func welcome(t *testing.T, width, height int) *uitest.Driver {
	w := newWorld()
	w.infos = nil
	return w.welcome(t, width, height)
}

func (w *world) welcome(t *testing.T, width, height int) *uitest.Driver {
	return w.consoleWith(t, width, height, func(o *app.Options) {
		wizard := func() ui.Screen {
			return restore.New(restore.Options{Context: context.Background(), Styles: o.Styles, Clock: o.Clock, Service: restores{}, Into: "/home/ops/.docker/trust"})
		}
		o.First = firstrun.New(firstrun.Options{Styles: o.Styles, ParseName: o.ParseName, Open: o.Open, HasKeys: func() bool { return len(w.infos) > 0 },
			Looked: []ui.Fact{{Label: "$DOCKER_CONFIG", Value: "not set"}, {Label: "~/.docker/trust/private", Value: "no such folder"}},
			Choices: []firstrun.Choice{{Name: "Look at a repository", Follows: "who signed what, and does it still hold? Needs no key."},
				{Name: "Restore keys from a backup", Follows: "from a USB stick or a folder", Say: "keyrite backup restore does it."},
				{Name: "Make a first root key", Follows: "a page to read first", Screen: func() ui.Screen { return help.NewTopic(o.Styles, "root key", help.LostRoot()) }},
				{Name: "Restore here", Follows: "step by step", Screen: wizard}}})
	})
}

func TestFirstRunFrames(t *testing.T) {
	frames(t, []stage{{"welcome", press()}, {"a sentence", press("2")}, {"a page", press("3")}}, func(w, h int) *uitest.Driver { return welcome(t, w, h) })
}

// Every choice is taken by its digit, and by the cursor; the digits lead to the tabs again
// once the screen is left.
func TestFirstRun(t *testing.T) {
	welcome(t, 100, 30).Press("1").Has("LOOK AT A REPOSITORY").Type("registry.acme.io/pay/web").Press("enter").Has("stable")
	welcome(t, 100, 30).Press("j", "enter").Has("keyrite backup restore does it.")
	welcome(t, 100, 30).Press("9").Has("WHAT WOULD YOU LIKE TO DO?").Press("esc").Lacks("WHAT WOULD YOU").Press("3").Has("Repos")
	// The list below is read when it is seen first.
	welcome(t, 100, 30).Press("esc").Has("0 keys in")
}

// TestFirstRunEnds: once there is a key the screen says nothing false: the list of keys is
// in its place.
func TestFirstRunEnds(t *testing.T) {
	w := newWorld()
	infos := w.infos
	w.infos = nil
	d := until(t, w.welcome(t, 100, 30).Press("4"), restoreFlow, "3 compare")
	w.infos = infos
	d.Press("enter").Advance(time.Second).Type("trust").Press("tab", "enter").Has("[5 Prove]", "written and proved")
	d.Press("enter").Fits().Has("10 keys (", "[2 Keys 10]").Lacks("No signing key")
	// A change that lands while it is shown; one that gives no key leaves it.
	w.infos = nil
	d = w.welcome(t, 100, 30).Send(ui.DoneMsg{Action: "archived"}).Has("No signing key was found here yet.")
	w.infos = infos
	d.Send(ui.DoneMsg{Action: "imported"}).Has("10 keys (").Lacks("No signing key").Press("q")
	if !d.Quit {
		t.Error("q on the list that came in its place does not quit")
	}
}

// TestFirstRunQuits: one q leaves the program, and from what it led to it leads back.
func TestFirstRunQuits(t *testing.T) {
	d := welcome(t, 100, 30).Press("3", "q").Has("WHAT WOULD YOU LIKE TO DO?", "q quit")
	if d.Quit {
		t.Fatal("q left the program from a page below the first screen")
	}
	if d.Press("q"); !d.Quit {
		t.Error("q on the first screen does not quit")
	}
}

func TestLostRootIsInTheHelp(t *testing.T) {
	d := newWorld().console(t, 100, 30).Press("?", "t").Has("LOOK EVERYWHERE FIRST").Fits()
	d.Press("G").Has("THEN").Press("esc").Has("EVERYWHERE").Press("esc").Has("Keys")
	text := ""
	for _, s := range help.LostRoot().Sections {
		for _, f := range s.Facts {
			text += f.Label + " " + f.Value + "\n"
		}
	}
	for _, must := range []string{"notary-server", "Harbor", "MSR", "Azure", "Docker Hub", "keyrite archive", "--anew", trustdata.Visible("tuf/<GUN>")} {
		if !strings.Contains(text, must) {
			t.Errorf("the page does not speak of %q", must)
		}
	}
}
