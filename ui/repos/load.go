package repos

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// news is the whole list as it is remembered, what a server has besides, or one repository
// as it was checked.
type news struct {
	list []Repo
	more *Heard
	one  *Repo
}

// load shows what is remembered, then asks the servers, for what a catalog had, too.
func (m *Model) load() tea.Cmd {
	source, offline, listed := m.opt.Source, m.opt.Offline, m.fromCatalogs()
	m.asked, m.came, m.notes = 0, 0, nil
	return m.loader.Reads(m).Start(func(ctx context.Context, emit func(news)) error {
		list, err := source.Known(ctx)
		if err != nil {
			return err
		}
		emit(news{list: list})
		if offline {
			return nil
		}
		emit(news{more: &listed})
		guns := listed.GUNs
		for _, r := range list {
			guns = append(guns, r.GUN)
		}
		return check(ctx, source, guns, emit)
	})
}

// check asks for each of guns once.
func check(ctx context.Context, source Source, guns []trustdata.GUN, emit func(news)) error {
	slices.Sort(guns)
	return source.Check(ctx, slices.Compact(guns), func(h Heard) { emit(news{more: &h}) }, func(r Repo) { emit(news{one: &r}) })
}

// fromCatalogs are the repositories that only a registry's catalog has named. They are not
// remembered anywhere else.
func (m *Model) fromCatalogs() Heard {
	h := Heard{From: FromCatalog}
	for _, r := range m.repos {
		if slices.Equal(r.FoundIn, []Origin{FromCatalog}) {
			h.GUNs = append(h.GUNs, r.GUN)
		}
	}
	return h
}

// askHost asks whose catalog to read.
func (m *Model) askHost() tea.Cmd {
	if m.opt.Offline {
		return ui.Say("Offline: no registry is asked.")
	}
	host := ""
	if id := m.ID(); id != "" {
		host = trustdata.Visible(trustdata.ExpandGUN(trustdata.GUN(id)).Host())
	}
	return ui.Send(ui.AskMsg{
		Dialog: ui.NewInput(m.opt.Styles, ui.Input{Title: "A REGISTRY'S CATALOG", Prompt: "Registry:", Text: host, Do: "ask it", Check: trustdata.ParseHost,
			Explain: "Every repository that the registry lists is added and checked. Many registries list none: Docker Hub does not."}),
		Answer: func(result any) tea.Cmd {
			if host, ok := result.(string); ok {
				return m.readCatalog(host)
			}
			return nil
		},
	})
}

// readCatalog adds what a registry lists, and checks everything.
func (m *Model) readCatalog(host string) tea.Cmd {
	source := m.opt.Source
	var guns []trustdata.GUN
	for _, r := range m.repos {
		guns = append(guns, r.GUN)
	}
	m.asked, m.came, m.notes = len(guns), 0, nil
	return m.loader.Start(func(ctx context.Context, emit func(news)) error {
		h, err := source.Catalog(ctx, host)
		if err != nil {
			return err
		}
		emit(news{more: &h})
		return check(ctx, source, append(guns, h.GUNs...), emit)
	})
}

func (m *Model) take(got ui.Loaded[news]) tea.Cmd {
	for _, n := range got.Values {
		switch {
		case n.one != nil:
			m.checked(*n.one)
		case n.more != nil:
			m.heard(*n.more)
		default:
			m.remembered(n.list)
		}
	}
	if len(got.Values) > 0 {
		page := Page(m.repos, m.opt.Clock.Now())
		page.Notes = m.notes
		m.Set(ui.NewListing(page))
	}
	return got.Failed()
}

// remembered takes the list from disk; what was read live before stays until it is read
// again.
func (m *Model) remembered(list []Repo) {
	before := m.repos
	m.repos, m.known, m.asked = nil, true, len(list)
	for _, r := range list {
		if i, ok := find(before, r.GUN); ok && before[i].Collection != nil && before[i].Collection.Source == trustdata.SourceLive {
			found := r.FoundIn
			r = before[i]
			r.FoundIn = Origins(append(found, r.FoundIn...))
		}
		m.repos = append(m.repos, r)
	}
	slices.SortFunc(m.repos, byName)
}

// heard adds what a server has: new rows, and to those that were known where from.
func (m *Model) heard(h Heard) {
	if h.Note != "" {
		m.notes = append(m.notes, "Note: "+trustdata.Visible(h.Note)+".")
	}
	for _, gun := range h.GUNs {
		i, ok := find(m.repos, gun)
		if !ok {
			m.repos = slices.Insert(m.repos, i, Repo{GUN: gun})
			m.asked++
		}
		m.repos[i].FoundIn = Origins(append(m.repos[i].FoundIn, h.From))
	}
}

// checked takes one answer.
func (m *Model) checked(r Repo) {
	m.came++
	if i, ok := find(m.repos, r.GUN); ok {
		found := m.repos[i].FoundIn
		m.repos[i] = r.over(m.repos[i])
		m.repos[i].FoundIn = found
	}
}

func find(list []Repo, gun trustdata.GUN) (int, bool) {
	return slices.BinarySearchFunc(list, Repo{GUN: gun}, byName)
}

func byName(a, b Repo) int { return strings.Compare(string(a.GUN), string(b.GUN)) }
