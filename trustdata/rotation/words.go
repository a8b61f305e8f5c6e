package rotation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// words writes what the plan means for people.
func (b *planner) words() {
	p := b.plan
	p.Kind = "rotate " + string(p.Role)
	p.Changes = append(p.Changes, b.exchanged(),
		fmt.Sprintf("root.json: version %d to %d", p.RootVersion-1, p.RootVersion))
	p.Changes = append(p.Changes, b.certificateDates()...)
	if p.Role == trustdata.RoleTargets {
		t := p.base.Targets[trustdata.RoleTargets].Body
		p.Changes = append(p.Changes, fmt.Sprintf("targets.json: version %d to %d, the same %d tags and %d delegations signed again",
			t.Version, t.Version+1, len(t.Targets), len(t.Delegations)))
	}
	if p.withSnapshot {
		p.Changes = append(p.Changes, fmt.Sprintf("snapshot.json: version %d to %d", p.base.Snapshot.Body.Version, p.base.Snapshot.Body.Version+1))
	} else {
		p.Changes = append(p.Changes, "snapshot.json: made anew by the server")
	}
	p.Steps = b.steps()
	p.WillNotFollow = b.willNotFollow()
}

// exchanged is what becomes of the role's keys, in one sentence.
func (b *planner) exchanged() string {
	p := b.plan
	if p.SameKey {
		return fmt.Sprintf("%s: the root key %s stays, and gets a new certificate", p.GUN, shortIDs(p.OldKeys))
	}
	next := map[origin]string{keyMade: "a new key made on this machine", keyAtServer: "a key that the server makes and holds"}[p.origin()]
	return fmt.Sprintf("%s: the %s key %s gives way to %s", p.GUN, p.Role.Title(), shortIDs(p.OldKeys), next)
}

// certificateDates says of a root rotation when the certificates end: no other program
// shows that, and a repository ends with the last of its root certificates.
func (b *planner) certificateDates() (out []string) {
	p := b.plan
	if p.Role != trustdata.RoleRoot {
		return nil
	}
	root := &p.base.Root.Body
	for _, id := range root.Roles[trustdata.RoleRoot].KeyIDs {
		if end, err := certificateEnd(root.Keys[id]); err == nil && !slices.Contains(p.kept, id) {
			out = append(out, fmt.Sprintf("the certificate %.7s, which gives way, ends on %s", id, day(end)))
		}
	}
	return append(out, fmt.Sprintf("the new certificate ends on %s", day(b.now.Add(notary.CertificateLifetime))))
}

func certificateEnd(key trustdata.PublicKey) (time.Time, error) {
	chain, err := key.Certificates()
	if err != nil {
		return time.Time{}, err
	}
	return chain[0].NotAfter, nil
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

func (b *planner) steps() []string {
	p := b.plan
	steps := []string{"check that the server still has what this plan saw"}
	switch p.origin() {
	case keyMade:
		steps = append(steps, fmt.Sprintf("make the new %s key, write it to pending/, read it back and open it", p.Role.Title()))
	case keyAtServer:
		steps = append(steps, fmt.Sprintf("ask the server for a new %s key", p.Role))
	case keyHere:
		steps = append(steps, "have the root key sign a new certificate of itself")
	}
	steps = append(steps, "sign the new metadata and verify it as a client would", "send it",
		fmt.Sprintf("fetch version %d of root.json and everything else with an empty cache, and verify it", p.RootVersion))
	if p.origin() == keyMade {
		steps = append(steps, "move the new key from pending/ into private/")
	}
	if p.Role != trustdata.RoleRoot && b.anyHeld(p.OldKeys) {
		steps = append(steps, fmt.Sprintf("move the old key %s to the trash", shortIDs(p.OldKeys)))
	}
	return steps
}

// willNotFollow names the clients that a root change leaves behind. Clients pinned to a
// certificate cannot be known here; the sentence says whom to ask.
func (b *planner) willNotFollow() []string {
	p := b.plan
	out := []string{}
	if p.Role == trustdata.RoleRoot {
		out = append(out, "clients that pin the old root certificate (\"trust_pinning\" in notary's configuration)",
			"clients older than notary 0.6 that have not seen the version before this one")
		out = append(out, b.pinned()...)
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

func shortIDs(ids []trustdata.KeyID) string {
	short := make([]string, len(ids))
	for i, id := range ids {
		short[i] = id.Short()
	}
	return strings.Join(short, ", ")
}
