package interop_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"filippo.io/age/armor"

	"keyrite/cmd/keyrite/interop"
)

// mangled are ways in which a backup reaches somebody who was sent it as text.
func mangled(t *testing.T, plain []byte) map[string][]byte {
	t.Helper()
	var buf bytes.Buffer
	w := armor.NewWriter(&buf)
	if _, err := w.Write(plain); errors.Join(err, w.Close()) != nil {
		t.Fatal(err)
	}
	text := buf.String()
	lines := strings.SplitAfter(text, "\n")
	middle := len(lines) / 2
	insert := func(line string) string {
		return strings.Join(lines[:middle], "") + line + strings.Join(lines[middle:], "")
	}
	wide := []byte{0xff, 0xfe}
	for _, c := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(c), byte(c>>8))
	}
	all := map[string]string{
		"as it is":                     text,
		"line ends of Windows":         strings.ReplaceAll(text, "\n", "\r\n"),
		"line ends of an old Mac":      strings.ReplaceAll(text, "\n", "\r"),
		"a byte order mark":            "\ufeff" + text,
		"UTF-16":                       string(wide),
		"text before it":               "Here it is:\n" + text,
		"blank lines before it":        "\n\n  \t\n" + text,
		"blanks before it":             "   " + text,
		"a thousand blank lines":       strings.Repeat("\n", 1000) + text,
		"two thousand blank lines":     strings.Repeat("\n", 2000) + text,
		"text behind it":               text + "Yours\n",
		"blank lines behind it":        text + "\n \n",
		"two thousand blanks behind":   text + strings.Repeat("\n", 2000),
		"no last line end":             strings.TrimSuffix(text, "\n"),
		"no last line":                 strings.Join(lines[:len(lines)-2], ""),
		"a blank line within":          insert("\n"),
		"a longer line":                strings.Replace(text, lines[middle], strings.TrimSuffix(lines[middle], "\n")+"A\n", 1),
		"two lines as one":             strings.Replace(text, lines[middle], strings.TrimSuffix(lines[middle], "\n"), 1),
		"a line without an end":        lines[0] + strings.Repeat("A", 1<<20),
		"blanks at the ends of lines":  strings.ReplaceAll(text, "\n", " \n"),
		"a line twice":                 insert(lines[middle]),
		"a line left out":              strings.Join(append(append([]string{}, lines[:middle]...), lines[middle+1:]...), ""),
		"small letters":                strings.Replace(text, "BEGIN AGE", "begin age", 1),
		"another kind":                 strings.Replace(text, "AGE ENCRYPTED", "PGP", 2),
		"two of them":                  text + text,
		"quoted, as in a reply":        "> " + strings.ReplaceAll(text, "\n", "\n> "),
		"binary":                       string(plain),
		"binary, a byte behind it":     string(plain) + "\x00",
		"binary, itself behind it":     string(plain) + string(plain),
		"binary, a blank line before":  "\n" + string(plain),
		"binary, line ends of Windows": strings.ReplaceAll(string(plain), "\n", "\r\n"),
		"empty":                        "",
	}
	out := make(map[string][]byte, len(all))
	for name, s := range all {
		out[name] = []byte(s)
	}
	return out
}

// Whatever became of a backup on its way, keyrite reads it where age's own command does,
// and refuses it where that refuses.
func TestDamagedArmorIsReadAsAgeDoes(t *testing.T) {
	t.Parallel()
	k, _ := holder(t)
	identity, recipient := newIdentity(t)
	made := interop.JSON[backupJSON](k, "backup", "create", "--to", filepath.Join(t.TempDir(), "stick"), "--copies", "1", "-r", recipient, "-i", identity)
	plain, err := os.ReadFile(made.File)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for name, data := range mangled(t, plain) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "set.age")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			age := interop.TryExec(t, dir, interop.Peer(t, "age"), "-d", "-i", identity, "-o", os.DevNull, file)
			own := k.Try("backup", "verify", file, "-i", identity)
			if (age.Code == 0) != (own.Code == 0) || own.Code != 0 && own.Code != 3 {
				t.Errorf("age exits with %d and says %q; keyrite with %d and says %q", age.Code, age.Stderr, own.Code, own.Stderr)
			}
			if own.Code == 0 {
				read++
			}
		})
	}
	if read < 5 {
		t.Errorf("%d files were read at all", read)
	}
}
