package notation

import (
	"fmt"
	"slices"
	"strings"
)

// ratifyAPI is the group of Ratify's first generation, whatever the version.
const ratifyAPI = "config.ratify.deislabs.io/"

// manifest is one resource of a Ratify configuration.
type manifest struct {
	kind, namespace, name string
	spec                  map[string]any
}

// label names a resource in sentences.
func (m manifest) label() string { return fmt.Sprintf("%s %q", m.kind, m.name) }

// text and below read fields of a map; what is not there or of another type is empty.
func text(m map[string]any, name string) string          { s, _ := m[name].(string); return s }
func below(m map[string]any, name string) map[string]any { b, _ := m[name].(map[string]any); return b }

// manifestShapes are the fields that are followed, by kind.
var manifestShapes = map[string]shape{
	"CertificateStore":      {"provider": nil, "parameters": {"value": nil}},
	"KeyManagementProvider": {"type": nil, "parameters": {"contentType": nil, "value": nil}},
	"Store":                 {"name": nil, "type": nil, "parameters": {"authProvider": nil}},
	"Verifier": {"name": nil, "type": nil, "artifactTypes": nil, "parameters": {
		"verificationCertStores": nil, "trustPolicyDoc": policyShape}},
}

// manifests picks Ratify's resources out of documents, and says of the others that they were
// passed over. A List, as kubectl prints it, is its items.
func manifests(docs []any) (all []manifest, notes []string, err error) {
	for _, doc := range docs {
		m, ok := doc.(map[string]any)
		if !ok {
			return nil, nil, fmt.Errorf("it holds something that is no Kubernetes resource")
		}
		if items, ok := m["items"].([]any); ok && text(m, "kind") == "List" {
			more, said, err := manifests(items)
			if err != nil {
				return nil, nil, err
			}
			all, notes = append(all, more...), append(notes, said...)
			continue
		}
		meta := below(m, "metadata")
		one := manifest{text(m, "kind"), text(meta, "namespace"), text(meta, "name"), below(m, "spec")}
		fields, known := manifestShapes[one.kind]
		if !known || !strings.HasPrefix(text(m, "apiVersion"), ratifyAPI) {
			notes = append(notes, fmt.Sprintf("%s of %q was not followed", one.label(), text(m, "apiVersion")))
			continue
		}
		for _, sentence := range unknown("spec", one.spec, fields) {
			notes = append(notes, one.label()+": "+sentence)
		}
		all = append(all, one)
	}
	return all, notes, nil
}

// of are the resources of one kind.
func of(all []manifest, kinds ...string) []manifest {
	var out []manifest
	for _, m := range all {
		if slices.Contains(kinds, m.kind) {
			out = append(out, m)
		}
	}
	return out
}
