package ui_test

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

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

func TestRecipientsNeverShowsASecretKey(t *testing.T) {
	for name, msgs := range map[string][]tea.Msg{
		"pasted":            {tea.PasteMsg{Content: "# created: today\n" + secretKey + "\n"}},
		"typed":             typed(secretKey),
		"typed in lower":    typed(strings.ToLower(secretKey)),
		"pasted after text": append(typed("age1 "), tea.PasteMsg{Content: secretKey}),
		"an SSH key":        {tea.PasteMsg{Content: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n"}},
		"an SSH key, typed": typed("-----BEGIN OPENSSH PRIVATE KEY-----b3BlbnNzaC1rZXktdjEAAAAABG5vbmU"),
	} {
		d := ui.NewRecipients(uitest.Styles(), nil)
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
		good := send(d, uitest.Key("ctrl+u"), tea.PasteMsg{Content: publicKey}, uitest.Key("enter"))
		if got, ok := good.([]string); !ok || !slices.Equal(got, []string{publicKey}) {
			t.Errorf("%s: after clearing, a public key gives %v", name, good)
		}
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
	d := ui.NewRecipients(uitest.Styles(), nil)
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
