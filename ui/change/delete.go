package change

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	saving "keyrite/trustdata/archive"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Deleter is what the wizard that deletes a repository needs of the layers below.
type Deleter interface {
	Plan(ctx context.Context, gun trustdata.GUN) (*rotation.Deletion, error)
	// Archive keeps the evidence below a folder, and reads it back.
	Archive(ctx context.Context, gun trustdata.GUN, folder string) (*saving.Saved, error)
	// Apply records what it is done without, deletes, and asks the server again. It always
	// runs to its end.
	Apply(ctx context.Context, p *rotation.Deletion, waived []string, progress rotation.Progress) (*rotation.DeletionResult, error)
}

// NewDelete makes the wizard that deletes a repository's trust data from its server.
func NewDelete(set Setting, gun trustdata.GUN, s Deleter) *Model {
	return newModel(set, nil, &deleting{gun: gun, service: s})
}

// deleting is the deed of it.
type deleting struct {
	gun     trustdata.GUN
	service Deleter
	saved   *saving.Saved
	waived  string
}

// archived is what the archiving sends.
type archived struct{ saved *saving.Saved }

func (d *deleting) words() words {
	gun := ui.Name(string(d.gun), "")
	return words{title: "delete", asks: "asking the trust server for " + gun, from: "the trust server has", keyless: true,
		about: []ui.Fact{{Label: "Repository", Value: gun}}, publishing: ui.Section{Title: "DELETING 1 REPOSITORY", Facts: []ui.Fact{{Value: gun}}}}
}

func (d *deleting) planning() func(context.Context) (plan, error) {
	gun, service := d.gun, d.service
	d.saved, d.waived = nil, ""
	return func(ctx context.Context) (plan, error) {
		p, err := service.Plan(ctx, gun)
		return deletePlan{p, d}, err
	}
}

func (d *deleting) nothing(error) string { return "The server has nothing of it." }

// between is the step at which the evidence is kept.
func (d *deleting) between(m *Model) []ui.Step {
	return []ui.Step{{Name: "Evidence", Page: d.evidencePage, Leaving: harmless, Next: "next: review",
		Blocked: func() string { return cmp.Or(d.missing(), m.Occupied()) },
		Acts: []ui.Act{{Key: ui.Bind("a", "archive the evidence", "a"), Blocked: m.Occupied, Do: func() tea.Cmd { return d.askFolder(m) }},
			{Key: ui.Bind("x", "go on without (asks why)", "x"), Blocked: m.Occupied, Do: func() tea.Cmd {
				return m.askWhy("GO ON WITHOUT THE EVIDENCE", func(why string) { d.saved, d.waived = nil, why })
			}}}}}
}

func (d *deleting) missing() string {
	if d.saved == nil && d.waived == "" {
		return "Neither archived nor waived. a archives the evidence, x goes on without and asks why."
	}
	return ""
}

func (d *deleting) askFolder(m *Model) tea.Cmd {
	return m.Held.Ask(ui.NewInput(m.set.Styles, ui.Input{Title: "WHERE THE EVIDENCE GOES", Prompt: "Folder:", Do: "archive", Check: ui.Needed("type the path of a folder, on a stick for example"),
		Explain: "It is made if it is not there. An archive that is in it already is not replaced."}), func(r any) tea.Cmd {
		folder, ok := r.(string)
		if !ok {
			return nil
		}
		gun, service := d.gun, d.service
		return m.Run("archiving to "+trustdata.Visible(folder), func(ctx context.Context) (any, error) {
			saved, err := service.Archive(ctx, gun, folder)
			return archived{saved}, err
		})
	})
}

// taken is what the deed keeps of what its work sends.
func (d *deleting) taken(event any) {
	if a, ok := event.(archived); ok {
		d.saved, d.waived = a.saved, ""
	}
}

func (d *deleting) evidence() ui.Fact {
	switch {
	case d.saved != nil && !d.saved.Verified:
		return ui.Fact{Label: "Evidence", Value: "kept in " + trustdata.Visible(d.saved.Path) + ", and DOES NOT VERIFY: it is what the server has", Mark: ui.MarkSoon}
	case d.saved != nil:
		return ui.Fact{Label: "Evidence", Value: fmt.Sprintf("%s in %s, read back and verified", trustdata.Plural(d.saved.Files, "file", "files"), trustdata.Visible(d.saved.Path)), Mark: ui.MarkOK}
	case d.waived != "":
		return ui.Fact{Label: "Evidence", Value: "NONE: " + trustdata.Visible(d.waived), Mark: ui.MarkNow}
	}
	return ui.Fact{Label: "Evidence", Value: "not kept yet", Mark: ui.MarkUnchecked}
}

func (d *deleting) evidencePage() ui.Page {
	p := ui.Page{Title: "Evidence", Sections: []ui.Section{{Title: "THE EVIDENCE IS KEPT BEFORE ANYTHING IS DELETED", Facts: []ui.Fact{
		{Value: "Every version of its metadata goes, and with it the proof of what was signed, by whom and when. An archive keeps that: it holds no key.", Mark: ui.MarkNote}, d.evidence()}}}}
	if d.saved != nil {
		p.Copy = []ui.Copyable{{What: "folder", Text: trustdata.Visible(d.saved.Path)}}
	}
	return p
}

// deletePlan is the plan of it.
type deletePlan struct {
	deletion *rotation.Deletion
	chosen   *deleting
}

func (p deletePlan) needs() []rotation.Need { return nil }

func (p deletePlan) steps() (steps, names []string) {
	return []string{"send", "confirm"}, []string{"have the server delete it", "ask it again: it must have nothing"}
}

func (p deletePlan) page() ui.Page {
	d := p.deletion
	facts := []ui.Fact{{Label: "Repository", Value: ui.Name(string(d.GUN), "")}, {Label: "Trust server", Value: trustdata.Visible(d.Server)}, {Label: "Signed tags", Value: p.tags()}}
	if p.chosen.missing() == "" {
		facts = append(facts, p.chosen.evidence())
	}
	page := ui.Page{Title: "delete", Summary: "Nothing has been changed.", Sections: []ui.Section{
		{Title: "DELETE THE TRUST DATA OF 1 REPOSITORY. NO UNDO.", Facts: facts}, sentences("WHO NOTICES", d.WillNotFollow), sentences("WHAT CHANGES", d.Changes)}}
	return page
}

func (p deletePlan) tags() string {
	if p.deletion.Tags < 0 {
		return "cannot be told, because it does not verify"
	}
	return fmt.Sprintf("%d lose their signature", p.deletion.Tags)
}

func (p deletePlan) wayBack() string {
	return "none. Founded anew (keyrite init --anew), whoever has a copy must delete it first."
}

// question has level 3: it cannot be undone.
func (p deletePlan) question() ui.Question {
	gun := trustdata.Visible(string(p.deletion.GUN))
	return ui.Question{Headline: "DELETE A REPOSITORY'S TRUST DATA", Thing: ui.Name(string(p.deletion.GUN), ""), Keep: "Keep it", Act: "Delete the trust data", Type: gun,
		Facts: []ui.Fact{{Label: "What is lost", Value: "every signature: " + p.tags()}, {Label: "Who notices", Value: "docker with content trust refuses every tag of it"},
			p.chosen.evidence(), {Label: "Way back", Value: "none"}}}
}

func (p deletePlan) carrying() func(context.Context, rotation.Keys, func(trustdata.GUN, string)) (done, error) {
	deletion, service, kept := p.deletion, p.chosen.service, ""
	var waived []string
	switch d := p.chosen; {
	case d.saved != nil:
		kept = d.saved.Path
	default:
		waived = []string{"archive: " + d.waived}
	}
	return func(ctx context.Context, _ rotation.Keys, told func(trustdata.GUN, string)) (done, error) {
		var d done
		res, err := service.Apply(ctx, deletion, waived, once(told))
		if err == nil || errors.Is(err, rotation.ErrUnknown) {
			d.action = "deleted the trust data of " + ui.Name(string(deletion.GUN), "")
		}
		if err == nil {
			res.Archive = kept
			d.page = DeletedPage(res)
			d.page.Notes = append(d.page.Notes, visible(res.Notes)...)
		}
		return d, err
	}
}
