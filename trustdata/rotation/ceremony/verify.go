package ceremony

import (
	"fmt"
	"reflect"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Chain verifies the roots of a repository among themselves, by a policy for it: each is
// signed by the keys of the one before and by its own. The newest is one that has not
// expired and that the pins admit. That the oldest is the right one is not known by that.
func (r *Repository) Chain(p notary.Policy) ([]*notary.File[notary.Root], error) {
	var chain []*notary.File[notary.Root]
	for i, raw := range r.roots {
		root, err := notary.ParseRoot(raw)
		if err != nil {
			return nil, err
		}
		if want := r.First + int64(i); root.Body.Version != want {
			return nil, trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain, "version %d stands in the place of version %d", root.Body.Version, want)
		}
		prev := root // the first is trusted for other reasons
		if i > 0 {
			prev = chain[i-1]
		}
		if root, err = p.NextRoot(prev, raw, i == len(r.roots)-1); err != nil {
			return nil, err
		}
		chain = append(chain, root)
	}
	return chain, r.gives(&chain[len(chain)-1].Body)
}

// gives checks that the keys that give way are listed.
func (r *Repository) gives(base *notary.Root) error {
	_, gone, err := r.Split(base)
	if err == nil && len(gone) != len(r.Gives) {
		err = fmt.Errorf("%q: %s does not list every key that is to give way", r.GUN, r.Role)
	}
	return err
}

// Split takes the keys that base lists for the role apart: those that stay, and those that
// give way, both as they are listed and in their order.
func (r *Repository) Split(base *notary.Root) (stay, gone []trustdata.PublicKey, err error) {
	for _, listed := range base.Roles[r.Role].KeyIDs {
		key := base.Keys[listed]
		id, err := key.KeyID()
		if err != nil {
			return nil, nil, err
		}
		if oneOf(id, r.Gives...) {
			gone = append(gone, key)
		} else {
			stay = append(stay, key)
		}
	}
	return stay, gone, nil
}

// Fits verifies a signed root against what was prepared for it: it is base's successor,
// enough of base's root keys and of its own have signed it, and it says exactly what the
// change is and nothing else.
func (r *Repository) Fits(base *notary.File[notary.Root], raw []byte, p notary.Policy) (*notary.File[notary.Root], error) {
	next, err := p.NextRoot(base, raw, true)
	if err != nil {
		return nil, err
	}
	refuse := func(format string, args ...any) error {
		return trustdata.Refuse(trustdata.RoleRoot, trustdata.ReasonChain, "version %d is not what was prepared: %s", next.Body.Version, fmt.Sprintf(format, args...))
	}
	stay, gone, err := r.Split(&base.Body)
	if err != nil {
		return nil, err
	}
	var listed []trustdata.PublicKey
	for _, id := range next.Body.Roles[r.Role].KeyIDs {
		listed = append(listed, next.Body.Keys[id])
	}
	if len(listed) < len(stay) || !reflect.DeepEqual(listed[:len(stay)], stay) && len(stay) > 0 {
		return nil, refuse("%s does not keep its other keys", r.Role)
	}
	if err := r.allowed(listed[len(stay):], gone); err != nil {
		return nil, refuse("%v", err)
	}
	if want := base.Body.Next(r.Role, listed, next.Body.Expires); !reflect.DeepEqual(want, next.Body) {
		return nil, refuse("it changes more than the keys of %s", r.Role)
	}
	return next, nil
}

// allowed checks the keys that took the place of those which give way.
func (r *Repository) allowed(added, gone []trustdata.PublicKey) error {
	was, err := IDs(gone)
	if err != nil {
		return err
	}
	is, err := IDs(added)
	if err != nil {
		return err
	}
	switch {
	case r.Change == Refresh && len(added) == 0:
	case r.Change == NewCertificate && reflect.DeepEqual(was, is):
	case r.Change == NewKey && r.Role == trustdata.RoleRoot && len(is) == 1 && !oneOf(is[0], was...):
	case r.Change == NewKey && r.Role != trustdata.RoleRoot && len(is) == 1 && reflect.DeepEqual(added[0], r.New[0].PublicKey()):
	default:
		return fmt.Errorf("%s lists other keys than it should", r.Role)
	}
	return nil
}

// IDs are the canonical IDs of keys, in their order.
func IDs(keys []trustdata.PublicKey) ([]trustdata.KeyID, error) {
	ids := []trustdata.KeyID{}
	for _, k := range keys {
		id, err := k.KeyID()
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}
