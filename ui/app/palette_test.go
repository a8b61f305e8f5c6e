package app_test

import (
	"image/color"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
	"keyrite/ui/app"
)

// TestPaletteGoes to screens, keys and repositories by a few of their letters.
func TestPaletteGoes(t *testing.T) {
	for _, c := range []struct{ typed, has string }{
		{"repos", "[3 Repos 7]"}, {"acti", "[5 Activity]"}, {"7f3a", "ROOT KEY"}, {"pweb", "2026.10.1"},
		{"gloss", "GUN"}, {"messa", "Nothing was said yet."}, {"why", "THE MARK"}, {"all keys", "ON THIS SCREEN (keys)"},
		{"open a rep", "OPEN A REPOSITORY"}, {"evil.example/x", "x has no tags yet."}, {":repos", "[3 Repos 7]"},
	} {
		newWorld().console(t, 100, 30).Press(":").Type(c.typed).Press("enter").Has(c.has)
	}
}

// TestPalettePressesTheKey: an action of the palette is the key that it names, with all that
// the key asks first.
func TestPalettePressesTheKey(t *testing.T) {
	w := newWorld()
	d := w.console(t, 100, 30).Press(":").Type("back up").Has("back up").Press("enter").Has("back up", "[1 Review]")
	d.Press("esc", "3", "j", ":").Type("archive").Press("enter").Has("archive")
	if len(w.changed)+len(w.archived) > 0 {
		t.Errorf("changed %q, archived %q", w.changed, w.archived)
	}
	// What changes something waits for its capital.
	d = newWorld().console(t, 100, 30).Press("o").Type("registry.acme.io/pay/web").Press("enter", ":").Type("unsign")
	d.Has("U", "changes things", "Enter asks for U").Press("enter").Has("press U to do it").Press("enter").Has("Enter asks for U").Press("enter", "U").Has("UNSIGN 1 TAG")
}

// TestPaletteNeverActs on what is typed: digits, letters and pastes are text.
func TestPaletteNeverActs(t *testing.T) {
	d := newWorld().console(t, 100, 30).Press(":").Type("3q").Has(" : 3q").Paste("o?\n").Has(" : 3qo?", "Nothing is called so.").Press("enter").Has(" : 3qo?")
	if d.Quit {
		t.Error("q quit")
	}
	d.Press("esc").Has("[2 Keys 10]")
}

func TestPaletteRemembers(t *testing.T) {
	d := newWorld().console(t, 100, 30).Press(":").Type("glos").Press("enter", "esc", ":").Type("repos").Press("enter", ":", "up").Has(" : repos").Press("up").Has(" : glossary")
	d.Press("enter").Has("KEYS AND ROLES")
}

// TestBackground: the terminal's own answer decides between dark and light, unless that was
// said before.
func TestBackground(t *testing.T) {
	for _, c := range []struct {
		look ui.Look
		want bool
	}{{ui.Look{}, true}, {ui.Look{Fixed: true}, false}, {ui.Look{}.Themed(ui.ThemeDark), false}, {ui.Look{}.Themed(ui.ThemeContrast), true}} {
		var st *ui.Styles
		d := newWorld().consoleWith(t, 100, 30, func(o *app.Options) { *o.Styles = *ui.NewStyles(c.look); st = o.Styles })
		d.Send(tea.BackgroundColorMsg{Color: color.White})
		if st.Light != c.want {
			t.Errorf("%+v becomes light: %v", c.look, st.Light)
		}
	}
}

func TestTheme(t *testing.T) {
	d := newWorld().console(t, 100, 30)
	seen := map[string]bool{}
	for _, want := range []string{"light", "mono", "high-contrast", "dark"} {
		d.Press(":").Type("theme").Press("enter").Has("Theme: " + want + ".")
		seen[d.Frame()[:strings.IndexByte(d.Frame(), '\n')]+d.Press("j", "k").Frame()] = true
	}
	if len(seen) != 4 {
		t.Errorf("the four themes look like %d", len(seen))
	}
}

// TestMessages: what was said is kept, latest first, and so is an error in full.
func TestMessages(t *testing.T) {
	w := newWorld()
	d := w.console(t, 100, 30).Press("4").Has("There is no list of backups yet.")
	w.listErr = errDisk
	d.Press("r").Has("What happened").Press("esc", ":").Type("messages").Press("enter").Has("messages", "permission denied", "There is no list of backups yet.", "09:41:0")
	lines := strings.Split(d.Text(), "\n")
	var first, second int
	for i, l := range lines {
		if strings.Contains(l, "ermission denied") && first == 0 {
			first = i
		}
		if strings.Contains(l, "no list of backups") {
			second = i
		}
	}
	if first == 0 || second < first {
		t.Errorf("the latest is not first:\n%s", d.Text())
	}
	for range 300 {
		d.Send(ui.StatusMsg{Text: "a"}).Send(ui.StatusMsg{Text: "b"})
	}
	d.Press("esc", ":").Type("messages").Press("enter", "G", "/").Has("200 of 200 lines").Press("esc")
}

// TestBackAndForward: the places come back with their filter and their cursor.
func TestBackAndForward(t *testing.T) {
	d := newWorld().console(t, 100, 30).Press("3", "/").Type("web").Press("enter", "enter", "j", "j").Has("keyrite > repos > pay/web", ">!  debug")
	d.Press("2").Has("[2 Keys 10]").Press("[").Has("repos > pay/web", ">!  debug").Press("ctrl+o").Has(`filter "web": 1 of 7 repositories`)
	d.Press("[").Has("[2 Keys 10]").Press("[").Has("There is no place further back.")
	d.Press("]", "]").Has("repos > pay/web", ">!  debug").Press("]").Has("[2 Keys 10]").Press("]").Has("There is no place further on.")
	// Esc is a way too: what was left can be gone back to.
	d.Press("[", "esc", "[").Has("repos > pay/web")
}

// TestWizardsAreNoPlaces: nobody gets back into one that was left.
func TestWizardsAreNoPlaces(t *testing.T) {
	d := newWorld().console(t, 100, 30).Press("3", "2", "b").Has("[1 Review]").Press("[").Has("[2 Keys 10]").Press("[").Has("[3 Repos 7]").Press("]").Has("[2 Keys 10]").Press("]").Has("no place further on")
	d.Press("?", "[").Has("[2 Keys 10]").Lacks("ON THIS SCREEN")
}

// TestHeldScreensStay: a wizard that must not be left is not left through the palette or by
// going back either.
func TestHeldScreensStay(t *testing.T) {
	d := newWorld().console(t, 100, 30).Press("b", "enter").Advance(time.Second).Press("tab", "enter").Has("[2 Write]")
	d.Press("[").Has("It is being written.", "[2 Write]").Press(":").Type("repos").Press("enter").Has("It is being written.", "[2 Write]")
}

// TestPaletteOffersNoMoves: going from row to row is not looked for by name; and L, which is a
// capital that changes nothing, needs no second key.
func TestPaletteOffersNoMoves(t *testing.T) {
	newWorld().console(t, 100, 60).Press(":").Lacks("move down", "next match", "half a page").Type("forget").Lacks("changes things").Press("enter").Has("No opened key and no passphrase is held.")
}
