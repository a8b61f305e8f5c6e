package change

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// manyPlan is the plan for several repositories.
type manyPlan struct {
	edits   *rotation.Edits
	service Refresher
}

func (p manyPlan) needs() []rotation.Need { return p.edits.Needs() }

func (p manyPlan) size() string { return repositoriesOf(len(p.edits.Edits)) }

func (p manyPlan) headline() string {
	return "SIGN ROLES OF " + strings.ToUpper(p.size()) + " AGAIN"
}

func (p manyPlan) wayBack() string {
	return "none is needed, since the content stays as it is."
}

func (p manyPlan) steps() (steps, names []string) {
	for _, e := range p.edits.Edits {
		steps, names = append(steps, string(e.GUN)), append(names, ui.Name(string(e.GUN), ""))
	}
	return steps, names
}

func (p manyPlan) page() ui.Page {
	page := ui.Page{Title: "refresh", Summary: "Nothing has been changed.", Order: "as they are carried out",
		Columns: []ui.Column{{Title: "REPOSITORY", Priority: 1, Min: 14, Cut: ui.CutLeft, Host: true}, {Title: "ROLES", Priority: 2, Min: 12}, {Title: "WHAT CHANGES", Priority: 3, Min: 20},
			{Title: "WHAT STAYS", Priority: 4, Min: 12}}}
	var facts []ui.Fact
	for _, n := range p.needs() {
		facts = append(facts, ui.Fact{Label: "Needs", Value: fmt.Sprintf("%s key %s: %s", n.Role.Title(), n.KeyID.Short(), trustdata.Visible(n.Why))})
	}
	for _, e := range p.edits.Edits {
		name := ui.Name(string(e.GUN), "")
		row := ui.Row{ID: string(e.GUN), Mark: ui.MarkNone, Cells: []string{name, roles(e), strings.Join(visible(e.Changes), "; "), ""}, Detail: append([]string{name}, visible(e.Changes)...)}
		if len(e.WillNotFollow) > 0 {
			row.Mark, row.Cells[3] = ui.MarkSoon, strings.Join(visible(e.WillNotFollow), "; ")
		}
		page.Rows = append(page.Rows, row)
	}
	for _, l := range p.edits.Left {
		name, why, mark := ui.Name(string(l.GUN), ""), trustdata.VisibleError(l.Why), ui.MarkNow
		switch due := l.Due(); {
		case len(due) > 0:
			mark, why = ui.MarkSoon, strings.Join(visible(due), "; ")
		case errors.Is(l.Why, rotation.ErrNothing):
			mark, why = ui.MarkOK, "nothing is due"
		}
		page.Rows = append(page.Rows, ui.Row{ID: string(l.GUN), Mark: mark, Cells: []string{name, "left out", why, ""}, Detail: []string{name + " is left out", trustdata.VisibleError(l.Why)}})
	}
	if n := len(p.edits.Left); n > 0 {
		facts = append(facts, ui.Fact{Label: "Left out", Value: repositoriesOf(n) + ", see below", Mark: ui.MarkSoon})
	}
	page.Sections = []ui.Section{{Title: p.headline(), Facts: facts}}
	return page
}

// question has level 3: more than one repository.
func (p manyPlan) question() ui.Question {
	return ui.Question{Headline: p.headline(), Thing: p.size(), Keep: "Cancel", Act: "Publish to " + p.size(), Type: p.size(),
		Facts: []ui.Fact{{Label: "Content", Value: "stays as it is, with a later end"}, {Label: "Left out", Value: repositoriesOf(len(p.edits.Left))}}}
}

func (p manyPlan) carrying() func(context.Context, rotation.Keys, func(trustdata.GUN, string)) (done, error) {
	edits, service := p.edits, p.service
	return func(ctx context.Context, keys rotation.Keys, told func(trustdata.GUN, string)) (done, error) {
		out, err := service.Apply(ctx, edits, keys, told)
		if len(out) == 0 {
			return done{}, err
		}
		return finishedMany(edits, out, err)
	}
}

// finishedMany sums up what became of several repositories. Where one is not done the error
// is partly's.
func finishedMany(edits *rotation.Edits, out []rotation.EditOutcome, err error) (done, error) {
	d, some := done{}, partly{of: len(out), first: err, rest: edits.Rest(out)}
	page := ui.Page{Title: "Done", Order: "as they were carried out",
		Columns: []ui.Column{{Title: "REPOSITORY", Priority: 1, Min: 14, Cut: ui.CutLeft, Host: true}, {Title: "SIGNED AGAIN", Priority: 2, Min: 12}}}
	for _, o := range out {
		row := settled{step: string(o.GUN), state: stateOf(o.Err), note: "read back and verified"}
		if o.Err != nil {
			row.note = strings.TrimPrefix(trustdata.VisibleError(o.Err), fmt.Sprintf("%q: ", o.GUN))
			some.first = errors.Join(some.first, o.Err)
		} else {
			some.done++
			page.Rows = append(page.Rows, ui.Row{ID: string(o.GUN), Mark: ui.MarkOK, Cells: []string{ui.Name(string(o.GUN), ""), versions(o.Result)}})
			page.Notes = append(page.Notes, visible(o.Result.Notes)...)
		}
		d.rows = append(d.rows, row)
		if o.Err == nil || errors.Is(o.Err, rotation.ErrUnknown) || errors.Is(o.Err, rotation.ErrLanded) {
			d.action = "signed roles of several repositories again"
		}
	}
	if some.first != nil {
		return d, &some
	}
	page.Sections = []ui.Section{{Facts: []ui.Fact{{Value: fmt.Sprintf("DONE. The roles of %s were signed again. Each was read back and verified.", repositoriesOf(len(out))), Mark: ui.MarkOK}}}}
	d.page = page
	return d, nil
}

func stateOf(err error) ui.TaskState {
	switch {
	case err == nil:
		return ui.TaskDone
	case errors.Is(err, rotation.ErrUnknown):
		return ui.TaskUnknown
	case errors.Is(err, rotation.ErrNotBegun):
		return ui.TaskSkipped
	}
	return ui.TaskFailed
}

// versions are the new versions of a result, by their roles.
func versions(r *rotation.EditResult) string {
	var all []string
	for role, v := range r.Versions {
		all = append(all, fmt.Sprintf("%s v%d", role, v))
	}
	slices.Sort(all)
	return trustdata.Visible(strings.Join(all, ", "))
}
