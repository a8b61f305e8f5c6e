package rotation

import (
	"fmt"
	"slices"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// exchanged is what becomes of the role's keys, in one sentence.
func (b *planner) exchanged() string {
	p := b.plan
	title, old := p.Role.Title(), shortIDs(p.OldKeys)
	switch {
	case p.SameKey:
		return fmt.Sprintf("%s: the root key %s stays, and gets a new certificate", p.GUN, old)
	case p.Part == AddOnly:
		return fmt.Sprintf("%s: %s comes in as one more %s key", p.GUN, p.newKey(), title)
	case p.Part == RemoveOnly:
		return fmt.Sprintf("%s: the %s key %s is listed no more", p.GUN, title, old)
	}
	return fmt.Sprintf("%s: the %s key %s gives way to %s", p.GUN, title, old, p.newKey())
}

func (p *Plan) newKey() string {
	switch p.origin() {
	case keyAtServer:
		return "a key that the server makes and holds"
	case keyHere:
		return fmt.Sprintf("the key %s, which is on this machine already", p.Key.Short())
	case keyGiven:
		return fmt.Sprintf("the key %s, which is brought in", p.Key.Short())
	case keyElsewhere:
		return fmt.Sprintf("the key %s, which somebody else holds", p.Key.Short())
	}
	return "a new key made on this machine"
}

// bringing is the step that has the new key ready, or "".
func (p *Plan) bringing() string {
	title := p.Role.Title()
	switch p.origin() {
	case keyMade:
		return fmt.Sprintf("make the new %s key, write it to pending/, read it back and open it", title)
	case keyGiven:
		return fmt.Sprintf("write the given %s key to pending/, read it back and open it", title)
	case keyAtServer:
		return fmt.Sprintf("ask the server for a new %s key", p.Role)
	case keyHere:
		if p.Role == trustdata.RoleRoot && p.Chain == "" {
			return "have the root key sign a new certificate of itself"
		}
	}
	return ""
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
		end, err := certificateEnd(root.Keys[id])
		switch {
		case err != nil:
		case slices.Contains(p.kept, id):
			out = append(out, fmt.Sprintf("the certificate %.7s, which stays, ends on %s", id, day(end)))
		default:
			out = append(out, fmt.Sprintf("the certificate %.7s, which gives way, ends on %s", id, day(end)))
		}
	}
	if p.origin() == keyNone {
		return out
	}
	end := b.now.Add(notary.CertificateLifetime)
	if p.chain != nil {
		if issued, err := certificateEnd(*p.chain); err == nil {
			end = issued
		}
	}
	return append(out, fmt.Sprintf("the new certificate ends on %s", day(end)))
}

// several says what a role with more than one key needs from now on.
func (p *Plan) several() []string {
	keys := p.willList()
	if keys == 1 && p.threshold == 1 && len(p.base.Root.Body.Roles[p.Role].KeyIDs) == 1 {
		return nil
	}
	return []string{fmt.Sprintf("%s: %s listed, %d of which must sign", p.Role, trustdata.Plural(keys, "key", "keys"), p.threshold)}
}

// strangers names the programs that do not write what the plan makes. docker and notary
// verify thresholds, but a rotation of theirs lists one key in place of all and leaves the
// threshold as it is, which then nobody can meet.
func (p *Plan) strangers() []string {
	if p.willList() == 1 && p.threshold == 1 {
		return nil
	}
	return []string{"docker and notary verify with several keys and a threshold, and never write them: rotate this role with keyrite only, since \"notary key rotate\" lists one new key in place of all"}
}

func certificateEnd(key trustdata.PublicKey) (time.Time, error) {
	chain, err := key.Certificates()
	if err != nil {
		return time.Time{}, err
	}
	return chain[0].NotAfter, nil
}

// legacyClients are those that a chain of roots does not help.
func (b *planner) legacyClients() string {
	if b.plan.Legacy {
		return fmt.Sprintf("clients older than notary 0.6 that have seen none of the %s whose keys sign along", trustdata.Plural(len(b.plan.former)+1, "root", "roots"))
	}
	old := "clients older than notary 0.6 that have not seen the version before this one"
	if b.ceremony {
		return old
	}
	return old + " (--legacy has earlier root keys sign along)"
}
