package ceremony

import (
	"context"
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
)

// rootDigits is how many digits somebody has to read who speaks for a root that nothing here
// speaks for.
const rootDigits = 16

// askRoot asks for digits of the root of a repository that nothing is known of. Somebody
// must read them from another place: no screen here shows them.
func (m *Sign) askRoot() tea.Cmd {
	gun := m.plan.Unknown[0]
	repo := m.bundle.Repository(gun)
	newest := newestRoot(repo)
	q := ui.Question{Headline: "NOTHING IS KNOWN HERE OF THIS REPOSITORY", Thing: ui.Name(string(gun), ""), Profile: m.opt.Profile,
		Keep: "Cancel", Act: "Believe this root", Type: newest[:rootDigits], Hidden: true,
		Facts:  []ui.Fact{{Label: "Root", Value: version(repo.Last)}, {Label: "What follows", Value: "what is signed here follows this root, and no other can be believed later"}},
		Prompt: fmt.Sprintf("Type the first sixteen digits of the SHA-256 of its root.json, version %d, as somebody whom you trust reads them to you.", repo.Last)}
	return m.Held.Ask(ui.NewConfirm(m.opt.Styles, m.opt.Clock, q), func(r any) tea.Cmd {
		if _, yes := r.(ui.Confirmed); !yes {
			return nil
		}
		m.given[gun] = newest
		return m.makePlan()
	})
}

// confirmFile asks for digits of the file that only the other machine shows, once.
func (m *Sign) confirmFile() tea.Cmd {
	switch {
	case m.plan.Signed != nil:
		return m.to(stepReview)
	case m.right:
		return m.Advance()
	}
	return m.Held.Ask(ui.NewConfirm(m.opt.Styles, m.opt.Clock, fileQuestion(m.opt.Profile, m.bundle)), func(r any) tea.Cmd {
		if _, yes := r.(ui.Confirmed); !yes {
			return nil
		}
		m.right = true
		return m.Advance()
	})
}

func fileQuestion(profile string, b *ceremony.Bundle) ui.Question {
	return ui.Question{Headline: "IS IT THE FILE THAT WAS PREPARED?", Thing: trustdata.Visible(b.Kind) + " of " + name(b.GUNs()), Profile: profile,
		Keep: "Cancel", Act: "It is this file", Type: b.SHA256[:ui.SpokenDigits], Hidden: true,
		Facts:  []ui.Fact{{Label: "Prepared", Value: when(b.Head)}, {Label: "What follows", Value: "nothing is signed yet"}},
		Prompt: "Type the first eight digits of the file's SHA-256, as the machine that prepared it showed them. They are hidden here: take them from the paper."}
}

// to goes to a step by its name.
func (m *Sign) to(step string) tea.Cmd {
	for i, s := range m.stages() {
		if s.Name == step {
			return m.Go(i)
		}
	}
	return nil
}

// preparing is what makes the new key of the plan.
func (m *Sign) preparing() func(context.Context, keyring.Passphrase) (*rotation.Prepared, error) {
	s, plan := m.service, m.plan
	return func(ctx context.Context, pass keyring.Passphrase) (*rotation.Prepared, error) {
		return s.Prepare(ctx, plan, nil, pass)
	}
}

func (m *Sign) ask() tea.Cmd {
	return m.askFolder("WHERE THE SIGNED FILE GOES", m.folder, func(folder string) { m.folder = folder })
}

// confirm asks the question that the danger demands: level 4 for a new root key, else 3. To
// write once more what was signed has level 2.
func (m *Sign) confirm() tea.Cmd { return m.Held.Confirm(m.question, m.Advance) }

func (m *Sign) question() ui.Question {
	guns := m.bundle.GUNs()
	q := ui.Question{Headline: m.headline(), Thing: trustdata.Visible(m.bundle.Kind) + " of " + name(guns), Profile: m.opt.Profile, Keep: "Cancel",
		Act: "Sign for " + trustdata.Plural(len(guns), "repository", "repositories"), Type: name(guns),
		Facts: []ui.Fact{{Label: "Signed file", Value: "into " + trustdata.Visible(m.folder)}, {Label: "Will not follow", Value: m.behind()}, {Label: "Way back", Value: "until it is published: do not carry the file back"}}}
	switch {
	case m.plan.Signed != nil:
		q.Type, q.Act = "", "Write it"
		q.Facts = q.Facts[:1]
	case m.makes:
		q.Type, q.Hidden = string(m.NewID[:ui.SpokenDigits]), true
		q.Prompt = "Type the first eight digits of the NEW key. They are hidden here: take them from the paper."
		q.Facts = append(q.Facts, ui.Fact{Label: "Backup", Value: m.Saved.State()})
	}
	return q
}

func (m *Sign) headline() string {
	n := len(m.bundle.Repositories)
	switch {
	case m.plan != nil && m.plan.Signed != nil:
		return "WRITE THE SIGNED FILE ONCE MORE"
	case m.makes:
		return strings.ToUpper(trustdata.Plural(n, "repository", "repositories")) + " WILL TRUST A DIFFERENT ROOT ONCE THIS IS PUBLISHED"
	}
	return "SIGN ROOT.JSON OF " + strings.ToUpper(trustdata.Plural(n, "repository", "repositories"))
}

// behind counts the sentences about clients that will not follow.
func (m *Sign) behind() string {
	if len(m.plan.WillNotFollow) == 0 {
		return "none known"
	}
	return trustdata.Plural(len(behind(m.plan.WillNotFollow, m.bundle.GUNs()).Facts), "kind of client", "kinds of clients") + ", see the page before"
}

// sign signs and writes. Its context is the program's: nothing that is pressed stops it
// between two steps.
func (m *Sign) sign() tea.Cmd {
	steps, names := []string{StepSign, StepWrite}, []string{"sign, and hold it against what was prepared", "write file and record, and read them back"}
	if m.plan.Signed != nil {
		steps, names = steps[1:], names[1:]
	}
	if m.makes {
		steps, names = append(steps, StepPromote), append(names, "bring the new root key in")
	}
	m.arm(steps, names)
	keys, prep := m.Held.Take(), m.Pending.Take()
	s, plan, saved, folder := m.service, m.plan, m.Saved, m.folder
	return m.CarryOut(func(ctx context.Context, emit func(any)) any {
		defer keys.Wipe()
		var out signedMsg
		if prep == nil && plan.Signed == nil {
			if prep, out.err = s.Prepare(ctx, plan, keys.Signing(), keys.Chosen(trustdata.RoleRoot)); out.err != nil {
				return out
			}
		}
		if prep != nil {
			if err := s.Record(ctx, prep, saved.Proof, saved.Waived); err != nil {
				out.err = errors.Join(err, s.Abandon(context.WithoutCancel(ctx), prep))
				return out
			}
		}
		out.out, out.err = s.Sign(ctx, plan, prep, keys.Signing(), folder, func(step string) { emit(stepBegan{step}) })
		return out
	})
}

// end takes what came of it.
func (m *Sign) end(e signedMsg) tea.Cmd {
	m.out = e.out
	m.ended(e.err)
	if m.out.Bundle == nil {
		m.Saved = ui.Secured{}
		if !m.Begun {
			m.NewID = ""
		}
		return nil
	}
	done := ui.Send(ui.DoneMsg{Action: "signed at a ceremony for " + name(m.bundle.GUNs())})
	if e.err != nil {
		return done
	}
	return tea.Batch(m.Advance(), done)
}

// again makes a new plan after a failure: where it is signed already, that writes the same.
func (m *Sign) again() tea.Cmd {
	m.afresh()
	m.out = Written{}
	return m.Go(0)
}
