package change

import (
	"context"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// SignerChange says whose right to sign is given or taken.
type SignerChange struct {
	GUN  trustdata.GUN
	Name string
	// Files are those of the public keys, as they were typed; Remove takes the right away.
	Files  []string
	Remove bool
}

// SignerEditor is what the wizard for signers needs of the layers below.
type SignerEditor interface {
	Editor
	Plan(context.Context, SignerChange) (*rotation.Edit, error)
}

// NewSigner makes the wizard that adds a signer to a repository, or removes one.
func NewSigner(set Setting, c SignerChange, s SignerEditor) *Model {
	return newModel(set, s, signing{c, s})
}

// signing is the deed of it.
type signing struct {
	change  SignerChange
	service SignerEditor
}

func (s signing) words() words {
	gun := ui.Name(string(s.change.GUN), "")
	w := words{title: "add signer " + ui.Name(s.change.Name, ""), asks: "asking the trust server for " + gun, from: "the trust server has",
		about: []ui.Fact{{Label: "Repository", Value: gun}, {Label: "Signer", Value: ui.Name(s.change.Name, "")}}, publishing: toOne(s.change.GUN)}
	if s.change.Remove {
		w.title = "remove signer " + ui.Name(s.change.Name, "")
	}
	return w
}

func (s signing) planning() func(context.Context) (plan, error) {
	c, service := s.change, s.service
	return func(ctx context.Context) (plan, error) {
		e, err := service.Plan(ctx, c)
		return signerPlan{edited{e, service}, c}, err
	}
}

func (s signing) nothing(error) string {
	if s.change.Remove {
		return "There is no such signer."
	}
	return "These keys are listed for this signer already."
}

// signerPlan is the plan of it.
type signerPlan struct {
	edited
	change SignerChange
}

func (p signerPlan) headline() string {
	if p.change.Remove {
		return "REMOVE A SIGNER"
	}
	return "LET A SIGNER SIGN TAGS"
}

func (p signerPlan) page() ui.Page { return editedPage(p.headline(), p.edit) }

func (p signerPlan) wayBack() string {
	if p.change.Remove {
		return "add the signer again; who is added again gets none of the old tags back."
	}
	return "remove the signer again (X on the signers)."
}

// question has level 3: it decides who is believed.
func (p signerPlan) question() ui.Question {
	name := trustdata.Visible(p.change.Name)
	q := ui.Question{Headline: p.headline(), Thing: ui.Name(p.change.Name, "") + " in " + ui.Name(string(p.change.GUN), ""), Keep: "Cancel", Act: "Let " + name + " sign", Type: name}
	if p.change.Remove {
		q.Act = "Remove " + name
	}
	for _, line := range p.edit.Warnings {
		q.Facts = append(q.Facts, ui.Fact{Label: "Warning", Value: trustdata.Visible(line), Mark: ui.MarkNow})
	}
	if len(p.change.Files) > 0 {
		q.Facts = append(q.Facts, ui.Fact{Label: "Keys", Value: trustdata.Visible(strings.Join(p.change.Files, ", "))})
	}
	q.Facts = append(q.Facts, ui.Fact{Label: "What changes", Value: trustdata.Plural(len(p.edit.Changes), "thing", "things") + ", see the page before"})
	q.Facts = append(q.Facts, stays(p.edit)...)
	return q
}
