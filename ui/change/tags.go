package change

import (
	"context"
	"fmt"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Service is what the wizard for tags needs of the layers below.
type Service interface {
	// Plan makes the plan for tags. For signing it asks the registry what each of them is.
	Plan(ctx context.Context, gun trustdata.GUN, tags []string) (*rotation.Edit, error)
	Editor
}

// Editor carries an edit of one repository out.
type Editor interface {
	ui.KeyOpener
	// Apply always runs to its end: nothing that the person at the keyboard does cancels
	// its context.
	Apply(context.Context, *rotation.Edit, rotation.Keys, rotation.Progress) (*rotation.EditResult, error)
}

// Options are what the wizard for tags is given.
type Options struct {
	Setting
	GUN  trustdata.GUN
	Tags []string
	// Hidden are those of Tags that a filter kept out of sight when they were chosen.
	Hidden []string
	// Unsign takes signatures away.
	Unsign  bool
	Service Service
}

// New makes the wizard that signs tags of one repository, or takes their signatures away: what
// will be signed is asked from the registry. Several tags are one upload.
func New(opt Options) *Model { return newModel(opt.Setting, opt.Service, tagging{opt}) }

// tagging is the deed of it.
type tagging struct{ opt Options }

func (t tagging) words() words {
	gun := ui.Name(string(t.opt.GUN), "")
	w := words{title: "sign", asks: "asking the registry and the trust server for " + gun, from: "the registry and the trust server have",
		about: []ui.Fact{{Label: "Repository", Value: gun}, {Label: "Tags", Value: names(t.opt.Tags)}}, publishing: toOne(t.opt.GUN)}
	if t.opt.Unsign {
		w.title, w.asks = "unsign", "asking the trust server for "+gun
	}
	return w
}

func (t tagging) planning() func(context.Context) (plan, error) {
	opt := t.opt
	return func(ctx context.Context) (plan, error) {
		e, err := opt.Service.Plan(ctx, opt.GUN, opt.Tags)
		return tagPlan{edited{e, opt.Service}, opt}, err
	}
}

func (t tagging) nothing(error) string {
	if t.opt.Unsign {
		return "No role signs any of them."
	}
	return "All of them are signed so already: for what the registry serves now, by every key that is here."
}

// tagPlan is the plan of it.
type tagPlan struct {
	edited
	opt Options
}

func (p tagPlan) page() ui.Page { return EditPage(p.edit, p.opt.Hidden, p.opt.Unsign) }

func (p tagPlan) wayBack() string {
	if p.opt.Unsign {
		return "sign the tags again."
	}
	return "unsign the tags, or sign them for what they were signed for before."
}

// question has level 2: one repository, and it can be repaired.
func (p tagPlan) question() ui.Question {
	e := p.edit
	q := ui.Question{Headline: headline(e, p.opt.Unsign), Thing: ui.Name(string(e.GUN), ""), Keep: "Cancel",
		Act: "Sign " + trustdata.Plural(len(e.Tags), "tag", "tags")}
	if p.opt.Unsign {
		q.Act = "Unsign " + trustdata.Plural(len(e.Tags), "tag", "tags")
	}
	const most = 3
	for _, t := range e.Tags[:min(most, len(e.Tags))] {
		q.Facts = append(q.Facts, ui.Fact{Label: ui.Name(t.Tag, ""), Value: p.willBe(t, len(e.Tags) == 1)})
	}
	if n := len(e.Tags) - most; n > 0 {
		q.Facts = append(q.Facts, ui.Fact{Label: "and", Value: fmt.Sprintf("%d more, see the page before", n)})
	}
	if n := len(p.opt.Hidden); n > 0 {
		q.Facts = append(q.Facts, ui.Fact{Label: "Not shown", Value: fmt.Sprintf("%d of these, by the filter", n)})
	}
	if n := len(e.WillNotFollow); n > 0 {
		q.Facts = append(q.Facts, ui.Fact{Label: "What stays", Value: trustdata.Plural(n, "thing", "things") + ", see the page before"})
	}
	return q
}

// willBe is what a tag will be signed for: whole where there is room for it.
func (p tagPlan) willBe(t rotation.TagTarget, whole bool) string {
	switch {
	case p.opt.Unsign:
		return "no signature any more"
	case whole:
		return fmt.Sprintf("sha256: %s, %d bytes", ui.Eights(t.Digest), t.Length)
	}
	return fmt.Sprintf("%s..., %d bytes", t.Digest[:12], t.Length)
}
