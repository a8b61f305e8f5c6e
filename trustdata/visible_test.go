package trustdata

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":            "plain text",
		"日本 é 👍":                "日本 é 👍",
		"\x1b]52;c;eA==\x07":    `\x1b]52;c;eA==\x07`,
		"safe\revil":            `safe\x0devil`,
		"a\nb\tc":               `a\x0ab\x09c`,
		"\u202egnp.exe":         `\u202egnp.exe`,
		"a\u200bb\u2060c\ufeff": `a\u200bb\u2060c\ufeff`,
		"\U000e0041tag":         `\U000e0041tag`,
		"vs\ufe0f":              `vs\ufe0f`,
		"c1 \u009b31m":          `c1 \u009b31m`,
		"raw \x9b31m \xff":      `raw \x9b31m \xff`,
		"del \x7f":              `del \x7f`,
		"nbsp\u00a0x":           `nbsp\u00a0x`,
		`literal \x1b`:          `literal \\x1b`,
		`C:\dir`:                `C:\dir`,
		`a\\b`:                  `a\\\b`,
		"line\u2028sep":         `line\u2028sep`,
		"overlong \xc0\x9b":     `overlong \xc0\x9b`,
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestVisibleErrorOfSeveral(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b\nb"), errors.New("c")
	for want, err := range map[string]error{
		`a; b\x0ab`:      errors.Join(a, b),
		`a`:              errors.Join(a),
		`a; b\x0ab; c`:   errors.Join(errors.Join(a, b), c),
		`first a then c`: fmt.Errorf("first %w then %w", a, c),
	} {
		if got := VisibleError(err); got != want {
			t.Errorf("VisibleError = %s, want %s", got, want)
		}
	}
}

func TestVisibleErrorKeepsQuoting(t *testing.T) {
	err := fmt.Errorf("tag %q of %s", "a\x1b", "b\x1b")
	if got, want := VisibleError(err), `tag "a\x1b" of b\x1b`; got != want {
		t.Errorf("VisibleError = %s, want %s", got, want)
	}
}

// FuzzVisible holds the two promises of the one door: nothing acts, and two names that
// differ look different.
func FuzzVisible(f *testing.F) {
	f.Add("a\x1b", `a\x1b`)
	f.Add(`\\x1b`, "\\\x1b")
	f.Add(`\x1b`, "\\\x1b")
	f.Add(`\xff`, "\\\xff")
	f.Add(`\`, `\\`)
	f.Fuzz(func(t *testing.T, a, b string) {
		va, vb := Visible(a), Visible(b)
		for _, r := range va {
			if hidden(r) {
				t.Fatalf("Visible(%q) = %q holds %U", a, va, r)
			}
		}
		if !utf8.ValidString(va) {
			t.Fatalf("Visible(%q) is not UTF-8", a)
		}
		if a != b && va == vb {
			t.Fatalf("%q and %q both show as %q", a, b, va)
		}
	})
}

func TestVisibleJSONKeepsTheName(t *testing.T) {
	name := "a\x1b\u202e\u200b\U000e0041\u009b日本\x7f"
	enc, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	out := VisibleJSON(enc)
	for _, r := range string(out) {
		if hidden(r) {
			t.Errorf("VisibleJSON = %q holds %U", out, r)
		}
	}
	var back string
	if err := json.Unmarshal(out, &back); err != nil || back != name {
		t.Errorf("back = %q, %v; want %q", back, err, name)
	}
}

func TestRefuseIsErrVerify(t *testing.T) {
	err := fmt.Errorf("repository %q: %w", "x", Refuse(RoleSnapshot, ReasonExpired, "expired at %s", "noon"))
	var v *VerifyError
	if !errors.Is(err, ErrVerify) || !errors.As(err, &v) || v.Role != RoleSnapshot || v.Reason != ReasonExpired {
		t.Errorf("%v is not the refusal it was made as", err)
	}
}
