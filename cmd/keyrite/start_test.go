package main

import (
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// startVariable makes the test's own program stop where main would begin.
const startVariable = "KEYRITE_TEST_START"

func init() {
	if os.Getenv(startVariable) != "" {
		os.Exit(0)
	}
}

// maxInit is how long one package's init may take, in milliseconds, and maxInitBytes what
// the init of a package of ours may allocate: each start pays for it.
const (
	maxInit      = 2
	maxInitBytes = 16 << 10
)

var initLine = regexp.MustCompile(`(?m)^init (\S+) @\S+ ms, (\S+) ms clock, (\d+) bytes`)

// Every package that the program is made of is linked into its test as well, beside those of
// tests alone, and comes before it. The least of several runs counts, since a busy machine
// stretches any of them: of three, and of as many as twenty while one is too long.
func TestInitIsShort(t *testing.T) {
	deps, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	ours := strings.Fields(string(deps))
	least := map[string]float64{}
	for run := 0; run < 3 || run < 20 && slices.Max(slices.Collect(maps.Values(least))) > maxInit; run++ {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1", startVariable+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, m := range initLine.FindAllSubmatch(out, -1) {
			if !slices.Contains(ours, string(m[1])) {
				continue
			}
			took, err := strconv.ParseFloat(string(m[2]), 64)
			if err != nil {
				t.Fatal(err)
			}
			if old, ok := least[string(m[1])]; !ok || took < old {
				least[string(m[1])] = took
			}
			bytes, err := strconv.Atoi(string(m[3]))
			if err != nil || bytes > maxInitBytes && strings.HasPrefix(string(m[1]), "keyrite/") {
				t.Errorf("init of %s allocates %d bytes, more than %d (%v)", m[1], bytes, maxInitBytes, err)
			}
		}
	}
	if _, ok := least["runtime"]; !ok || len(least) < 20 {
		t.Fatalf("the trace names %d packages only", len(least))
	}
	for pkg, took := range least {
		if took > maxInit {
			t.Errorf("init of %s takes %.1f ms, more than %d", pkg, took, maxInit)
		}
	}
}
