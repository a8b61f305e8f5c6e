package linear

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// named are the keys that have a name and no letter.
var named = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "space": {Code: tea.KeySpace, Text: " "},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "pgup": {Code: tea.KeyPgUp}, "pgdn": {Code: tea.KeyPgDown},
}

// howToType is what the help says beside the keys.
var howToType = []string{
	"HOW TO TYPE IT.",
	"A number reads out what there is to say of the line that was read out with it, and selects it; an empty line then opens it.",
	"A key is typed as its letter, a capital as a capital, or by its name: esc, tab, space, enter, up, down.",
	"A number and a key, 3 R, press the key on that line.",
	"/text shows the lines with that text, and / alone shows all. more reads on where a list is long.",
	":text goes to a place or does what is called so.",
	"The name of a place (keys, repos, backups, activity) goes there.",
	"An empty line does what the question says: it opens what was selected, goes to a wizard's next step, or reads the screen again, as again does.",
	"Ctrl-c leaves a question, stops what runs, and then quits. Ctrl-d leaves.",
}

// order is what a line asks for.
type order struct {
	kind orderKind
	row  int // counted from 1, 0 for none
	key  tea.KeyPressMsg
	text string
}

type orderKind int

const (
	unclear orderKind = iota
	nothing           // an empty line
	press
	place // a key that leads to a place
	open
	filter
	command // a key that asks, and the answer to it
	more
	again
)

// understand reads a line.
func understand(line string, places []Place) order {
	line = strings.TrimSpace(line)
	switch lower := strings.ToLower(line); {
	case line == "":
		return order{kind: nothing}
	case strings.HasPrefix(line, "/"):
		return order{kind: filter, text: strings.TrimSpace(line[1:])}
	case len(line) > 1 && line[0] == ':':
		return order{kind: command, key: letter(':'), text: strings.TrimSpace(line[1:])}
	case lower == "more":
		return order{kind: more}
	case lower == "again":
		return order{kind: again}
	case lower == "help":
		return order{kind: press, key: letter('?')}
	}
	for _, p := range places {
		if strings.EqualFold(line, p.Name) {
			return order{kind: place, key: letter([]rune(p.Key)[0])}
		}
	}
	number, rest, _ := strings.Cut(line, " ")
	if n, err := strconv.Atoi(number); err == nil {
		if rest == "" {
			return order{kind: open, row: n}
		}
		if k, ok := keyOf(strings.TrimSpace(rest)); ok {
			return order{kind: press, row: n, key: k}
		}
	}
	if k, ok := keyOf(line); ok {
		return order{kind: press, key: k}
	}
	return order{kind: unclear, text: line}
}

// keyOf is the key that a word names.
func keyOf(word string) (tea.KeyPressMsg, bool) {
	lower := strings.ToLower(word)
	if k, ok := named[lower]; ok {
		return k, true
	}
	if rest, ok := strings.CutPrefix(lower, "ctrl-"); ok && utf8.RuneCountInString(rest) == 1 {
		return tea.KeyPressMsg{Code: []rune(rest)[0], Mod: tea.ModCtrl}, true
	}
	if utf8.RuneCountInString(word) == 1 {
		return letter([]rune(word)[0]), true
	}
	return tea.KeyPressMsg{}, false
}

// letter is the key of a letter or sign.
func letter(r rune) tea.KeyPressMsg {
	k := tea.KeyPressMsg{Text: string(r), Code: unicode.ToLower(r)}
	if unicode.IsUpper(r) {
		k.Mod, k.ShiftedCode = tea.ModShift, r
	}
	return k
}
