package app_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/keys"
	"keyrite/ui/uitest"
)

// hostile are names that servers and files may give.
var hostile = []string{
	"日本/倉庫", "😀-build", "👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "שלום-עולם", "مرحبا", "e\u0301\u0301\u0301clair", "\u0301leading",
	"a\x1b[2Jb", "\x1b]52;c;aGk=\a", "new\nline", "tab\tbed", "back\bspace", "\u202egnp.exe", "zero\u200bwidth", "\x9b31m", "\xff\xfe",
	"nul\x00", "del\x7f", "\U000e0041tag", strings.Repeat("倉", 90), strings.Repeat("x", 300), "", " ", `back\x41slash`, "\u2028para",
}

// TestFrameFits: whatever the names and the size, a frame has exactly the window's lines,
// none too wide, and no byte that a terminal acts on.
func TestFrameFits(t *testing.T) {
	w := newWorld()
	for i, name := range hostile {
		k := keyFile(fmt.Sprintf("%07x", i), name, name)
		k.Problem, k.Path = []string{"", name}[i%2], "/trust/private/"+name
		w.infos = append(w.infos, k)
		w.uses[k.KeyID] = []keys.Use{{GUN: trustdata.GUN(name), Role: trustdata.Role(name), Algorithm: name}}
		w.names = append(w.names, name)
	}
	w.fetchErr = fmt.Errorf("answer %s: %w", strings.Join(hostile, " "), errDisk)
	w.company = newCompany().hostile()
	journeys := [][]string{nil, {"1"}, {"1", "j", "j", "Z", "x", "enter"}, {"1", "e"}, {"enter"}, {"G", "enter"}, {"3"}, {"3", "G", "enter"}, {"5"}, {"?"}, {"o", "x"}, {"/", "a"}, {"y"}, {":"}, {":", "k", "e", "y"}, {":", "m", "e", "s", "enter"}}
	sizes := [][2]int{{20, 5}, {39, 10}, {40, 9}, {40, 10}, {59, 15}, {60, 14}, {60, 15}, {79, 24}, {80, 23}, {80, 24}, {100, 30}, {139, 40}, {140, 40}, {220, 70}, {1, 1}}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 25 {
		sizes = append(sizes, [2]int{20 + rnd.IntN(201), 5 + rnd.IntN(66)})
	}
	for _, keys := range journeys {
		d := w.console(t, 100, 30).Press(keys...)
		for _, s := range sizes {
			d.Resize(s[0], s[1]).Fits()
			d.Press("j").Fits()
			if t.Failed() {
				t.Fatalf("after %q at %dx%d", keys, s[0], s[1])
			}
		}
	}
}

// TestHostileTags walks through tags that have such names.
func TestHostileTags(t *testing.T) {
	w := newWorld()
	w.names = hostile
	for _, s := range [][2]int{{40, 10}, {60, 15}, {80, 24}, {141, 41}} {
		d := w.console(t, s[0], s[1]).Press("o").Type("evil.example/x").Press("enter").Fits()
		for range hostile {
			d.Press("j").Fits().Press("enter").Fits().Press("esc")
		}
	}
}

// coloured is a sequence that sets a colour.
var coloured = regexp.MustCompile(`\x1b\[([0-9;]*;)?([34][0-8]|9[0-7]|10[0-7])[;m]`)

// TestMono: without styles every theme shows the same, the one without colour sets none, and
// the ASCII look has no other bytes than the data's.
func TestMono(t *testing.T) {
	if !coloured.MatchString(newWorld().console(t, 100, 30).Frame()) {
		t.Error("no colour is found in a frame that has some")
	}
	for _, keys := range [][]string{nil, {"1"}, {"1", "j", "j", "Z"}, {"enter"}, {"3"}, {"3", "enter"}, {"3", "enter", "i"}, {"4"}, {"5"}, {"b", "enter"}, {"o"}, {":"}, {"?"}} {
		shown := func(l ui.Look) *uitest.Driver {
			return newWorld().consoleWith(t, 100, 30, func(o *app.Options) { *o.Styles = *ui.NewStyles(l) }).Press(keys...)
		}
		frame := func(l ui.Look) string { return shown(l).Text() }
		dark := frame(ui.Look{})
		for _, theme := range ui.Themes()[1:] {
			if frame(ui.Look{}.Themed(theme)) != dark {
				t.Errorf("%q: dark and %s differ without styles", keys, theme)
			}
		}
		if mono := shown(ui.Look{}.Themed(ui.ThemeMono)).Frame(); coloured.MatchString(mono) {
			t.Errorf("%q: the frame without colour sets %q", keys, coloured.FindString(mono))
		}
		ascii := strings.NewReplacer("日本", "", "倉庫", "").Replace(frame(ui.Look{ASCII: true}))
		for _, r := range ascii {
			if r > 0x7f {
				t.Errorf("%q: the ASCII frame holds %q:\n%s", keys, r, ascii)
				break
			}
		}
	}
}

// TestSmallLettersAreHarmless: no sequence without Tab and capitals, of 100,000 keys in all,
// changes anything.
func TestSmallLettersAreHarmless(t *testing.T) {
	var alphabet []string
	for r := 'a'; r <= 'z'; r++ {
		alphabet = append(alphabet, string(r), "ctrl+"+string(r))
	}
	for r := '0'; r <= '9'; r++ {
		alphabet = append(alphabet, string(r))
	}
	alphabet = append(alphabet, "up", "down", "left", "right", "home", "end", "pgup", "pgdown", "space", "enter", "enter", "enter",
		"esc", "backspace", "delete", "/", "?", ":", ":", "!", "*", "[", "]", "up", "down", "paste")
	alphabet = slices.DeleteFunc(alphabet, func(k string) bool { return k == "ctrl+i" || k == "ctrl+m" || k == "ctrl+c" }) // Tab, Enter, and the way out
	pressed := 0
	for seed := uint64(0); pressed < 100_000; seed++ {
		rnd := rand.New(rand.NewPCG(seed, 7))
		w := newWorld()
		d := w.console(t, 100, 30)
		var typed []string
		for len(typed) < 300 && !d.Quit {
			k := alphabet[rnd.IntN(len(alphabet))]
			typed = append(typed, k)
			if k == "paste" {
				d.Paste("registry.acme.io/pay/web\n")
			} else {
				d.Press(k)
			}
			if rnd.IntN(20) == 0 {
				d.Resize(30+rnd.IntN(120), 8+rnd.IntN(40))
			}
		}
		pressed += len(typed)
		if len(w.changed) > 0 || len(w.company.put) > 0 {
			t.Fatalf("seed %d changed %q and put off %d after %q", seed, w.changed, len(w.company.put), typed)
		}
	}
	// The property bites: with Tab, the same console does change something.
	w := newWorld()
	w.console(t, 100, 30).Press("b", "enter").Advance(time.Second).Press("tab", "enter")
	if len(w.changed) != 1 {
		t.Fatalf("the deliberate way changed %q", w.changed)
	}
}

// TestFooterTellsTheTruth: every key that a footer names does something on that screen.
func TestFooterTellsTheTruth(t *testing.T) {
	names := map[string]string{"Enter": "enter", "Esc": "esc", "Tab": "tab", "Ctrl-u": "ctrl+u", "Space": "space"}
	for _, journey := range [][]string{nil, {"1"}, {"1", "j", "j", "Z"}, {"enter"}, {"3"}, {"3", "enter"}, {"3", "enter", "enter"}, {"3", "enter", "i"}, {"5"}, {"?"}, {"o"}, {"b"}, {"b", "enter"}, {"/"}, {":"}, {":", "g", "l", "o", "enter"}} {
		d := newWorld().console(t, 100, 30).Press(journey...)
		lines := strings.Split(strings.TrimRight(d.Text(), "\n"), "\n")
		footer := lines[len(lines)-1]
		if len(journey) == 0 && !strings.HasSuffix(footer, "? all keys") {
			t.Errorf("the footer does not end with the way to all keys: %q", footer)
		}
		for _, part := range strings.Split(strings.TrimSpace(footer), "  ") {
			name, _, _ := strings.Cut(part, " ")
			if n, ok := names[name]; ok {
				name = n
			}
			fresh := newWorld().console(t, 100, 30).Press(journey...)
			if name == "ctrl+u" || len(journey) == 1 && journey[0] == "/" {
				continue // they act on what is typed
			}
			fresh.Advance(time.Second)
			before, sent := fresh.Text(), len(fresh.Sent)
			fresh.Press(name)
			if fresh.Text() == before && len(fresh.Sent) == sent && !fresh.Quit {
				t.Errorf("after %q the footer names %q, which does nothing:\n%s", journey, part, before)
			}
		}
	}
}

// TestFrameCost: a frame of the whole console costs the same for many rows as for few.
func TestFrameCost(t *testing.T) {
	cost := func(n int) float64 {
		w := newWorld()
		for i := range n {
			w.names = append(w.names, fmt.Sprintf("v1.%d", i))
		}
		d := w.console(t, 100, 30).Press("o").Type("evil.example/x").Press("enter")
		return testing.AllocsPerRun(20, func() { d.Frame() })
	}
	few, many := cost(100), cost(20_000)
	if many > few*1.2 {
		t.Errorf("a frame takes %.0f allocations with 100 rows and %.0f with 20000", few, many)
	}
}

// wizard is one that changes something, for the properties.
func (w *world) wizard(clock ui.Clock, st *ui.Styles) ui.Screen {
	var wiz *ui.Wizard
	page := func(text string) func() ui.Page {
		return func() ui.Page {
			return ui.Page{Title: "Back up", Sections: []ui.Section{{Title: strings.ToUpper(text), Facts: []ui.Fact{{Label: "Keys", Value: "10", Mark: ui.MarkOK}}}}}
		}
	}
	done := false
	wiz = ui.NewWizard(st, "back up",
		ui.Step{Name: "Review", Page: page("what goes in"), Leaving: func() string { return "Leaving now changes nothing." }, Next: "write it", Do: func() tea.Cmd {
			return ui.Send(ui.AskMsg{
				Dialog: ui.NewConfirm(st, clock, ui.Question{Headline: "WRITE A BACKUP", Thing: "10 keys", Keep: "Cancel", Act: "Write it"}),
				Answer: func(r any) tea.Cmd {
					if _, yes := r.(ui.Confirmed); !yes {
						return nil
					}
					w.changed = append(w.changed, "backup")
					return wiz.Advance()
				}})
		}},
		ui.Step{Name: "Write", Leaving: func() string { return "The backup is being written." }, Page: func() ui.Page {
			return ui.Page{Title: "Back up"}.Progress([]ui.Task{{Name: "write", State: ui.TaskDone, Note: "61 KiB", Took: time.Second}, {Name: "read back", State: ui.TaskRunning}, {Name: "compare"}})
		}, Held: func() string {
			if done {
				return ""
			}
			return "It is being written. Enter ends the step."
		}, Next: "end", Do: func() tea.Cmd { done = true; return wiz.Advance() }},
		ui.Step{Name: "Close", Leaving: func() string { return "Done." }, Page: page("done"), Next: "finish"})
	return wiz
}

func TestWizard(t *testing.T) {
	w := newWorld()
	d := w.console(t, 80, 24).Press("b").Has("[1 Review]  2 Write  3 Close", "Leaving now changes nothing.", "Enter write it").Golden()
	d.Press("esc").Has("10 keys (").Press("b", "enter").Has("WRITE A BACKUP", `"Cancel" is selected`)
	d.Advance(time.Second).Press("tab", "enter").Has("1 ok  [2 Write]  3 Close", "read back", "waiting")
	d.Press("esc").Has("It is being written.", "[2 Write]").Press("3").Has("It is being written.").Press("q").Has("[2 Write]")
	d.Resize(60, 15).Has("back up  2/3 Write").Fits().Resize(80, 24)
	d.Press("enter").Has("1 ok  2 ok  [3 Close]").Press("enter").Has("10 keys (")
}
