package notation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// shape names the fields that are known at one place of a document, and what is below them;
// a nil shape is not looked into.
type shape map[string]shape

// policyShape is a trust policy document's (trust policy specification, version 1.0).
var policyShape = shape{
	"version": nil,
	"trustPolicies": {
		"name": nil, "registryScopes": nil, "trustStores": nil, "trustedIdentities": nil,
		"signatureVerification": {"level": nil, "override": nil, "verifyTimestamp": nil},
	},
}

func unknownInPolicy(at string, v any) []string { return unknown(at, v, policyShape) }

// unknown says, a sentence each, which fields of a document are not known and so were not
// followed. Lists are looked through.
func unknown(at string, v any, known shape) []string {
	var out []string
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			out = append(out, unknown(fmt.Sprintf("%s[%d]", at, i), e, known)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			below, ok := known.find(name)
			path := strings.TrimPrefix(at+"."+name, ".")
			switch {
			case !ok:
				out = append(out, fmt.Sprintf("field %q is not known and was not followed", path))
			case below != nil:
				out = append(out, unknown(path, v[name], below)...)
			}
		}
	}
	return out
}

// find looks a field up as encoding/json does, which minds no capitals.
func (s shape) find(name string) (shape, bool) {
	for known, below := range s {
		if strings.EqualFold(known, name) {
			return below, true
		}
	}
	return nil, false
}
