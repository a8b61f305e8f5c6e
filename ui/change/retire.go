package change

import (
	"context"
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// Retirement is what taking a root key out of use would do, once no repository lists it.
type Retirement struct {
	KeyID trustdata.KeyID
	// Files are those that would move.
	Files []string
	// Checked is how many repositories were asked for just now, Asked what that has shown.
	Checked int
	Asked   []string
	// Proof says how a backup with the key was proven, or that none was; Proven which.
	Proof  string
	Proven bool
}

// Retirer is what the wizard that retires a root key needs of the layers below.
type Retirer interface {
	// Plan asks every known repository whether it lists the key, and fails where one does or
	// cannot be asked.
	Plan(ctx context.Context, id trustdata.KeyID) (*Retirement, error)
	// Apply asks again, records what it is done without, and moves the file to path. It
	// always runs to its end.
	Apply(ctx context.Context, r *Retirement, waived []string, progress rotation.Progress) (path string, err error)
}

// NewRetire makes the wizard that takes a root key out of use.
func NewRetire(set Setting, id trustdata.KeyID, s Retirer) *Model {
	return newModel(set, nil, &retiring{id: id, service: s})
}

// ErrListed is what retiring a key Is that a repository lists still, or may list.
var ErrListed = errors.New("nothing was moved")

// UnlistFirst is what can be done about ErrListed.
const UnlistFirst = "Rotate, repair or delete these repositories first, or make their server reachable."

// retiring is the deed of it.
type retiring struct {
	id      trustdata.KeyID
	service Retirer
	waived  string
}

func (r *retiring) words() words {
	return words{title: "retire " + r.id.Short(), asks: "asking the trust servers who lists root key " + r.id.Short(), from: "the trust servers have", keyless: true,
		about: []ui.Fact{{Label: "Root key", Value: ui.Beginning(string(r.id))}}, publishing: ui.Section{Title: "RETIRING 1 ROOT KEY", Facts: []ui.Fact{{Value: ui.Beginning(string(r.id))}}}}
}

func (r *retiring) planning() func(context.Context) (plan, error) {
	id, service := r.id, r.service
	r.waived = ""
	return func(ctx context.Context) (plan, error) {
		p, err := service.Plan(ctx, id)
		return retirePlan{p, r}, err
	}
}

func (r *retiring) nothing(error) string { return "It is retired already." }

// acts are the keys of the first step: a key without a proven backup wants a reason.
func (r *retiring) acts(m *Model) []ui.Act {
	return []ui.Act{{Key: ui.Bind("x", "do without a backup (asks why)", "x"), Do: func() tea.Cmd {
		return m.askWhy("RETIRE A KEY WITHOUT A PROVEN BACKUP", func(why string) { r.waived = why })
	}, Blocked: func() string {
		if p, ok := m.plan.(retirePlan); ok && p.Proven {
			return "A backup with this key is proven: nothing is to be waived."
		}
		return m.noPlan()
	}}}
}

func (r *retiring) next(m *Model) tea.Cmd {
	if !m.plan.(retirePlan).Proven && r.waived == "" {
		return ui.Say("No backup with this key is proven. x goes on without and asks why; keyrite backup verify FILE proves one.")
	}
	return m.Advance()
}

// retirePlan is the plan of it.
type retirePlan struct {
	*Retirement
	chosen *retiring
}

func (p retirePlan) needs() []rotation.Need { return nil }

func (p retirePlan) steps() (steps, names []string) {
	return []string{"ask", "move"}, []string{"ask the trust servers once more", "move the file by one rename, and read it back"}
}

func (p retirePlan) backup() ui.Fact {
	switch {
	case p.Proven:
		return ui.Fact{Label: "Backup", Value: trustdata.Visible(p.Proof), Mark: ui.MarkOK}
	case p.chosen.waived != "":
		return ui.Fact{Label: "Backup", Value: "WAIVED: " + trustdata.Visible(p.chosen.waived), Mark: ui.MarkNow}
	}
	return ui.Fact{Label: "Backup", Value: trustdata.Visible(p.Proof), Mark: ui.MarkSoon}
}

func (p retirePlan) page() ui.Page {
	id := string(p.KeyID)
	facts := []ui.Fact{{Label: "Root key", Value: ui.Fours(id[:len(id)/2])}, {Value: ui.Fours(id[len(id)/2:])}, p.backup()}
	var moves []string
	for _, f := range p.Files {
		moves = append(moves, f+": moved to retired/, where no client looks for it, and kept for ever")
	}
	return ui.Page{Title: "retire", Summary: "Nothing has been changed.", Sections: []ui.Section{{Title: "TAKE A ROOT KEY OUT OF USE", Facts: facts}, sentences("WHO WAS ASKED JUST NOW", p.Asked), sentences("WHAT CHANGES", moves)},
		Notes: []string{"Clients that have not looked since a rotation need signatures of old root keys: keep every backup of it."}, Copy: []ui.Copyable{{What: "key ID", Text: id}}}
}

func (p retirePlan) wayBack() string { return "move the file back into private/." }

// question has level 3; what is typed are the first digits of the key's ID.
func (p retirePlan) question() ui.Question {
	id := string(p.KeyID)
	return ui.Question{Headline: "RETIRE A ROOT KEY", Thing: "root key " + ui.Beginning(id), Keep: "Keep the key", Act: "Retire the key", Type: id[:ui.SpokenDigits],
		Facts: []ui.Fact{{Label: "What is lost", Value: "nothing: the file moves to retired/"}, {Label: "Who notices", Value: "docker and notary found nothing new on it"},
			p.backup(), {Label: "Way back", Value: "move the file back into private/"}}}
}

func (p retirePlan) carrying() func(context.Context, rotation.Keys, func(trustdata.GUN, string)) (done, error) {
	r, service := p.Retirement, p.chosen.service
	var waived []string
	if !p.Proven {
		waived = []string{"backup: " + p.chosen.waived}
	}
	return func(ctx context.Context, _ rotation.Keys, told func(trustdata.GUN, string)) (done, error) {
		path, err := service.Apply(ctx, r, waived, once(told))
		if err != nil {
			return done{}, err
		}
		return done{page: RetiredPage(r.KeyID, path, r.Checked, waived, "is retired"), action: "retired root key " + r.KeyID.Short()}, nil
	}
}

// RetiredPage is a root key that is out of use; how says since when.
func RetiredPage(id trustdata.KeyID, path string, checked int, waived []string, how string) ui.Page {
	s := ui.Section{Facts: []ui.Fact{{Label: "Root key", Value: ui.Fours(string(id)), Mark: ui.MarkOK},
		{Label: "File", Value: trustdata.Visible(path)}, {Label: "Repositories asked for", Value: fmt.Sprint(checked)}}}
	for _, w := range waived {
		s.Facts = append(s.Facts, ui.Fact{Label: "Done without", Value: trustdata.Visible(w), Mark: ui.MarkSoon})
	}
	return ui.Page{Title: "Root key " + id.Short() + " " + how, Sections: []ui.Section{s},
		Notes: []string{"It is kept for ever: moving its file back into private/, as ID.key, undoes this."}}
}
