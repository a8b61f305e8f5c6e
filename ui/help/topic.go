package help

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/ui"
)

// Topic is a screen with one page to read.
type Topic struct {
	*ui.List
	title string
}

// NewTopic makes a screen of a page that is read and left.
func NewTopic(st *ui.Styles, title string, page ui.Page) *Topic {
	t := &Topic{ui.NewList(st, "line", "lines"), title}
	t.Searchable()
	t.Set(ui.NewListing(page))
	return t
}

// Init has nothing to load.
func (t *Topic) Init() tea.Cmd { return nil }

// Title is what the page is about.
func (t *Topic) Title() string { return t.title }

// Update scrolls.
func (t *Topic) Update(msg tea.Msg) tea.Cmd {
	cmd, _ := t.List.Update(msg)
	return cmd
}

// ShortHelp are the keys of the footer.
func (t *Topic) ShortHelp() []key.Binding {
	return []key.Binding{ui.Bind("j k", "scroll", "j", "k"), ui.Bind("/", "search", "/"), ui.Bind("Esc", "close", "esc")}
}

// FullHelp are all keys of this screen.
func (t *Topic) FullHelp() [][]key.Binding { return [][]key.Binding{t.Moves()} }

var _ ui.Screen = (*Topic)(nil)
