package ui_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
	"keyrite/ui/uitest"
)

// pause lets a moment pass, as somebody does who reads the question.
const pause = "\x00a moment"

// replies asks a dialog line by line until it has a result.
func replies(t *testing.T, make func(ui.Clock, *ui.Styles) ui.Dialog, lines ...string) (d ui.Dialog, result any, said []string) {
	t.Helper()
	clock := uitest.NewClock()
	now := clock.UI().Now()
	c := ui.Clock{Now: func() time.Time { return now }, Tick: clock.UI().Tick}
	d = make(c, uitest.Styles())
	for _, line := range lines {
		if line == pause {
			now = now.Add(time.Second)
			continue
		}
		if result != nil {
			t.Fatalf("%q: there is a result already: %v", line, result)
		}
		result, _ = d.Reply([]byte(line))
		if s := d.Plain().Said; s != "" {
			said = append(said, s)
		}
	}
	return d, result, said
}

// A replied is what a dialog makes of some lines.
type replied struct {
	name   string
	make   func(ui.Clock, *ui.Styles) ui.Dialog
	lines  []string
	result any
	said   []string // the beginnings of what is said of the lines
}

func confirming(q ui.Question) func(ui.Clock, *ui.Styles) ui.Dialog {
	q.Keep, q.Act = "Cancel", "Delete the file"
	return func(c ui.Clock, st *ui.Styles) ui.Dialog { return ui.NewConfirm(st, c, q) }
}

func typing(in ui.Input) func(ui.Clock, *ui.Styles) ui.Dialog {
	return func(_ ui.Clock, st *ui.Styles) ui.Dialog { return ui.NewPublicInput(st, in) }
}

func choosing(_ ui.Clock, st *ui.Styles) ui.Dialog {
	return ui.NewChoice(st, "WHICH", []string{"one", "two"})
}

// TestReply: what every dialog makes of lines, and first of an empty one, which is never the
// dangerous answer.
func TestReply(t *testing.T) {
	two, named, paper := confirming(ui.Question{}), confirming(ui.Question{Type: "shop/web"}), confirming(ui.Question{Type: "2b80e4d7", Hidden: true, Prompt: "The first eight digits:"})
	short := ui.Needed("type a folder")
	for _, tt := range []replied{
		{"choice, empty", choosing, []string{""}, ui.Cancelled{}, nil},
		{"choice", choosing, []string{"3", "two", " 2 "}, 1, []string{"That is not one", "That is not one", "That is not one"}},
		{"button, empty", two, []string{pause, ""}, ui.Cancelled{}, nil},
		{"button, empty at once", two, []string{""}, ui.Cancelled{}, nil},
		{"button, yes", two, []string{pause, "yes"}, nil, []string{"Not done"}},
		{"button, another", two, []string{pause, "Delete", "cancel"}, nil, []string{"Not done", "Not done"}},
		{"button, too early", two, []string{"Delete the file"}, nil, []string{"That came before"}},
		{"button", two, []string{pause, "delete the file"}, ui.Confirmed{}, nil},
		{"name, empty", named, []string{pause, ""}, ui.Cancelled{}, nil},
		{"name, the button's words", named, []string{pause, "Delete the file"}, nil, []string{"Not done"}},
		{"name, other letters", named, []string{pause, "Shop/web"}, nil, []string{"Not done"}},
		{"name, too early", named, []string{"shop/web"}, nil, []string{"That came before"}},
		{"name", named, []string{pause, "shop/web"}, ui.Confirmed{}, nil},
		{"digits, others", paper, []string{pause, "2b80e4d8"}, nil, []string{"Not done"}},
		{"digits in groups", paper, []string{pause, "2b80 e4d7"}, ui.Confirmed{}, nil},
		{"text, empty", typing(ui.Input{Check: short}), []string{""}, ui.Cancelled{}, nil},
		{"text, empty may be", typing(ui.Input{}), []string{""}, "", nil},
		{"text, empty takes what is there", typing(ui.Input{Text: "/media/a", Check: short}), []string{""}, "/media/a", nil},
		{"text", typing(ui.Input{Text: "/media/a"}), []string{" /media/b "}, "/media/b", nil},
		{"text, wrong", typing(ui.Input{Check: func(string) error { return errors.New("no such folder") }}), []string{"x"}, nil, []string{"No such folder."}},
		{"text, a secret key", typing(ui.Input{}), []string{"AGE-SECRET-KEY-1QQQQ"}, nil, []string{"That is a secret key, and now it stands"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, result, said := replies(t, tt.make, tt.lines...)
			if diff := gocmp.Diff(tt.result, result); diff != "" {
				t.Error("result:", diff)
			}
			if len(said) != len(tt.said) {
				t.Fatalf("said %q, want %q", said, tt.said)
			}
			for i, s := range said {
				if !strings.HasPrefix(s, tt.said[i]) {
					t.Errorf("said %q, want %q", s, tt.said[i])
				}
			}
		})
	}
}

// TestReplyPassphrase: a passphrase in lines is the one that keys would have typed, and an
// empty line leaves nothing of it behind.
func TestReplyPassphrase(t *testing.T) {
	key := func(ask ui.AskPassphrase) func(ui.Clock, *ui.Styles) ui.Dialog {
		ask.Role, ask.Try = trustdata.RoleRoot, max(ask.Try, 1)
		return func(c ui.Clock, st *ui.Styles) ui.Dialog { return ui.NewPassphrase(st, c, ask) }
	}
	set := func(isNew bool) func(ui.Clock, *ui.Styles) ui.Dialog {
		return func(c ui.Clock, st *ui.Styles) ui.Dialog {
			return ui.NewBackupPassphrase(st, c, ui.AskBackupPassphrase{New: isNew, Try: 1})
		}
	}
	for _, tt := range []struct {
		name  string
		make  func(ui.Clock, *ui.Styles) ui.Dialog
		lines []string
		want  string // "" for Cancelled, "-" for none
		said  string
	}{
		{"empty", key(ui.AskPassphrase{}), []string{""}, "", ""},
		{"blank", key(ui.AskPassphrase{}), []string{"  "}, "", ""},
		{"old", key(ui.AskPassphrase{}), []string{"root secret"}, "root secret", ""},
		{"spaces", key(ui.AskPassphrase{}), []string{" root secret "}, "root secret", "Spaces at both ends are dropped"},
		{"too long", key(ui.AskPassphrase{}), []string{strings.Repeat("x", 2000)}, "-", "That is too long"},
		{"new, too short", key(ui.AskPassphrase{New: true}), []string{"brief"}, "-", "That is too short"},
		{"new, two that differ", key(ui.AskPassphrase{New: true}), []string{"chosen for this", "chosen for that"}, "-", "The two differ"},
		{"new, left half way", key(ui.AskPassphrase{New: true}), []string{"chosen for this", ""}, "", ""},
		{"new", key(ui.AskPassphrase{New: true}), []string{"chosen for this", "chosen for this"}, "chosen for this", ""},
		{"of a backup", set(false), []string{"anything"}, "anything", ""},
		{"of a new backup, weak", set(true), []string{"aaaaaaaaaaaa", "aaaaaaaaaaaa"}, "-", "Not taken"},
		{"of a new backup", set(true), []string{"seven wet bricks argue", "seven wet bricks argue"}, "seven wet bricks argue", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, result, said := replies(t, tt.make, tt.lines...)
			got := "-"
			switch r := result.(type) {
			case ui.Cancelled:
				got = ""
			case keyring.Passphrase:
				_ = r.Use(func(b []byte) error { got = string(b); return nil })
			}
			if got != tt.want {
				t.Errorf("result %q, want %q", got, tt.want)
			}
			if tt.said != "" && (len(said) == 0 || !strings.HasPrefix(said[len(said)-1], tt.said)) {
				t.Errorf("said %q, want %q", said, tt.said)
			}
			a := d.Plain()
			if !a.Secret {
				t.Error("it would be typed in the open")
			}
			for _, line := range tt.lines {
				if all := strings.Join(append(a.Says, a.Said, a.Prompt), "\n"); len(strings.TrimSpace(line)) > 0 && strings.Contains(all, line) {
					t.Errorf("%q is told: %s", line, all)
				}
			}
		})
	}
}

// TestReplyRecipients: the keys, and then the end of each one's fingerprint.
func TestReplyRecipients(t *testing.T) {
	const key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
	to, err := backup.ParseRecipients([]string{key})
	if err != nil {
		t.Fatal(err)
	}
	last := to[0].LastGroup()
	make := func(_ ui.Clock, st *ui.Styles) ui.Dialog { return ui.NewRecipients(st, nil, nil) }
	for _, tt := range []struct {
		name   string
		lines  []string
		result any
		said   string
	}{
		{"empty", []string{""}, ui.Cancelled{}, ""},
		{"no key", []string{"age1x"}, nil, ""},
		{"not compared yet", []string{key}, nil, ""},
		{"another end", []string{key, "0000"}, nil, "That is not the last group."},
		{"back to the keys and away", []string{key, "", ""}, ui.Cancelled{}, ""},
		{"compared", []string{key, last}, []string{key}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, result, said := replies(t, make, tt.lines...)
			if diff := gocmp.Diff(tt.result, result); diff != "" {
				t.Error("result:", diff)
			}
			if tt.said != "" && (len(said) != 1 || !strings.HasPrefix(said[0], tt.said)) {
				t.Errorf("said %q, want %q", said, tt.said)
			}
		})
	}
}

// TestPlainQuestion: a question states what the dialog states, and its prompt repeats the
// object and says what an empty line does.
func TestPlainQuestion(t *testing.T) {
	d := ui.NewConfirm(uitest.Styles(), uitest.NewClock().UI(), ui.Question{Headline: "PUBLISH", Thing: "shop/web\x1b[2J", Profile: "PROD acme",
		Facts: []ui.Fact{{Label: "Way back", Value: "none", Mark: ui.MarkNow}, {Label: "Backup", Value: "proven", Mark: ui.MarkOK}},
		Keep:  "Cancel", Act: "Publish to 1 repository", Type: "shop/web"})
	want := ui.Asking{Says: []string{"PUBLISH.", "PROD acme.", `shop/web\x1b[2J.`, "Act now. Way back none.", "Fine. Backup proven."},
		Prompt: "Type  shop/web  to do it (that is: publish to 1 repository; an empty line: cancel):"}
	if diff := gocmp.Diff(want, d.Plain()); diff != "" {
		t.Error(diff)
	}
}
