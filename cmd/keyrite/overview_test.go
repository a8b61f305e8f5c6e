package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyrite/cmd/keyrite/demo"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/state"
	"keyrite/ui/overview"
	"keyrite/ui/uitest"
)

// onLine goes to the first line of the overview that a filter leaves.
func onLine(d *uitest.Driver, filter string) *uitest.Driver {
	return d.Press("1", "esc", "/").Type(filter).Press("enter")
}

// TestOverviewOfTheDemo: the demo's problems are lines, and Enter begins the very step of
// each, on what it is about.
func TestOverviewOfTheDemo(t *testing.T) {
	_, desk, d := demoConsole(t)
	d.Press("esc").Has("[1 Overview", "6 of 6 repositories checked.", "targets metadata has expired", "a change is unfinished", "root certificate ends", "root key has no backup")
	for filter, want := range map[string][]string{
		"repair": {"VOUCH AGAIN FOR 3 TAGS", "infra/base"}, "unfinished": {"A ROTATION IS UNFINISHED"}, "renew": {"keyrite > overview > rotate root", "infra/proxy"},
		"refresh": {"shop/front", "targets"}, "restore": {"WHICH BACKUP"}, "back !drill": {"[1 Choose]"},
		"passphrase": {"BY HAND", "keyrite keys passwd"}, "move": {"ceremony"}, "several use": {"keyrite init asks which one to use"},
	} {
		onLine(d, filter).Press("enter").Has(want...)
		for !strings.Contains(d.Text(), "[1 Overview") {
			d.Press("esc")
		}
	}
	onLine(d, "renew").Press("enter", "G", "G").Has("new certificate").Press("esc")
	onLine(d, "look file").Press("enter").Has("keys", "1 of").Press("esc", "esc")
	d.Press("1", "D").Has("overview > doctor", "FINDINGS").Press("esc")
	// The registries are asked only for the asking, and what they say stays.
	d.Press("esc", "esc").Lacks("is not what is served").Press("d").Has("signed digest is not what is served", "pay/web:stable")
	d.Press("r").Has("pay/web:stable")
	onLine(d, "stable").Press("enter").Has("pay/web", "stable", "SIGNED, MOVED")
	if n := len(desk.over.repositories()); n != 6 {
		t.Errorf("%d repositories were read", n)
	}
}

// TestOverviewKnowsRepositories: the palette leads to a repository from the first screen on,
// before any other was opened.
func TestOverviewKnowsRepositories(t *testing.T) {
	_, _, d := demoConsole(t)
	d.Press("esc", ":").Type("cart").Has("> "+demo.Host+"/shop/cart").Press("enter").Has("> overview > shop/cart", "3 tags")
}

// TestOverviewBeginsEarly: what keys and backups need is shown before any repository is
// looked for, with no word about repositories, and once only.
func TestOverviewBeginsEarly(t *testing.T) {
	_, desk, _ := demoConsole(t)
	over := &overlook{desk: desk}
	for _, first := range []bool{true, false} {
		var all []overview.News
		if err := over.Look(t.Context(), overview.How{}, func(n overview.News) { all = append(all, n) }); err != nil {
			t.Fatal(err)
		}
		if all[0].Early != first {
			t.Errorf("early is %v, not %v", all[0].Early, first)
		}
		for _, n := range all[1:] {
			if n.Early || n.Repositories != 6 {
				t.Errorf("later it is early %v with %d repositories", n.Early, n.Repositories)
			}
		}
		text := overview.Page(all[0], false).Summary
		if len(all[0].Items) == 0 || !strings.HasPrefix(text, "Needs you: ") || strings.Contains(text, "No repository was read yet.") != first {
			t.Errorf("%d items, and %q", len(all[0].Items), text)
		}
	}
}

// TestOverviewPutsOff: what the console puts off is what the audit knows of, and the other
// way round.
func TestOverviewPutsOff(t *testing.T) {
	_, desk, d := demoConsole(t)
	onLine(d.Press("esc"), "renew").Press("Z").Type("the key is in the safe").Press("enter", "enter").Has("Put off until", "u takes it back.")
	put, err := desk.session.state.Snoozes().List()
	if err != nil || len(put) != 1 || put[0].Code != "certificate_ends" || put[0].Reason != "the key is in the safe" {
		t.Fatalf("%+v, %v", put, err)
	}
	look, err := desk.session.look(t.Context(), nil, "", &scope{})
	if err != nil {
		t.Fatal(err)
	}
	look.Within = 90 * 24 * time.Hour
	findings := look.Findings()
	if err := desk.session.putOff(findings); err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if (f.Snoozed != nil) != (f.Code == "certificate_ends") {
			t.Errorf("%s is put off: %v", f.Code, f.Snoozed)
		}
	}
	if err := desk.session.state.Snoozes().Lift([]state.Subject{put[0].Subject}); err != nil {
		t.Fatal(err)
	}
	d.Press("r", "esc").Has("root certificate ends")
}

// TestOverviewHidesNothing: where what is put off cannot be believed, all is shown, and why.
func TestOverviewHidesNothing(t *testing.T) {
	_, desk, d := demoConsole(t)
	onLine(d.Press("esc"), "renew").Press("Z").Type("x").Press("enter", "enter").Has("Put off until")
	path := filepath.Join(desk.session.paths.state, "snoozed.jsonl")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	d.Press("r", "esc").Has("root certificate ends")
	d.Press("r").Has("Nothing counts as put off", "the log is broken")
}

// TestOverviewReports: a report is new, its owner's alone, and in the form of its name.
func TestOverviewReports(t *testing.T) {
	_, _, d := demoConsole(t)
	dir := t.TempDir()
	d.Press("esc")
	text := map[string]string{}
	for _, ending := range overview.Forms {
		path := filepath.Join(dir, "report"+ending)
		d.Press("e", "ctrl+u").Type(path).Press("enter").Has("The report is in")
		raw, err := os.ReadFile(path)
		info, _ := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%s: %v, %v", ending, info, err)
		}
		text[ending] = string(raw)
	}
	for _, want := range []string{"targets metadata has expired", "registry.acme.example/infra/base", "repair", "Needs you: "} {
		if !strings.Contains(text[".txt"], want) {
			t.Errorf("the text lacks %q:\n%s", want, text[".txt"])
		}
	}
	var all auditJSON
	if err := json.Unmarshal([]byte(text[".json"]), &all); err != nil || all.Checked.Repositories != 6 || all.Checked.Tags == 0 || len(all.Findings) < 10 {
		t.Errorf("the JSON has %d findings of %+v: %v", len(all.Findings), all.Checked, err)
	}
	rows, err := csv.NewReader(strings.NewReader(text[".csv"])).ReadAll()
	if err != nil || len(rows) != len(all.Findings)+1 || rows[0][0] != "severity" || rows[1][1] != "expired" {
		t.Errorf("the CSV has %d rows for %d findings: %v", len(rows), len(all.Findings), err)
	}
	d.Press("e", "ctrl+u").Type(filepath.Join(dir, "report.txt")).Press("enter").Has("What happened", "What is there was left alone")
	if again, err := os.ReadFile(filepath.Join(dir, "report.txt")); err != nil || string(again) != text[".txt"] {
		t.Errorf("a report was overwritten: %v", err)
	}
}

// TestReportIsInert: no name is a formula, and none acts on a terminal.
func TestReportIsInert(t *testing.T) {
	var b bytes.Buffer
	for _, name := range []string{"=1+1", "+a", "-a", "@a", "a\x1b[2J"} {
		if err := writeCSV(&b, []audit.Finding{{Severity: audit.Info, Path: name, Message: name}}); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.ContainsAny(cell, "\x1b") || cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("a cell is %q", cell)
			}
		}
	}
	if _, err := reportText(".doc", overview.Report{}); !errors.Is(err, errUsage) || errors.Is(err, fs.ErrExist) {
		t.Errorf("a form that is none: %v", err)
	}
}
