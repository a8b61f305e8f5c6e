package change

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// edited is what plans of one edit have in common.
type edited struct {
	edit   *rotation.Edit
	editor Editor
}

func (p edited) needs() []rotation.Need { return p.edit.Need }

func (p edited) steps() (steps, names []string) { return theSteps() }

func (p edited) carrying() func(context.Context, rotation.Keys, func(trustdata.GUN, string)) (done, error) {
	e, editor := p.edit, p.editor
	return func(ctx context.Context, keys rotation.Keys, told func(trustdata.GUN, string)) (done, error) {
		res, err := editor.Apply(ctx, e, keys, once(told))
		return finished(e, res, err)
	}
}

// finished is what came of one edit.
func finished(e *rotation.Edit, res *rotation.EditResult, err error) (done, error) {
	var d done
	if err == nil || errors.Is(err, rotation.ErrUnknown) || errors.Is(err, rotation.ErrLanded) {
		d.action = trustdata.Visible(e.Kind) + " in " + ui.Name(string(e.GUN), "")
	}
	if err == nil {
		d.page = ResultPage(res, e.Changes)
		d.page.Notes = append(d.page.Notes, visible(res.Notes)...)
	}
	return d, err
}

// editFacts are what every edit has: where it goes, what to mind, and what it needs. More
// facts come after the first ones.
func editFacts(e *rotation.Edit, more ...ui.Fact) []ui.Fact {
	facts := []ui.Fact{{Label: "Repository", Value: ui.Name(string(e.GUN), "")}, {Label: "Trust server", Value: trustdata.Visible(e.Server)},
		{Label: "Written to", Value: roles(e)}}
	facts = append(facts, more...)
	for _, line := range e.Warnings {
		facts = append(facts, ui.Fact{Label: "Warning", Value: trustdata.Visible(line), Mark: ui.MarkNow})
	}
	for _, line := range e.Starts {
		facts = append(facts, ui.Fact{Label: "Mind", Value: trustdata.Visible(line), Mark: ui.MarkSoon})
	}
	for _, line := range e.WillNotFollow {
		facts = append(facts, ui.Fact{Label: "What stays", Value: trustdata.Visible(line), Mark: ui.MarkSoon})
	}
	for _, n := range e.Need {
		facts = append(facts, ui.Fact{Label: "Needs", Value: fmt.Sprintf("%s key %s: %s", n.Role.Title(), n.KeyID.Short(), trustdata.Visible(n.Why))})
	}
	return facts
}

func roles(e *rotation.Edit) string {
	var out []string
	for _, r := range e.Roles {
		out = append(out, string(r))
	}
	return trustdata.Visible(strings.Join(out, ", "))
}

func visible(lines []string) (out []string) {
	for _, line := range lines {
		out = append(out, trustdata.Visible(line))
	}
	return out
}
