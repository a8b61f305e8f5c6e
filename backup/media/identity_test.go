package media

import (
	"errors"
	"strings"
	"testing"
)

func TestSame(t *testing.T) {
	const one, two Token = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
	first := Identity{Token: one, UUID: "1A2B-3C4D", Serial: "4C53", DiskSeq: 9, Boot: "b1", Device: "sdb1"}
	bare := first
	bare.Token = ""
	with := func(id Identity, change func(*Identity)) Identity {
		change(&id)
		return id
	}
	tests := []struct {
		name     string
		was, now Identity
		like     Likeness
		says     string
	}{
		{"not taken out", first, first, Stayed, "not taken out"},
		{"put in anew", first, with(first, func(i *Identity) { i.DiskSeq = 10 }), Back, "put in anew"},
		{"at another place", first, with(first, func(i *Identity) { i.DiskSeq, i.Device = 10, "sdc1" }), Back, "put in anew"},
		{"after a new start, with the same count", first, with(first, func(i *Identity) { i.Boot = "b2" }), Back, "started anew"},
		{"on a kernel that does not count", with(first, func(i *Identity) { i.DiskSeq = 0 }), with(first, func(i *Identity) { i.DiskSeq = 0 }), Stayed, "not taken out"},
		{"without its serial number", first, with(first, func(i *Identity) { i.DiskSeq, i.Serial = 10, "" }), Back, "same medium"},
		{"another in its place", first, Identity{Token: two, UUID: "9999-0000", Serial: "77", DiskSeq: 10, Boot: "b1", Device: "sdb1"}, Other, "now called sdb1"},
		{"another elsewhere", first, Identity{Token: two, UUID: "9999-0000", Serial: "77", DiskSeq: 10, Boot: "b1", Device: "sdc1"}, Other, "another medium"},
		{"another of the same serial number", first, Identity{Token: two, UUID: "9999-0000", Serial: "4C53", DiskSeq: 10, Boot: "b1"}, Other, "another medium"},
		{"another without a token", first, Identity{UUID: "9999-0000", Serial: "4C53", DiskSeq: 10, Boot: "b1"}, Other, "another medium"},
		{"a copy of all of it", first, with(first, func(i *Identity) { i.DiskSeq, i.Serial = 10, "77" }), Clone, "serial number"},
		{"a copy with a token of its own", first, with(first, func(i *Identity) { i.DiskSeq, i.Token = 10, two }), Clone, "another token"},
		{"its token on another file system", first, with(first, func(i *Identity) { i.DiskSeq, i.UUID = 10, "9999-0000" }), Clone, "another file system"},
		{"a copy of one without a token", bare, with(bare, func(i *Identity) { i.DiskSeq, i.Serial = 10, "77" }), Clone, "serial number"},
		{"its token was removed", first, with(bare, func(i *Identity) { i.DiskSeq = 10 }), Other, "token is gone"},
		{"never had a token", bare, with(bare, func(i *Identity) { i.DiskSeq = 10 }), Alike, "no token proves"},
		{"never had a token, and stayed", bare, bare, Stayed, "not taken out"},
		{"got its token since", bare, first, Stayed, "not taken out"},
		{"nothing is known of either", Identity{}, Identity{}, Other, "another medium"},
	}
	for _, tt := range tests {
		if like, why := Same(tt.was, tt.now); like != tt.like || !strings.Contains(why, tt.says) {
			t.Errorf("%s: %s, %q", tt.name, like, why)
		}
	}
}

func TestToken(t *testing.T) {
	made := NewToken()
	if made == NewToken() {
		t.Error("two tokens are the same")
	}
	for _, file := range []string{string(made.file()), strings.ReplaceAll(string(made.file()), "\n", "\r\n"), strings.TrimSpace(string(made.file()))} {
		if got, err := ParseToken([]byte(file)); got != made || err != nil {
			t.Errorf("%q: %q, %v", file, got, err)
		}
	}
	for _, file := range []string{"", "x", string(made), tokenMark, tokenMark + string(made[:31]), tokenMark + string(made) + "00", tokenMark + strings.ToUpper("aabbccddeeff00112233445566778899"),
		tokenMark + string(made) + "\n" + tokenMark + string(made), tokenMark + strings.Repeat("\x1b", 32), string(made.file()) + strings.Repeat("\n", maxTokenFile)} {
		if got, err := ParseToken([]byte(file)); got != "" || !errors.Is(err, ErrToken) {
			t.Errorf("%q: %q, %v", file, got, err)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(NewToken().file())
	f.Add([]byte(tokenMark))
	f.Fuzz(func(t *testing.T, b []byte) {
		if token, err := ParseToken(b); (err == nil) != isToken(string(token)) {
			t.Errorf("%q: %v", token, err)
		}
	})
}
