package notary

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata"
)

// Pins say which roots may be trusted, as "trust_pinning" in the reference client's
// configuration does. The first of these decides on a repository: the entry of
// Certificates that is its GUN; the longest one that ends in an asterisk and whose rest
// its GUN begins with; the longest entry of Authorities that its GUN begins with. Where
// none fits, a root is trusted when it is first seen.
//
// Two things differ from the reference client. A pin is held against a root that is
// already known, too, not only against the first one. And a certificate that is for code
// signing, which is what that client itself makes, passes the check against an authority.
type Pins struct {
	// Certificates are IDs of root certificates, by GUN or by its beginning and an asterisk.
	Certificates map[string][]trustdata.ListedID
	// Authorities are CA certificates, by the beginning of a GUN.
	Authorities map[string][]*x509.Certificate
	// Made is a root certificate that was made here a moment ago, so that nobody can have
	// pinned it yet: it passes whatever is pinned. Empty for none.
	Made trustdata.ListedID
	// RefuseFirstUse refuses the first root of a repository that no pin is for.
	RefuseFirstUse bool
}

// Pin is what Pins say of one repository. Its zero value says nothing.
type Pin struct {
	// Rule is the entry that decides; an empty one may be an authority's for every GUN.
	Rule         string
	set          bool
	certificates []trustdata.ListedID
	authorities  *x509.CertPool
	made         trustdata.ListedID
}

// For is the pin of a repository.
func (p Pins) For(gun trustdata.GUN) Pin {
	pin := p.entry(gun)
	pin.made = p.Made
	return pin
}

func (p Pins) entry(gun trustdata.GUN) Pin {
	if ids, ok := p.Certificates[string(gun)]; ok {
		return Pin{Rule: string(gun), set: true, certificates: ids}
	}
	longest, found := "", false
	for entry := range p.Certificates {
		prefix, wildcard := strings.CutSuffix(entry, "*")
		if wildcard && strings.HasPrefix(string(gun), prefix) && (!found || len(entry) > len(longest)) {
			longest, found = entry, true
		}
	}
	if found {
		return Pin{Rule: longest, set: true, certificates: p.Certificates[longest]}
	}
	for entry := range p.Authorities {
		if strings.HasPrefix(string(gun), entry) && (!found || len(entry) > len(longest)) {
			longest, found = entry, true
		}
	}
	if !found {
		return Pin{}
	}
	pool := x509.NewCertPool()
	for _, ca := range p.Authorities[longest] {
		pool.AddCert(ca)
	}
	return Pin{Rule: longest, set: true, authorities: pool}
}

// Set reports whether anything is pinned.
func (p Pin) Set() bool { return p.set }

// Authority reports whether the pin is an authority's and not a list of certificates.
func (p Pin) Authority() bool { return p.authorities != nil }

// Admits reports whether a root that lists the key, and nothing else for root, could pass
// the pin. Whether its certificate holds is another matter.
func (p Pin) Admits(key trustdata.PublicKey, now time.Time) bool {
	return !p.set || p.check(key.ListedID(), key, now) == nil
}

// check holds a root key, whose certificate holds, against the pin.
func (p Pin) check(id trustdata.ListedID, key trustdata.PublicKey, now time.Time) error {
	if id == p.made {
		return nil
	}
	if p.authorities == nil {
		if !slices.Contains(p.certificates, id) {
			return fmt.Errorf("certificate %q is not one of those that are pinned for %q", id, p.Rule)
		}
		return nil
	}
	chain, err := key.Certificates()
	if err != nil {
		return err
	}
	between := x509.NewCertPool()
	for _, ca := range chain[1:] {
		between.AddCert(ca)
	}
	if _, err := chain[0].Verify(x509.VerifyOptions{Roots: p.authorities, Intermediates: between, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return fmt.Errorf("certificate %q does not come from the authority that is pinned for %q: %w", id, p.Rule, err)
	}
	return nil
}

// pinnedRoot checks that enough of root's own keys that the pin allows have signed it.
func (p Policy) pinnedRoot(root *File[Root]) error {
	const role = trustdata.RoleRoot
	pin := p.Pins.For(p.GUN)
	if !pin.Set() {
		return nil
	}
	keys, bad := p.rootKeys(root, p.Now)
	for id, key := range keys {
		if err := pin.check(id, key, p.Now); err != nil {
			delete(keys, id)
			bad = err
		}
	}
	if t := count(&root.Envelope, keys, root.Body.Roles[role]); !t.met() {
		if bad == nil {
			bad = fmt.Errorf("%v", t)
		}
		return trustdata.Refuse(role, trustdata.ReasonPin, "version %d is not the root that is pinned: %v", root.Body.Version, bad)
	}
	return nil
}

// firstUse refuses a root that nothing but its first use would speak for.
func (p Policy) firstUse() error {
	if p.Pins.RefuseFirstUse && !p.Pins.For(p.GUN).Set() {
		return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonPin, "no pin is for %q, and no root is trusted because it is the first to be seen", p.GUN)
	}
	return nil
}
