package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"keyrite/trustdata"
)

// Bounds of the look for signatures of one digest. Who verifies looks at no more than
// maxSignatures of one manifest either (Ratify's limit).
const (
	maxSignatures = 200
	maxParts      = 64
	// lookFor bounds the look at one digest and its parts.
	lookFor = 2 * time.Minute
)

// Found is what a registry has of other systems' signatures of a digest. None found does
// not mean that there is none: they may lie in another repository.
type Found struct {
	// Signatures are those on the digest itself first, then those on the parts of an index.
	Signatures []Signature
	// Problems say what was not looked at or is not what it says that it is: sentence
	// fragments with names from outside quoted.
	Problems []string
	// Err is why nothing can be said; then the rest is what was found before.
	Err error
}

// On are the signatures of one kind, "" for any, on the digest itself.
func (f Found) On(digest, kind string) []Signature {
	var on []Signature
	for _, s := range f.Signatures {
		if s.On == digest && (kind == "" || s.Kind == kind) {
			on = append(on, s)
		}
	}
	return on
}

// SignatureSource is what FindSignatures asks of a registry.
type SignatureSource interface {
	Signatures(ctx context.Context, digest string) Found
}

var _ SignatureSource = (*Client)(nil)

// FindSignatures looks for the signatures of each digest once, a few at a time. With
// workers below 1 there are a few.
func FindSignatures(ctx context.Context, from SignatureSource, digests []string, workers int) map[string]Found {
	if workers < 1 {
		workers = defaultWorkers
	}
	digests = slices.Compact(slices.Sorted(slices.Values(digests)))
	found := make([]Found, len(digests))
	slots := make(chan struct{}, workers)
	var wg sync.WaitGroup
	for i, d := range digests {
		slots <- struct{}{}
		wg.Go(trustdata.Guarded(func() {
			defer func() { <-slots }()
			if found[i].Err = ctx.Err(); found[i].Err == nil {
				found[i] = from.Signatures(ctx, d)
			}
		}))
	}
	wg.Wait()
	all := make(map[string]Found, len(digests))
	for i, d := range digests {
		all[d] = found[i]
	}
	return all
}

// Signatures looks for Notation's and cosign's signatures of a digest, 64 lower-case hex
// digits, in every form in which they are attached to it: on the digest first, and if that
// is an index, then on its parts. It verifies none of them.
func (c *Client) Signatures(ctx context.Context, digest string) Found {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	var f Found
	if f.Err = c.signaturesOn(ctx, digest, &f); f.Err != nil {
		return f
	}
	parts, err := c.Parts(ctx, digest)
	if errors.Is(err, ErrNotFound) {
		return f // what refers to it may be left
	}
	if err != nil {
		f.Err = err
		return f
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == digest })
	slices.Sort(parts)
	if parts = slices.Compact(parts); len(parts) > maxParts {
		f.add("sha256:%s has %d parts, of which %d were looked at", digest, len(parts), maxParts)
		parts = parts[:maxParts]
	}
	for _, p := range parts {
		if f.Err = c.signaturesOn(ctx, p, &f); f.Err != nil {
			return f
		}
	}
	return f
}

// SignaturesOn looks for those on the manifest of a digest alone, and not on its parts.
func (c *Client) SignaturesOn(ctx context.Context, digest string) Found {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	var f Found
	f.Err = c.signaturesOn(ctx, digest, &f)
	return f
}

func (f *Found) add(format string, args ...any) {
	f.Problems = append(f.Problems, fmt.Sprintf(format, args...))
}

// count adds the signatures of one manifest.
func (f *Found) count(all []Signature) {
	if n := len(all); n > maxSignatures {
		f.add("sha256:%s holds %d signatures, of which %d are counted", all[0].Digest, n, maxSignatures)
		all = all[:maxSignatures]
	}
	f.Signatures = append(f.Signatures, all...)
}

// signaturesOn adds the signatures that are attached to one manifest.
func (c *Client) signaturesOn(ctx context.Context, on string, f *Found) error {
	listed, more, err := c.referrers(ctx, on)
	if err != nil {
		return err
	}
	for _, digest := range listed {
		if err := c.referring(ctx, digest, on, f); err != nil {
			return err
		}
	}
	if more {
		f.add("more refers to sha256:%s than was looked at", on)
	}
	return c.cosignTag(ctx, on, f)
}

// referring looks at one manifest that a registry lists as referring to another. What it
// lists and does not have, or what refers elsewhere, is named and not counted.
func (c *Client) referring(ctx context.Context, digest, on string, f *Found) error {
	body, err := c.content(ctx, c.base.JoinPath("manifests", "sha256:"+digest), digest)
	var m sigManifest
	switch {
	case errors.Is(err, ErrNotFound):
		f.add("the registry lists sha256:%s and does not have it", digest)
		return nil
	case errors.Is(err, errOtherBytes):
		f.add("%s", err)
		return nil
	case err != nil:
		return err
	case json.Unmarshal(body, &m) != nil:
		f.add("sha256:%s is listed as referring to sha256:%s and is no manifest", digest, on)
		return nil
	}
	s, odd, ok := m.signature(digest, on)
	if !ok && odd == "" {
		return nil
	}
	if subject, named := m.subject(); !named || subject != on {
		f.add("sha256:%s is listed as referring to sha256:%s and does not", digest, on)
		return nil
	}
	if ok {
		f.count(m.each(s))
	} else {
		f.add("sha256:%s %s", digest, odd)
	}
	return nil
}

func (m *sigManifest) subject() (string, bool) {
	if m.Subject == nil {
		return "", false
	}
	return m.Subject.hex()
}

// cosignTag looks at the tag that cosign 1 and 2 keep signatures under.
func (c *Client) cosignTag(ctx context.Context, on string, f *Found) error {
	tag := "sha256-" + on + ".sig"
	body, digest, err := c.tagged(ctx, tag)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var m sigManifest
	if json.Unmarshal(body, &m) != nil {
		return c.notRegistry("answered with something that is not a manifest")
	}
	if s, odd, ok := m.tagged(digest, on); ok {
		f.count(m.each(s))
	} else {
		f.add("tag %q %s", tag, odd)
	}
	return nil
}

// IsSignatureTag reports whether a tag is not an image's but one under which signatures and
// what else refers to a digest are kept: sha256-<hex>, with or without an ending.
func IsSignatureTag(tag string) bool {
	rest, ok := strings.CutPrefix(tag, "sha256-")
	name, ending, _ := strings.Cut(rest, ".")
	return ok && isHash(name) && slices.Contains([]string{"", "sig", "att", "sbom"}, ending)
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
