package app_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/help"
	"keyrite/ui/overview"
	"keyrite/ui/uitest"
)

// company is the world as the overview judges it: an audit of its own facts.
type company struct {
	look audit.Look
	put  []state.Snooze
	// asked counts the looks that asked servers, and failing are the repositories whose
	// servers then do not answer.
	asked   int
	failing []trustdata.GUN
	// written are the exported reports by their names.
	written map[string]overview.Report
	// slow has each look wait for its end when half the servers have answered, and silent
	// before any has.
	slow, silent bool
}

// newCompany has something of every kind to do.
func newCompany() *company {
	day := 24 * time.Hour
	at := uitest.Start
	c := &company{written: map[string]overview.Report{}}
	c.look = audit.Look{Now: at, Within: 90 * day, Machine: audit.Machine{ContentTrust: "1", Docker: "29.1.0"}}
	key := func(short, role, gun string) {
		info := keyFile(short, role, gun)
		c.look.Keys = append(c.look.Keys, info)
	}
	key("7f3a9c1", "root", "")
	key("c41d07e", "root", "")
	key("91d27b3", "targets", "registry.acme.io/infra/base")
	repo := func(root, gun string, cert, targets int) {
		col := collection(trustdata.GUN("registry.acme.io/"+gun), targets)
		col.Roles[0].Keys[0].KeyID = id(root)
		col.Roles[0].Keys[0].CertificateExpires = at.AddDate(0, 0, cert)
		col.Roles = col.Roles[:3]
		if gun == "infra/base" {
			col.Roles[1].Keys[0].KeyID = id("91d27b3")
		}
		c.look.Repositories = append(c.look.Repositories, audit.NewRepository(col.GUN, col, nil))
	}
	for i := range 12 {
		repo("7f3a9c1", fmt.Sprintf("app/%02d", i), 11, 700)
	}
	repo("c41d07e", "infra/base", 2000, -3)
	for i := range 7 {
		repo("c41d07e", fmt.Sprintf("shop/%02d", i), 2000, 112+i)
	}
	c.look.Repositories[19].Drift = &audit.Drift{Moved: []string{"stable", "b", "c", "d"}}
	proven := backup.Copy{File: "/media/ACME-ROOT-A/set.age", Keys: []trustdata.KeyID{id("7f3a9c1"), id("91d27b3")}, Written: at, ProvenAt: at, Clock: backup.ClockOK, Due: at.AddDate(0, 0, 72)}
	c.look.Copies = []backup.Copy{proven}
	return c
}

// calmed leaves nothing to do.
func (c *company) calmed() *company {
	c.look.Machine, c.look.Keys = audit.Machine{}, nil
	c.look.Repositories = c.look.Repositories[:1]
	c.look.Repositories[0].Roles[0].Keys[0].CertificateExpires = uitest.Start.AddDate(1, 0, 0)
	c.look.Copies[0].Keys = nil
	return c
}

// attacked is a server that goes back.
func (c *company) attacked() *company {
	r := &c.look.Repositories[3]
	r.Err = &remote.Conflict{Refused: trustdata.Refuse("root", trustdata.ReasonRollback, "version 6 is older than version 7, which was seen on 2026-11-20")}
	return c
}

// hostile has names that would act on a terminal wherever a server or a file can put one.
func (c *company) hostile() *company {
	for i, name := range hostile {
		gun := trustdata.GUN(name)
		k := keyFile(fmt.Sprintf("%07x", i), "root", "")
		k.Path, k.Problem = "/trust/"+name, name
		c.look.Keys = append(c.look.Keys, k)
		c.look.Repositories = append(c.look.Repositories, audit.NewRepository(gun, nil, fmt.Errorf("answer %q", name)),
			audit.Repository{GUN: gun + "x", Drift: &audit.Drift{Moved: []string{name}}},
			audit.Repository{GUN: gun + "y", Err: &remote.Conflict{Refused: trustdata.Refuse(trustdata.Role(name), trustdata.ReasonRollback, "%q", name)}})
		c.look.Copies = append(c.look.Copies, backup.Copy{File: "/media/" + name, Clock: backup.ClockBad, Problem: name})
	}
	return c
}

func (c *company) news(asked, came, failed int) overview.News {
	l := c.look
	findings := l.Findings()
	audit.PutOff(findings, c.put, l.Now)
	n := overview.News{Now: l.Now, Keys: len(l.Keys), Repositories: len(l.Repositories), Read: len(l.Repositories), Asked: asked, Came: came, Failed: failed,
		Freshness: ui.Freshness{Source: trustdata.SourceLive, At: l.Now}}
	for _, i := range l.Attention(findings) {
		if i.Snoozed != nil {
			n.PutOff = append(n.PutOff, i)
		} else {
			n.Items = append(n.Items, i)
		}
	}
	n.Next, n.NextGUN = l.Next()
	n.NextDrill = l.NextDrill()
	return n
}

// Look implements overview.Source.
func (c *company) Look(ctx context.Context, how overview.How, emit func(overview.News)) error {
	n := c.news(0, 0, 0)
	n.Freshness = ui.Freshness{Source: trustdata.SourceCache, At: c.look.Now.Add(-3 * time.Hour)}
	emit(n)
	all := len(c.look.Repositories)
	if !how.Ask || all == 0 {
		return nil
	}
	c.asked++
	if c.silent {
		<-ctx.Done()
		return ctx.Err()
	}
	emit(c.news(all, all/2, 0))
	if c.slow {
		<-ctx.Done()
		return ctx.Err()
	}
	for i, r := range c.look.Repositories {
		if slices.Contains(c.failing, r.GUN) {
			c.look.Repositories[i] = audit.NewRepository(r.GUN, nil, errors.New("connection refused\x1b[2J")).Over(r)
		}
	}
	emit(c.news(all, all, len(c.failing)))
	return nil
}

// PutOff implements overview.Source.
func (c *company) PutOff(_ context.Context, findings []audit.Finding, until time.Time, reason string) (overview.News, error) {
	put, err := audit.Snooze(findings, c.look.Now, until, reason)
	for _, s := range put {
		s.At = c.look.Now
		c.put = append(c.put, s)
	}
	all := len(c.look.Repositories)
	return c.news(all, all, 0), err
}

// TakeUp implements overview.Source.
func (c *company) TakeUp(_ context.Context, findings []audit.Finding) (overview.News, error) {
	for _, f := range findings {
		c.put = slices.DeleteFunc(c.put, func(s state.Snooze) bool { return s.Subject == f.Subject() })
	}
	all := len(c.look.Repositories)
	return c.news(all, all, 0), nil
}

// Export implements overview.Source.
func (c *company) Export(_ context.Context, path string, r overview.Report) error {
	c.written[path] = r
	return nil
}

var _ overview.Source = (*company)(nil)

// overview is the first tab. Its steps lead to a page that names the step and its subject.
func (w *world) overview(st *ui.Styles, clock ui.Clock) ui.Screen {
	page := func(title, text string) ui.Screen {
		return help.NewTopic(st, title, ui.Page{Title: title, Notes: []string{text}})
	}
	if w.company == nil {
		w.company = newCompany()
	}
	return overview.New(overview.Options{Context: context.Background(), Styles: st, Clock: clock, Source: w.company, Offline: w.offline, Note: w.note,
		Start: func(i audit.Item) (ui.Screen, string) {
			if i.Step == audit.StepArchive {
				return nil, "Not here."
			}
			return page(string(i.Step), "about "+i.Where), ""
		},
		BackUp: func(i audit.Item) (ui.Screen, string) { return page("backup", strings.Join(shortIDs(i), " ")), "" },
		Doctor: func() ui.Screen { return page("doctor", "this machine") },
		Drill:  func() ui.Screen { return page("backups", "copies") },
		Map:    func() ui.Screen { return page("map of the keys", "to print") }})
}

func shortIDs(i audit.Item) (out []string) {
	for _, k := range i.Keys {
		out = append(out, k.Short())
	}
	return out
}
