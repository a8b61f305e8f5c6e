// Command report reads "go test -json" on standard input, followed by a line with its exit
// code, and prints what a person wants to know: each suite with its time, the output of
// what failed, what was left out and why, and a closing line. It exits 1 if anything
// failed, if no test ran, or, with CI=true, if a test was left out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// event is one line of go test's account (go doc test2json).
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

type name struct{ pkg, test string }

type report struct {
	output                  map[name][]string
	build                   []string // what the compiler says, and lines that are no account
	passed, failed, skipped int
	leftOut                 []string
	exit                    string // go test's last word
}

func main() {
	r := &report{output: make(map[name][]string)}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil || e.Action == "" {
			e = event{Action: "build-output", Output: in.Text() + "\n"}
			r.exit = in.Text()
		}
		r.add(e)
	}
	if err := in.Err(); err != nil {
		fmt.Println("FAIL: reading the account of go test:", err)
		r.failed++
	}
	os.Exit(r.close(os.Getenv("CI") == "true"))
}

func (r *report) add(e event) {
	n := name{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		r.build = append(r.build, e.Output)
	case "build-fail":
		r.failed++
	case "output":
		r.output[n] = append(r.output[n], e.Output)
		if _, why, ok := strings.Cut(e.Output, ": left out: "); ok {
			r.leftOut = append(r.leftOut, e.Package+" "+e.Test+": "+strings.TrimSpace(why))
		}
	case "pass", "skip", "fail":
		r.finish(n, e)
	}
}

// finish counts a test, or prints a suite when e is about a whole package.
func (r *report) finish(n name, e event) {
	switch {
	case n.test == "" && e.Action == "pass":
		fmt.Printf("ok  \t%s\t%.1fs\n", n.pkg, e.Elapsed)
	case n.test == "" && e.Action == "fail":
		r.failed++
		fmt.Print(strings.Join(r.output[n], ""))
	case n.test == "":
		// A package without tests is no suite.
	case e.Action == "pass":
		r.passed++
	case e.Action == "skip":
		r.skipped++
		if !slices.ContainsFunc(r.output[n], func(s string) bool { return strings.Contains(s, ": left out: ") }) {
			r.leftOut = append(r.leftOut, n.pkg+" "+n.test+": "+strings.TrimSpace(strings.Join(r.output[n], "")))
		}
	default:
		r.failed++
		fmt.Printf("--- FAIL: %s %s\n%s", n.pkg, n.test, strings.Join(r.output[n], ""))
	}
	delete(r.output, n)
}

func (r *report) close(ci bool) int {
	if r.failed == 0 && r.exit != "exit 0" {
		r.failed++
	}
	if r.failed > 0 {
		fmt.Print(strings.Join(r.build, ""))
	}
	for _, s := range r.leftOut {
		fmt.Println("left out:", s)
	}
	if ci && r.skipped > 0 {
		fmt.Println("FAIL: with CI=true no test may be left out")
	}
	if r.passed == 0 {
		fmt.Println("FAIL: no test passed\n" + strings.Join(r.build, ""))
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	if r.failed > 0 || r.passed == 0 || ci && r.skipped > 0 {
		return 1
	}
	return 0
}
