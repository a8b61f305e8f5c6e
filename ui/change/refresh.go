package change

import (
	"context"
	"errors"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Refresher is what the wizard that signs roles again needs of the layers below.
type Refresher interface {
	ui.KeyOpener
	// Plan plans to sign the roles of each repository that end soon; with all every role
	// whose keys are here.
	Plan(ctx context.Context, guns []trustdata.GUN, all bool) (*rotation.Edits, error)
	// Apply always runs to its end, as Editor's does. It tells the steps of every repository.
	Apply(ctx context.Context, all *rotation.Edits, keys rotation.Keys, told func(trustdata.GUN, string)) ([]rotation.EditOutcome, error)
}

// NewRefresh makes the wizard that signs roles of repositories again before they end, as one
// operation.
func NewRefresh(set Setting, guns []trustdata.GUN, s Refresher) *Model {
	return newModel(set, s, &refreshing{guns: guns, service: s})
}

// refreshing is the deed of it.
type refreshing struct {
	guns    []trustdata.GUN
	service Refresher
	all     bool
}

func (r *refreshing) words() words {
	w := words{title: "refresh", asks: "asking the trust server for " + repositoriesOf(len(r.guns)), from: "the trust server has",
		about: []ui.Fact{{Label: "Repositories", Value: repositoriesOf(len(r.guns))}}, rows: "REPOSITORY",
		publishing: ui.Section{Facts: []ui.Fact{{Value: "PUBLISHING TO " + strings.ToUpper(repositoriesOf(len(r.guns))), Mark: ui.MarkRunning}}}}
	if len(r.guns) == 1 {
		gun := ui.Name(string(r.guns[0]), "")
		w.asks, w.about, w.rows, w.publishing = "asking the trust server for "+gun, []ui.Fact{{Label: "Repository", Value: gun}}, "", toOne(r.guns[0])
	}
	return w
}

func (r *refreshing) planning() func(context.Context) (plan, error) {
	guns, service, all := r.guns, r.service, r.all
	return func(ctx context.Context) (plan, error) {
		edits, err := service.Plan(ctx, guns, all)
		switch {
		case err != nil:
			return nil, err
		case len(edits.Edits) == 0:
			return nil, noneOf(edits.Left)
		case len(guns) == 1:
			return refreshPlan{edits, service}, nil
		}
		return manyPlan{edits, service}, nil
	}
}

// noneOf is why no repository has anything to do: the first trouble, else that nothing is due.
func noneOf(left []rotation.LeftOut) error {
	for _, l := range left {
		if !errors.Is(l.Why, rotation.ErrNothing) {
			return l.Why
		}
	}
	if len(left) == 1 {
		return left[0].Why
	}
	return rotation.ErrNothing
}

func (r *refreshing) nothing(err error) string {
	var none *rotation.NothingDueError
	if !errors.As(err, &none) {
		return "No role of any of them whose keys are here ends within half a year. a takes those that end later too."
	}
	text := ui.Capital(trustdata.VisibleError(err)) + "."
	if !r.all {
		text += " a takes those that end later too."
	}
	for _, stays := range none.Stays {
		text += " " + ui.Capital(trustdata.Visible(stays)) + "."
	}
	return text
}

// acts are the keys of the first step: whether roles that end later are signed too.
func (r *refreshing) acts(m *Model) []ui.Act {
	return []ui.Act{{Key: ui.Bind("a", "all or what is due", "a"), Blocked: m.Occupied, Do: func() tea.Cmd {
		r.all = !r.all
		return m.makePlan()
	}}}
}

func (r *refreshing) next(m *Model) tea.Cmd { return m.Advance() }

// less leaves the repositories out that are done: all of their roles would be signed once more.
func (r *refreshing) less(d done) {
	r.guns = slices.DeleteFunc(slices.Clone(r.guns), func(gun trustdata.GUN) bool {
		return len(r.guns) > 1 && slices.ContainsFunc(d.rows, func(row settled) bool { return row.step == string(gun) && row.state == ui.TaskDone })
	})
}

// refreshPlan is the plan for one repository.
type refreshPlan struct {
	edits   *rotation.Edits
	service Refresher
}

func (p refreshPlan) one() *rotation.Edit { return p.edits.Edits[0] }

func (p refreshPlan) needs() []rotation.Need { return p.one().Need }

func (p refreshPlan) steps() (steps, names []string) { return theSteps() }

func (p refreshPlan) headline() string {
	return "SIGN " + strings.ToUpper(trustdata.Plural(len(p.one().Roles), "role", "roles")) + " AGAIN"
}

func (p refreshPlan) page() ui.Page { return editedPage(p.headline(), p.one()) }

func (p refreshPlan) wayBack() string {
	return "none is needed, since the content stays as it is."
}

// question has level 2: one repository, and nothing that it says changes.
func (p refreshPlan) question() ui.Question {
	e := p.one()
	return ui.Question{Headline: p.headline(), Thing: ui.Name(string(e.GUN), ""), Keep: "Cancel", Act: "Sign " + trustdata.Plural(len(e.Roles), "role", "roles") + " again",
		Facts: append([]ui.Fact{{Label: "Roles", Value: roles(e)}, {Label: "Content", Value: "stays as it is, with a later end"}}, stays(e)...)}
}

// stays counts what does not follow an edit.
func stays(e *rotation.Edit) []ui.Fact {
	if n := len(e.WillNotFollow); n > 0 {
		return []ui.Fact{{Label: "What stays", Value: trustdata.Plural(n, "thing", "things") + ", see the page before"}}
	}
	return nil
}

func (p refreshPlan) carrying() func(context.Context, rotation.Keys, func(trustdata.GUN, string)) (done, error) {
	edits, service := p.edits, p.service
	return func(ctx context.Context, keys rotation.Keys, told func(trustdata.GUN, string)) (done, error) {
		out, err := service.Apply(ctx, edits, keys, func(_ trustdata.GUN, step string) { told("", step) })
		if len(out) == 0 {
			return done{}, err
		}
		return finished(edits.Edits[0], out[0].Result, errors.Join(out[0].Err, err))
	}
}

func repositoriesOf(n int) string { return trustdata.Plural(n, "repository", "repositories") }

// editedPage is the plan of an edit whose changes are sentences.
func editedPage(headline string, e *rotation.Edit) ui.Page {
	return ui.Page{Title: trustdata.Visible(e.Kind), Summary: "Nothing has been changed.",
		Sections: []ui.Section{{Title: headline, Facts: editFacts(e)}, sentences("WHAT CHANGES", e.Changes)}}
}
