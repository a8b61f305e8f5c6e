package rotation

import (
	"fmt"
	"slices"

	"keyrite/trustdata"
)

// delegationWords writes what the plan for a delegation means for people.
func (b *planner) delegationWords() {
	p := b.plan
	parent := p.Role.Parent()
	p.Changes = append(p.Changes, b.exchanged())
	for _, l := range p.listings[1:] {
		p.Changes = append(p.Changes, fmt.Sprintf("%s: the same, since it has the key too", l.role))
	}
	was := p.base.Targets[parent].Body.Version
	p.Changes = append(p.Changes, fmt.Sprintf("%s.json: version %d to %d", parent, was, was+1))
	for _, l := range p.listings {
		p.Changes = append(p.Changes, b.fileWords(l))
	}
	p.Changes = append(p.Changes, b.others()...)
	p.Changes = append(p.Changes, b.snapshotWords())
	p.Steps = b.steps()
	switch {
	case p.Public != "":
		p.Steps = append(p.Steps,
			fmt.Sprintf("then, by the holder of the new key: sign the role again with it (keyrite refresh %s %s)", p.GUN, p.Role),
			fmt.Sprintf("then, here: take the old key out (keyrite rotate %s %s --remove-only --old-key ID)", p.GUN, p.Role))
	case p.Part == AddOnly:
		p.Steps = append(p.Steps, fmt.Sprintf("whenever no file is signed by it alone any more: take the old key out (keyrite rotate %s %s --remove-only --old-key ID)", p.GUN, p.Role))
	}
	p.WillNotFollow = b.willNotFollow()
}

// fileWords says what becomes of a role's own file.
func (b *planner) fileWords(l listing) string {
	file, ok := b.plan.base.Targets[l.role]
	bad, refused := b.plan.base.Skipped[l.role]
	switch {
	case l.again:
		return fmt.Sprintf("%s.json: version %d to %d, the same %d tags signed again", l.role, file.Body.Version, file.Body.Version+1, len(file.Body.Targets))
	case ok:
		return fmt.Sprintf("%s.json: stays as it is, and is signed by keys that stay", l.role)
	case refused && bad.Reason != trustdata.ReasonMissing:
		return fmt.Sprintf("%s.json: does not count now (%s), and does not count then either: sign its tags again", l.role, bad.Detail)
	}
	return fmt.Sprintf("%s.json: has never been signed", l.role)
}

// others names the roles that go on listing a key which gives way.
func (b *planner) others() (out []string) {
	p := b.plan
	for role, file := range p.base.Targets {
		for _, d := range file.Body.Delegations {
			_, ids, err := canonicalIDs(file.Body.Keys, d.KeyIDs, d.Role)
			touched := role == p.Role.Parent() && slices.ContainsFunc(p.listings, func(l listing) bool { return l.role == d.Role })
			if err == nil && !touched && slices.ContainsFunc(ids, func(id trustdata.KeyID) bool { return slices.Contains(p.OldKeys, id) }) {
				out = append(out, fmt.Sprintf("%s goes on listing %s: rotate that too, if the key is no longer to be trusted", d.Role, shortIDs(p.OldKeys)))
			}
		}
	}
	slices.Sort(out)
	return out
}
