package keys

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui"
)

// DetailPage is everything that is known of one key. list is where metadata lists it.
func DetailPage(k keyring.Info, list []Use, now time.Time) ui.Page {
	uses := Uses{k.KeyID: list}
	p := ui.Page{
		Title:     kind(k) + " " + name(k),
		Sections:  []ui.Section{{Title: strings.ToUpper(kind(k)) + " KEY", Facts: idFacts(k)}, {Facts: fileFacts(k, list, now)}},
		Freshness: ui.Freshness{Disk: true, At: now},
	}
	if k.KeyID != "" {
		p.Copy = append(p.Copy, ui.Copyable{What: "key ID", Text: string(k.KeyID)})
	}
	if k.Problem != "" {
		p.Notes = append(p.Notes, useSentence(k, uses, now))
		return p
	}
	p.TableTitle = "SIGNS FOR " + strings.ToUpper(trustdata.Plural(len(uses.repositories(k.KeyID)), "repository", "repositories"))
	p.Columns = []ui.Column{{Title: "REPOSITORY", Priority: 1, Min: 14, Cut: ui.CutLeft, Host: true},
		{Title: "ROLE", Priority: 3, Min: 8}, {Title: "ENDS", Priority: 2}}
	p.Empty = useSentence(k, uses, now)
	for _, u := range list {
		mark, ends := ui.Ends(u.ends(), now)
		row := ui.Row{ID: string(u.GUN) + "\n" + string(u.Role), Mark: mark,
			Cells: []string{ui.Name(string(u.GUN), ""), ui.Name(string(u.Role), ""), ends},
			Copy:  []ui.Copyable{{What: "repository", Text: trustdata.Visible(string(u.GUN))}, {What: "key ID", Text: string(k.KeyID)}}}
		row.Until(2, u.ends(), now)
		p.Rows = append(p.Rows, row)
	}
	return p
}

func idFacts(k keyring.Info) []ui.Fact {
	if k.KeyID == "" {
		return []ui.Fact{{Value: "The file's name is no key ID."}}
	}
	id := string(k.KeyID)
	return []ui.Fact{{Value: ui.Fours(id[:len(id)/2])}, {Value: ui.Fours(id[len(id)/2:])}}
}

func fileFacts(k keyring.Info, list []Use, now time.Time) []ui.Fact {
	mark, _ := fileState(k)
	algorithm := k.Algorithm
	switch {
	case algorithm == "" && len(list) > 0:
		algorithm = trustdata.Visible(list[0].Algorithm) + ", by metadata"
	case algorithm == "":
		algorithm = "not known until the key is opened"
	}
	facts := []ui.Fact{{Label: "Algorithm", Value: algorithm},
		{Label: "Role in file", Value: orNone(k.Role)},
		{Label: "Repository", Value: orNone(string(k.GUN))},
		{Label: "File", Value: trustdata.Visible(k.Path)},
		{Label: "State", Value: fileSentence(k), Mark: mark}}
	if k.Encrypted {
		facts = append(facts, ui.Fact{Label: "Passphrase", Value: fmt.Sprintf("needed; one try costs %d rounds", k.KDFIterations)})
	}
	if k.SHA256 != "" {
		facts = append(facts, ui.Fact{Label: "SHA-256", Value: ui.Eights(k.SHA256)})
	}
	return append(facts, ui.Fact{Label: "Changed", Value: ui.When(k.ModTime, now)})
}

func orNone(s string) string {
	if s == "" {
		return "none in the file"
	}
	return trustdata.Visible(s)
}

// Detail is the screen of one key.
type Detail struct {
	*ui.List
	opt  Options
	info keyring.Info
	page ui.Page
	// loader reads which copies there are.
	loader *ui.Loader[[]backup.Copy]
	keys   detailKeys
}

type detailKeys struct{ open, rotate key.Binding }

func newDetail(opt Options, info keyring.Info, uses Uses) *Detail {
	d := &Detail{List: ui.NewList(opt.Styles, "repository", "repositories"), opt: opt, info: info,
		page: DetailPage(info, uses[info.KeyID], opt.Clock.Now()), loader: ui.NewLoader[[]backup.Copy](opt.Context, opt.Clock),
		keys: detailKeys{open: ui.Bind("Enter", "open repository", "enter", "l", "right"), rotate: ui.Bind("R", "rotate", "R")}}
	d.keys.rotate.SetEnabled(opt.Rotate != nil)
	d.Set(ui.NewListing(d.page))
	return d
}

// Init reads which backups hold the key. The list has read the file already.
func (d *Detail) Init() tea.Cmd { return d.load() }

func (d *Detail) load() tea.Cmd {
	backups := d.opt.Backups
	if backups == nil || d.info.KeyID == "" {
		return nil
	}
	d.loader.Doing("reading which backups hold it")
	return d.loader.Reads(d).Get(backups.Copies)
}

func (d *Detail) take(all []backup.Copy) tea.Cmd {
	page := d.page
	page.Sections = append(slices.Clone(page.Sections), backedUp(d.info.KeyID, all, d.opt.Clock.Now()))
	d.Set(ui.NewListing(page))
	return nil
}

// Title is the key's role and short ID.
func (d *Detail) Title() string { return d.page.Title }

// Freshness is that of the list it was opened from.
func (d *Detail) Freshness() ui.Freshness { return d.page.Freshness }

// Update takes keys.
func (d *Detail) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := d.loader.Take(msg); ok {
		return tea.Batch(got.Each(d.take), cmd)
	}
	if _, done := msg.(ui.DoneMsg); done {
		return d.load()
	}
	if cmd, mine := d.List.Update(msg); mine {
		return cmd
	}
	k, ok := msg.(tea.KeyPressMsg)
	switch {
	case !ok:
	case key.Matches(k, d.keys.open):
		return d.open()
	case key.Matches(k, d.keys.rotate):
		return rotate(d.opt, d.info)
	}
	return nil
}

func (d *Detail) open() tea.Cmd {
	gun, _, ok := strings.Cut(d.ID(), "\n")
	if !ok {
		return ui.Say("No repository known here lists this key, so there is none to open.")
	}
	return ui.Send(ui.PushMsg{Screen: d.opt.OpenRepository(trustdata.GUN(gun))})
}

// ShortHelp are the keys of the footer.
func (d *Detail) ShortHelp() []key.Binding {
	return append([]key.Binding{d.keys.open, d.keys.rotate}, d.Short()...)
}

// FullHelp are all keys of this screen.
func (d *Detail) FullHelp() [][]key.Binding {
	return [][]key.Binding{{d.keys.open, d.keys.rotate}, d.Moves()}
}

var _ ui.Screen = (*Detail)(nil)
