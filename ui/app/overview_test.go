package app_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"keyrite/trustdata/audit"
	"keyrite/ui"
	"keyrite/ui/app"
	"keyrite/ui/uitest"
)

// watch is the console as it opens on the overview of a company.
func (c *company) watch(t testing.TB, width, height int) *uitest.Driver {
	return c.watchWith(t, width, height, func(*world) {})
}

func (c *company) watchWith(t testing.TB, width, height int, change func(*world)) *uitest.Driver {
	w := newWorld()
	w.company = c
	change(w)
	return w.consoleWith(t, width, height, func(o *app.Options) { o.Start = "" })
}

// TestOverviewFrames are what the console opens on: with work, with an attack, in peace.
func TestOverviewFrames(t *testing.T) {
	for _, s := range sizes() {
		t.Run(sizeName(s), func(t *testing.T) {
			t.Run("work", func(t *testing.T) { newCompany().watch(t, s[0], s[1]).Fits().Golden() })
			t.Run("stop", func(t *testing.T) { newCompany().attacked().watch(t, s[0], s[1]).Fits().Golden() })
			t.Run("calm", func(t *testing.T) { newCompany().calmed().watch(t, s[0], s[1]).Fits().Golden() })
			t.Run("off", func(t *testing.T) {
				newCompany().watch(t, s[0], s[1]).Press("j", "j", "Z").Type("the stick is ordered").Press("enter", "enter", "z", "G").Fits().Golden()
			})
		})
	}
	newCompany().watch(t, 160, 45).Fits().Has("What it means", "│")
}

// TestOverviewIsQuick: what this machine has is on the screen before a server has answered,
// and is not called live.
func TestOverviewIsQuick(t *testing.T) {
	w := newWorld()
	w.company = newCompany()
	w.company.silent = true
	d := w.console(t, 100, 30).Background().Press("1").Await("targets metadata has expired", "OFFLINE, 3 h old", "as cached, none checked.")
	d.Fits().Lacks("live")
}

// TestOverviewSteps: Enter leads to the step of the line, b to the backup of its key.
func TestOverviewSteps(t *testing.T) {
	d := newCompany().watch(t, 100, 30).Has("[1 Overview 6]", "Needs you: 2 now, 3 soon, 1 note.", "20 of 20 repositories checked.")
	d.Press("enter").Has("keyrite > overview > repair", "about registry.acme.io/infra/base").Press("esc")
	d.Press("b").Has("overview > backup", "91d27b3").Press("esc")
	d.Press("j", "enter").Has("overview > renew", "about 12 repos, root 7f3a9c1").Press("esc")
	d.Press("D").Has("overview > doctor").Press("esc")
	d.Press(":").Type("doctor").Lacks("changes things").Press("enter").Has("overview > doctor").Press("esc")
	d.Press("y").Has("COPY", "this text", "the 12 lines to type", "key ID 7f3a9c1").Press("1").Has("Copied this text")
	d.Press("/").Type("refresh").Press("enter").Has("shop/00 and 6 more").Press("enter").Has("overview > refresh")
}

// TestOverviewSnooze: a line is put off with a reason until a day, seen with z, and taken up
// again; what may not be is not.
func TestOverviewSnooze(t *testing.T) {
	c := newCompany()
	d := c.watch(t, 100, 30).Press("Z").Has("Clients refuse the repository now: expired metadata cannot be put off.").Lacks("Why:")
	d.Press("j", "j").Has(">!  ").Press("Z").Has("PUT IT OFF", "Why:").Press("enter").Has("type why").Type("the stick is ordered").Press("enter")
	d.Has("UNTIL WHICH DAY", "2026-11-29").Press("ctrl+u").Type("2020-11-29").Press("enter").Has("not to come any more").Press("ctrl+u").Type("soon").Press("enter").Has("is no date")
	d.Press("ctrl+u").Type("2026-12-01").Press("enter").Has("Put off until 2026-12-01", "u takes it back.", "[1 Overview 5]", "1 put off.")
	if len(c.put) != 1 || c.put[0].Reason != "the stick is ordered" || ui.Day(c.put[0].Until) != "2026-12-01" {
		t.Fatalf("put off: %+v", c.put)
	}
	d.Press("z", "G").Has("off 12-01", "Put off until  2026-12-01: the stick is ordered", "[1 Overview 5]")
	d.Press("Z").Has("Taken up again", "[1 Overview 6]").Press("u").Has("Undone.", "[1 Overview 5]")
	d.Press("u").Has("Undone.", "[1 Overview 6]").Press("u").Has("There is nothing local to undo here")
	if len(c.put) != 0 {
		t.Errorf("still put off: %+v", c.put)
	}
	c.watch(t, 100, 30).Press("z").Has("Nothing is put off.")
}

// TestOverviewUndoIsInOrder: a filter that was set after a line was put off is undone first.
func TestOverviewUndoIsInOrder(t *testing.T) {
	d := newCompany().watch(t, 100, 30).Press("j", "j", "Z").Type("x").Press("enter", "enter").Has("[1 Overview 5]", "u takes it back.")
	d.Press("/").Type("shop").Press("enter", "u").Has("The filter is off again.", "[1 Overview 5]").Press("u").Has("Undone.", "[1 Overview 6]")
}

// TestOverviewAlarm: what may be an attack is first, alone in its look, and cannot be put off.
func TestOverviewAlarm(t *testing.T) {
	d := newCompany().attacked().watch(t, 100, 30).Has(">!! --       STOP: the server contradicts what was seen", "So does an attack", "version 6 is older than version 7")
	d.Press("Z").Has("that cannot be put off").Lacks("Why:").Press("enter").Has("overview > stop")
	red := 0
	d = newCompany().attacked().watch(t, 100, 30).Press("j")
	for _, line := range strings.Split(d.Frame(), "\n") {
		if strings.Contains(line, "\x1b[1;38;2;255;107;107m") && strings.Contains(line, "app/03") {
			red++
			if !strings.Contains(strings.SplitN(line, "\x1b[1;38;2;255;107;107m", 2)[1], "stop") {
				t.Errorf("not the whole line is red: %q", line)
			}
		}
	}
	if red != 1 {
		t.Errorf("%d lines are an alarm:\n%q", red, d.Frame())
	}
}

// TestOverviewFailures: a server that does not answer takes nothing away, and is a line.
func TestOverviewFailures(t *testing.T) {
	c := newCompany()
	c.failing = append(c.failing, "registry.acme.io/infra/base", "registry.acme.io/app/00")
	d := c.watch(t, 100, 30).Has("18 of 20 read. 2 failed.", "targets metadata has expired", "could not be read", "2 repos on registry.acme.io")
	d.Press("/").Type("doctor").Press("enter").Has(`connection refused\x1b[2J`)
}

// TestOverviewOffline asks nobody, whatever is pressed.
func TestOverviewOffline(t *testing.T) {
	c := newCompany()
	c.look.Repositories = append(c.look.Repositories, audit.NewRepository("registry.acme.io/new", nil, nil))
	d := c.watchWith(t, 100, 30, func(w *world) { w.offline = true }).Has("OFFLINE, 3 h old", "as cached, none checked.")
	d.Press("r", "d").Has("Offline: no registry is asked.")
	if c.asked > 0 {
		t.Errorf("servers were asked %d times", c.asked)
	}
}

// TestOverviewStops: Esc ends the asking, and what came stays.
func TestOverviewStops(t *testing.T) {
	c := newCompany()
	c.slow = true
	w := newWorld()
	w.company = c
	d := w.console(t, 100, 30).Background()
	d.Press("1").Await("10 of 20 checked.", "targets metadata has expired")
	d.Advance(time.Second).Has("asking the servers, 10 of 20 checked", "Esc stop").Press("esc").Await("Stopped. What came before is shown.", "targets metadata has expired")
}

// TestOverviewCalm: in peace there is a next date, and three things to do.
func TestOverviewCalm(t *testing.T) {
	d := newCompany().calmed().watch(t, 100, 30).Has("[1 Overview 0]", "Nothing needs you. 1 of 1 repository checked.", "Next date: 2027-11-22, app/00. Next drill: 2027-02-02.", ">ok", "drill a backup", "export a report", "print the map of the keys")
	d.Press("enter").Has("Nothing needs you.").Press("j", "enter").Has("overview > backups").Press("esc", "j", "enter").Has("EXPORT A REPORT").Press("esc", "j", "enter").Has("map of the keys")
	empty := newCompany().calmed()
	empty.look.Repositories = nil
	empty.watch(t, 80, 24).Has("No key and no repository is known here yet.", "Press o")
}

// TestOverviewExport: the report has what is put off too, and the ending says its form.
func TestOverviewExport(t *testing.T) {
	c := newCompany()
	d := c.watch(t, 100, 30).Press("e").Has("EXPORT A REPORT", "keyrite-20261122.txt").Press("ctrl+u").Type("report.doc").Press("enter").Has("end the name with .txt")
	d.Press("ctrl+u").Type("report.json").Press("enter").Has("The report is in report.json.")
	r, ok := c.written["report.json"]
	if !ok || len(r.Findings) < 20 || r.Keys != 3 || r.Repositories != 20 || len(r.Page.Rows) != 6 {
		t.Errorf("the report: %d findings, %+v", len(r.Findings), r)
	}
}

// TestOverviewSaysAll: as lines of text the page has every fact of the frames.
func TestOverviewSaysAll(t *testing.T) {
	c := newCompany().attacked()
	w := newWorld()
	w.company, w.note = c, "the passphrase is granite"
	var screen ui.Screen
	w.consoleWith(t, 100, 30, func(o *app.Options) { o.Start, screen = "", o.Tabs[0].Screen })
	uitest.InBoth(t, uitest.PageText(t, screen.Page()), "STOP: the server contradicts what was seen", "12 repos, root 7f3a9c1", "2026-12-03", "the passphrase is granite", "docker 29.1.0 here ignores it")
	text := uitest.PageText(t, screen.Page())
	for _, want := range []string{"Act now. ", "version 6 is older than version 7", "What it means: ", "What fixes it: ", "Before that: ", "By hand: keyrite repair registry.acme.io/infra/base", "registry.acme.io/shop/06", "2026-11-19 09:41 UTC (3 d ago)", "Soon. "} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

// TestHeaderSaysHowItKnows: at every size each screen with facts says how old they are, and in
// which company one is.
func TestHeaderSaysHowItKnows(t *testing.T) {
	tags := []string{"3", "/", "w", "e", "b", "enter", "enter"}
	known := regexp.MustCompile(`live \d\d:\d\d|disk \d\d:\d\d|OFFLINE|\d+ \w+ old|from archive`)
	for name, keys := range map[string][]string{"overview": {"1"}, "keys": {"2"}, "key": {"2", "enter"}, "repos": {"3"}, "tags": tags,
		"tag": append(tags[:len(tags):len(tags)], "enter"), "roles": append(tags[:len(tags):len(tags)], "i"), "activity": {"5"}} {
		for _, s := range sizes() {
			head, _, _ := strings.Cut(newWorld().console(t, s[0], s[1]).Press(keys...).Text(), "\n")
			if !strings.Contains(head, "PROD") || !strings.HasSuffix(head, "RW") || !known.MatchString(head) {
				t.Errorf("%s at %s: %q", name, sizeName(s), head)
			}
		}
	}
}
