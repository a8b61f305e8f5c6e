package migration

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
)

// Source is what Look asks of a registry.
type Source interface {
	registry.Source
	registry.SignatureSource
	Has(ctx context.Context, digest string) error
}

var _ Source = (*registry.Client)(nil)

// Live is one repository as it is now: what is signed, what is served, and what other
// systems have signed.
type Live struct {
	Collection *trustdata.Collection
	Rows       []registry.Compared
	// Listing is why the registry's list of tags could not be had; nil if it was.
	Listing error
	// Found are the other systems' signatures by digest, 64 hex digits.
	Found map[string]registry.Found
	// Lost is why the signed digest of a moved tag cannot be had.
	Lost map[string]error
	// Refused is why signatures that are present do not count, by digest.
	Refused map[string]string
}

// Judge asks about each digest that carries a signature of the system whether one of them
// verifies; why is "" if one does. Without it, what is present counts.
func (l *Live) Judge(ctx context.Context, system string, verify func(ctx context.Context, digest string) (why string, err error)) error {
	l.Refused = map[string]string{}
	for _, digest := range slices.Sorted(maps.Keys(l.Found)) {
		if len(l.Found[digest].On(digest, system)) == 0 {
			continue
		}
		why, err := verify(ctx, digest)
		if err != nil {
			return err
		}
		if why != "" {
			l.Refused[digest] = why
		}
	}
	return nil
}

// signed reports whether a digest, 64 hex digits, carries a signature that counts.
func (l *Live) signed(digest, system string) bool {
	return len(l.Found[digest].On(digest, system)) > 0 && l.Refused[digest] == ""
}

// Look compares a collection with its registry and looks for the other systems' signatures
// of everything that is signed, and of the digests in also. An error says that the registry
// told nothing at all.
func Look(ctx context.Context, from Source, col *trustdata.Collection, also []string, workers int) (*Live, error) {
	l := &Live{Collection: col, Lost: map[string]error{}}
	l.Rows, l.Listing = registry.Compare(ctx, from, col, workers)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	known := func(r registry.Compared) bool { return r.State != registry.Unknown }
	if l.Listing != nil && !slices.ContainsFunc(l.Rows, known) {
		return nil, l.Listing
	}
	digests := slices.Clone(also)
	for _, r := range l.Rows {
		if !r.Pulled || r.State != registry.Signed && r.State != registry.Moved {
			continue
		}
		digests = append(digests, r.Digest)
		if _, asked := l.Lost[r.Digest]; r.State == registry.Moved && !asked {
			l.Lost[r.Digest] = from.Has(ctx, r.Digest)
		}
	}
	l.Found = registry.FindSignatures(ctx, from, digests, workers)
	return l, ctx.Err()
}

// problems are what stands against what was looked at.
func (l *Live) problems() []string {
	problems := []string{}
	for _, p := range l.Collection.Problems {
		problems = append(problems, p.String())
	}
	if l.Listing != nil {
		problems = append(problems, "tags without a signature may be missing: "+l.Listing.Error())
	}
	for _, digest := range slices.Sorted(maps.Keys(l.Found)) {
		if err := l.Found[digest].Err; err != nil && !errors.Is(err, context.Canceled) {
			problems = append(problems, fmt.Sprintf("signatures of %s could not be looked for: %s", sha(digest), err))
		}
	}
	return problems
}
