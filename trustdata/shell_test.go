package trustdata

import (
	"os/exec"
	"testing"
)

// TestShellWord has a real shell read the words.
func TestShellWord(t *testing.T) {
	for _, s := range []string{"registry.acme.io/pay/web:1.10", "", " ", "a b", "it's", "''", "$(id)", "`id`", "a;b", "a\nb", "*", "~", "-n", "\\", "日本/倉庫", "#x", "a=b", "{a,b}"} {
		out, err := exec.Command("sh", "-c", "printf '%s' "+ShellWord(s)+"; printf x").Output()
		if err != nil || string(out) != s+"x" {
			t.Errorf("%q as %s is read as %q: %v", s, ShellWord(s), out, err)
		}
	}
	if got := ShellWord("registry.acme.io:5000/pay/web"); got != "registry.acme.io:5000/pay/web" {
		t.Errorf("a name that needs no quotes is %s", got)
	}
}
