package backup

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"keyrite/backup/media"
	"keyrite/trustdata"
)

// Sheet is the paper that belongs to a set: what a stranger needs in ten years, to find the
// copies, to know what is in them, and to open them with stock tools. It is plain text of at
// most 78 columns and holds nothing secret. copies are those of one set.
func Sheet(copies []Copy, now time.Time) []byte {
	s := &sheet{}
	first := copies[0]
	s.line("SIGNING KEYS: BACKUP SHEET")
	s.line("Keep this sheet apart from the copies, and never with what opens them.")
	s.line("")
	s.fact("set", cmp.Or(first.Operation, "none: a backup that stands alone"))
	began := first.Created
	if began.IsZero() {
		began = first.Written
	}
	s.fact("made", minute(began), "by", cmp.Or(first.Tool, "keyrite"))
	s.fact("printed", minute(now))
	s.keys(first.Holds)
	s.readers(first)
	for _, c := range copies {
		s.copy(c)
	}
	s.missing(copies)
	s.restore(first)
	return s.Bytes()
}

type sheet struct{ bytes.Buffer }

func (s *sheet) line(format string, args ...any) {
	s.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

func (s *sheet) title(text string) { s.line("\n%s", text) }

// width is what every printer takes at ten characters an inch.
const width = 78

// fact writes a label and what belongs to it, on as many lines as that takes.
func (s *sheet) fact(label string, parts ...string) {
	line := fmt.Sprintf("  %-11s", label)
	for i, word := range strings.Fields(trustdata.Visible(strings.Join(parts, " "))) {
		if i > 0 && len(line)+len(word) >= width {
			s.line("%s", line)
			line = strings.Repeat(" ", 13)
		}
		line += word + " "
	}
	s.line("%s", line)
}

func minute(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

func (s *sheet) keys(all []Held) {
	s.title(fmt.Sprintf("KEYS IN IT: %d", len(all)))
	if len(all) == 0 {
		s.line("  Not recorded on this machine. manifest.json in the backup lists them.")
	}
	for _, k := range all {
		s.uses(k)
		s.groups(string(k.KeyID))
	}
	s.line("  Each is still locked with its own passphrase, which is not in the backup.")
}

// uses says what a key signs for, by its file or else by the metadata in the backup.
func (s *sheet) uses(k Held) {
	guns := k.SignsFor
	if len(guns) == 0 {
		guns = []trustdata.GUN{k.GUN}
	}
	for i, gun := range guns {
		label := ""
		if i == 0 {
			label = cmp.Or(k.Role, "?")
		}
		s.fact(label, string(gun))
	}
	if k.More > 0 {
		s.fact("", fmt.Sprintf("and %d more, which manifest.json lists", k.More))
	}
}

// groups writes 64 digits in eights, two lines of four.
func (s *sheet) groups(hex string) {
	var eights []string
	for part := range slices.Chunk([]byte(hex), 8) {
		eights = append(eights, string(part))
	}
	for four := range slices.Chunk(eights, 4) {
		s.fact("", four...)
	}
}

// readers are whom it is for. A post-quantum key would fill a page: its beginning and the
// fingerprint tell it apart.
func (s *sheet) readers(c Copy) {
	s.title("WHO CAN OPEN IT")
	for _, r := range readersOf(c) {
		s.fact(string(r.Kind), r.Label, cmp.Or(clip(r.Recipient), "whoever has the backup's own passphrase"))
		if r.Fingerprint != "" {
			s.fact("", r.Fingerprint)
		}
	}
	if len(readersOf(c)) == 0 {
		s.line("  Not recorded on this machine.")
	}
}

// readersOf are the recipients as they were recorded; an older record has their texts alone.
func readersOf(c Copy) []Reader {
	if len(c.Readers) > 0 {
		return c.Readers
	}
	if rs, err := ParseRecipients(c.Recipients); err == nil {
		return Readers(rs)
	}
	var all []Reader
	for _, text := range c.Recipients {
		all = append(all, Reader{Recipient: text})
	}
	return all
}

func (s *sheet) copy(c Copy) {
	s.title(strings.TrimSpace("COPY " + numbered(c)))
	s.fact("file", filepath.Base(c.File))
	s.fact("SHA-256", "")
	s.groups(strings.TrimPrefix(c.SHA256, "sha256:"))
	s.fact("medium", medium(c))
	s.fact("state", standing(c))
	if c.Problem == "" {
		s.fact("drill by", day(c.Due))
	}
	s.line("  kept at    ______________________________________________")
	s.line("  placed by  ____________________  on  ____________________")
}

func numbered(c Copy) string {
	if c.Number == 0 {
		return ""
	}
	return fmt.Sprintf("%d OF %d", c.Number, c.Of)
}

func medium(c Copy) string {
	m := c.Medium
	if m == nil || !m.Recognised {
		return "not recognised as a removable drive: " + c.File
	}
	parts := []string{strings.TrimSpace(m.Vendor + " " + m.Model)}
	if m.Label != "" {
		parts = append(parts, fmt.Sprintf("%q", m.Label))
	}
	for _, f := range []struct{ label, value string }{{"serial", m.Serial}, {"UUID", m.UUID}, {"file system", m.FileSystem}} {
		if f.value != "" {
			parts = append(parts, f.label+" "+f.value)
		}
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// standing never says more than what was done.
func standing(c Copy) string {
	words := map[State]string{StateWritten: "written, not read back", StateReadBack: "read back, not decrypted by anybody",
		StateProven: "decrypted to the end and compared", StateDrilled: "decrypted, every key opened and made to sign"}
	text := cmp.Or(words[c.State], "DAMAGED or not known: do not rely on it")
	if c.Reading == media.Replugged {
		text += ", after it was taken out and put back"
	}
	return text + ", " + minute(c.LookedAt)
}

func day(t time.Time) string {
	if t.IsZero() {
		return "today: it was never proven"
	}
	return t.UTC().Format("2006-01-02")
}

func (s *sheet) missing(copies []Copy) {
	first := copies[0]
	if n := first.Of - len(copies); n > 0 {
		s.title(fmt.Sprintf("COPIES THAT ARE MISSING: %d", n))
		s.line("  keyrite backup create --to DIR --operation %s -r ...", first.Operation)
	}
	if slices.Contains(first.Waived, WaiverCopies) {
		s.line("  The operator did without them when the set was made.")
	}
}

func (s *sheet) restore(c Copy) {
	least := "1.0.0"
	for _, r := range readersOf(c) {
		least = max(least, r.LeastAge)
	}
	s.title("HOW TO OPEN IT WITHOUT KEYRITE")
	s.line("  It takes age %s or later, and tar. RESTORE.txt beside each copy says more.", least)
	s.line("")
	name := filepath.Base(c.File)
	with := "-i KEYFILE "
	if slices.Contains(c.Recipients, string(RecipientPassphrase)) || slices.ContainsFunc(readersOf(c), func(r Reader) bool { return r.Kind == RecipientPassphrase }) {
		with = ""
	}
	for _, cmd := range []string{"sha256sum -c " + name + ".sha256", "mkdir -m 700 restored && cd restored",
		"age -d " + with + "../" + name + " | tar -x", "notary -d \"$PWD\" key list"} {
		s.line("    %s", trustdata.Visible(cmd))
	}
}
