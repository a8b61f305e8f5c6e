package ui_test

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/ui"
	"keyrite/ui/uitest"
)

const (
	publicKey = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
	secretKey = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
	sshKey    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN"
)

// send gives a dialog messages and returns the first result.
func send(d ui.Dialog, msgs ...tea.Msg) any {
	for _, m := range msgs {
		if r, _ := d.Update(m); r != nil {
			return r
		}
	}
	return nil
}

func typed(text string) []tea.Msg {
	var out []tea.Msg
	for _, r := range text {
		out = append(out, tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return out
}

// lastGroup ends the fingerprint of publicKey.
const lastGroup = "6fdd"

// answer types a text and presses Enter.
func answer(text string) []tea.Msg { return append(typed(text), uitest.Key("enter")) }

// The end of every fingerprint is typed, save for keys that the settings name or that
// were compared before.
func TestRecipientsAreCompared(t *testing.T) {
	named := func(list []string) ([]backup.Recipient, error) {
		all, err := backup.ParseRecipients(list)
		for i := range all {
			all[i].Label = "office"
		}
		return all, err
	}
	for name, d := range map[string]ui.Dialog{
		"named":        ui.NewRecipients(uitest.Styles(), named, nil),
		"given before": ui.NewRecipients(uitest.Styles(), nil, []string{publicKey}),
	} {
		got := send(d, uitest.Key("ctrl+u"), tea.PasteMsg{Content: publicKey}, uitest.Key("enter"))
		if list, ok := got.([]string); !ok || len(list) != 1 {
			t.Errorf("%s: the result is %v", name, got)
		}
	}
	d := ui.NewRecipients(uitest.Styles(), nil, []string{sshKey})
	if r := send(d, uitest.Key("ctrl+u"), tea.PasteMsg{Content: publicKey + " " + sshKey}, uitest.Key("enter")); r != nil {
		t.Fatalf("nothing was compared, and the result is %v", r)
	}
	says := func(want string) {
		t.Helper()
		if got := ansi.Strip(d.View(100, 24)); !strings.Contains(got, want) {
			t.Errorf("the dialog does not say %q:\n%s", want, got)
		}
	}
	says("82da b32a 9aed ffb4 925a 762f 879f 6fdd")
	says("X25519 " + publicKey)
	for what, msgs := range map[string][]tea.Msg{"yes": answer("y"), "nothing": answer(""), "another group": answer("6fde"), "the first group": answer("82da"),
		"a paste": {tea.PasteMsg{Content: lastGroup}, uitest.Key("enter")}} {
		if r := send(d, msgs...); r != nil {
			t.Errorf("%s is taken: %v", what, r)
		}
		says("That is not the last group")
	}
	send(d, tea.PasteMsg{Content: lastGroup})
	says("Paste is off here")
	if r := send(d, uitest.Key("esc")); r != nil {
		t.Errorf("Esc gives %v", r)
	}
	says("WHO CAN OPEN IT")
	send(d, uitest.Key("enter"))
	if list, ok := send(d, answer("6FDD")...).([]string); !ok || !slices.Equal(list, []string{publicKey, sshKey}) {
		t.Errorf("the last group gives %v", list)
	}
}

func TestRecipientsNeverShowsASecretKey(t *testing.T) {
	for name, msgs := range map[string][]tea.Msg{
		"pasted":            {tea.PasteMsg{Content: "# created: today\n" + secretKey + "\n"}},
		"typed":             typed(secretKey),
		"typed in lower":    typed(strings.ToLower(secretKey)),
		"pasted after text": append(typed("age1 "), tea.PasteMsg{Content: secretKey}),
		"in groups":         {tea.PasteMsg{Content: "AGE-SECRET-KEY-1 GFPYY SJZGF PYYSJ ZGFPY YSJZG"}},
		"typed in groups":   typed("age-secret key-1 gfpyy sjzgf"),
		"wrapped":           {tea.PasteMsg{Content: "AGE-SECRET-\r\nKEY-1GFPYYSJZGFPYYSJZ\r\nGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\r\n"}},
		"with marks":        {tea.PasteMsg{Content: "\ufeff" + secretKey[:12] + "\u200b" + secretKey[12:]}},
		"as UTF-16":         {tea.PasteMsg{Content: strings.Join(strings.Split(secretKey, ""), "\x00")}},
		"its digits alone":  {tea.PasteMsg{Content: secretKey[16:]}},
		"a plugin's":        {tea.PasteMsg{Content: "AGE-PLUGIN-YUBIKEY-1GFPYYSJZGFPYYSJZ"}},
		"an SSH key":        {tea.PasteMsg{Content: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n"}},
		"an SSH key, typed": typed("-----BEGIN OPENSSH PRIVATE KEY-----b3BlbnNzaC1rZXktdjEAAAAABG5vbmU"),
	} {
		d := ui.NewRecipients(uitest.Styles(), nil, nil)
		for _, m := range append(msgs, uitest.Key("enter")) {
			if r, _ := d.Update(m); r != nil {
				t.Errorf("%s: the result is %v", name, r)
			}
			got := strings.ToUpper(ansi.Strip(d.View(100, 24)))
			for _, part := range []string{"GFPYY", "B3BLBNN"} {
				if strings.Contains(got, part) {
					t.Fatalf("%s: the dialog shows some of it:\n%s", name, got)
				}
			}
		}
		if got := ansi.Strip(d.View(100, 24)); !strings.Contains(got, "That is a secret key") {
			t.Errorf("%s: the dialog does not say why it took nothing:\n%s", name, got)
		}
		good := send(d, append([]tea.Msg{uitest.Key("ctrl+u"), tea.PasteMsg{Content: publicKey}, uitest.Key("enter")}, answer(lastGroup)...)...)
		if got, ok := good.([]string); !ok || !slices.Equal(got, []string{publicKey}) {
			t.Errorf("%s: after clearing, a public key gives %v", name, good)
		}
	}
}

// A new passphrase of a backup that would be guessed is not taken, though it was typed
// twice.
func TestBackupPassphraseIsNotWeak(t *testing.T) {
	d := ui.NewBackupPassphrase(uitest.Styles(), uitest.NewClock().UI(), ui.AskBackupPassphrase{New: true})
	for phrase, want := range map[string]string{"aaaaaaaaaaaa": "fewer than 5", "12345678": "characters follow one"} {
		if r := send(d, append(answer(phrase), answer(phrase)...)...); r != nil {
			t.Errorf("%q is taken: %v", phrase, r)
		}
		if got := ansi.Strip(d.View(100, 24)); !strings.Contains(got, want) || strings.Contains(got, phrase) {
			t.Errorf("the dialog does not say %q:\n%s", want, got)
		}
	}
	good := "correct horse battery"
	if _, ok := send(d, append(answer(good), answer(good)...)...).(keyring.Passphrase); !ok {
		t.Error("a good passphrase is not taken")
	}
	asked := ui.NewBackupPassphrase(uitest.Styles(), uitest.NewClock().UI(), ui.AskBackupPassphrase{})
	if _, ok := send(asked, answer("aaaaaaaaaaaa")...).(keyring.Passphrase); !ok {
		t.Error("an old passphrase is judged too")
	}
}

func TestPublicInputTakesPaths(t *testing.T) {
	d := ui.NewPublicInput(uitest.Styles(), ui.Input{Title: "T", Prompt: "P:", Do: "take"})
	if got := send(d, tea.PasteMsg{Content: "/home/ops/key.txt"}, uitest.Key("enter")); got != "/home/ops/key.txt" {
		t.Errorf("the result is %v", got)
	}
	d = ui.NewPublicInput(uitest.Styles(), ui.Input{Title: "T", Prompt: "P:", Do: "take"})
	if got := send(d, tea.PasteMsg{Content: secretKey}, uitest.Key("enter")); got != nil || strings.Contains(d.View(100, 24), "GFPYY") {
		t.Errorf("a secret key gives %v", got)
	}
}

func TestRecipientsRefusesWhatIsNone(t *testing.T) {
	d := ui.NewRecipients(uitest.Styles(), nil, nil)
	if r := send(d, tea.PasteMsg{Content: publicKey[:40]}, uitest.Key("enter")); r != nil {
		t.Errorf("a cut key gives %v", r)
	}
	if got := ansi.Strip(d.View(100, 24)); !strings.Contains(got, "damaged or cut short") {
		t.Errorf("the dialog says:\n%s", got)
	}
	if _, ok := send(d, uitest.Key("esc")).(ui.Cancelled); !ok {
		t.Error("Esc does not leave")
	}
}

func TestSplitRecipients(t *testing.T) {
	for line, want := range map[string][]string{
		"":                                        nil,
		publicKey + " " + publicKey:               {publicKey, publicKey},
		publicKey + ",\n" + sshKey:                {publicKey, sshKey},
		sshKey + " ops@bastion-2 " + publicKey:    {sshKey, publicKey},
		sshKey + "  " + sshKey:                    {sshKey, sshKey},
		"nonsense " + publicKey:                   {"nonsense", publicKey},
		"ssh-ed25519":                             {"ssh-ed25519"},
		sshKey + " a comment of words age1second": {sshKey, "age1second"},
	} {
		if got := ui.SplitRecipients(line); !slices.Equal(got, want) {
			t.Errorf("SplitRecipients(%q) = %q, want %q", line, got, want)
		}
	}
}
