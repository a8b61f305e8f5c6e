package notation

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// notationType is the artifact type of Notation signatures.
const notationType = "application/vnd.cncf.notary.signature"

// ratifyLimits is what a verdict under a cluster's configuration does not say.
var ratifyLimits = []string{
	"Notation signatures only: other verifiers, Ratify's own policy and Gatekeeper's constraints are not read",
	"AKS Image Integrity, which is managed Ratify, is a preview and knows no effect but audit: it reports what it refuses and stops nothing",
	"Image Integrity works with at most 200 unique signatures at a time in a cluster, and how many a cluster has is not known here",
	"a cluster's workload identity is not followed: the registry was asked with this machine's login",
}

// OpenRatify reads the policy out of a Ratify configuration of the API
// config.ratify.deislabs.io: a file of manifests with a Verifier of Notation and what its
// trust stores are made of, CertificateStore or KeyManagementProvider with certificates
// inline. What is not followed is named in Policy.Notes. What cannot be used is ErrPolicy.
func OpenRatify(path string) (*Policy, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxPolicy+1))
	if err != nil {
		return nil, err
	}
	p := &Policy{Origin: path, loaded: memory{}, Limits: slices.Clone(ratifyLimits)}
	if abs, err := filepath.Abs(path); err == nil {
		p.Origin = abs
	}
	if err := p.readRatify(raw); err != nil {
		return nil, fmt.Errorf("%q: %w: %w", p.Origin, ErrPolicy, err)
	}
	return p, p.complete()
}

func (p *Policy) readRatify(raw []byte) error {
	if len(raw) > maxPolicy {
		return fmt.Errorf("it is larger than %d bytes", maxPolicy)
	}
	docs, err := documents(raw)
	if err != nil {
		return err
	}
	all, notes, err := manifests(docs)
	if err != nil {
		return err
	}
	p.Notes = notes
	verifier, err := p.notationVerifier(all)
	if err != nil {
		return err
	}
	p.lookAtStores(of(all, "Store"))
	parameters := below(verifier.spec, "parameters")
	document, err := json.Marshal(parameters["trustPolicyDoc"])
	if err != nil || json.Unmarshal(document, &p.document) != nil {
		return fmt.Errorf("the trustPolicyDoc of %s cannot be read", verifier.label())
	}
	groups, err := readGroups(parameters["verificationCertStores"])
	if err != nil {
		return fmt.Errorf("%s: %w", verifier.label(), err)
	}
	return p.fill(groups, of(all, "CertificateStore", "KeyManagementProvider"))
}

// notationVerifier finds the one Verifier of Notation.
func (p *Policy) notationVerifier(all []manifest) (manifest, error) {
	var found []manifest
	for _, v := range of(all, "Verifier") {
		if text(v.spec, "name") == "notation" || text(v.spec, "type") == "notation" {
			found = append(found, v)
			continue
		}
		p.Notes = append(p.Notes, fmt.Sprintf("%s was not followed: it verifies no Notation signatures", v.label()))
	}
	if len(found) != 1 {
		return manifest{}, fmt.Errorf("it has %d Verifiers of Notation, and keyrite follows one", len(found))
	}
	types := strings.Split(text(found[0].spec, "artifactTypes"), ",")
	if !slices.ContainsFunc(types, func(s string) bool { s = strings.TrimSpace(s); return s == notationType || s == "*" }) {
		return manifest{}, fmt.Errorf("%s is not for the artifact type %s", found[0].label(), notationType)
	}
	return found[0], nil
}

// lookAtStores says how the cluster reaches registries, where that is another way than ours.
func (p *Policy) lookAtStores(stores []manifest) {
	if len(stores) == 0 {
		p.Notes = append(p.Notes, "no Store is in it: the cluster's own may read other registries than this machine, or with another login")
	}
	for _, s := range stores {
		if text(s.spec, "name") != "oras" && text(s.spec, "type") != "oras" {
			p.Notes = append(p.Notes, fmt.Sprintf("%s was not followed: it is not oras", s.label()))
		}
		if login := below(below(s.spec, "parameters"), "authProvider"); login != nil {
			p.Notes = append(p.Notes, fmt.Sprintf("%s logs in through %q, which was not followed: this machine's login was used", s.label(), text(login, "name")))
		}
	}
}
