package notation

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/notaryproject/notation-go/verifier/truststore"
)

// groups says which resources make up a trust store: by type and name, and in the older
// form by the name alone, which then stands for every type but tsa.
type groups map[string][]string

func (g groups) of(id string) ([]string, bool) {
	kind, name, _ := strings.Cut(id, ":")
	if members, ok := g[id]; ok || kind == "tsa" {
		return members, ok
	}
	members, ok := g[name]
	return members, ok
}

// readGroups reads verificationCertStores in either form: names with lists of resources, or
// the types of trust stores with such names below them.
func readGroups(v any) (groups, error) {
	all := groups{}
	top, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("it has no verificationCertStores")
	}
	for _, key := range slices.Sorted(maps.Keys(top)) {
		named, typed := top[key].(map[string]any)
		if !typed {
			members, err := names(key, top[key])
			if err != nil {
				return nil, err
			}
			all[key] = members
			continue
		}
		kind := slices.IndexFunc(truststore.Types, func(t truststore.Type) bool { return strings.EqualFold(string(t), key) })
		if kind < 0 {
			return nil, fmt.Errorf("%q is no type of trust store", key)
		}
		for name, list := range named {
			members, err := names(key+"."+name, list)
			if err != nil {
				return nil, err
			}
			all[string(truststore.Types[kind])+":"+name] = members
		}
	}
	return all, nil
}

func names(at string, v any) ([]string, error) {
	list, ok := v.([]any)
	var out []string
	for _, e := range list {
		s, isText := e.(string)
		ok = ok && isText
		out = append(out, s)
	}
	if !ok {
		return nil, fmt.Errorf("verificationCertStores %q is no list of names", at)
	}
	return out, nil
}

// fill makes the trust stores that the policy's statements name.
func (p *Policy) fill(g groups, resources []manifest) error {
	for _, statement := range p.document.TrustPolicies {
		for _, id := range statement.TrustStores {
			if _, done := p.loaded[id]; done {
				continue
			}
			kind, name, _ := strings.Cut(id, ":")
			members, ok := g.of(id)
			if !ok {
				continue // complete says that it is not there
			}
			certs, err := p.collect(id, members, resources)
			if err != nil {
				return err
			}
			l := loaded{certs: certs}
			if len(certs) == 0 {
				l.err = truststore.TrustStoreError{Msg: fmt.Sprintf("no certificate of the trust store %q could be followed", id)}
			}
			p.add(Store{Type: kind, Name: name}, l)
		}
	}
	return nil
}

// collect gathers what the members of a trust store hold. A member that is elsewhere is
// named: what it holds is missing, so a signature may be refused here and not there.
func (p *Policy) collect(id string, members []string, resources []manifest) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for _, member := range members {
		m, err := find(member, resources)
		if err != nil {
			return nil, err
		}
		provider := m.provider()
		switch {
		case m.kind == "":
			p.Notes = append(p.Notes, fmt.Sprintf("trust store %s: %q is not in the file, so what it trusts is missing here", id, member))
			continue
		case provider != "inline":
			p.Notes = append(p.Notes, fmt.Sprintf("trust store %s: %s is kept by %q, which keyrite cannot follow, so what it trusts is missing here", id, m.label(), provider))
			continue
		}
		certs, err := inline(text(below(m.spec, "parameters"), "value"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.label(), err)
		}
		for _, c := range certs {
			if truststore.ValidateCertificates([]*x509.Certificate{c}) != nil {
				p.Notes = append(p.Notes, fmt.Sprintf("%s: the certificate %q was left out, as Ratify does: it is neither an authority's nor self-signed", m.label(), c.Subject.String()))
				continue
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// provider is who keeps the certificates; an inline key, which cosign would use, is none.
func (m manifest) provider() string {
	if m.kind == "CertificateStore" {
		return text(m.spec, "provider")
	}
	if kind := text(below(m.spec, "parameters"), "contentType"); text(m.spec, "type") == "inline" && kind != "certificate" {
		return "inline " + kind
	}
	return text(m.spec, "type")
}

// find looks a member up by its name, or by "namespace/name"; an empty manifest is none.
func find(member string, resources []manifest) (manifest, error) {
	namespace, name, ok := strings.Cut(member, "/")
	if !ok {
		namespace, name = "", member
	}
	var found []manifest
	for _, m := range resources {
		if m.name == name && (namespace == "" || m.namespace == "" || m.namespace == namespace) {
			found = append(found, m)
		}
	}
	switch len(found) {
	case 0:
		return manifest{}, nil
	case 1:
		return found[0], nil
	}
	return manifest{}, fmt.Errorf("%d certificate stores are called %q", len(found), member)
}

// inline reads certificates in PEM. Anything else in it, such as a private key, is refused.
func inline(value string) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	rest := []byte(value)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("its value holds a %q, which does not belong there", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("its value holds a certificate that cannot be read: %w", err)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("its value is not certificates in PEM")
	}
	return certs, nil
}
