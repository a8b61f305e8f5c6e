package rotation

import (
	"fmt"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// words writes what the plan means for people.
func (b *planner) words() {
	p := b.plan
	p.Kind = "rotate " + string(p.Role)
	if p.Role.IsDelegation() {
		b.delegationWords()
		return
	}
	if p.Compromised {
		p.Kind += ", compromised"
	}
	p.Changes = append(p.Changes, b.exchanged(),
		fmt.Sprintf("root.json: version %d to %d", p.RootVersion-1, p.RootVersion))
	p.Changes = append(p.Changes, b.certificateDates()...)
	p.Changes = append(p.Changes, p.several()...)
	if p.Role == trustdata.RoleTargets {
		t := p.base.Targets[trustdata.RoleTargets].Body
		p.Changes = append(p.Changes, fmt.Sprintf("targets.json: version %d to %d, %s signed again",
			t.Version, t.Version+1, content(len(t.Targets), len(p.Drop), len(t.Delegations))))
	}
	p.Changes = append(p.Changes, b.snapshotWords())
	p.Changes = append(p.Changes, b.compromised()...)
	p.Steps = b.steps()
	p.WillNotFollow = b.willNotFollow()
}

// content is what a targets file holds once so many of its tags are dropped.
func content(tags, dropped, delegations int) string {
	if dropped > 0 {
		return fmt.Sprintf("%d of %d tags and the same %d delegations", tags-dropped, tags, delegations)
	}
	return fmt.Sprintf("the same %d tags and %d delegations", tags, delegations)
}

func (b *planner) snapshotWords() string {
	if !b.plan.withSnapshot {
		return "snapshot.json: made anew by the server"
	}
	v := b.plan.base.Snapshot.Body.Version
	return fmt.Sprintf("snapshot.json: version %d to %d", v, v+1)
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

func (b *planner) steps() []string {
	p := b.plan
	steps := []string{"check that the server still has what this plan saw"}
	if first := p.bringing(); first != "" {
		steps = append(steps, first)
	}
	anchor, version := p.Anchor()
	steps = append(steps, "sign the new metadata and verify it as a client would", "send it",
		fmt.Sprintf("fetch version %d of %s.json and everything else with an empty cache, and verify it", version, anchor))
	if p.Stages() {
		steps = append(steps, "move the new key from pending/ into private/")
	}
	if p.Role != trustdata.RoleRoot && b.anyHeld(p.OldKeys) && len(b.others()) == 0 {
		steps = append(steps, fmt.Sprintf("move the old key %s to the trash", shortIDs(p.OldKeys)))
	}
	return steps
}

// willNotFollow names the clients that a root change leaves behind. Clients pinned to a
// certificate cannot be known here; the sentence says whom to ask.
func (b *planner) willNotFollow() []string {
	p := b.plan
	out := append([]string{}, b.exposed()...)
	if p.Role == trustdata.RoleRoot {
		out = append(out, "clients that pin the old root certificate (\"trust_pinning\" in notary's configuration)",
			b.legacyClients())
		out = append(out, b.pinned()...)
		out = append(out, b.clientsToTell()...)
	}
	if !p.Role.IsDelegation() {
		out = append(out, p.strangers()...)
	}
	for _, c := range rootCertificates(&p.base.Root.Body) {
		if c.Sub(b.now) < 180*24*time.Hour && p.Role != trustdata.RoleRoot {
			out = append(out, fmt.Sprintf("every client after %s, when the root certificate ends: rotating the root key renews it", day(c)))
		}
	}
	return out
}

func rootCertificates(root *notary.Root) (ends []time.Time) {
	for _, id := range root.Roles[trustdata.RoleRoot].KeyIDs {
		if end, err := certificateEnd(root.Keys[id]); err == nil {
			ends = append(ends, end)
		}
	}
	return ends
}

func counted(tags int) string { return trustdata.Plural(tags, "tag", "tags") }

func shortIDs(ids []trustdata.KeyID) string {
	short := make([]string, len(ids))
	for i, id := range ids {
		short[i] = id.Short()
	}
	return strings.Join(short, ", ")
}
