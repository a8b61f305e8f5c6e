package tags

import (
	"fmt"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/ui"
)

// TagPage is everything that is known of one tag. rows are all of the repository's.
func TagPage(col *trustdata.Collection, rows []registry.Compared, r registry.Compared, compared bool, now time.Time) ui.Page {
	v := view{col: col, compared: compared, also: names(rows), like: lookAlikes(rows)}
	mark, state := v.state(r)
	reference := ui.Name(string(col.GUN)+":"+r.Name, v.like[r.Name])
	if v.isTUF() {
		reference = ui.Name(r.Name, v.like[r.Name])
	}
	p := ui.Page{
		Title:     ui.Name(r.Name, ""),
		Copy:      v.copies(r),
		Freshness: ui.Freshness{Source: col.Source, At: col.ReadAt, Server: col.Server},
		Sections: []ui.Section{
			{Facts: []ui.Fact{{Label: "TAG", Value: reference}, {Label: "STATE", Value: state, Mark: mark}}},
			{Facts: v.digests(r)},
		},
		TableTitle: "WHO SIGNED",
		Columns: []ui.Column{{Title: "SIGNER", Priority: 1, Min: 8}, {Title: "ROLE", Priority: 2, Min: 8},
			{Title: "KEYS", Priority: 3, Min: 7}, {Title: "ENDS", Priority: 4}},
		Order: "in the order of lookup",
		Empty: "Nobody has signed it.",
	}
	if len(r.Roles) > 0 && compared && r.State == registry.Moved {
		p.Sections = append(p.Sections, ui.Section{Facts: []ui.Fact{
			{Label: "SIGNED IS", Value: otherTags(v.also[r.Digest], r.Name)}, {Label: "SERVED IS", Value: otherTags(v.also[r.RegistryDigest], r.Name)}}})
	}
	if r.Others != nil {
		p.Sections = append(p.Sections, otherSection(r))
		p.Copy = append(p.Copy, certificates(r)...)
	}
	for _, role := range r.Roles {
		p.Rows = append(p.Rows, signerRow(col, role, now))
	}
	p.Notes = v.detail(r)[1:]
	return p
}

func (v view) digests(r registry.Compared) []ui.Fact {
	signed, served := "not signed", "not asked"
	if r.Digest != "" {
		signed = fmt.Sprintf("sha256: %s   %d bytes", ui.Eights(r.Digest), r.Length)
	}
	switch {
	case v.isTUF():
		return []ui.Fact{{Label: "SIGNED", Value: signed}}
	case !v.compared:
	case r.RegistryDigest == "":
		served = "nothing, or not known"
	case r.RegistryDigest == r.Digest:
		served = "the same"
	default:
		served = "sha256: " + ui.Eights(r.RegistryDigest)
	}
	return []ui.Fact{{Label: "SIGNED", Value: signed}, {Label: "SERVED", Value: served}}
}

// otherTags are the tags besides self that a digest is known under.
func otherTags(tags []string, self string) string {
	s := ""
	for _, t := range tags {
		if t == self {
			continue
		}
		if s != "" {
			s += ", "
		}
		s += ui.Name(t, "")
	}
	if s == "" {
		return "under no other tag"
	}
	return s
}

func signerRow(col *trustdata.Collection, role trustdata.Role, now time.Time) ui.Row {
	name := role.Signer()
	if name == "" {
		name = trustdata.RepoAdmin
	}
	view, _ := col.Role(role)
	keys := ""
	for i, k := range view.Keys {
		if i > 0 {
			keys += " "
		}
		keys += k.KeyID.Short()
	}
	mark, ends := ui.Ends(view.Expires, now)
	return ui.Row{ID: string(role), Mark: mark, Cells: []string{ui.Name(name, ""), trustdata.Visible(string(role)), keys, ends}}
}

// Still is a screen that shows one page and loads nothing: a tag, or a repository's
// roles.
type Still struct {
	*ui.List
	title string
}

func newStill(st *ui.Styles, title, one, many string, page ui.Page) *Still {
	s := &Still{ui.NewList(st, one, many), title}
	s.Set(ui.NewListing(page))
	return s
}

// Init has nothing to load.
func (s *Still) Init() tea.Cmd { return nil }

// Title is what the page is about.
func (s *Still) Title() string { return s.title }

// Freshness is that of the list it was opened from.
func (s *Still) Freshness() ui.Freshness { return s.Page().Freshness }

// Update takes the list's keys.
func (s *Still) Update(msg tea.Msg) tea.Cmd {
	cmd, _ := s.List.Update(msg)
	return cmd
}

// ShortHelp are the keys of the footer.
func (s *Still) ShortHelp() []key.Binding { return append(s.Short(), ui.Bind("Esc", "back", "esc")) }

// FullHelp are all keys of this screen.
func (s *Still) FullHelp() [][]key.Binding { return [][]key.Binding{s.Moves()} }

var _ ui.Screen = (*Still)(nil)
