package backup

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// report is a page that is only read.
type report struct {
	*ui.List
	title string
	fresh ui.Freshness
}

func newReport(st *ui.Styles, title string, p ui.Page, clock ui.Clock) *report {
	r := &report{List: ui.NewList(st, "key", "keys"), title: title, fresh: ui.Freshness{Disk: true, At: clock.Now()}}
	r.Set(ui.NewListing(p))
	return r
}

// Init has nothing to load.
func (r *report) Init() tea.Cmd { return nil }

// Title is the page's.
func (r *report) Title() string { return r.title }

// Freshness is when the backup was read.
func (r *report) Freshness() ui.Freshness { return r.fresh }

// Update scrolls.
func (r *report) Update(msg tea.Msg) tea.Cmd {
	cmd, _ := r.List.Update(msg)
	return cmd
}

// ShortHelp are the keys of the footer.
func (r *report) ShortHelp() []key.Binding {
	return append(r.Short(), ui.Bind("Esc", "close", "esc"))
}

// FullHelp are all keys of this screen.
func (r *report) FullHelp() [][]key.Binding { return [][]key.Binding{r.Moves()} }

var _ ui.Screen = (*report)(nil)
