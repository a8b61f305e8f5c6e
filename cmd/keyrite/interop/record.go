package interop

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// acts is what the tests of this run did, to be written down as docs/interop.md.
var acts struct {
	sync.Mutex
	tests map[string]*act
}

// act is one test: the verbs of keyrite and of the stock client that it ran.
type act struct {
	keyrite, notary     map[string]bool
	fresh, old, witness bool
	failed              bool
}

// note adds to what the test that t belongs to did.
func note(t testing.TB, add func(*act)) {
	acts.Lock()
	defer acts.Unlock()
	name, _, _ := strings.Cut(t.Name(), "/")
	a := acts.tests[name]
	if a == nil {
		a = &act{keyrite: map[string]bool{}, notary: map[string]bool{}}
		if acts.tests == nil {
			acts.tests = map[string]*act{}
		}
		acts.tests[name] = a
	}
	add(a)
	t.Cleanup(func() {
		acts.Lock()
		defer acts.Unlock()
		a.failed = a.failed || t.Failed()
	})
}

// verbOf is the verb of a command line: its first words that are neither flags nor names.
func verbOf(args []string, groups ...string) string {
	for i, arg := range args {
		if strings.HasPrefix(arg, "-") || i > 0 && takesValue[args[i-1]] {
			continue
		}
		if slices.Contains(groups, arg) && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			return arg + " " + args[i+1]
		}
		return arg
	}
	return ""
}

// takesValue are the flags before a verb whose value is the next word.
var takesValue = map[string]bool{"-c": true, "-d": true, "-s": true, "--config": true, "--server": true, "--registry": true,
	"--trust-dir": true, "--tls-ca": true, "--profile": true, "--timeout": true, "--deadline": true}

// client is a run of the stock client, which has cached something before or has not.
func (a *act) client(verb string, cached bool) {
	a.notary[verb] = true
	if verb == "list" || verb == "lookup" || verb == "verify" || verb == "delegation list" {
		a.old, a.fresh = a.old || cached, a.fresh || !cached
	}
}

func (a *act) line(name string) string {
	var with []string
	for _, w := range []struct {
		is   bool
		name string
	}{{a.fresh, "fresh cache"}, {a.old, "old cache"}, {a.witness, "docker"}} {
		if w.is {
			with = append(with, w.name)
		}
	}
	list := func(verbs map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(verbs)), ", ") }
	return fmt.Sprintf("| %s | %s | %s | %s |\n", name, list(a.keyrite), list(a.notary), strings.Join(with, ", "))
}

const matrixHead = `# Interop matrix

Written by ` + "`go test ./cmd/keyrite/interop -record`" + `, which ` + "`make golden`" + ` runs. Do not edit.

Each row is a test that passed against the real programs: keyrite's verbs that it ran, the
verbs of the stock client, notary 0.7, on the same repository, and the clients that looked
at the outcome: one with a fresh cache, one that had seen the state before (old cache), and
docker ("docker trust inspect", asked where a docker client is installed).

| test | keyrite | notary 0.7 | looked at by |
| --- | --- | --- | --- |
`

// WriteMatrix writes what the tests of this run did, and more below it. Tests that failed have
// no row.
func WriteMatrix(path, more string) error {
	acts.Lock()
	defer acts.Unlock()
	text := matrixHead
	for _, name := range slices.Sorted(maps.Keys(acts.tests)) {
		if a := acts.tests[name]; !a.failed && len(a.keyrite) > 0 {
			text += a.line(name)
		}
	}
	return os.WriteFile(path, []byte(text+more), 0o644)
}
