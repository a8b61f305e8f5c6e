package backup

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"keyrite/backup/media"
	"keyrite/trustdata"
)

func sheetCopies() []Copy {
	id := trustdata.KeyID(strings.Repeat("0123456789abcdef", 4))
	one := Copy{Operation: "2026-11-22T095312Z-abcdef", Number: 1, Of: 2, File: "/media/ops/ACME-ROOT-A/keyrite-2026-11-22T095312Z.age",
		SHA256: "sha256:" + strings.Repeat("ab01", 16), State: StateDrilled, Reading: media.Replugged, LookedAt: testTime, Created: testTime,
		ProvenAt: testTime, Due: testTime.Add(DefaultIntervals.Due), Tool: "keyrite test",
		Holds:      []Held{{KeyID: id, Role: "root", SignsFor: []trustdata.GUN{"registry.example/acme/api", "registry.example/acme/web"}, More: 3}, {KeyID: id, Role: "targets", GUN: "registry.example/acme/web"}},
		Recipients: []string{"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"},
		Readers: []Reader{{Kind: RecipientX25519, Recipient: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", Fingerprint: "92e3 6992 6e5f 2443 edd8 4b44 be26 381c", Label: "office", LeastAge: "1.0.0"},
			{Kind: RecipientHybrid, Recipient: "age1pq1" + strings.Repeat("q", 1950), Fingerprint: "0000 1111 2222 3333 4444 5555 6666 7777", LeastAge: "1.3.0"}},
		Medium: &Medium{Vendor: "KINGSTON", Model: "DT", Serial: "9F2A7", UUID: "1234-ABCD", Label: "ACME-ROOT-A", FileSystem: "exfat", Recognised: true}}
	two := one
	two.Number, two.File, two.State, two.Reading, two.Medium, two.Due = 2, "/mnt/b/keyrite-2026-11-22T095312Z.age", StateReadBack, media.Cold, nil, time.Time{}
	return []Copy{one, two}
}

func TestGoldenSheet(t *testing.T) { golden.RequireEqual(t, Sheet(sheetCopies(), testTime)) }

func TestSheetNamesWhatIsMissing(t *testing.T) {
	text := string(Sheet(sheetCopies()[:1], testTime))
	if !strings.Contains(text, "COPIES THAT ARE MISSING: 1") || !strings.Contains(text, "--operation 2026-11-22T095312Z-abcdef") {
		t.Error(text)
	}
}

// A label can be anything; nothing of it may act on a printer or a terminal.
func TestSheetIsPlain(t *testing.T) {
	copies := sheetCopies()
	copies[0].Medium.Label, copies[0].File = "A\x1b[2J\r\n\u202eB", "/media/x\x07/keyrite.age"
	for _, r := range string(Sheet(copies, testTime)) {
		if r != '\n' && (r < ' ' || r > '~') {
			t.Fatalf("%q is on the sheet", r)
		}
	}
}
