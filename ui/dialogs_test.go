package ui_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/uitest"
)

var deletion = ui.Question{Headline: "DELETE A KEY FILE", Thing: "repository key 0aa94c6 of registry.acme.io/shop/front",
	Facts: []ui.Fact{{Label: "What is lost", Value: "the only way to sign tags of shop/front, until it is restored"},
		{Label: "Who notices", Value: "12 tags stay valid until 2027-03-14; after that nobody can renew them"},
		{Label: "Backup", Value: "verified 2026-11-02 on ACME-ROOT-A, same file"}},
	Keep: "Keep the key", Act: "Delete the file", Type: "shop/front", Profile: "PROD acme"}

var refresh = ui.Question{Headline: "SIGN 3 TAGS", Thing: "registry.acme.io/pay/web", Keep: "Cancel", Act: "Sign 3 tags"}

var ceremony = ui.Question{Headline: "10 REPOSITORIES WILL TRUST A DIFFERENT ROOT. THIS CANNOT BE UNDONE.", Thing: "registry.acme.io/pay/api and 9 more",
	Facts: []ui.Fact{{Label: "from", Value: "7f3a 9c1e 5d20 b846 ..."}, {Label: "to", Value: "____ ____ 91c6 5f3a ..."}},
	Keep:  "Cancel", Act: "Publish to 10 repositories", Type: "2b80e4d7", Hidden: true, Profile: "PROD acme",
	Prompt: "Type the first eight digits of the NEW key. They are hidden here: take them from the paper."}

func confirm(t *testing.T, q ui.Question) *uitest.Asked {
	return uitest.Ask(t, func(c ui.Clock, st *ui.Styles) ui.Dialog { return ui.NewConfirm(st, c, q) })
}

// TestDanger: nothing but the one deliberate way confirms.
func TestDanger(t *testing.T) {
	held := func(a *uitest.Asked, k string, every time.Duration) {
		for range 100 {
			a.Wait(every).Send(uitest.Key(k))
		}
	}
	wait := time.Second
	for name, do := range map[string]func(*uitest.Asked){
		"enter at once":        func(a *uitest.Asked) { a.Press("enter") },
		"enter, late":          func(a *uitest.Asked) { a.Wait(wait).Press("enter") },
		"held enter, fast":     func(a *uitest.Asked) { held(a, "enter", 30*time.Millisecond) },
		"held enter, slow":     func(a *uitest.Asked) { held(a, "enter", 240*time.Millisecond) },
		"tab and enter, early": func(a *uitest.Asked) { a.Press("tab", "enter", "tab", "enter") },
		"y":                    func(a *uitest.Asked) { a.Wait(wait).Press("y", "Y", "y", "enter") },
		"space":                func(a *uitest.Asked) { a.Wait(wait).Press("space", "space", "enter") },
		"up and enter":         func(a *uitest.Asked) { a.Wait(wait).Press("up", "down", "enter") },
		"paste":                func(a *uitest.Asked) { a.Wait(wait).Paste("shop/front").Paste("2b80e4d7").Press("enter") },
		"repeated keys": func(a *uitest.Asked) {
			enter, tab := uitest.Key("enter"), uitest.Key("tab")
			enter.IsRepeat, tab.IsRepeat = true, true
			a.Wait(wait).Press("tab").Send(enter).Press("tab").Send(tab).Send(enter).Press("enter")
		},
		"escape":            func(a *uitest.Asked) { a.Press("esc") },
		"typed without tab": func(a *uitest.Asked) { a.Wait(wait).Type("shop/front").Press("enter") },
	} {
		for _, q := range []ui.Question{deletion, refresh, ceremony} {
			a := confirm(t, q)
			do(a)
			if _, yes := a.Result.(ui.Confirmed); yes {
				t.Errorf("%s: %q was confirmed", q.Headline, name)
			}
		}
	}
	// With something to type, Tab and Enter alone must not do either, nor the name pasted.
	for _, q := range []ui.Question{deletion, ceremony} {
		if a := confirm(t, q).Wait(wait).Paste(q.Type).Press("tab", "enter"); a.Result != nil {
			t.Errorf("%s: pasted, Tab, Enter ended it with %T", q.Headline, a.Result)
		}
		for _, typed := range []string{"", "shop/fron", "shop/front2", "2b80", "SHOP/FRONT"} {
			a := confirm(t, q).Wait(wait).Type(typed).Press("tab").Wait(wait).Press("enter")
			if a.Result != nil {
				t.Errorf("%s: %q and Tab, Enter ended it with %T", q.Headline, typed, a.Result)
			}
			if got := a.Text(94, 24); !strings.Contains(got, "(locked)") || !strings.Contains(got, "Locked: what is typed") {
				t.Errorf("%s: after %q it does not say that it is locked:\n%s", q.Headline, typed, got)
			}
		}
	}
}

func TestConfirmed(t *testing.T) {
	for _, c := range []struct {
		q     ui.Question
		typed string
	}{{deletion, "shop/front"}, {refresh, ""}, {ceremony, "2b80e4d7"}, {ceremony, "2b80 e4d7"}} {
		a := confirm(t, c.q).Wait(time.Second).Type(c.typed).Press("tab", "enter")
		if _, yes := a.Result.(ui.Confirmed); !yes {
			t.Errorf("%s: typed name, Tab, Enter gave %T:\n%s", c.q.Headline, a.Result, a.Text(94, 24))
		}
	}
	// A mistake can be mended, and moving there and back leaves the safe button selected.
	a := confirm(t, deletion).Wait(time.Second).Type("shop/frxx").Press("backspace", "backspace").Type("ont").Press("tab", "tab", "enter")
	if _, kept := a.Result.(ui.Cancelled); !kept {
		t.Errorf("there and back gave %T", a.Result)
	}
}

func TestHiddenDigits(t *testing.T) {
	a := confirm(t, ceremony)
	if got := a.Text(94, 24); strings.Contains(got, "2b80") {
		t.Errorf("the digits that must come from paper are on the screen:\n%s", got)
	}
}

func TestConfirmFrames(t *testing.T) {
	for name, q := range map[string]ui.Question{"delete": deletion, "sign": refresh, "ceremony": ceremony} {
		for _, s := range [][2]int{{100, 24}, {80, 18}, {60, 12}} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, s[0], s[1]), func(t *testing.T) {
				text := confirm(t, q).Wait(time.Second).Type("shop/fro").Text(s[0], s[1])
				body, _, _ := strings.Cut(text, "\n\n\""+q.Keep)
				if n := strings.Count(body, "\n") + 1; n > s[1] {
					t.Errorf("%d lines in %d", n, s[1])
				}
				for _, must := range []string{q.Act, q.Keep} {
					if !strings.Contains(body, must) {
						t.Errorf("lacks %q", must)
					}
				}
				golden.RequireEqual(t, text)
			})
		}
	}
}

func passphrase(t *testing.T, ask ui.AskPassphrase) *uitest.Asked {
	return uitest.Ask(t, func(c ui.Clock, st *ui.Styles) ui.Dialog { return ui.NewPassphrase(st, c, ask) })
}

var oldRoot = ui.AskPassphrase{Role: trustdata.RoleRoot, Which: "old", KeyID: trustdata.KeyID(strings.Repeat("7f3a9c1e5d20b846", 4)),
	Why: "it must sign root.json of 10 repositories.", Kept: "Asked once. Forgotten when this step ends.", Leave: "stop the rotation here (safe)"}

// bytesOf are the bytes of the passphrase that a dialog ended with.
func bytesOf(t *testing.T, a *uitest.Asked) string {
	t.Helper()
	p, ok := a.Result.(keyring.Passphrase)
	if !ok {
		t.Fatalf("the dialog ended with %T:\n%s", a.Result, a.Text(94, 24))
	}
	var got string
	p.Use(func(b []byte) error { got = string(b); return nil })
	return got
}

func TestPassphrase(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*uitest.Asked)
		want string
	}{
		"typed":                 {func(a *uitest.Asked) { a.Type("q?:1 Zz") }, "q?:1 Zz"},
		"pasted":                {func(a *uitest.Asked) { a.Paste("correct horse\r\n") }, "correct horse"},
		"blanks at both ends":   {func(a *uitest.Asked) { a.Paste("  correct horse ") }, "correct horse"},
		"mended":                {func(a *uitest.Asked) { a.Type("ab").Press("backspace").Type("é倉").Press("backspace") }, "aé"},
		"cleared":               {func(a *uitest.Asked) { a.Type("wrong").Press("ctrl+u").Type("right") }, "right"},
		"several lines dropped": {func(a *uitest.Asked) { a.Paste("one\ntwo").Type("ok") }, "ok"},
		"too long dropped":      {func(a *uitest.Asked) { a.Paste(strings.Repeat("x", 2000)).Type("ok") }, "ok"},
	} {
		a := passphrase(t, oldRoot)
		c.do(a)
		if got := bytesOf(t, a.Press("enter")); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if a := passphrase(t, oldRoot).Press("enter"); a.Result != nil || !strings.Contains(a.Text(94, 24), "Nothing is typed yet.") {
		t.Errorf("an empty passphrase was taken: %T", a.Result)
	}
	if a := passphrase(t, oldRoot).Type("secret").Press("esc"); a.Result != any(ui.Cancelled{}) {
		t.Errorf("Esc gave %T", a.Result)
	}
}

func TestPassphraseSays(t *testing.T) {
	for _, c := range []struct {
		name, want string
		do         func(*uitest.Asked)
	}{
		{"line break", "line break at the end", func(a *uitest.Asked) { a.Paste("horse\n") }},
		{"blanks", "Spaces at both ends are dropped", func(a *uitest.Asked) { a.Type("horse ") }},
		{"lines", "several lines", func(a *uitest.Asked) { a.Paste("one\ntwo") }},
		{"state", "hidden; something is typed", func(a *uitest.Asked) { a.Type("x") }},
		{"empty", "hidden; empty", func(a *uitest.Asked) {}},
		{"caps", "Caps Lock is on.", func(a *uitest.Asked) { a.Send(tea.KeyPressMsg{Text: "X", Code: 'x', Mod: tea.ModCapsLock}) }},
		{"blurred", "out of focus for a minute", func(a *uitest.Asked) { a.Type("x").Send(tea.BlurMsg{}).Wait(61 * time.Second) }},
		{"the whole ID", "7f3a 9c1e 5d20 b846   7f3a 9c1e 5d20 b846", func(a *uitest.Asked) {}},
	} {
		a := passphrase(t, oldRoot)
		c.do(a)
		if got := a.Text(94, 24); !strings.Contains(got, c.want) {
			t.Errorf("%s: it does not say %q:\n%s", c.name, c.want, got)
		}
	}
	// Out of focus for a moment changes nothing.
	a := passphrase(t, oldRoot).Type("horse").Send(tea.BlurMsg{}).Wait(30 * time.Second).Send(tea.FocusMsg{}).Wait(90 * time.Second)
	if got := bytesOf(t, a.Press("enter")); got != "horse" {
		t.Errorf("after a moment out of focus: %q", got)
	}
	second := oldRoot
	second.Try = 2
	if got := passphrase(t, second).Text(94, 24); !strings.Contains(got, "does not open this key. Second try. Nothing has changed.") {
		t.Errorf("a second try says\n%s", got)
	}
}

// TestPassphraseLength: how much was typed must not show.
func TestPassphraseLength(t *testing.T) {
	const canary = "xylophone-canary"
	var seen []string
	for _, n := range []int{1, 5, len(canary)} {
		text := passphrase(t, oldRoot).Type(canary[:n]).Text(94, 24)
		if strings.Contains(text, canary[:3]) {
			t.Errorf("the passphrase is on the screen:\n%s", text)
		}
		seen = append(seen, text)
	}
	if len(slices.Compact(seen)) != 1 {
		t.Error("frames tell passphrases of different lengths apart")
	}
}

func TestNewPassphrase(t *testing.T) {
	fresh := ui.AskPassphrase{Role: trustdata.RoleTargets, Which: "new", New: true}
	a := passphrase(t, fresh).Type("short").Press("enter")
	if got := a.Text(94, 24); a.Result != nil || !strings.Contains(got, "at least 8 characters") {
		t.Errorf("a short one gave %T:\n%s", a.Result, got)
	}
	a.Type("long enough").Press("enter")
	if got := a.Text(94, 24); a.Result != nil || !strings.Contains(got, "once more") {
		t.Errorf("one typing gave %T:\n%s", a.Result, got)
	}
	a.Type("long enougj").Press("enter")
	if got := a.Text(94, 24); a.Result != nil || !strings.Contains(got, "The two differ.") {
		t.Errorf("two that differ gave %T:\n%s", a.Result, got)
	}
	a.Type("long enough").Press("enter").Type("long enough").Press("enter")
	if got := bytesOf(t, a); got != "long enough" {
		t.Errorf("got %q", got)
	}
	// Eight characters, not eight bytes.
	if a := passphrase(t, fresh).Paste("日本倉庫").Press("enter"); !strings.Contains(a.Text(94, 24), "at least 8 characters") {
		t.Errorf("four characters of twelve bytes gave\n%s", a.Text(94, 24))
	}
}

func TestPassphraseFrames(t *testing.T) {
	for _, s := range [][2]int{{100, 24}, {80, 18}, {60, 12}} {
		t.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(t *testing.T) {
			ask := oldRoot
			ask.Try = 2
			golden.RequireEqual(t, passphrase(t, ask).Text(s[0], s[1]))
		})
	}
}

func TestInput(t *testing.T) {
	open := func() *uitest.Asked {
		return uitest.Ask(t, func(_ ui.Clock, st *ui.Styles) ui.Dialog {
			return ui.NewInput(st, ui.Input{Title: "OPEN", Prompt: "Name:", Do: "open", Check: func(s string) error {
				_, err := trustdata.ParseGUN(s)
				return err
			}})
		})
	}
	if a := open().Type("reg.example/app").Press("enter"); a.Result != "reg.example/app" {
		t.Errorf("got %v", a.Result)
	}
	if a := open().Paste("reg.example/app\n").Press("enter"); a.Result != "reg.example/app" {
		t.Errorf("pasted: got %v", a.Result)
	}
	a := open().Type("a/../b").Press("enter")
	if got := a.Text(94, 24); a.Result != nil || !strings.Contains(got, `has the segment ".."`) {
		t.Errorf("a bad name gave %v:\n%s", a.Result, got)
	}
	if a.Press("q", "esc"); a.Result != any(ui.Cancelled{}) {
		t.Errorf("Esc gave %v", a.Result)
	}
}

func TestChoice(t *testing.T) {
	open := func() *uitest.Asked {
		return uitest.Ask(t, func(_ ui.Clock, st *ui.Styles) ui.Dialog {
			return ui.NewChoice(st, "COPY", []string{"key ID", "repository", "digest"})
		})
	}
	for keys, want := range map[string]any{"enter": 0, "j enter": 1, "j j j k enter": 1, "3": 2, "4 esc": ui.Cancelled{}, "q": ui.Cancelled{}} {
		if a := open().Press(strings.Fields(keys)...); a.Result != want {
			t.Errorf("%s gave %v, want %v", keys, a.Result, want)
		}
	}
}
