package ui

import "testing"

func TestName(t *testing.T) {
	for _, c := range []struct{ name, like, want string }{
		{"pay", "", "pay"},
		{"оплата", "", "оплата"},
		{"p\u0430y", "", "p\u0430y (mixed script)"},
		{"p\u0430y", "pay", `pаy (mixed script, looks like "pay")`},
		{"pay", "p\u0430y", `pay (looks like "p\u0430y")`},
		{"v\u200b1", "v1", `v\u200b1 (looks like "v1")`},
		{"\x1b[2J", "", `\x1b[2J`},
	} {
		if got := Name(c.name, c.like); got != c.want {
			t.Errorf("Name(%q, %q) is %q, want %q", c.name, c.like, got, c.want)
		}
	}
}
