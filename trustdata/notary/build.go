package notary

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"keyrite/trustdata"
)

// SignRoot writes root.json and signs it. Every signer must be among the body's keys
// under the ID that it is listed by; of a root that replaces a root key that is the old
// certificate too.
//
// The Sign functions write the exact bytes that a trust server renders, see the package
// comment: dates are cut to whole seconds in UTC, and custom data is brought into
// canonical form. They refuse what would not come back as it went out: unknown members,
// control characters in names, fractions and integers from 2^53 on in custom data. Each
// signature is verified, and the whole file parsed and written once more, before it is
// returned. Signatures stand in the order of the signers.
func SignRoot(b Root, s []Signer) (*File[Root], error) {
	for _, signer := range s {
		key, ok := b.Keys[signer.Listed]
		if !ok {
			return nil, fmt.Errorf("failed to sign root: key %q is not among its keys", signer.Listed)
		}
		bare, err := key.Bare()
		if public := signer.Key.Public(); err != nil || bare.ListedID() != public.ListedID() {
			return nil, fmt.Errorf("failed to sign root: key %q is not the one at hand", signer.Listed)
		}
	}
	return sign(trustdata.RoleRoot, b, b.Unknown, encodeRoot, ParseRoot, s)
}

// SignTargets writes the file of targets or of a delegation and signs it, as SignRoot.
func SignTargets(role trustdata.Role, b Targets, s []Signer) (*File[Targets], error) {
	return sign(role, b, b.Unknown, encodeTargets, parserOf(role), s)
}

func parserOf(role trustdata.Role) func([]byte) (*File[Targets], error) {
	return func(raw []byte) (*File[Targets], error) { return ParseTargets(role, raw) }
}

// SignSnapshot writes snapshot.json and signs it, as SignRoot.
func SignSnapshot(b Snapshot, s []Signer) (*File[Snapshot], error) {
	return sign(trustdata.RoleSnapshot, b, b.Unknown, encodeSnapshot, ParseSnapshot, s)
}

// SignTimestamp writes timestamp.json and signs it, as SignRoot.
func SignTimestamp(b Timestamp, s []Signer) (*File[Timestamp], error) {
	return sign(trustdata.RoleTimestamp, b, b.Unknown, encodeTimestamp, ParseTimestamp, s)
}

func sign[B any](role trustdata.Role, b B, unknown []string, encode func(*encoder, B), parse func([]byte) (*File[B], error), signers []Signer) (*File[B], error) {
	f, err := trySign(b, unknown, encode, parse, signers)
	if err != nil {
		return nil, fmt.Errorf("failed to sign %s: %w", role, err)
	}
	return f, nil
}

func trySign[B any](b B, unknown []string, encode func(*encoder, B), parse func([]byte) (*File[B], error), signers []Signer) (*File[B], error) {
	if len(unknown) > 0 {
		return nil, fmt.Errorf("the file has members that are not known here and would be lost, such as %q", unknown[0])
	}
	if len(signers) == 0 {
		return nil, fmt.Errorf("there is no key to sign with")
	}
	e := &encoder{}
	if encode(e, b); e.err != nil {
		return nil, e.err
	}
	var signatures []SignatureEntry
	for _, s := range signers {
		if slices.ContainsFunc(signatures, func(o SignatureEntry) bool { return o.KeyID == s.Listed }) {
			return nil, fmt.Errorf("key %q stands twice among the signers", s.Listed)
		}
		sig, err := s.Key.Sign(e.out)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", s.Listed, err)
		}
		if err := VerifySignature(s.Key.Public(), sig.Method, sig.Bytes, e.out); err != nil {
			return nil, fmt.Errorf("key %q: its own signature: %w", s.Listed, err)
		}
		signatures = append(signatures, SignatureEntry{KeyID: s.Listed, Method: sig.Method, Bytes: sig.Bytes})
	}
	raw := wire(e.out, signatures)
	f, err := parse(raw)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(f.Message, e.out) || !rendersAs(f, encode) {
		return nil, fmt.Errorf("the file does not read back as it was written")
	}
	return f, nil
}

// rendersAs reports whether f's bytes are those that a trust server renders for it.
func rendersAs[B any](f *File[B], encode func(*encoder, B)) bool {
	e := &encoder{}
	encode(e, f.Body)
	return e.err == nil && bytes.Equal(wire(e.out, f.Signatures), f.Raw)
}

// Clone is a deep copy, free to be changed.
func (b Root) Clone() Root {
	b.Keys = maps.Clone(b.Keys)
	b.Roles = maps.Clone(b.Roles)
	for role, who := range b.Roles {
		b.Roles[role] = who.clone()
	}
	b.Unknown = slices.Clone(b.Unknown)
	return b
}

func (k RoleKeys) clone() RoleKeys {
	k.KeyIDs = slices.Clone(k.KeyIDs)
	return k
}

// Clone is a copy whose maps and lists are free to be changed. The bytes of hashes, keys
// and custom data are shared: they are replaced, never written into.
func (b Targets) Clone() Targets {
	b.Targets = b.Targets.clone()
	b.Keys = maps.Clone(b.Keys)
	b.Delegations = slices.Clone(b.Delegations)
	for i, d := range b.Delegations {
		d.RoleKeys, d.Paths = d.RoleKeys.clone(), slices.Clone(d.Paths)
		b.Delegations[i] = d
	}
	b.Unknown = slices.Clone(b.Unknown)
	return b
}
