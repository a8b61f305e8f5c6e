package palette

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"keyrite/ui"
)

var some = []Entry{
	{Name: "rotate", About: "on this screen", Key: "R", Changes: true},
	{Name: "archive", About: "on this screen", Key: "a"},
	{Name: "repos", About: "screen 3", Key: "3"},
	{Name: "messages", About: "errors too"},
	{Name: "registry.acme.io/pay/web", About: "tags"},
	{Name: "registry.acme.io/pay/rotor", About: "tags"},
	{Name: "key 7f3a9c1", About: "root, signs for registry.acme.io/pay/web"},
}

func TestFind(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"", "rotate archive repos messages registry.acme.io/pay/web registry.acme.io/pay/rotor key 7f3a9c1"},
		{"rot", "rotate registry.acme.io/pay/rotor"},
		{"ROT", "rotate registry.acme.io/pay/rotor"},
		{"web", "registry.acme.io/pay/web key 7f3a9c1"},
		{"pay web", "registry.acme.io/pay/web key 7f3a9c1"},
		{"pweb", "registry.acme.io/pay/web"},
		{"7f3", "key 7f3a9c1"},
		{"errors", "messages"},
		{"zzz", ""},
	} {
		var got []string
		all := index(some)
		for _, i := range find(c.query, all) {
			got = append(got, all[i].Name)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q finds %q, want %q", c.query, s, c.want)
		}
	}
}

func typed(p *Palette, text string) {
	for _, r := range text {
		p.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

func code(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r} }

// TestWhatChangesWaitsForItsCapital: Enter alone never takes an entry that changes something,
// and neither does its small letter.
func TestWhatChangesWaitsForItsCapital(t *testing.T) {
	p := New(ui.NewStyles(ui.Look{}), some, nil, nil)
	typed(p, "rotate")
	for _, k := range []tea.KeyPressMsg{code(tea.KeyEnter), code(tea.KeyEnter), code(tea.KeyEnter), {Code: 'r', Text: "r"}} {
		if r, _ := p.Update(k); r != nil {
			t.Fatalf("%q took %+v", k.String(), r)
		}
	}
	if r, _ := p.Update(code(tea.KeyEnter)); r != nil || !strings.Contains(p.Status(), "press R to do it") {
		t.Fatalf("%v, and the status is %q", r, p.Status())
	}
	r, _ := p.Update(tea.KeyPressMsg{Code: 'r', ShiftedCode: 'R', Mod: tea.ModShift, Text: "R"})
	if c, ok := r.(Chosen); !ok || c.Key != "R" {
		t.Errorf("R took %+v", r)
	}
}

func TestTabCompletes(t *testing.T) {
	p := New(ui.NewStyles(ui.Look{}), some, nil, nil)
	typed(p, "pweb")
	p.Update(code(tea.KeyTab))
	if got := p.line.Text(); got != "registry.acme.io/pay/web" {
		t.Errorf("the line is %q", got)
	}
	r, _ := p.Update(code(tea.KeyEnter))
	if c, ok := r.(Chosen); !ok || c.Line != "registry.acme.io/pay/web" {
		t.Errorf("Enter took %+v", r)
	}
}

func TestHistory(t *testing.T) {
	p := New(ui.NewStyles(ui.Look{}), some, nil, []string{"repos", "archive"})
	typed(p, "mess")
	for _, c := range []struct {
		key  rune
		want string
	}{{tea.KeyUp, "archive"}, {tea.KeyUp, "repos"}, {tea.KeyUp, "repos"}, {tea.KeyDown, "archive"}, {tea.KeyDown, "mess"}} {
		if p.Update(code(c.key)); p.line.Text() != c.want {
			t.Errorf("%s: the line is %q, want %q", code(c.key), p.line.Text(), c.want)
		}
	}
	p.Update(code(tea.KeyUp))
	p.Update(code(tea.KeyUp))
	if r, _ := p.Update(code(tea.KeyEnter)); r.(Chosen).Name != "repos" {
		t.Errorf("Enter took %+v", r)
	}
}

// TestSelecting: without a recalled line the arrows go through what was found.
func TestSelecting(t *testing.T) {
	p := New(ui.NewStyles(ui.Look{}), some, nil, nil)
	typed(p, "registry")
	p.Update(code(tea.KeyDown))
	p.Update(code(tea.KeyDown))
	p.Update(code(tea.KeyUp))
	if e, _ := p.selected(); e.Name != "registry.acme.io/pay/rotor" {
		t.Errorf("on %q", e.Name)
	}
}

// TestRowsSayThatTheyChangeThings at every width that a window may have.
func TestRowsSayThatTheyChangeThings(t *testing.T) {
	p := New(ui.NewStyles(ui.Look{}), some, nil, nil)
	for width := 40; width <= 200; width++ {
		view := ansi.Strip(p.View(width, 7))
		for i, l := range strings.Split(view, "\n") {
			if ansi.StringWidth(l) > width {
				t.Errorf("%d: line %d is too wide: %q", width, i, l)
			}
		}
		if !strings.Contains(view, "R       ") || !strings.Contains(view, "change") {
			t.Errorf("at %d the rotation does not say that it changes things:\n%s", width, view)
		}
	}
}

func TestLeaving(t *testing.T) {
	p := New(ui.NewStyles(ui.Look{}), some, nil, nil)
	typed(p, "zzz")
	if r, _ := p.Update(code(tea.KeyEnter)); r != nil {
		t.Errorf("Enter on nothing took %+v", r)
	}
	if r, _ := p.Update(code(tea.KeyEscape)); r != (ui.Cancelled{}) {
		t.Errorf("Esc gave %+v", r)
	}
}

// TestInLines: the same by lines of text, for whoever hears the console.
func TestInLines(t *testing.T) {
	p := New(ui.NewStyles(ui.Look{}), some, nil, nil)
	reply := func(text string) any {
		r, _ := p.Reply([]byte(text))
		return r
	}
	says := func(want string) {
		t.Helper()
		a := p.Plain()
		if got := strings.Join(append(a.Says, a.Said, a.Prompt), "\n"); !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
	says("A few letters of it")
	if r := reply("nothing"); r != nil {
		t.Fatalf("a name that nothing has took %+v", r)
	}
	says("Nothing is called so.")
	if r := reply("rot"); r != nil {
		t.Fatalf("two entries fit, and it took %+v", r)
	}
	says("1 of 2. rotate. Changes things. On this screen.")
	says("2 of 2. registry.acme.io/pay/rotor. Tags.")
	if r := reply("1"); r != nil {
		t.Fatalf("its number alone took %+v", r)
	}
	says("Type R to do it")
	if r := reply("r"); r != nil {
		t.Fatalf("a small letter took %+v", r)
	}
	says("Nothing was done.")
	if r := reply("rotate"); r != nil {
		t.Fatalf("its name alone took %+v", r)
	}
	if c, ok := reply("R").(Chosen); !ok || c.Key != "R" {
		t.Error("R does not take it")
	}
	if c, ok := reply("messages").(Chosen); !ok || c.Name != "messages" {
		t.Error("its whole name does not take it")
	}
	if r := reply(""); r != (ui.Cancelled{}) {
		t.Errorf("an empty line gave %+v", r)
	}
}

// TestNamed: what the line itself names comes last, and only where no entry is called so.
func TestNamed(t *testing.T) {
	p := New(ui.NewStyles(ui.Look{}), some, func(line string) (Entry, bool) {
		return Entry{Name: line, About: "by name"}, strings.Contains(line, "/")
	}, nil)
	typed(p, "alpine/x")
	if r, _ := p.Update(code(tea.KeyEnter)); r.(Chosen).Name != "alpine/x" || r.(Chosen).About != "by name" {
		t.Errorf("Enter took %+v", r)
	}
	p.set("pay/web")
	if e, _ := p.selected(); len(p.found) != 3 || e.About != "tags" {
		t.Errorf("%d found, the first is %+v", len(p.found), e)
	}
	p.set("registry.acme.io/pay/web")
	if len(p.found) != 2 {
		t.Errorf("a name that is known is offered again: %d found", len(p.found))
	}
}
