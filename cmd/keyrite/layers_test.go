package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "keyrite/"

// levels is the map of the house: each room imports only rooms on earlier lines. Its twins
// are in docs/CONTRIBUTING.md and in the design; change them together. A package below a
// room belongs to it; every ui/<screen> is a room of its own, on the line of "ui/*".
var levels = [][]string{
	{"trustdata"},
	{"trustdata/state"},
	{"trustdata/notary", "keyring"},
	{"keyring/keychain", "trustdata/access"},
	{"trustdata/remote", "trustdata/registry", "trustdata/tufrepo", "trustdata/trustserver", "trustdata/notation"},
	{"trustdata/archive"},
	{"backup/media"},
	{"backup"},
	{"trustdata/rotation", "trustdata/migration"},
	{"trustdata/audit"},
	{"ui"},
	{"ui/*"},
	{"ui/linear"},
	{"ui/app"},
	{"cmd"},
}

// importers names the rooms that may import a package from outside (or one below it).
// What no line names, any room may import.
var importers = map[string][]string{
	"charm.land":                             {"ui", "ui/*", "ui/linear", "ui/app"},
	"net/http":                               {"trustdata/access", "trustdata/remote", "trustdata/registry", "trustdata/tufrepo", "trustdata/notation", "trustdata/trustserver", "cmd"},
	"net/http/httptest":                      {"cmd"},
	"oras.land/oras-go":                      {"trustdata/access", "trustdata/registry"},
	"github.com/theupdateframework":          {"trustdata/tufrepo"},
	"github.com/notaryproject":               {"trustdata/notation"},
	"github.com/google/go-containerregistry": {"cmd"},
	"github.com/zalando/go-keyring":          {"keyring/keychain"},
	"github.com/godbus":                      {"keyring/keychain", "backup/media"},
	"filippo.io/age":                         {"backup", "cmd"},
	"github.com/BurntSushi":                  {"cmd"},
	"github.com/spf13":                       {"cmd"},
	"log":                                    {"cmd"},
	"log/slog":                               nil,
	"testing":                                {"cmd"}, // the interop harness
}

// harness is made for tests too, though its name does not end so.
const harness = "cmd/keyrite/interop"

// topLevel is what may lie in the top folder, besides names that begin with a dot.
var topLevel = []string{
	"LICENSE", "Makefile", "README.md", "backup", "cmd", "docs", "go.mod", "go.sum", "keyring", "trustdata", "ui",
	"bin", // made by "make build", ignored by git
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%q does not belong in the top folder", e.Name())
		}
	}
}

func TestLayers(t *testing.T) {
	for _, f := range sources(t) {
		for _, spec := range f.syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := refuse(f.pkg, imported, f.test); why != "" {
				t.Errorf("%s imports %q: %s", f.name, imported, why)
			}
		}
	}
}

// TestRefuse proves that the rules bite.
func TestRefuse(t *testing.T) {
	tests := []struct {
		from, imported string
		test, refused  bool
	}{
		{"trustdata", "keyrite/trustdata/state", false, true},
		{"trustdata/state", "keyrite/trustdata", false, false},
		{"keyring", "keyrite/trustdata/notary", false, true},
		{"keyring/keyringtest", "keyrite/keyring", false, false},
		{"keyring", "keyrite/keyring/keyringtest", false, true},
		{"keyring", "keyrite/keyring/keyringtest", true, false},
		{"trustdata/remote", "keyrite/trustdata/trustserver", false, true},
		{"trustdata/remote", "keyrite/trustdata/trustserver", true, false},
		{"ui/keys", "keyrite/ui/tags", false, true},
		{"ui/keys", "keyrite/ui", false, false},
		{"ui/keys", "keyrite/ui/app", false, true},
		{"ui/app", "keyrite/ui/keys", false, false},
		{"ui/linear", "keyrite/ui/app", false, true},
		{"cmd/keyrite", "keyrite/ui/app", false, false},
		{"cmd/keyrite", "keyrite/trustdata/programtest", false, true},
		{"cmd/keyrite/interop", "keyrite/trustdata/programtest", false, false},
		{"backup", "keyrite/util", false, true},
		{"keyring", "charm.land/bubbletea/v2", false, true},
		{"keyring", "net/http", false, true},
		{"keyring", "net/url", false, false},
		{"trustdata/notation", "net/http", false, false},
		{"keyring", "testing", false, true},
		{"keyring", "testing", true, false},
	}
	for _, tt := range tests {
		if why := refuse(tt.from, tt.imported, tt.test); (why != "") != tt.refused {
			t.Errorf("%s imports %s (test %v): refused %q, want %v", tt.from, tt.imported, tt.test, why, tt.refused)
		}
	}
}

// refuse tells why a package may not import another, "" if it may. Tests may also use the
// embedded trust server, the packages made for tests, and anything from outside.
func refuse(from, imported string, test bool) string {
	forTests := strings.HasSuffix(imported, "test")
	test = test || strings.HasSuffix(from, "test")
	inside, ok := strings.CutPrefix(imported, module)
	if !ok {
		return refuseOutside(from, imported, test)
	}
	if forTests && !test && from != harness {
		return "it is for tests"
	}
	here, level := room(from)
	there, lower := room(inside)
	switch {
	case level < 0:
		return from + " is not on the map"
	case lower < 0:
		return inside + " is not on the map"
	case here == there || lower < level || test && (there == "trustdata/trustserver" || forTests):
		return ""
	default:
		return there + " is not below " + here
	}
}

func refuseOutside(from, imported string, test bool) string {
	rule := imported
	for rule != "." {
		if rooms, ok := importers[rule]; ok {
			if here, _ := room(from); test || rooms == nil || slices.Contains(rooms, here) || slices.Contains(rooms, wildcard(here)) {
				return ""
			}
			return "only " + strings.Join(importers[rule], ", ") + " may"
		}
		rule = path.Dir(rule)
	}
	return ""
}

// room is the room that a package belongs to, and its level; -1 if it is not on the map.
func room(pkg string) (string, int) {
	for at := pkg; at != "."; at = path.Dir(at) {
		for level, rooms := range levels {
			if slices.Contains(rooms, at) || slices.Contains(rooms, wildcard(at)) && !onMap(at) {
				return at, level
			}
		}
	}
	return pkg, -1
}

func onMap(name string) bool {
	return slices.ContainsFunc(levels, func(rooms []string) bool { return slices.Contains(rooms, name) })
}

// wildcard is the line of the map on which a room without a name of its own stands.
func wildcard(name string) string { return path.Dir(name) + "/*" }

// source is one Go file of the tree, for whatever system it is built.
type source struct {
	pkg, name string // pkg without the module's name; name is the path from the top folder
	test      bool
	fset      *token.FileSet
	syntax    *ast.File
}

// sources parses all Go files. A file that does not parse is left to the compiler.
func sources(t *testing.T) []source {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-f", "{{.ImportPath}}\t{{.Dir}}", "./...")
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var files []source
	for line := range strings.Lines(string(out)) {
		pkg, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
		pkg = strings.TrimPrefix(pkg, module)
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			fset := token.NewFileSet()
			syntax, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
			if err != nil {
				continue
			}
			files = append(files, source{pkg, path.Join(pkg, filepath.Base(name)), strings.HasSuffix(name, "_test.go"), fset, syntax})
		}
	}
	if len(files) == 0 {
		t.Fatal("no source found")
	}
	return files
}
