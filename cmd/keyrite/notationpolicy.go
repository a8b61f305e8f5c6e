package main

import (
	"time"

	"github.com/spf13/cobra"

	"keyrite/trustdata/notation"
	page "keyrite/ui/notation"
)

type policyJSON struct {
	Policy     string          `json:"policy"`
	Statements []statementJSON `json:"statements"`
	Stores     []storeJSON     `json:"trust_stores"`
	Notes      []string        `json:"notes"`
	Limits     []string        `json:"limits"`
}

type storeJSON struct {
	Name         string            `json:"name"`
	Path         string            `json:"path"`
	Problem      string            `json:"problem"`
	UsedBy       []string          `json:"used_by"`
	Certificates []certificateJSON `json:"certificates"`
}

type certificateJSON struct {
	Subject string     `json:"subject"`
	Issuer  string     `json:"issuer"`
	Digest  string     `json:"digest"`
	Begins  *time.Time `json:"begins"`
	Ends    *time.Time `json:"ends"`
}

func (c *cli) notationPolicyCommand() *cobra.Command {
	var f notationFlags
	cmd := &cobra.Command{
		Use: "policy", Short: "Show the trust policy that was found, and whom its trust stores trust until when",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			p, err := c.notationPolicy(f)
			if err != nil {
				return err
			}
			return c.emit(newPolicyJSON(p), page.PolicyPage(p, c.now()))
		},
	}
	f.add(cmd)
	return cmd
}

func newPolicyJSON(p *notation.Policy) policyJSON {
	out := policyJSON{Policy: p.Origin, Statements: []statementJSON{}, Stores: []storeJSON{}, Notes: list(p.Notes), Limits: list(p.Limits)}
	for _, s := range p.Statements {
		out.Statements = append(out.Statements, newStatementJSON(s))
	}
	for _, s := range p.Stores {
		store := storeJSON{s.ID(), s.Path, s.Problem, list(s.UsedBy), []certificateJSON{}}
		for _, cert := range s.Certificates {
			store.Certificates = append(store.Certificates, certificateJSON{cert.Subject, cert.Issuer, digest(cert.Thumbprint), stamp(cert.Begins), stamp(cert.Ends)})
		}
		out.Stores = append(out.Stores, store)
	}
	return out
}
