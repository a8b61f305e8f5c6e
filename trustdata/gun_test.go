package trustdata

import (
	"strings"
	"testing"
)

func TestParseGUN(t *testing.T) {
	for _, ok := range []string{
		"docker.io/library/alpine", "localhost:5000/x", "reg.example:5000/app/web", "alpine", "a/b_c-d.e",
		"example.com/日本/倉庫", "example.com/Upper",
	} {
		if g, err := ParseGUN(ok); err != nil || string(g) != ok {
			t.Errorf("ParseGUN(%q) = %q, %v; want it as it is", ok, g, err)
		}
	}
	for _, bad := range []string{
		"", "/etc/passwd", "a//b", "a/", "../x", "a/../b", "a/./b", "a/*", "a b", "a\nb", "a\x00b", "a\u202eb",
		"a\u200bb", "a/b?x", "a/b#x", "a/b%2e", `a\b`, "reg.example/app:tag", "a:1:2/x", "app:tag", "user@host/x",
		"a/\xff", strings.Repeat("a", 256),
	} {
		if g, err := ParseGUN(bad); err == nil {
			t.Errorf("ParseGUN(%q) = %q; want an error", bad, g)
		} else if msg := err.Error(); VisibleError(err) != msg {
			t.Errorf("ParseGUN(%q): the error %q does not quote what it names", bad, msg)
		}
	}
}

func TestExpandGUN(t *testing.T) {
	for in, want := range map[GUN]GUN{
		"alpine":                           "docker.io/library/alpine",
		"foo/bar":                          "docker.io/foo/bar",
		"docker.io/alpine":                 "docker.io/library/alpine",
		"index.docker.io/library/alpine":   "docker.io/library/alpine",
		"localhost/x":                      "localhost/x",
		"localhost:5000/x":                 "localhost:5000/x",
		"reg.example.com/acme/web":         "reg.example.com/acme/web",
		"docker.io/library/alpine":         "docker.io/library/alpine",
		"registry.acme.example:8443/a/b/c": "registry.acme.example:8443/a/b/c",
	} {
		if got := ExpandGUN(in); got != want {
			t.Errorf("ExpandGUN(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSplitTag(t *testing.T) {
	for in, want := range map[string][2]string{
		"localhost:5000/x":   {"localhost:5000/x", ""},
		"localhost:5000/x:1": {"localhost:5000/x", "1"},
		"alpine:3.20":        {"alpine", "3.20"},
		"alpine":             {"alpine", ""},
	} {
		if r, tag := SplitTag(in); r != want[0] || tag != want[1] {
			t.Errorf("SplitTag(%q) = %q, %q; want %q", in, r, tag, want)
		}
	}
}

func TestParseRole(t *testing.T) {
	for _, ok := range []string{"root", "targets", "snapshot", "timestamp", "targets/releases", "targets/a/b-c_9"} {
		if _, err := ParseRole(ok); err != nil {
			t.Errorf("ParseRole(%q): %v", ok, err)
		}
	}
	for _, bad := range []string{"", "Root", "targets/", "targets//a", "targets/..", "targets/A", "target", "root/a", "targets/a/", "targets/a b", "targets/%2e", "targets/" + strings.Repeat("a", 255)} {
		if _, err := ParseRole(bad); err == nil {
			t.Errorf("ParseRole(%q) is accepted", bad)
		}
	}
	if got := Role("targets/a/b").Parent(); got != "targets/a" {
		t.Errorf("Parent = %q", got)
	}
	if got := RoleReleases.Signer() + RoleTargets.Signer(); got != "" {
		t.Errorf("releases and targets name the signer %q, want none", got)
	}
}
