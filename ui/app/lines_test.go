package app_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/linear"
	"keyrite/ui/palette"
	"keyrite/ui/uitest"
)

func init() { uitest.Watch = toldInLines }

// word is a piece of data: names, digests, dates and counts are made of them.
var word = regexp.MustCompile(`[\p{L}\p{N}]{2,}`)

// cut is what a frame has left of something that was too wide.
var cut = regexp.MustCompile(`\S*\.\.\.\S*`)

// deep is the head of a box, whose mark says how much must be typed: the question does.
var deep = regexp.MustCompile(`^[│║] !!? `)

// undrawn are the lines of a frame about its window, its fields and its keys.
var undrawn = regexp.MustCompile(`^-- \.\.\. |^(│ )?Enter [a-z ]+(    |$)|^Make the window |\d+ of \d+ +paste is off here`)

// drawn are the words that a frame has for its fields and its window, which lines are not
// drawn with, and what the tests leave half typed in a field.
var drawn = []string{"7f", "hidden", "something", "locked", "allow", "2020", "doc"}

// toldInLines fails where the lines of text lack a fact that the frame has: every word, date
// and mark of its body. It looks at every state that a test of this package asserts something
// of; what a frame has cut to its width is not looked for.
func toldInLines(tb testing.TB, model tea.Model) {
	m, ok := model.(*app.Model)
	if !ok || !m.Drawn() {
		return
	}
	tb.Helper()
	scene := m.Scene()
	if _, offers := scene.Dialog.(*palette.Palette); offers {
		return // it waits for letters before it reads anything out
	}
	text, known := strings.ToLower(strings.Join(told(scene), "\n")), slices.Clone(drawn)
	for _, c := range scene.Screen.Page().Columns { // told with each cell that says something
		known = append(known, strings.Fields(c.Title)...)
	}
	for line := range strings.Lines(ansi.Strip(m.Body())) {
		if line = strings.TrimSpace(line); undrawn.MatchString(line) {
			continue
		}
		for _, w := range facts(line) {
			if scene.Helping && slices.ContainsFunc(ui.Marks, func(k ui.Mark) bool { return k.Word() == w }) {
				continue // the help explains the marks themselves
			}
			if !strings.Contains(text, strings.ToLower(w)) && !slices.Contains(known, w) {
				tb.Errorf("%q of the line %q is not told:\n%s", w, line, text)
				return
			}
		}
	}
}

// facts are the words of a line, with its marks in words.
func facts(line string) []string {
	line = deep.ReplaceAllString(cut.ReplaceAllString(line, ""), "")
	var out []string
	for i, field := range strings.Fields(line) {
		mark := ui.Mark(strings.TrimLeft(field, ">*"))
		if w := mark.Word(); w != "" && mark != ui.MarkNone && (len(mark) > 1 || i == 0) {
			out = append(out, w)
			line = strings.Replace(line, field, "", 1)
		}
	}
	return append(out, word.FindAllString(line, -1)...)
}

// told is all that the lines say of a scene, with what the number of the selected row has
// read out.
func told(s linear.Scene) []string {
	if s.Dialog != nil {
		a := s.Dialog.Plain()
		return append(a.Says, a.Said, a.Prompt)
	}
	lines := append(s.Text(1<<20), s.Details()...)
	if s.Trouble != nil {
		for _, p := range s.Trouble.Parts() {
			lines = append(lines, p.Label+": "+p.Value)
		}
	}
	return lines
}

// TestToldInLines proves that the look at the lines bites.
func TestToldInLines(t *testing.T) {
	var failed recorder
	clock, st := uitest.NewClock(), uitest.Styles()
	opt := app.Options{Styles: st, Clock: clock.UI(), ParseName: app.ParseName}
	newWorld().wire(&opt)
	m := app.New(opt)
	uitest.New(t, m, clock, 100, 30).Has("7f3a9c1")
	m.Update(ui.AskMsg{Dialog: mute{ui.NewInput(st, ui.Input{Title: "WHERE IT GOES", Prompt: "Folder:"})}})
	toldInLines(&failed, m)
	if failed.n != 1 {
		t.Errorf("a dialog that tells nothing is found %d times", failed.n)
	}
}

// mute is a dialog that tells nothing.
type mute struct{ ui.Dialog }

func (mute) Plain() ui.Asking { return ui.Asking{} }

// recorder counts failures.
type recorder struct {
	testing.TB
	n int
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.n++ }
