package rotation

import (
	"fmt"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// pinEntry names the entry of the settings that decides on a repository.
func pinEntry(pin notary.Pin) string {
	if pin.Authority() {
		return fmt.Sprintf("[pins] ca %q in config.toml", pin.Rule)
	}
	return fmt.Sprintf("[pins] certs %q in config.toml", pin.Rule)
}

// pinned tells of the settings that refuse the new root: its certificate is made during
// the rotation, so that no list of IDs can have it and no authority has issued it.
func (b *planner) pinned() []string {
	switch {
	case !b.pin.Set() || b.plan.chain != nil && b.pin.Admits(*b.plan.chain, b.now):
		return nil
	case b.pin.Authority():
		return []string{fmt.Sprintf("keyrite on this machine, until %s is overruled: the new certificate does not come from that authority; its ID is shown when this is done", pinEntry(b.pin))}
	}
	return []string{fmt.Sprintf("keyrite on this machine, until %s is changed: it names certificate %s, which goes away; the ID of the new one is shown when this is done",
		pinEntry(b.pin), b.certificates())}
}

// certificates are the short IDs of the root certificates that give way.
func (b *planner) certificates() string {
	var short []string
	for _, id := range b.plan.base.Root.Body.Roles[trustdata.RoleRoot].KeyIDs {
		short = append(short, fmt.Sprintf("%.7s", id))
	}
	return strings.Join(short, ", ")
}

// pinsToChange says what to write into the settings of this machine, now that the
// certificate has an ID, and into those of clients that are named there. It is nothing where
// the pins admit the new root.
func (r *Rotator) pinsToChange(u *ready) []string {
	if u.unit.Certificate == "" {
		return nil
	}
	return append(r.pinToChange(u), r.clientPins(u)...)
}

func (r *Rotator) pinToChange(u *ready) []string {
	p, id := u.plan, u.unit.Certificate
	pin := r.Pins.For(p.GUN)
	switch {
	case pin.Admits(u.new, r.Now()):
		return nil
	case !pin.Authority() && pin.Rule == string(p.GUN):
		return []string{fmt.Sprintf("%s: put %s in place of the old ID, or keyrite refuses %q here", pinEntry(pin), id, p.GUN)}
	}
	return []string{fmt.Sprintf("%s is for other repositories too: give this one an entry of its own, %q = %q below [pins.certs], or keyrite refuses it here", pinEntry(pin), p.GUN, id)}
}
