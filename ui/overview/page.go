package overview

import (
	"fmt"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/ui"
)

// News is what there is to see: what needs somebody, and how much was looked at.
type News struct {
	Now time.Time
	// Items need somebody, the worst first; PutOff are those that were put off.
	Items, PutOff []audit.Item
	// Keys, Repositories and Tags count what was looked at. Of the repositories Asked are asked
	// of their servers, of which Came have answered, and Failed of these could not be read.
	Keys, Repositories, Tags int
	// Known are the repositories, read or not.
	Known []trustdata.GUN
	// Early says that it is not known yet which repositories there are.
	Early bool
	// Read of the repositories were read, from the cache at least.
	Read                int
	Asked, Came, Failed int
	// Compared says that the registries were asked for the tags too.
	Compared  bool
	Freshness ui.Freshness
	// Next is the first date of a repository that is still to come, and NextDrill that of a
	// backup; both are zero where there is none.
	Next      time.Time
	NextGUN   trustdata.GUN
	NextDrill time.Time
}

// Page states what needs somebody, one line for each thing that one step mends. With putOff
// what was put off is among it.
func Page(n News, putOff bool) ui.Page {
	p := ui.Page{Title: "Overview", Freshness: n.Freshness,
		Columns: []ui.Column{
			{Title: "DUE", Priority: 3}, {Title: "WHAT", Priority: 1, Min: 38},
			{Title: "WHERE", Priority: 2, Min: 20, Host: true}, {Title: "NEXT STEP", Priority: 4},
		},
		Empty: "No key and no repository is known here yet.", EmptyKey: "Press o to look at one by its name: that needs no key."}
	count := map[ui.Mark]int{}
	for _, i := range n.Items {
		if i.OfDocker() {
			p.Notes = append(p.Notes, i.Says...)
			continue
		}
		r := row(i, n.Now)
		count[r.Mark]++
		p.Rows = append(p.Rows, r)
	}
	if len(p.Rows) == 0 && n.Keys+n.Repositories > 0 {
		p.Rows = calm(n)
		p.Summary = nothing + n.looked()
	} else if len(p.Rows) > 0 {
		p.Summary = "Needs you: " + counts(count) + ".   " + n.looked()
	}
	if putOff {
		for _, i := range n.PutOff {
			p.Rows = append(p.Rows, row(i, n.Now))
		}
	} else if k := len(n.PutOff); k > 0 {
		p.Summary += fmt.Sprintf("   %d put off.", k)
	}
	return p
}

// narrow is the page in few words, for small windows.
func narrow(p ui.Page, items map[string]audit.Item) ui.Page {
	p.Columns = []ui.Column{{Title: "DUE", Priority: 3}, {Title: "WHAT", Priority: 1, Min: 18}, {Title: "WHERE", Priority: 2, Min: 10, Host: true}}
	p.Rows = append([]ui.Row(nil), p.Rows...)
	for at, r := range p.Rows {
		if i, ok := items[r.ID]; ok {
			p.Rows[at].Cells = []string{r.Cells[0], i.Brief, strings.Replace(strings.TrimSuffix(r.Cells[2], " more"), " and ", " +", 1), r.Cells[3]}
		}
	}
	return p
}

// counts says how many lines have which mark.
func counts(count map[ui.Mark]int) string {
	var parts []string
	for _, c := range []struct {
		mark      ui.Mark
		one, many string
	}{{ui.MarkNow, "now", "now"}, {ui.MarkSoon, "soon", "soon"}, {ui.MarkNote, "note", "notes"}} {
		if n := count[c.mark]; n > 0 {
			parts = append(parts, trustdata.Plural(n, c.one, c.many))
		}
	}
	return strings.Join(parts, ", ")
}

// looked says how far the facts reach.
func (n News) looked() string {
	all := trustdata.Plural(n.Repositories, "repository", "repositories")
	switch {
	case n.Early:
		return "No repository was read yet."
	case n.Repositories == 0:
		return "No repository is known here."
	case n.Read < n.Repositories:
		return fmt.Sprintf("%d of %s read from this disk.", n.Read, all)
	case n.Asked == 0:
		return all + " as cached, none checked."
	case n.Came < n.Asked:
		return fmt.Sprintf("%d of %d checked.", n.Came, n.Asked)
	case n.Failed > 0:
		return fmt.Sprintf("%d of %d read. %d failed.", n.Came-n.Failed, n.Asked, n.Failed)
	}
	return fmt.Sprintf("%d of %s checked.", n.Came, all)
}

// nothing begins the sentence where nothing needs anybody.
const nothing = "Nothing needs you. "

// ahead says what comes next.
func (n News) ahead() string {
	text := ""
	if !n.Next.IsZero() {
		text = "Next date: " + ui.Day(n.Next) + ", " + ui.Name(trustdata.ExpandGUN(n.NextGUN).Path(), "") + ". "
	}
	if !n.NextDrill.IsZero() {
		text += "Next drill: " + ui.Day(n.NextDrill) + "."
	}
	return strings.TrimSpace(text)
}

// The lines where nothing needs anybody.
const (
	calmly    = "calm"
	calmDrill = "calm drill"
	calmNote  = "calm report"
	calmMap   = "calm map"
)

// calm are three things to do in peace.
func calm(n News) []ui.Row {
	row := func(id string, mark ui.Mark, due, what, where, step string, detail ...string) ui.Row {
		return ui.Row{ID: id, Mark: mark, Cells: []string{due, what, where, step}, Detail: detail}
	}
	none := string(ui.MarkNone)
	return []ui.Row{
		row(calmly, ui.MarkOK, none, "nothing needs you", n.looked(), none, nothing+n.looked(), n.ahead()),
		row(calmDrill, ui.MarkNone, ui.Day(n.NextDrill), "drill a backup", "a medium", "drill", "A backup that somebody has opened is one that can be opened."),
		row(calmNote, ui.MarkNone, none, "export a report", "a file", "export", "What was looked at, and when, for whoever asks."),
		row(calmMap, ui.MarkNone, none, "print the map of the keys", "paper", "look", "Which key signs for what: the first thing that is asked when one is lost."),
	}
}

// mark is an item's mark: what ends within a month is called for now, and what ends within
// half a year soon, however grave it is.
func mark(i audit.Item, now time.Time) ui.Mark {
	m := ui.MarkOf(i.Severity)
	if i.Snoozed != nil {
		return ui.MarkNone
	}
	if i.Ends && !i.Due.IsZero() {
		if ends, _ := ui.Ends(i.Due, now); ends != ui.MarkOK {
			m = ui.Worse(m, ends)
		}
	}
	return m
}

func row(i audit.Item, now time.Time) ui.Row {
	r := ui.Row{ID: rowID(i), Mark: mark(i, now), Alarm: i.Alarm, Cells: []string{due(i, now), i.Title, i.Where, string(i.Step)},
		Detail: append([]string{head(i, now)}, facts(i)...)}
	if i.Snoozed != nil {
		r.Until(0, i.Snoozed.Until, now)
	} else {
		r.Until(0, i.Due, now)
	}
	r.Copy = []ui.Copyable{{What: "this text", Text: strings.Join(r.Detail, "\n")}}
	switch len(i.By) {
	case 0:
	case 1:
		r.Copy = append(r.Copy, ui.Copyable{What: i.By[0], Text: i.By[0]})
	default:
		r.Copy = append(r.Copy, ui.Copyable{What: fmt.Sprintf("the %d lines to type", len(i.By)), Text: strings.Join(i.By, "\n")})
	}
	for _, id := range i.Keys {
		r.Copy = append(r.Copy, ui.Copyable{What: "key ID " + id.Short(), Text: string(id)})
	}
	return r
}

// rowID tells what was put off from what was not.
func rowID(i audit.Item) string {
	if i.Snoozed != nil {
		return "put off\n" + i.ID()
	}
	return i.ID()
}

// due is the column: "3 d ago", "11 d", or until when it is put off.
func due(i audit.Item, now time.Time) string {
	switch {
	case i.Snoozed != nil:
		return "off " + i.Snoozed.Until.UTC().Format("01-02")
	case i.Due.IsZero():
		return string(ui.MarkNone)
	case i.Due.After(now):
		return ui.Age(i.Due.Sub(now))
	}
	return ui.Age(now.Sub(i.Due)) + " ago"
}

// head is the item in one line, with its moment.
func head(i audit.Item, now time.Time) string {
	text := i.Where + ": " + i.Title
	switch {
	case i.Due.IsZero():
	case strings.Contains(i.Title, ui.Day(i.Due)):
		text += " (in " + ui.Age(i.Due.Sub(now)) + ")"
	default:
		text += ", " + ui.When(i.Due, now)
	}
	return text
}

// facts are what there is to say of an item, in whole sentences.
func facts(i audit.Item) []string {
	var out []string
	told := seen(i.Says)
	out = append(out, "What is seen: "+told)
	for _, says := range i.Says {
		if !strings.Contains(told, says) {
			out = append(out, "Seen too: "+says)
		}
	}
	if i.Snoozed != nil {
		out = append(out, "Put off until "+ui.Day(i.Snoozed.Until)+": "+trustdata.Visible(i.Snoozed.Reason))
	}
	out = append(out, "What it means: "+i.Means, "What fixes it: "+i.Fix)
	if i.First != "" {
		out = append(out, "Before that: "+i.First)
	}
	for _, by := range i.By {
		out = append(out, "By hand: "+by)
	}
	return out
}

// docker is the line about a docker that checks nothing.
const docker = "DOCKER_CONTENT_TRUST is set, and the docker here checks nothing.  D doctor"
