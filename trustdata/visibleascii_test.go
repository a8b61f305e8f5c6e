package trustdata

import "testing"

// On a terminal that takes each byte for a character nothing but ASCII is shown, and names that
// differ still do; what is a name does not depend on it.
func TestShowOnlyASCII(t *testing.T) {
	ShowOnlyASCII()
	defer onlyASCII.Store(false)
	for in, want := range map[string]string{
		"plain": "plain", "\u4e9b31m": `\u4e9b31m`, "é👍": `\u00e9\U0001f44d`, `\u4e9b`: `\\u4e9b`, "\\\u4e9b": `\\\u4e9b`, "\xff": `\xff`,
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %s, want %s", in, got, want)
		}
	}
	if got, want := string(VisibleJSON([]byte(`"é👍"`))), `"\u00e9\ud83d\udc4d"`; got != want {
		t.Errorf("VisibleJSON gives %s, want %s", got, want)
	}
	if _, err := ParseGUN("registry.example/日本"); err == nil {
		return
	}
	onlyASCII.Store(false)
	if _, err := ParseGUN("registry.example/日本"); err == nil {
		t.Error("a name is one only on some terminals")
	}
}
