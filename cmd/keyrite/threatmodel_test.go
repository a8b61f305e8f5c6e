package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatModel finds every test that the threat model relies on.
func TestThreatModel(t *testing.T) {
	text, err := os.ReadFile("../../docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z/]+) (Test\\w+)`")
	for _, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(line, " | ")
		if strings.HasPrefix(line, "| ") && len(cells) == 3 && !strings.Contains(line, "---") && cells[0] != "| attack" && cells[0] != "| what" && !named.MatchString(cells[2]) {
			t.Errorf("no test holds %q", cells[0])
		}
		for _, m := range named.FindAllStringSubmatch(line, -1) {
			if !hasTest(t, m[1], m[2]) {
				t.Errorf("%s has no %s", m[1], m[2])
			}
		}
	}
	if n := len(named.FindAllString(string(text), -1)); n < 40 {
		t.Errorf("only %d tests are named", n)
	}
	if hasTest(t, "trustdata", "TestThatIsNotThere") {
		t.Error("a test is found that is not there")
	}
}

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "func "+name+"(t *testing.T) {") {
			return true
		}
	}
	return false
}
