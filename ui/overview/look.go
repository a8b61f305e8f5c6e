package overview

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/ui"
)

// drawn is news with everything that the frame looks up.
type drawn struct {
	news  News
	page  ui.Page
	faces faces
	items map[string]audit.Item
	host  string
}

// draw makes news ready for the frame. It is done in the command that looks.
func draw(n News, putOff bool) drawn {
	d := drawn{news: n, page: Page(n, putOff), items: map[string]audit.Item{}}
	for _, all := range [][]audit.Item{n.Items, n.PutOff} {
		for _, i := range all {
			d.items[rowID(i)] = i
		}
	}
	d.host = commonHost(d.items)
	shown := d.page
	shown.Notes = nil // the status line has them
	d.faces = faces{wide: ui.NewListing(shown), small: ui.NewListing(narrow(shown, d.items))}
	return d
}

// commonHost is what the names of all repositories begin with, "" where that is not one host.
func commonHost(items map[string]audit.Item) string {
	host := ""
	for _, i := range items {
		for _, gun := range i.GUNs {
			next := trustdata.ExpandGUN(gun).Host() + "/"
			if host != "" && next != host {
				return ""
			}
			host = next
		}
	}
	return host
}

// load looks at this machine, and then asks the servers.
func (m *Model) load() tea.Cmd {
	source, how, putOff := m.opt.Source, How{Ask: !m.opt.Offline, Compare: m.compare}, m.putOff
	m.loader.Doing("reading what this machine has")
	return m.loader.Reads(m).Start(func(ctx context.Context, emit func(drawn)) error {
		return source.Look(ctx, how, func(n News) { emit(draw(n, putOff)) })
	})
}

func (m *Model) take(d drawn) tea.Cmd {
	m.known = true
	if d.news.Asked > 0 && d.news.Read == d.news.Repositories {
		m.loader.Doing(fmt.Sprintf("asking the servers, %d of %d checked", d.news.Came, d.news.Asked))
	}
	m.show(d)
	return nil
}

// show puts what was drawn into the frame.
func (m *Model) show(d drawn) {
	m.news, m.page, m.faces, m.items, m.host = d.news, d.page, d.faces, d.items, d.host
	m.face()
}

// Busy reports whether something is read.
func (m *Model) Busy() bool { _, on := m.loader.Running(); return on }

// ReadsByItself says that leaving need not be asked about.
func (m *Model) ReadsByItself() {}

// Cancel stops the reading; what came stays.
func (m *Model) Cancel() { m.loader.Cancel() }

// compareTags asks the registries too, from now on.
func (m *Model) compareTags() tea.Cmd {
	if m.opt.Offline {
		return ui.Say("Offline: no registry is asked.")
	}
	m.compare = true
	return m.load()
}

// togglePutOff shows what was put off, or hides it again.
func (m *Model) togglePutOff() tea.Cmd {
	if len(m.news.PutOff) == 0 && !m.putOff {
		return ui.Say("Nothing is put off.")
	}
	m.putOff = !m.putOff
	m.show(draw(m.news, m.putOff))
	return nil
}
