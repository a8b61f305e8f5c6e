package tags

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/trustdata/remote"
	"keyrite/ui"
)

// loaded is what is known at one moment of a load.
type loaded struct {
	col      *trustdata.Collection
	rows     []registry.Compared
	compared bool
	list     *ui.Listing
	next     string // what is being waited for now
}

func (m *Model) load() tea.Cmd {
	opt := m.opt
	m.heard = false
	return m.loader.Reads(m).Start(func(ctx context.Context, emit func(loaded)) error {
		give := func(col *trustdata.Collection, rows []registry.Compared, compared bool, next string) {
			emit(loaded{col, rows, compared, ui.NewListing(Page(col, rows, compared, opt.Clock.Now())), next})
		}
		name := bare(opt.GUN)
		col, err := opt.Source.Cached(ctx, opt.GUN)
		if err != nil {
			return err
		}
		if col != nil {
			give(col, signedRows(col), false, opt.asking())
		}
		switch {
		case opt.Offline && col == nil:
			return fmt.Errorf("%q %w", opt.GUN, remote.ErrNotCached)
		case opt.Offline:
			return nil
		}
		if col, err = opt.Source.Fetch(ctx, opt.GUN); err != nil {
			return err
		}
		if opt.Dialect == trustdata.DialectTUF {
			give(col, signedRows(col), false, "")
			return nil
		}
		give(col, signedRows(col), false, "asking the registry what it serves for "+name)
		rows, err := opt.Source.Compare(ctx, col)
		if err == nil {
			give(col, rows, true, "")
		}
		return err
	})
}

// asking says what the first wait is for.
func (o Options) asking() string {
	if o.Dialect == trustdata.DialectTUF {
		return "reading " + bare(o.GUN)
	}
	return "asking the trust server for " + bare(o.GUN)
}

// signedRows are a collection's tags, compared with nothing.
func signedRows(col *trustdata.Collection) []registry.Compared {
	rows := make([]registry.Compared, len(col.Tags))
	for i, t := range col.Tags {
		rows[i].Tag = t
	}
	return rows
}

func (m *Model) take(got ui.Loaded[loaded]) tea.Cmd {
	for _, v := range got.Values {
		if v.col.Source == trustdata.SourceLive {
			m.heard, m.unread = true, ""
		}
		better := m.got.col == nil || v.col.Source == trustdata.SourceLive || m.got.col.Source != trustdata.SourceLive
		if better && (v.compared || !m.got.compared || got.Err != nil) {
			m.got = v // until it is compared again, the last comparison stays on screen
			m.Set(v.list)
			m.toBegin()
		} else {
			m.got.next = v.next
		}
	}
	if got.Ended {
		m.conflict = nil
		m.keys.export.SetEnabled(errors.As(got.Err, &m.conflict) && m.opt.Export != nil)
	}
	if got.Err != nil && !m.heard {
		m.unread = ui.Unreached
		if refused := new(trustdata.VerifyError); errors.As(got.Err, &refused) {
			m.unread = ui.Refused
		}
	}
	return got.Failed()
}

// Begin puts the cursor on the first of some tags, once they are compared.
func (m *Model) Begin(on []string) { m.begin = on }

// toBegin brings the cursor to where it is to begin.
func (m *Model) toBegin() {
	if !m.got.compared || len(m.begin) == 0 {
		return
	}
	for _, r := range m.Shown().Rows {
		if name, _, _ := strings.Cut(r.ID, "\n"); slices.Contains(m.begin, name) {
			m.Select(r.ID)
			break
		}
	}
	m.begin = nil
}
