package rotate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

type batchMade struct {
	batch  *rotation.Batch
	checks []rotation.Check
}

// makePlan asks the servers what there is to do.
func (m *Several) makePlan() tea.Cmd {
	m.batch = nil
	o := m.opt.Operation
	return m.Plan("asking the trust server for "+m.names(), func(ctx context.Context) (any, error) {
		b, err := o.Plan(ctx)
		if err != nil {
			return nil, err
		}
		checks, err := lookAround(ctx, o, b.Plans...)
		return batchMade{b, checks}, err
	})
}

func (m *Several) names() string {
	if len(m.opt.GUNs) == 1 {
		return ui.Name(string(m.opt.GUNs[0]), "")
	}
	return trustdata.Plural(len(m.opt.GUNs), "repository", "repositories")
}

// chosen is the operation without the repositories that were taken out.
func (m *Several) chosen() *rotation.Batch {
	if m.batch == nil {
		return &rotation.Batch{}
	}
	b := *m.batch
	b.Plans = slices.DeleteFunc(slices.Clone(b.Plans), func(p *rotation.Plan) bool { return m.out[p.GUN] })
	return &b
}

// resent are the units of an operation that has begun whose upload is sent once more: what
// became of it is not settled, or the server has refused it.
func (m *Several) resent() (units []*rotation.Unit) {
	if m.op == nil {
		return nil
	}
	for _, u := range m.op.Units {
		if !u.State.Ended() && u.Tries > 0 && !m.out[u.GUN] && !slices.ContainsFunc(m.chosen().Plans, func(p *rotation.Plan) bool { return p.GUN == u.GUN }) {
			units = append(units, u)
		}
	}
	return units
}

// size is how many repositories the operation would change now.
func (m *Several) size() int { return len(m.chosen().Plans) + len(m.resent()) }

// leftOut are the repositories that are no part of it.
func (m *Several) leftOut() []rotation.LeftOut {
	resent := m.resent()
	return slices.DeleteFunc(slices.Clone(m.batch.Left), func(l rotation.LeftOut) bool {
		return slices.ContainsFunc(resent, func(u *rotation.Unit) bool { return u.GUN == l.GUN })
	})
}

// stays is how many repositories that were asked for stay as they are.
func (m *Several) stays() int {
	return len(m.leftOut()) + len(m.batch.Plans) - len(m.chosen().Plans)
}

func (m *Several) noPlan() string {
	switch {
	case m.batch == nil:
		return "There is no plan to go on with. r reads again."
	case m.size() == 0:
		return "No repository is left to change: x takes one in again."
	}
	return m.Occupied()
}

// detail shows everything that was looked at, or what is not fine.
func (m *Several) detail() tea.Cmd {
	m.detailed = !m.detailed
	m.Refresh()
	return nil
}

// choose takes the selected repository out of the operation, or in again.
func (m *Several) choose() tea.Cmd {
	gun := trustdata.GUN(m.ID())
	switch {
	case slices.ContainsFunc(m.resent(), func(u *rotation.Unit) bool { return u.GUN == gun }):
		return ui.Say("What was sent must be settled: it is sent once more.")
	case m.NewID != "" && !m.Begun:
		return ui.Say("The new key is made for these repositories already.")
	case !slices.ContainsFunc(m.batch.Plans, func(p *rotation.Plan) bool { return p.GUN == gun }):
		return ui.Say("This one cannot be part of it; its row says why.")
	}
	m.out[gun] = !m.out[gun]
	m.Refresh()
	// In a small window the row may be out of sight.
	return ui.Say(ui.Name(string(gun), "") + map[bool]string{true: " is left out.", false: " takes part."}[m.out[gun]])
}

// preparing is what makes the new keys of the operation.
func (m *Several) preparing() func(context.Context, keyring.Passphrase) (*rotation.Prepared, error) {
	o, batch := m.opt.Operation, m.chosen()
	return func(ctx context.Context, pass keyring.Passphrase) (*rotation.Prepared, error) {
		return o.Prepare(ctx, batch, nil, pass)
	}
}

// needs are the keys that it takes; a new one is needed until it is made.
func (m *Several) needs() []rotation.Need {
	return slices.DeleteFunc(m.chosen().Needs(), func(n rotation.Need) bool { return n.New && m.NewID != "" })
}

// which tells the old keys of the role from the new one.
func (m *Several) which(n rotation.Need) string {
	switch {
	case n.Staged != "":
		return "new"
	case n.Role == m.opt.Role:
		return "old"
	}
	return ""
}

// checkPage is the plan, or why there is none.
func (m *Several) checkPage() ui.Page {
	p := ui.Page{Title: "Rotate the " + m.opt.Role.Title() + " key of " + m.names()}
	if m.batch == nil {
		p.Sections = []ui.Section{{Title: "NOTHING IS CHANGED IN THIS STEP", Facts: m.NoPlan("the trust server has", planHint)}}
		return p
	}
	b := m.chosen()
	what := fmt.Sprintf("ROTATE THE %s KEY OF %s.", strings.ToUpper(m.opt.Role.Title()), strings.ToUpper(repositoriesOf(m.size())))
	if m.Begun {
		what = fmt.Sprintf("GO ON WITH %s.", strings.ToUpper(repositoriesOf(m.size())))
	}
	what += " NOTHING IS CHANGED IN THIS STEP."
	p.Sections = []ui.Section{{Facts: []ui.Fact{{Value: what}}}}
	if m.said != "" {
		p.Sections = append(p.Sections, ui.Section{Facts: []ui.Fact{{Value: m.said, Mark: ui.MarkNote}}})
	}
	p.Sections = append(p.Sections, ui.Section{Facts: m.checkFacts(b)})
	switch {
	case len(m.checks) > 0 && m.detailed:
		p.Sections = append(p.Sections, Checks(m.checks))
	case len(m.checks) > 0:
		p.Sections = append(p.Sections, BriefChecks(m.checks))
	}
	p.Notes = append(m.common("Will not follow: "), m.wayToScript())
	return m.rows(p)
}

// checkFacts are what is needed, and what stays as it is.
func (m *Several) checkFacts(b *rotation.Batch) []ui.Fact {
	facts := []ui.Fact{{Label: "Old key", Value: oldKeysOf(b)}}
	if m.NewID != "" {
		facts = append(facts, ui.Fact{Label: "New key", Value: ui.HiddenDigits(string(m.NewID)) + ", made already"})
	}
	facts = append(facts, ui.Fact{Label: "You need", Value: m.needed()})
	if n := m.stays(); n > 0 {
		facts = append(facts, ui.Fact{Label: "Left out", Value: repositoriesOf(n) + ", see below", Mark: ui.MarkSoon})
	}
	return facts
}

// needed is what has to be at hand, in one sentence.
func (m *Several) needed() string {
	var all []string
	for _, n := range m.needs() {
		if n.New {
			all = append(all, "a passphrase for the new "+n.Role.Title()+" key, chosen now")
			continue
		}
		if n.Staged != "" { // its digits are to come from paper
			all = append(all, "the passphrase of the new "+n.Role.Title()+" key")
			continue
		}
		all = append(all, "the passphrase of "+n.Role.Title()+" "+n.KeyID.Short())
	}
	if m.newRoot() && !m.secured() {
		all = append(all, "a folder and an age recipient for the backup")
	}
	if m.newRoot() {
		all = append(all, "pen and paper for eight digits")
	}
	if len(all) == 0 {
		return "nothing but this machine"
	}
	return strings.Join(all, "; ")
}

// oldIDs are the keys that give way, each once.
func oldIDs(b *rotation.Batch) (ids []trustdata.KeyID) {
	for _, p := range b.Plans {
		for _, id := range p.OldKeys {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func oldKeysOf(b *rotation.Batch) string {
	ids := oldIDs(b)
	if len(ids) == 1 {
		return beginning(ids[0])
	}
	return trustdata.Plural(len(ids), "key", "keys")
}

func repositoriesOf(n int) string { return trustdata.Plural(n, "repository", "repositories") }

// rows adds the table of the repositories: those that change, and those left out with why.
func (m *Several) rows(p ui.Page) ui.Page {
	p.Order = "as they are carried out"
	p.Columns = []ui.Column{{Title: "REPOSITORY", Priority: 1, Min: 14, Cut: ui.CutLeft, Host: true}, {Title: "ROOT.JSON", Priority: 2}, {Title: "SIGNED BY", Priority: 4},
		{Title: "WILL NOT FOLLOW", Priority: 3, Min: 14}}
	for _, plan := range m.batch.Plans {
		name, row := ui.Name(string(plan.GUN), ""), ui.Row{ID: string(plan.GUN), Mark: ui.MarkOK}
		row.Cells = []string{name, fmt.Sprintf("v%d -> v%d", plan.RootVersion-1, plan.RootVersion), signedBy(plan), m.followersOf(plan)}
		row.Detail = append([]string{name}, visible(plan.Changes)...)
		if m.out[plan.GUN] {
			row.Mark, row.Cells = ui.MarkNone, []string{name, "left out", "", "you took it out; x takes it in again"}
		}
		p.Rows = append(p.Rows, row)
	}
	for _, u := range m.resent() {
		name, why := ui.Name(string(u.GUN), ""), trustdata.Visible(u.Why)
		p.Rows = append(p.Rows, ui.Row{ID: string(u.GUN), Mark: ui.MarkUnchecked, Cells: []string{name, fmt.Sprintf("v%d -> v%d", u.Version-1, u.Version), "signed already", "sent once more"},
			Detail: []string{name + ": exactly the same bytes are sent once more.", why}})
	}
	for _, l := range m.leftOut() {
		name, why := ui.Name(string(l.GUN), ""), trustdata.VisibleError(l.Why)
		p.Rows = append(p.Rows, ui.Row{ID: string(l.GUN), Mark: ui.MarkNow, Cells: []string{name, "left out", "", why}, Detail: []string{name + " is left out", why}})
	}
	return p
}

func signedBy(p *rotation.Plan) string {
	if p.Role == trustdata.RoleRoot {
		return "old and new key"
	}
	return "root key"
}

// followersOf names whom a repository leaves behind beside those that every one does.
func (m *Several) followersOf(p *rotation.Plan) string {
	own := slices.DeleteFunc(slices.Clone(p.WillNotFollow), func(who string) bool { return slices.Contains(m.common(""), trustdata.Visible(who)) })
	switch {
	case len(own) > 0:
		return strings.Join(visible(own), "; ")
	case len(p.WillNotFollow) > 0:
		return "see below"
	}
	return "none known"
}

// common are the clients that every repository leaves behind, each with words before it.
func (m *Several) common(before string) (out []string) {
	plans := m.chosen().Plans
	if len(plans) == 0 {
		return nil
	}
	for _, who := range plans[0].WillNotFollow {
		if !slices.ContainsFunc(plans, func(p *rotation.Plan) bool { return !slices.Contains(p.WillNotFollow, who) }) {
			out = append(out, before+trustdata.Visible(who))
		}
	}
	return out
}

func visible(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = trustdata.Visible(t)
	}
	return out
}

// wayToScript is the verb that does the same.
func (m *Several) wayToScript() string {
	if m.Begun {
		return "The same from a script: keyrite rotate --resume " + m.op.ID
	}
	cmd, b := "The same from a script: keyrite rotate "+trustdata.ShellWord(string(m.opt.Role)), m.chosen()
	if ids := oldIDs(b); m.newRoot() && len(ids) == 1 && len(b.Plans) == len(m.batch.Plans) {
		return cmd + " --root-key " + ids[0].Short()
	}
	for _, p := range b.Plans {
		cmd += " --gun " + trustdata.ShellWord(trustdata.Visible(string(p.GUN)))
	}
	return cmd
}
