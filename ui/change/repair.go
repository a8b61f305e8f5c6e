package change

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Repairer is what the wizard that signs again what has expired needs of the layers below.
type Repairer interface {
	Editor
	// Plan plans it without the tags that are no longer to be vouched for.
	Plan(ctx context.Context, gun trustdata.GUN, drop []string) (*rotation.Edit, error)
}

// NewRepair makes the wizard that signs again what has expired. To sign an old file is to
// vouch again for all that it says, so every tag is shown, and can be dropped.
func NewRepair(set Setting, gun trustdata.GUN, s Repairer) *Model {
	return newModel(set, s, &repairing{gun: gun, service: s, drop: map[string]bool{}})
}

// repairing is the deed of it.
type repairing struct {
	gun     trustdata.GUN
	service Repairer
	// drop are the tags that are chosen to lose their signature.
	drop map[string]bool
}

func (r *repairing) words() words {
	gun := ui.Name(string(r.gun), "")
	return words{title: "repair", asks: "asking the trust server for " + gun, from: "the trust server has",
		about: []ui.Fact{{Label: "Repository", Value: gun}}, publishing: toOne(r.gun)}
}

func (r *repairing) dropped() []string { return slices.Sorted(maps.Keys(r.drop)) }

// planning plans for all tags first, which tells what there is to choose from.
func (r *repairing) planning() func(context.Context) (plan, error) {
	gun, service, drop := r.gun, r.service, r.dropped()
	return func(ctx context.Context) (plan, error) {
		e, err := service.Plan(ctx, gun, nil)
		if err != nil {
			return nil, err
		}
		p := &repairPlan{edited: edited{e, service}, all: e.Vouched, planned: drop, chosen: r}
		p.planned = slices.DeleteFunc(drop, func(tag string) bool { return !p.has(tag) })
		if len(p.planned) > 0 {
			p.edit, err = service.Plan(ctx, gun, p.planned)
		}
		return p, err
	}
}

func (r *repairing) nothing(error) string {
	return "Nothing of it has expired. F signs roles again before they end."
}

func (r *repairing) acts(m *Model) []ui.Act {
	return []ui.Act{{Key: ui.Bind("x", "keep or drop the tag", "x"), Blocked: m.noPlan, Do: func() tea.Cmd {
		tag, ok := m.plan.(*repairPlan).tag(m.ID())
		switch {
		case !ok:
			return ui.Say("No tag is selected.")
		case r.drop[tag]:
			delete(r.drop, tag)
		default:
			r.drop[tag] = true
		}
		m.Refresh()
		// In a small window the row may be out of sight.
		return ui.Say(trustdata.Visible(tag) + map[bool]string{true: " is dropped: it is not vouched for again.", false: " is kept."}[r.drop[tag]])
	}}}
}

// next plans anew where other tags are dropped than the plan has.
func (r *repairing) next(m *Model) tea.Cmd {
	if slices.Equal(m.plan.(*repairPlan).planned, r.dropped()) {
		return m.Advance()
	}
	cmd := m.makePlan()
	m.onward = true
	return cmd
}

// repairPlan is the plan of it.
type repairPlan struct {
	edited
	// all are the tags that there are, planned those that this plan drops.
	all     []rotation.VouchedTag
	planned []string
	chosen  *repairing
}

func (p *repairPlan) has(tag string) bool {
	return slices.ContainsFunc(p.all, func(v rotation.VouchedTag) bool { return v.Tag == tag })
}

// tag is that of a row.
func (p *repairPlan) tag(row string) (string, bool) {
	for _, v := range p.all {
		if rowOf(v) == row {
			return v.Tag, true
		}
	}
	return "", false
}

func rowOf(v rotation.VouchedTag) string { return v.Tag + "\n" + v.Digest }

// kept is how many different tags stay signed.
func (p *repairPlan) kept() int {
	names := map[string]bool{}
	for _, v := range p.all {
		if !p.chosen.drop[v.Tag] {
			names[v.Tag] = true
		}
	}
	return len(names)
}

func (p *repairPlan) headline() string {
	return "VOUCH AGAIN FOR " + strings.ToUpper(trustdata.Plural(p.kept(), "tag", "tags"))
}

func (p *repairPlan) page() ui.Page {
	e := *p.edit
	e.Changes = slices.DeleteFunc(slices.Clone(e.Changes), func(line string) bool {
		return slices.ContainsFunc(e.Vouched, func(v rotation.VouchedTag) bool { return v.Sentence() == line })
	})
	if dropped := p.chosen.dropped(); !slices.Equal(p.planned, dropped) {
		e.Changes = []string{fmt.Sprintf("planned anew with the next step, since other tags are dropped now: %d of them", len(dropped))}
	}
	page := editedPage(p.headline(), &e)
	facts := []ui.Fact{{Value: "Whoever signs an old file vouches for all that it says. Look at each tag: x drops one that is not to be signed any more.", Mark: ui.MarkSoon}}
	page.Sections = slices.Insert(page.Sections, 1, ui.Section{Facts: facts})
	page.Order, page.TableTitle = "in docker's order", "EVERY TAG THAT IS VOUCHED FOR AGAIN"
	page.Columns = []ui.Column{{Title: "TAG", Priority: 1, Min: 10, Cut: ui.CutMiddle}, {Title: "DIGEST", Priority: 2, Min: 19, Cut: ui.CutMiddle},
		{Title: "BYTES", Priority: 4}, {Title: "BY", Priority: 3, Min: 7}}
	for _, v := range p.all {
		page.Rows = append(page.Rows, p.row(v))
	}
	return page
}

func (p *repairPlan) row(v rotation.VouchedTag) ui.Row {
	var by []string
	for _, role := range v.Roles {
		by = append(by, string(role))
	}
	row := ui.Row{ID: rowOf(v), Mark: ui.MarkNone, Cells: []string{ui.Name(v.Tag, ""), "without a SHA-256", fmt.Sprint(v.Length), trustdata.Visible(strings.Join(by, ", "))}}
	if v.Digest != "" {
		row.Cells[1] = "sha256:" + v.Digest
		row.Detail = []string{"sha256: " + ui.Eights(v.Digest)}
		row.Copy = []ui.Copyable{{What: "digest", Text: "sha256:" + v.Digest}}
	}
	if p.chosen.drop[v.Tag] {
		row.Mark, row.Cells[1] = ui.MarkSoon, "DROPPED"
	}
	return row
}

func (p *repairPlan) wayBack() string {
	return "unsign a tag afterwards (U on the tags). Nobody could read the repository before."
}

// question has level 3: it vouches for whatever has been signed once.
func (p *repairPlan) question() ui.Question {
	gun := trustdata.Visible(string(p.edit.GUN))
	q := ui.Question{Headline: p.headline(), Thing: ui.Name(string(p.edit.GUN), ""), Keep: "Cancel", Act: "Sign 1 repository again", Type: gun,
		Facts: []ui.Fact{{Label: "Roles", Value: roles(p.edit)}, {Label: "Vouched for", Value: trustdata.Plural(p.kept(), "tag", "tags") + ", each on the page before"}}}
	if n := len(p.planned); n > 0 {
		q.Facts = append(q.Facts, ui.Fact{Label: "Dropped", Value: trustdata.Plural(n, "tag", "tags")})
	}
	q.Facts = append(q.Facts, stays(p.edit)...)
	return q
}
