package interop_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/cmd/keyrite/interop"
)

// The four states on the screen, worst first, are those of the JSON.
func TestFourStatesOnScreen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.keyrite.Terminal(100, 30)
	var got [][]string
	for line := range strings.Lines(d.openTags(x)) {
		if fields := strings.Fields(line); len(fields) > 2 && strings.Contains(line, "SIGNED") != strings.Contains(line, " ok ") {
			got = append(got, fields)
		}
	}
	short := func(digest string) string { return strings.TrimPrefix(digest, "sha256:")[:12] }
	serves := short(d.registry.Serves("team/app", "2.0-rc1"))
	want := [][]string{
		{"TAG", "STATE", "SIGNED", "SERVED", "SIGNERS"},
		{">!", "1.1", "SIGNED,", "MOVED", short(d.images["1.1"].Digest), serves, "Repo", "Admin"},
		{"!", "2.0-rc1", "UNSIGNED", "--", serves, "--"},
		{"i", "1.2", "SIGNED,", "GONE", short(d.images["1.2"].Digest), "--", "Repo", "Admin"},
		{"ok", "1.0", "signed", short(d.images["1.0"].Digest), "=", "Repo", "Admin"},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, tag := range interop.JSON[tagsJSON](d.keyrite, "tags", "--compare", d.gun).Tags {
		if state := map[string]string{"1.0": "signed", "1.1": "moved", "1.2": "gone", "2.0-rc1": "unsigned"}[tag.Name]; tag.State != state {
			t.Errorf("JSON: %s is %q, want %q", tag.Name, tag.State, state)
		}
	}
}

// However the console ends, the terminal is as it was: the other screen, the cursor, echo.
func TestConsoleGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end  func(*interop.Terminal)
		code string
	}{
		"quit":    {func(x *interop.Terminal) { x.Insist("q", interop.TerminalAfter) }, "0"},
		"Ctrl-c":  {func(x *interop.Terminal) { x.Press("C-c") }, "0"},
		"SIGTERM": {func(x *interop.Terminal) { x.Signal(syscall.SIGTERM) }, "130"},
		"SIGHUP":  {func(x *interop.Terminal) { x.Signal(syscall.SIGHUP) }, "130"},
		"SIGINT":  {func(x *interop.Terminal) { x.Signal(os.Interrupt) }, "130"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := interop.NewKeyrite(t).Terminal(80, 24)
			x.Wait("keyrite > overview", "? all keys")
			// Otherwise what is seen afterwards proves nothing.
			if on, cursor := x.State("alternate_on"), x.State("cursor_flag"); on != "1" || cursor != "0" {
				t.Fatalf("in the console: alternate screen %s, cursor %s", on, cursor)
			}
			tt.end(x)
			x.Wait(interop.TerminalBefore, interop.TerminalAfter+tt.code+"\n", " icanon", " echo ")
			if on, cursor := x.State("alternate_on"), x.State("cursor_flag"); on != "0" || cursor != "1" {
				t.Errorf("afterwards: alternate screen %s, cursor %s", on, cursor)
			}
		})
	}
}

// At every size the frame is whole: all lines, none of them too wide, and in the last one
// the keys.
func TestFrameFollowsTheWindow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.keyrite.Terminal(100, 30)
	d.openTags(x)
	for _, size := range []struct {
		width, height int
		texts         []string
	}{
		{80, 24, []string{"keyrite > keys > team/app", "SIGNERS", "Repo Admin"}},
		{60, 15, []string{"SIGNED, MOVED", "2.0-rc1"}},
		{40, 10, []string{"SIGNED, MOVED", "2.0-rc1"}},
		{39, 9, []string{"40 x 10"}},
		{100, 30, []string{"keyrite > keys > team/app", "4 tags: 1 signed and current"}},
		{150, 45, []string{"keyrite > keys > team/app", "4 tags: 1 signed and current"}},
	} {
		x.Resize(size.width, size.height)
		// Drawing has come to its end when the last line is there, at this size.
		var lines []string
		x.Until("a frame of this size", func() bool {
			lines = strings.Split(strings.TrimSuffix(x.Screen(), "\n"), "\n")
			whole := size.height < 10 || strings.Contains(lines[len(lines)-1], "?")
			return len(lines) == size.height && whole && x.Shows(size.texts...)
		})
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > size.width {
				t.Errorf("%d x %d: a line of %d: %q", size.width, size.height, n, line)
			}
			if rule := strings.Count(line, "─"); rule > 0 && rule < size.width-2 && size.width < 140 {
				t.Errorf("%d x %d: a rule of %d", size.width, size.height, rule)
			}
		}
	}
}

// The palette leads to the repository, the copied command lies in the terminal's buffer,
// and a shell that is given it says the same as the screen.
func TestPaletteAndCopy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	x := d.keyrite.Terminal(100, 30)
	x.Wait("[1 Overview", "1 of 1 repository checked.")
	x.Press("2", "2 keys", "root", "repository")
	x.Press(":", "Enter run", "Tab complete")
	x.Type("app")
	x.Wait("> " + d.gun)
	x.Press("Enter", "4 tags: 1 signed and current")
	x.Press("G", ">ok 1.0")
	x.Press("y", "c  command", "this screen as text")
	x.Press("c", "Copied command by tmux, into its buffer.")
	command := x.Buffer()
	if want := "keyrite verify " + d.gun + ":1.0"; command != want {
		t.Fatalf("copied %q, want %q", command, want)
	}
	if out := d.keyrite.Run(strings.Fields(command)[1:]...); !strings.Contains(out.Stdout, d.images["1.0"].Digest) {
		t.Errorf("the command says %q", out.Output())
	}
	x.Press("y", "s  this screen as text")
	x.Press("s", "Copied this screen as text by tmux")
	if text := x.Buffer(); !strings.HasPrefix(text, "Tags of "+d.gun) || strings.Count(text, " of 4. ") != 4 {
		t.Errorf("the screen as text is\n%s", text)
	}
	x.Press("[", "2 keys (")
	x.Press("]", "4 tags: 1 signed and current")
}
