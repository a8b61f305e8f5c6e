package notation

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/url"
	"slices"

	"github.com/notaryproject/notation-core-go/revocation"
	"github.com/notaryproject/notation-core-go/revocation/crl"
	"github.com/notaryproject/notation-core-go/revocation/purpose"
	"github.com/notaryproject/notation-core-go/revocation/result"
)

// revocationCheck stands between the verifier and the hosts that certificates name. It
// notes what was asked, and lets nobody be asked whom only an untrusted chain names.
type revocationCheck struct {
	asker   revocation.Validator // nil asks nobody
	trusted func(chain []*x509.Certificate) bool

	state   Revocation
	hosts   []string
	problem string
}

var _ revocation.Validator = (*revocationCheck)(nil)

// newRevocationCheck is the check of chains that are for one purpose. Client sends the
// questions; nil asks nobody.
func newRevocationCheck(client *http.Client, use purpose.Purpose, trusted func([]*x509.Certificate) bool) (*revocationCheck, error) {
	c := &revocationCheck{trusted: trusted}
	if client == nil {
		return c, nil
	}
	lists, err := crl.NewHTTPFetcher(client)
	if err != nil {
		return nil, err
	}
	c.asker, err = revocation.NewWithOptions(revocation.Options{OCSPHTTPClient: client, CRLFetcher: lists, CertChainPurpose: use})
	return c, err
}

// ValidateContext answers the verifier. A chain about which nobody is asked passes, and the
// state says so.
func (c *revocationCheck) ValidateContext(ctx context.Context, opts revocation.ValidateContextOptions) ([]*result.CertRevocationResult, error) {
	chain := opts.CertChain
	c.hosts = revocationHosts(chain)
	switch {
	case len(c.hosts) == 0:
		c.state = RevocationNowhere
		return passed(chain, result.ResultNonRevokable), nil
	case c.asker == nil || !c.trusted(chain):
		c.state = RevocationNotAsked
		return passed(chain, result.ResultOK), nil
	}
	results, err := c.asker.ValidateContext(ctx, opts)
	c.note(results, err)
	return results, err
}

func (c *revocationCheck) note(results []*result.CertRevocationResult, err error) {
	c.state = RevocationGood
	if err != nil {
		c.state, c.problem = RevocationUnknown, err.Error()
	}
	for _, r := range results {
		switch {
		case r.Result == result.ResultRevoked:
			c.state = RevocationBad
		case r.Result == result.ResultUnknown && c.state != RevocationBad:
			c.state = RevocationUnknown
			for _, s := range r.ServerResults {
				if s.Error != nil {
					c.problem = s.Error.Error()
				}
			}
		}
	}
}

func passed(chain []*x509.Certificate, with result.Result) []*result.CertRevocationResult {
	results := make([]*result.CertRevocationResult, len(chain))
	for i := range results {
		results[i] = &result.CertRevocationResult{Result: with}
	}
	return results
}

// revocationHosts are the hosts that a chain names for questions about itself. Its root is
// trusted or not, and nobody is asked about that.
func revocationHosts(chain []*x509.Certificate) []string {
	var hosts []string
	for _, c := range chain[:max(0, len(chain)-1)] {
		for _, at := range slices.Concat(c.OCSPServer, c.CRLDistributionPoints) {
			if u, err := url.Parse(at); err == nil && u.Host != "" {
				at = u.Host
			}
			hosts = append(hosts, at)
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// merge adds what is known of a timestamp's chain, which counts only where it is worse.
func (s *Signature) merge(own, timestamp *revocationCheck) {
	order := []Revocation{RevocationNotReached, RevocationNowhere, RevocationGood, RevocationNotAsked, RevocationUnknown, RevocationBad}
	s.Revocation = own.state
	if slices.Index(order, timestamp.state) > slices.Index(order, own.state) && own.state != RevocationNotReached {
		s.Revocation = timestamp.state
	}
	s.RevocationHosts = slices.Concat(own.hosts, timestamp.hosts)
	slices.Sort(s.RevocationHosts)
	s.RevocationHosts = slices.Compact(s.RevocationHosts)
}
