package migration

import (
	"encoding/json"
	"fmt"
	"regexp"

	"keyrite/trustdata"
)

// Policy is a trust policy in Notation's layout of trustpolicy.oci.json, version 1.0.
type Policy struct {
	Version  string      `json:"version"`
	Policies []Statement `json:"trustPolicies"`
}

// Statement is the policy of one repository.
type Statement struct {
	Name         string       `json:"name"`
	Scopes       []string     `json:"registryScopes"`
	Verification Verification `json:"signatureVerification"`
	Stores       []string     `json:"trustStores"`
	Identities   []string     `json:"trustedIdentities"`
}

// Verification is how strict a policy is.
type Verification struct {
	Level string `json:"level"`
}

// CheckStore refuses a name that Notation's trust store cannot have.
func CheckStore(name string) error {
	if !regexp.MustCompile(`^[a-zA-Z0-9_.-]+$`).MatchString(name) {
		return fmt.Errorf("%q is not the name of a trust store: letters, digits, dot, dash and underscore", name)
	}
	return nil
}

// Policy is the trust policy that the plan's repositories begin with: the level "audit",
// which reports and enforces only that nothing was changed, and for each a scope of its own.
// The store is one of certificate authorities; identities are as Notation writes them, none
// for everybody whom the store vouches for.
func (p *Plan) Policy(store string, identities []string) []byte {
	if len(identities) == 0 {
		identities = []string{"*"}
	}
	out := Policy{Version: "1.0", Policies: []Statement{}}
	for _, r := range p.Repositories {
		scope := string(trustdata.ExpandGUN(r.GUN))
		out.Policies = append(out.Policies, Statement{Name: scope, Scopes: []string{scope}, Verification: Verification{"audit"},
			Stores: []string{"ca:" + store}, Identities: identities})
	}
	enc, _ := json.MarshalIndent(out, "", "  ") // strings alone always encode
	return append(enc, '\n')
}
