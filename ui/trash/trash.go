// Package trash lists the key files that were removed, and leads to bringing one back.
package trash

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// Store is what the screen needs of a key store. keyring.Store is one.
type Store interface {
	Trashed(context.Context) ([]keyring.Info, error)
}

// Page is the list of removed key files, latest first.
func Page(infos []keyring.Info, now time.Time) ui.Page {
	p := ui.Page{
		Title:   "Trash",
		Summary: trustdata.Plural(len(infos), "removed key file", "removed key files") + "; keyrite never empties the trash",
		Columns: []ui.Column{{Title: "KEY", Priority: 1, Min: 7, Cut: ui.CutMiddle}, {Title: "ROLE", Priority: 3},
			{Title: "REPOSITORY", Priority: 4, Min: 14, Cut: ui.CutLeft, Host: true}, {Title: "REMOVED", Priority: 2}},
		Order:     "latest first",
		Empty:     "Nothing was removed from this machine's trust directories.",
		Freshness: ui.Freshness{Disk: true, At: now},
	}
	infos = slices.Clone(infos)
	slices.SortStableFunc(infos, func(a, b keyring.Info) int { return -ui.Natural(day(a), day(b)) })
	for _, k := range infos {
		p.Rows = append(p.Rows, row(k))
	}
	return p
}

// day is the folder of a key file in the trash: the day on which it was removed.
func day(k keyring.Info) string { return filepath.Base(filepath.Dir(k.Path)) }

func row(k keyring.Info) ui.Row {
	path := trustdata.Visible(k.Path)
	mark, state := ui.MarkNone, "Enter brings it back: its passphrase is asked for, and nothing that is there is replaced."
	if k.Problem != "" {
		mark, state = ui.MarkNow, "It cannot be used: "+trustdata.Visible(k.Problem)+"."
	}
	r := ui.Row{ID: k.Path, Mark: mark, Cells: []string{name(k), role(k), ui.Name(string(k.GUN), ""), trustdata.Visible(day(k))},
		Detail: []string{path, state}, Copy: []ui.Copyable{{What: "file", Text: path}}}
	if k.KeyID != "" {
		r.Copy = append(r.Copy, ui.Copyable{What: "key ID", Text: string(k.KeyID)})
	}
	return r
}

func name(k keyring.Info) string {
	if k.KeyID == "" {
		return trustdata.Visible(filepath.Base(k.Path))
	}
	return k.KeyID.Short()
}

func role(k keyring.Info) string {
	r := trustdata.Role(k.Role)
	if r.IsBase() {
		return r.Title()
	}
	return trustdata.Visible(k.Role)
}

// Options are what the screen is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	Store   Store
	// BringBack makes the screen that imports a file, or says why there is none.
	BringBack func(path string) (screen ui.Screen, reason string)
}

// Model is the screen.
type Model struct {
	*ui.List
	opt           Options
	loader        *ui.Loader[*ui.Listing]
	back, refresh key.Binding
}

// New makes the screen.
func New(opt Options) *Model {
	return &Model{List: ui.NewList(opt.Styles, "file", "files"), opt: opt, loader: ui.NewLoader[*ui.Listing](opt.Context, opt.Clock),
		back: ui.Bind("Enter", "bring back", "enter", "l", "right"), refresh: ui.Bind("r", "refresh", "r")}
}

// Title is the screen's name.
func (m *Model) Title() string { return "trash" }

// Freshness is when the trash was read.
func (m *Model) Freshness() ui.Freshness { return m.Page().Freshness }

// Init reads the trash.
func (m *Model) Init() tea.Cmd { return m.load() }

func (m *Model) load() tea.Cmd {
	store, now := m.opt.Store, m.opt.Clock.Now
	return m.loader.Reads(m).Get(func(ctx context.Context) (*ui.Listing, error) {
		infos, err := store.Trashed(ctx)
		if err != nil {
			return nil, fmt.Errorf("the trash: %w", err)
		}
		return ui.NewListing(Page(infos, now())), nil
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
		return m.press(msg)
	}
	return nil
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.refresh):
		return m.load()
	case !key.Matches(k, m.back):
		return nil
	case m.ID() == "":
		return ui.Say("No file is selected.")
	}
	return ui.PushOr(m.opt.BringBack(m.ID()))
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	return append([]key.Binding{m.back}, append(m.Short(), m.refresh)...)
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	return [][]key.Binding{{m.back, m.refresh}, m.Moves()}
}

var _ ui.Screen = (*Model)(nil)
