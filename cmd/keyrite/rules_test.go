package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A rule names the rooms whose product code may use some names of a package of the
// standard library; tests are free.
type rule struct {
	why, pkg string
	names    []string
	rooms    []string
}

var clients = []string{"trustdata/access", "trustdata/remote", "trustdata/registry", "trustdata/tufrepo", "trustdata/notation", "cmd"}

var rules = []rule{
	{"the environment and the home directory are read in cmd", "os", []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv", "UserHomeDir", "UserConfigDir", "UserCacheDir", "TempDir", "Getwd"}, []string{"cmd"}},
	{"the environment and the home directory are read in cmd", "os/user", []string{"Current", "Lookup"}, []string{"cmd"}},
	{"the environment is read in cmd", "net/http", []string{"ProxyFromEnvironment", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"}, []string{"cmd"}},
	{"the clock is read in cmd and handed down", "time", []string{"Now", "Since", "Until"}, []string{"cmd"}},
	{"only cmd writes to the terminal", "os", []string{"Stdin", "Stdout", "Stderr"}, []string{"cmd"}},
	{"only cmd writes to the terminal", "fmt", []string{"Print", "Printf", "Println"}, []string{"cmd"}},
	{"the guard of ui/app must see each command", "charm.land/bubbletea/v2", []string{"Exec", "ExecProcess"}, nil},
	{"only cmd ends the program", "os", []string{"Exit"}, []string{"cmd"}},
	{"only cmd listens", "net", []string{"Listen", "ListenPacket", "ListenTCP", "ListenUnix", "ListenConfig"}, []string{"cmd"}},
	{"only cmd listens", "net/http", []string{"ListenAndServe", "ListenAndServeTLS", "Serve", "Server"}, []string{"cmd"}},
	{"connections go out from the rooms that are made for it", "net/http", []string{"Client", "Transport", "NewRequest", "NewRequestWithContext"}, clients},
	{"connections go out from the rooms that are made for it", "net", []string{"Dial", "DialTimeout", "Dialer", "Resolver", "LookupHost", "LookupIP"}, clients},
}

// passphraseUsers are the functions that see the bytes of a passphrase or of a private
// key. Each is here because it must: it derives a key from them, signs, measures them, or
// gives them to the keychain.
var passphraseUsers = []string{
	"backup/passphrase.go CheckPassphrase",
	"backup/passphrase.go PassphraseIdentity",
	"backup/passphrase.go PassphraseRecipient",
	"cmd/keyrite/passphrase.go longEnough",
	"cmd/keyrite/recipients.go askPlugin",
	"keyring/codec.go encode",
	"keyring/codec.go open",
	"keyring/keychain/keychain.go Remember",
	"keyring/privatekey.go signBy",
}

// skippers are the functions that may leave a test out: with a reason, and never in CI.
var skippers = []string{"trustdata/programtest/need.go Need", "trustdata/programtest/need.go NeedRoot"}

func TestRules(t *testing.T) {
	for _, f := range sources(t) {
		if f.test || strings.HasSuffix(f.pkg, "test") {
			continue
		}
		for _, broken := range breaches(f) {
			t.Error(broken)
		}
	}
}

// TestBreaches proves that the rules bite.
func TestBreaches(t *testing.T) {
	const text = `package x
import (
	"net/http"
	clock "time"
)
var now = clock.Now
func f() clock.Duration { return http.DefaultClient.Timeout + clock.Second }
`
	for pkg, want := range map[string]int{"keyring": 2, "trustdata/remote": 2, "ui/keys": 2, "cmd/keyrite": 0} {
		fset := token.NewFileSet()
		syntax, err := parser.ParseFile(fset, "x.go", text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := breaches(source{pkg: pkg, name: pkg + "/x.go", fset: fset, syntax: syntax}); len(got) != want {
			t.Errorf("in %s: %q, want %d", pkg, got, want)
		}
	}
}

// breaches lists what a file does against the rules.
func breaches(f source) []string {
	var list []string
	here, _ := room(f.pkg)
	names := importNames(f.syntax)
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		for _, r := range rules {
			if ok && names[x.Name] == r.pkg && slices.Contains(r.names, sel.Sel.Name) && !slices.Contains(r.rooms, here) {
				line := f.fset.Position(sel.Pos()).Line
				list = append(list, fmt.Sprintf("%s:%d uses %s.%s: %s", f.name, line, r.pkg, sel.Sel.Name, r.why))
			}
		}
		return true
	})
	return list
}

// Use is the one way to a passphrase's bytes, so the list of its callers is the list of
// places where a passphrase could leak.
func TestPassphraseUsers(t *testing.T) {
	var users []string
	for _, f := range sources(t) {
		if !f.test {
			users = append(users, callers(f, "Use")...)
		}
	}
	compareCallers(t, "Use a passphrase", users, passphraseUsers)
}

// A test that leaves itself out proves nothing and looks like one that passed.
func TestNoTestLeavesItselfOut(t *testing.T) {
	var users []string
	for _, f := range sources(t) {
		users = append(users, callers(f, "Skip", "Skipf", "SkipNow")...)
	}
	compareCallers(t, "leave tests out", users, skippers)
}

func compareCallers(t *testing.T, what string, got, allowed []string) {
	t.Helper()
	slices.Sort(got)
	for _, c := range slices.Compact(got) {
		if !slices.Contains(allowed, c) {
			t.Errorf("%q is not on the list of those that may %s", c, what)
		}
	}
	for _, a := range allowed {
		if !slices.Contains(got, a) {
			t.Errorf("%q is on the list of those that %s, and does not", a, what)
		}
	}
}

// A goroutine has nobody who would catch its panic, so each of ours is trustdata.Guarded; what
// the library runs in the place of the console is past the guard of ui/app.
func TestGoroutinesAreGuarded(t *testing.T) {
	bite := 0
	for _, f := range sources(t) {
		if f.test || strings.HasSuffix(f.pkg, "test") || strings.HasPrefix(f.pkg, "cmd/keyrite/interop") || strings.HasPrefix(f.pkg, "cmd/keyrite/bench") || f.pkg == "cmd/keyrite/kill" {
			continue
		}
		bare, guarded := goroutines(f)
		for _, line := range bare {
			t.Errorf("%s starts a goroutine that is not trustdata.Guarded", line)
		}
		bite += guarded
	}
	if bite < 10 {
		t.Errorf("only %d guarded goroutines are found", bite)
	}
}

// goroutines lists the places of a file that start one, by go or by a WaitGroup, without the
// guard, and counts those with it.
func goroutines(f source) (bare []string, guarded int) {
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		var do ast.Expr
		switch n := n.(type) {
		case *ast.GoStmt:
			do = n.Call.Fun
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Go" && len(n.Args) == 1 {
				do = n.Args[0]
			}
		}
		switch do := do.(type) {
		case nil, *ast.BasicLit, *ast.Ident: // a wizard's Go takes a step's number
			if _, started := n.(*ast.GoStmt); !started {
				return true
			}
		case *ast.CallExpr:
			if sel, ok := do.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Guarded" {
				guarded++
				return true
			}
		case *ast.BinaryExpr:
			return true
		}
		bare = append(bare, f.fset.Position(n.Pos()).String())
		return true
	})
	return bare, guarded
}

// callers lists, as "file function", where a file calls a method or function of one of
// these names with a selector.
func callers(f source, names ...string) []string {
	var list []string
	for _, decl := range f.syntax.Decls {
		fn := "(declaration)"
		if d, ok := decl.(*ast.FuncDecl); ok {
			fn = d.Name.Name
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(names, sel.Sel.Name) {
					list = append(list, f.name+" "+fn)
				}
			}
			return true
		})
	}
	return list
}

// importNames maps the names that a file uses for imported packages to their paths, as far
// as the rules need it: the standard library's packages are named for their last element.
func importNames(f *ast.File) map[string]string {
	names := make(map[string]string)
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = p
	}
	return names
}
