// Package activity lists what was changed from this machine.
package activity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
	"keyrite/ui"
)

// Log is what the screen needs of the log. state.Activity is one.
type Log interface {
	List() ([]state.ActRecord, error)
}

// Page is the list of acts, latest first.
func Page(acts []state.ActRecord, now time.Time) ui.Page {
	p := ui.Page{
		Title:   "Activity",
		Summary: fmt.Sprintf("What keyrite changed from this machine: %s. The log's chain is whole.", trustdata.Plural(len(acts), "act", "acts")),
		Columns: []ui.Column{{Title: "WHEN (UTC)", Priority: 2}, {Title: "WHAT", Priority: 1, Min: 10},
			{Title: "ON", Priority: 3, Min: 12, Cut: ui.CutMiddle}, {Title: "RESULT", Priority: 4}},
		Order:     "latest first",
		Empty:     "Nothing was changed from this machine yet.",
		Notes:     []string{"No passphrase, token or private key is ever written here."},
		Freshness: ui.Freshness{Disk: true, At: now},
	}
	for _, a := range slices.Backward(acts) {
		mark := ui.MarkOK
		if a.Result != "done" && a.Result != "ok" {
			mark = ui.MarkNote
		}
		// Results are words of the log, as in "read_back".
		result := trustdata.Visible(strings.ReplaceAll(a.Result, "_", " "))
		on := trustdata.Visible(a.What) + " " + ui.Name(a.On, "") + ": " + result
		p.Rows = append(p.Rows, ui.Row{ID: fmt.Sprint(a.Seq), Mark: mark,
			Cells:  []string{a.Time.UTC().Format(time.DateTime), trustdata.Visible(a.What), ui.Name(a.On, ""), result},
			Detail: []string{on, trustdata.Visible(a.Detail)},
			Copy:   []ui.Copyable{{What: "the line", Text: ui.Moment(a.Time) + " " + on + ". " + trustdata.Visible(a.Detail)}}})
	}
	return p
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Log     Log
	// Unfinished opens the screen of what was begun and has not ended, or says why there is
	// none.
	Unfinished func() (ui.Screen, string)
}

// Model is the screen.
type Model struct {
	*ui.List
	opt                 Options
	loader              *ui.Loader[*ui.Listing]
	refresh, unfinished key.Binding
}

// New makes the screen.
func New(opt Options) *Model {
	return &Model{List: ui.NewList(opt.Styles, "act", "acts"), opt: opt, loader: ui.NewLoader[*ui.Listing](opt.Context, opt.Clock),
		refresh: ui.Bind("r", "refresh", "r"), unfinished: ui.Bind("w", "what is unfinished", "w")}
}

// Title is the screen's name.
func (m *Model) Title() string { return "activity" }

// Freshness is when the log was read.
func (m *Model) Freshness() ui.Freshness { return m.Page().Freshness }

// Init reads the log.
func (m *Model) Init() tea.Cmd { return m.load() }

func (m *Model) load() tea.Cmd {
	log, now := m.opt.Log, m.opt.Clock.Now
	return m.loader.Reads(m).Get(func(context.Context) (*ui.Listing, error) {
		acts, err := log.List()
		if err != nil {
			return nil, err
		}
		return ui.NewListing(Page(acts, now())), nil
	})
}

// Update takes keys and the loader's messages.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := m.loader.Take(msg); ok {
		for _, l := range got.Values {
			m.Set(l)
		}
		return tea.Batch(cmd, got.Failed())
	}
	if cmd, mine := m.List.Update(msg); mine {
		return cmd
	}
	switch msg := msg.(type) {
	case ui.DoneMsg:
		return m.load()
	case tea.KeyPressMsg:
		switch {
		case key.Matches(msg, m.refresh):
			return m.load()
		case key.Matches(msg, m.unfinished):
			return ui.PushOr(m.opt.Unfinished())
		}
	}
	return nil
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding { return append(m.Short(), m.refresh, m.unfinished) }

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	return [][]key.Binding{{m.unfinished, m.refresh}, m.Moves()}
}

var _ ui.Screen = (*Model)(nil)
