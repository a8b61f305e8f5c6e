package rotation

import (
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Client is somebody else's client that pins roots, as notary's "trust_pinning" does. Notary
// holds a pin against the root that it sees first; whoever has a copy follows by the chain of
// roots (notary-v1.md 5.5).
type Client struct {
	Name string
	Pins notary.Pins
}

// clientPin is what a client pins for one repository.
type clientPin struct {
	name string
	pin  notary.Pin
}

// entry names the client and the entry of its settings that decides.
func (c clientPin) entry() string {
	kind := "certs"
	if c.pin.Authority() {
		kind = "ca"
	}
	return fmt.Sprintf("client %q (its trust_pinning, %s %q)", c.name, kind, c.pin.Rule)
}

// pinning are the clients that pin something for a repository.
func (r *Rotator) pinning(gun trustdata.GUN) (out []clientPin) {
	for _, c := range r.Clients {
		if pin := c.Pins.For(gun); pin.Set() {
			out = append(out, clientPin{c.Name, pin})
		}
	}
	return out
}

// clientsToTell says which of them refuse the new root, and what they have to do, before or
// after. The certificate is made on the way, unless it was issued beforehand.
func (b *planner) clientsToTell() (out []string) {
	root := &b.plan.base.Root.Body
	for _, c := range b.clients {
		now := slices.ContainsFunc(root.Roles[trustdata.RoleRoot].KeyIDs, func(id trustdata.ListedID) bool { return c.pin.Admits(root.Keys[id], b.now) })
		switch {
		case b.plan.chain != nil && c.pin.Admits(*b.plan.chain, b.now):
		case !now:
			out = append(out, c.entry()+", which refuses the present root too where it has no copy of it")
		case c.pin.Authority():
			out = append(out, c.entry()+": BEFORE this, have that authority issue a certificate for the new key (--root-cert), or it refuses the new root wherever it has no copy of the repository")
		default:
			out = append(out, fmt.Sprintf("%s: it names certificate %s; AFTER this, put the ID of the new one there, which is shown then, or it refuses the new root wherever it has no copy of the repository", c.entry(), b.certificates()))
		}
	}
	return out
}

// clientPins says what the clients are to write, now that the certificate has an ID.
func (r *Rotator) clientPins(u *ready) (out []string) {
	for _, c := range r.pinning(u.plan.GUN) {
		switch {
		case c.pin.Admits(u.new, r.Now()):
		case !c.pin.Authority() && c.pin.Rule == string(u.plan.GUN):
			out = append(out, fmt.Sprintf("%s: put %s in place of the old ID", c.entry(), u.unit.Certificate))
		default:
			out = append(out, fmt.Sprintf("%s is for other repositories too: give this one an entry of its own among its certs, %q: %q", c.entry(), u.plan.GUN, u.unit.Certificate))
		}
	}
	return out
}

// clientsPinned is the same as a row of what is looked at before.
func (r *Rotator) clientsPinned(p *Plan) (Verdict, string, string) {
	what := "the pinned clients that config.toml names follow"
	b := planner{plan: p, now: r.Now(), clients: r.pinning(p.GUN)}
	if tell := b.clientsToTell(); len(tell) > 0 {
		return VerdictSoon, what, strings.Join(tell, "; ")
	}
	return VerdictOK, what, fmt.Sprintf("none of the %d that [clients] names pins anything that goes", len(r.Clients))
}
