package remote

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// maxRoots is how many new roots are followed in one run.
const maxRoots = 256

// pin is a root that docker or notary trusts on this machine.
type pin struct {
	path string
	file *notary.File[notary.Root]
}

// root finds where trust begins and follows it to the newest root. What is remembered and
// what docker or notary hold must both lead there.
func (s *session) root() (*notary.File[notary.Root], error) {
	if s.known {
		start, err := s.remembered()
		if err != nil {
			return nil, err
		}
		if err := s.joinPins(start); err != nil {
			return nil, err
		}
		return s.walk(start)
	}
	if err := s.readPins(); err != nil {
		return nil, err
	}
	if len(s.pins) > 0 {
		return s.walk(s.pins[0].file)
	}
	raw, err := s.from.firstRoot(s.ctx)
	if err != nil {
		return nil, err
	}
	first, err := s.policy.FirstRoot(raw)
	if err != nil {
		return nil, err
	}
	return s.walk(first)
}

// remembered is the root seen last, byte for byte.
func (s *session) remembered() (*notary.File[notary.Root], error) {
	want := s.seen.Root
	raw, err := s.from.rootAt(s.ctx, want.Version, want.SHA256)
	switch {
	case errors.Is(err, ErrNotCached):
		return nil, err
	case errors.Is(err, ErrNotFound):
		return nil, fmt.Errorf("%w: %w", trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain,
			"version %d, which was seen before, is not there any more", want.Version), err)
	case err != nil:
		return nil, err
	}
	if hexSum(raw) != want.SHA256 {
		return nil, trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain,
			"version %d has other content than when it was seen before", want.Version)
	}
	s.anchor, err = s.trusted(raw)
	return s.anchor, err
}

// renew forgets the versions of roles that root lists other keys for than the root that was
// remembered. Whoever had stolen a key may have signed a version so high that no honest one
// comes after it; the new key is how its owner gets out of that. The timestamp and the
// snapshot go together, as whoever signs one of them says which the other is.
func (s *session) renew(root *notary.File[notary.Root]) {
	s.policy.Least, s.renewed = s.seen.Versions, nil
	if s.anchor == nil {
		return
	}
	changed := func(role trustdata.Role) bool {
		old, now := slices.Sorted(slices.Values(s.anchor.Body.Roles[role].KeyIDs)), slices.Sorted(slices.Values(root.Body.Roles[role].KeyIDs))
		return !slices.Equal(old, now)
	}
	if changed(trustdata.RoleTimestamp) || changed(trustdata.RoleSnapshot) {
		s.renewed = append(s.renewed, trustdata.RoleTimestamp, trustdata.RoleSnapshot)
	}
	if changed(trustdata.RoleTargets) {
		s.renewed = append(s.renewed, trustdata.RoleTargets)
	}
	s.policy.Least = maps.Clone(s.seen.Versions)
	for _, role := range s.renewed {
		delete(s.policy.Least, role)
	}
}

// trusted verifies a root that is trusted for other reasons than its date.
func (s *session) trusted(raw []byte) (*notary.File[notary.Root], error) {
	file, err := notary.ParseRoot(raw)
	if err != nil {
		return nil, err
	}
	return s.policy.NextRoot(file, raw, false)
}

// readPins takes the roots of docker and notary, the lowest version first. One that
// does not verify is an error: it is a pin, and to pass it over would be to drop it.
func (s *session) readPins() error {
	for _, l := range s.local {
		raw, ok := l.Files[trustdata.RoleRoot]
		if !ok || s.known && s.seen.Follows(hexSum(raw)) {
			continue
		}
		file, err := s.trusted(raw)
		if err != nil {
			return fmt.Errorf("the root that %q holds: %w", l.Path, err)
		}
		s.pins = append(s.pins, pin{l.Path, file})
	}
	slices.SortStableFunc(s.pins, func(a, b pin) int {
		return cmp.Compare(a.file.Body.Version, b.file.Body.Version)
	})
	for i := 1; i < len(s.pins); i++ {
		if err := s.checkPins(s.pins[i].file); err != nil {
			return err
		}
	}
	return nil
}

// joinPins reads the pins that the remembered root is not known to follow from, and
// follows each to it. Offline there are no roots in between to follow, and nothing new is
// trusted either, so the pins wait until the server is asked.
func (s *session) joinPins(start *notary.File[notary.Root]) error {
	if _, ok := s.from.(*offline); ok {
		return nil
	}
	if err := s.readPins(); err != nil {
		return err
	}
	if err := s.checkPins(start); err != nil {
		return err
	}
	for _, p := range s.pins {
		root := p.file
		for root.Body.Version < start.Body.Version {
			raw := start.Raw
			var err error
			if next := root.Body.Version + 1; next < start.Body.Version {
				raw, err = s.from.rootAt(s.ctx, next, "")
			}
			if errors.Is(err, ErrNotFound) {
				return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain,
					"version %d, which %q holds, does not lead to version %d, which was seen before", p.file.Body.Version, p.path, start.Body.Version)
			} else if err != nil {
				return err
			}
			if root, err = s.policy.NextRoot(root, raw, false); err != nil {
				return fmt.Errorf("from the root that %q holds: %w", p.path, err)
			}
			if err := s.roots(raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// pinsJoined reports whether the remembered root is known to follow from all pins.
func (s *session) pinsJoined() bool {
	for _, l := range s.local {
		if raw, ok := l.Files[trustdata.RoleRoot]; ok && !s.seen.Follows(hexSum(raw)) {
			return false
		}
	}
	return true
}

// roots counts the bytes of a chain of roots, which are bounded like a collection.
func (s *session) roots(raw []byte) error {
	if s.chain += int64(len(raw)); s.chain > maxCollection {
		return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonFormat, "the roots that follow one another have more than %d bytes", maxCollection)
	}
	return nil
}

// checkPins refuses a root that differs from the one which a pin has for its version.
func (s *session) checkPins(root *notary.File[notary.Root]) error {
	for _, p := range s.pins {
		if p.file.Body.Version == root.Body.Version && string(p.file.Raw) != string(root.Raw) {
			return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain,
				"version %d has other content than the one that %q holds", root.Body.Version, p.path)
		}
	}
	return nil
}

// walk follows the versions of root.json from a verified one, each vouched for by the
// one before. The end of a root in the middle of the chain does not matter, that of the
// last does.
func (s *session) walk(root *notary.File[notary.Root]) (*notary.File[notary.Root], error) {
	for range maxRoots {
		raw, err := s.from.rootAt(s.ctx, root.Body.Version+1, "")
		if errors.Is(err, ErrNotFound) {
			return s.last(root)
		} else if err != nil {
			return nil, err
		}
		if root, err = s.policy.NextRoot(root, raw, false); err != nil {
			return nil, err
		}
		if err := errors.Join(s.roots(raw), s.checkPins(root)); err != nil {
			return nil, err
		}
	}
	s.reached = root
	return nil, trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain,
		"there are more than %d new versions; the next run goes on from version %d", maxRoots, root.Body.Version)
}

// last is the end of the chain: a root that has not expired, and that no pin is newer than.
func (s *session) last(root *notary.File[notary.Root]) (*notary.File[notary.Root], error) {
	if n := len(s.pins); n > 0 && s.pins[n-1].file.Body.Version > root.Body.Version {
		return nil, trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonRollback, "version %d is lower than version %d, which %q holds",
			root.Body.Version, s.pins[n-1].file.Body.Version, s.pins[n-1].path)
	}
	return s.policy.NextRoot(root, root.Raw, true)
}

// otherRoot is a verified snapshot that names a root other than the one at hand.
type otherRoot struct {
	error
	meta notary.Meta
}

func (e *otherRoot) Unwrap() error { return e.error }

// namesRoot keeps which root the snapshot names where that is why it was refused.
func namesRoot(err error, snapshot []byte) error {
	var refused *trustdata.VerifyError
	if !errors.As(err, &refused) || refused.Role != trustdata.RoleRoot {
		return err
	}
	file, parseErr := notary.ParseSnapshot(snapshot)
	if parseErr != nil {
		return err
	}
	return &otherRoot{err, file.Body.Meta[trustdata.RoleRoot]}
}

// explainRoot says what is wrong with the root when what is below it did not verify and no
// newer root was found: the root that the server goes by is read, to tell a rollback,
// another repository of the same name, and a gap in the chain from each other.
func (s *session) explainRoot(root *notary.File[notary.Root], err error) error {
	at, raw := root.Body.Version, s.servedRoot(err)
	refuse := func(why trustdata.Reason, detail string, args ...any) error {
		return trustdata.Refuse(trustdata.RoleRoot, why, detail, args...)
	}
	if string(raw) == string(root.Raw) {
		return err
	}
	served, parseErr := notary.ParseRoot(raw)
	var other *otherRoot
	switch {
	case parseErr != nil && errors.As(err, &other):
		return refuse(trustdata.ReasonChain, "the snapshot names another root than version %d, the newest that the server has", at)
	case parseErr != nil:
		return err
	case served.Body.Version < at:
		return refuse(trustdata.ReasonRollback, "version %d is lower than version %d, which was seen before", served.Body.Version, at)
	case served.Body.Version == at:
		return refuse(trustdata.ReasonChain, "version %d has other content than the one that is trusted", at)
	}
	return refuse(trustdata.ReasonChain, "the server has no version %d, so version %d is not vouched for", at+1, served.Body.Version)
}

// servedRoot is the root that the server goes by: the one that its snapshot names, or the
// current one where a signature below it is by keys that the trusted root does not list.
// It is nil where that cannot be told.
func (s *session) servedRoot(err error) []byte {
	var other *otherRoot
	var refused *trustdata.VerifyError
	switch {
	case errors.As(err, &other):
		if raw, err := s.from.byHash(s.ctx, trustdata.RoleRoot, other.meta); err == nil && fits(raw, other.meta) {
			return raw
		}
	case errors.As(err, &refused) && refused.Reason == trustdata.ReasonSignature:
		if raw, err := s.from.firstRoot(s.ctx); err == nil {
			return raw
		}
	}
	return nil
}
