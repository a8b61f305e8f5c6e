package notary_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	canonicaljson "github.com/docker/go/canonical/json"

	"keyrite/trustdata/notary"
)

func TestCanonicalForm(t *testing.T) {
	tests := []struct{ in, want string }{
		{`{}`, `{}`},
		{`[]`, `[]`},
		{` { } `, `{}`},
		{"[\n1 ,\t2\r]", `[1,2]`},
		{`{"a":{"c":null,"b":[true,false,{}]}}`, `{"a":{"b":[true,false,{}],"c":null}}`},
		{`{"é":1,"z":2,"e":3}`, `{"e":3,"z":2,"é":1}`},
		// The order is that of UTF-8: U+FF5E before U+1F600, which UTF-16 would turn round.
		{`{"😀":1,"～":2}`, `{"～":2,"😀":1}`},
		{`"\u0041\/\b\f\n\r"`, "\"A/\b\f\n\r\""},
		{`"\ud83d\ude00"`, `"😀"`},
		{`"\u0000"`, "\"\x00\""},
		{`"\u0022\u005c"`, `"\"\\"`},
		{`{"a,":[],"a":{}}`, `{"a":{},"a,":[]}`},
		{`-12`, `-12`},
		{`1.0`, `1`},
		{`1.5e1`, `15`},
		{`9007199254740992`, `9007199254740992`},
		{`-9007199254740993`, `-9007199254740992`},
		{`1e18`, `1000000000000000000`},
		{`1e4`, `10000`},
	}
	for _, tt := range tests {
		got, already, err := notary.Canonical([]byte(tt.in))
		if err != nil || string(got) != tt.want {
			t.Errorf("Canonical(%s) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
		if already != (tt.in == tt.want) {
			t.Errorf("Canonical(%s) says already = %v", tt.in, already)
		}
	}
}

func TestCanonicalAliasesCanonicalInput(t *testing.T) {
	raw := []byte(`{"a":1,"b":"\\"}`)
	got, already, err := notary.Canonical(raw)
	if err != nil || !already || &got[0] != &raw[0] {
		t.Errorf("canonical input is copied: %q, %v, %v", got, already, err)
	}
}

// deep nests n arrays.
func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestCanonicalRefuses(t *testing.T) {
	tests := []struct{ name, in, why string }{
		{"nothing", ``, "ends where"},
		{"white space", ` `, "ends where"},
		{"two values", `1 2`, "follows"},
		{"garbage behind", `{}x`, "follows"},
		{"a web page", `<html>`, "no value begins"},
		{"an open object", `{"a":1`, "ends where"},
		{"an open string", `"a`, "no end"},
		{"an escape at the end", `"\`, "escape"},
		{"an open surrogate", `"\ud800`, "surrogate"},
		{"a comma too many", `[1,]`, "no value begins"},
		{"a comma for a member", `{"a":1,}`, "name"},
		{"a comma in front", `{,"a":1}`, "name"},
		{"a name without quotes", `{a:1}`, "name"},
		{"a number as a name", `{1:1}`, "name"},
		{"no colon", `{"a" 1}`, "should stand"},
		{"a word", `nul`, "no value begins"},
		{"a longer word", `[nullx]`, "should stand"},
		{"a raw tab", "\"\t\"", "control character"},
		{"a raw newline behind an escape", "\"\\\\\n\"", "control character"},
		{"an unknown escape", `"\x41"`, "escape"},
		{"an escape with a sign", `"\u+041"`, "hex"},
		{"an escape cut off", `"\u00`, "hex"},
		{"half a surrogate pair", `"\ud800"`, "surrogate"},
		{"a low surrogate alone", `"\udc00"`, "surrogate"},
		{"two high surrogates", `"\ud800\ud800"`, "surrogate"},
		{"invalid UTF-8", "\"\xff\"", "UTF-8"},
		{"invalid UTF-8 behind an escape", "\"\\\\\xff\"", "UTF-8"},
		{"an overlong slash", "\"\xc0\xaf\"", "UTF-8"},
		{"a surrogate in UTF-8", "\"\xed\xa0\x80\"", "UTF-8"},
		{"a leading zero", `01`, "follows"},
		{"a plus", `+1`, "no value begins"},
		{"a bare minus", `-`, "ends where"},
		{"a bare point", `.5`, "no value begins"},
		{"an empty fraction", `1.`, "fraction"},
		{"an empty exponent", `1e`, "exponent"},
		{"a fraction", `1.5`, "canonical form"},
		{"a tiny fraction", `1e-400`, ""},
		{"infinity", `1e400`, "canonical form"},
		{"beyond int64", `9223372036854775808`, "canonical form"},
		{"NaN", `NaN`, "no value begins"},
		{"a million digits", strings.Repeat("1", 1_000_000), "longer than"},
		{"members twice in a row", `{"a":1,"a":2}`, "twice"},
		{"members twice apart", `{"a":1,"b":2,"a":3}`, "twice"},
		{"members twice by escape", `{"a":1,"\u0061":2}`, "twice"},
		{"members twice deep down", `[[{"x":{"b":1,"a":2,"b":3}}]]`, "twice"},
		{"members twice in a custom list", `{"a":[{"q":0,"q":0}]}`, "twice"},
		{"65 levels", deep(65), "deeper"},
		{"100,000 levels", strings.Repeat("[", 100_000), "deeper"},
		{"100,000 levels of objects", strings.Repeat(`{"a":`, 100_000), "deeper"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := notary.Canonical([]byte(tt.in))
			if tt.why == "" {
				if err != nil || string(got) != "0" {
					t.Fatalf("got %q, %v; the reference reads it as 0", got, err)
				}
				return
			}
			if err == nil {
				t.Fatalf("it has the canonical form %.80q", got)
			}
			if !strings.Contains(err.Error(), tt.why) {
				t.Errorf("the error is %q and does not say %q", err, tt.why)
			}
		})
	}
	if _, _, err := notary.Canonical([]byte(deep(64))); err != nil {
		t.Errorf("64 levels are refused: %v", err)
	}
}

// peerCanonical is what docker's implementation makes of raw.
func peerCanonical(raw []byte) ([]byte, error) {
	var v any
	if err := canonicaljson.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	return canonicaljson.MarshalCanonical(v)
}

// checkAgainstPeer holds Canonical against docker's implementation: what ours accepts
// docker's reads in the same way, and what ours refuses is no JSON or is one of the few
// things that docker's reads in its own way.
func checkAgainstPeer(t *testing.T, raw []byte) {
	t.Helper()
	got, already, err := notary.Canonical(raw)
	want, peerErr := peerCanonical(raw)
	if err == nil {
		if peerErr != nil {
			t.Fatalf("Canonical(%q) = %q, and docker's refuses it: %v", raw, got, peerErr)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("Canonical(%q) = %q, docker's %q", raw, got, want)
		}
		if already && !bytes.Equal(raw, got) {
			t.Fatalf("Canonical(%q) = %q says already", raw, got)
		}
		return
	}
	if peerErr != nil || !json.Valid(raw) {
		return
	}
	for _, why := range []string{"twice", "UTF-8", "surrogate", "deeper", "longer than", "canonical form"} {
		if strings.Contains(err.Error(), why) {
			return
		}
	}
	t.Fatalf("Canonical(%q) fails with %q, docker's gives %q", raw, err, want)
}

var canonicalSeeds = []string{
	`{"b":1,"a":"<x>&"}`, `{"d":1e3,"e":-0}`, `{"z\"q":"\\"}`, `{"s":"\u00e9\u2028\t"}`, `{"f":9007199254740993}`,
	`[1,-2,3.0,1e2,0.1e1,123456789012345678]`, `{"a":{"a":{"a":[null,true,false,[],{}]}}}`, `"\ud83d\ude00\/\b"`,
	` [ 1 , { "y" : 2 , "x" : "" } ] `, `{"a":1,"b":{"c":1,"c":2}}`, `"\ud800"`, "\"\xff\"", vectorFile, `{"":0," ":1}`,
	`{"a":1,"\u0061":2}`, `9223372036854775808`, `-9223372036854775808`, `1E400`, `0.5`, deep(70), `{"\u007f":"~"}`,
}

func TestCanonicalAgainstPeer(t *testing.T) {
	for _, seed := range canonicalSeeds {
		checkAgainstPeer(t, []byte(seed))
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range canonicalSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(checkAgainstPeer)
}
