package notary

import (
	"cmp"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"keyrite/trustdata"
)

// tagSize is what one of docker's tags takes in a file at least, in bytes: enough to make
// room for all of them at once.
const tagSize = 88

// ParseTargets reads targets.json or a delegation's file. Every error of the Parse
// functions is a trustdata.VerifyError with the role and ReasonFormat.
func ParseTargets(role trustdata.Role, raw []byte) (*File[Targets], error) {
	if role != trustdata.RoleTargets {
		if _, err := trustdata.ParseRole(string(role)); err != nil || role.IsBase() {
			return nil, trustdata.Refuse(role, trustdata.ReasonFormat, "role %q signs no targets", role)
		}
	}
	return parse(role, raw, func(r *reader) (b Targets, err error) {
		room := len(raw) / tagSize
		if room > MaxTags {
			room = 0 // most of it is something else
		}
		b.Targets = make(Entries, 0, room)
		b.Keys = map[trustdata.ListedID]trustdata.PublicKey{}
		err = r.body("Targets", &b.Version, &b.Expires, func(name []byte) error {
			switch string(name) {
			case "targets":
				return r.entries(&b.Targets)
			case "delegations":
				return r.delegations(role, &b)
			}
			return r.other("", name)
		})
		b.Unknown = r.unknown
		return b, err
	})
}

// entries puts them into order where the file does not have it. Then the file is not
// canonical either, and a name that stands twice will be found.
func (r *reader) entries(into *Entries) error {
	if r.null() {
		return nil
	}
	names := 0
	err := r.object(func(name []byte) error {
		if err := within(len(*into), MaxTags, "targets"); err != nil {
			return err
		}
		if names += len(name); names > maxNames {
			return fmt.Errorf("the names of its targets have more than %d bytes", maxNames)
		}
		e, plain := r.plainEntry()
		if !plain {
			var err error
			if e, err = r.entry(); err != nil {
				return named(name, err)
			}
		}
		*into = append(*into, NamedEntry{r.names.text(name), e})
		return nil
	})
	if byName := func(a, b NamedEntry) int { return cmp.Compare(a.Name, b.Name) }; !slices.IsSortedFunc(*into, byName) {
		slices.SortStableFunc(*into, byName)
	}
	return err
}

func (r *reader) entry() (e Entry, err error) {
	e.Length = -1
	err = r.object(func(name []byte) (err error) {
		switch string(name) {
		case "hashes":
			e.Hashes, err = r.entryHashes()
		case "length":
			e.Length, err = r.length()
		case "custom":
			e.Custom, err = r.custom()
		default:
			return r.other("targets.", name)
		}
		return named(name, err)
	})
	if err == nil && e.Length < 0 {
		err = fmt.Errorf("a target has no length")
	}
	return e, err
}

// custom keeps the value as it stands. A null is as good as nothing: the reference
// implementation drops it when it writes the file again.
func (r *reader) custom() (json.RawMessage, error) {
	if r.null() {
		return nil, nil
	}
	start := r.pos
	err := r.skip()
	return json.RawMessage(r.data[start:r.pos:r.pos]), err
}

func (r *reader) length() (int64, error) {
	n, err := r.integer()
	if err == nil && n < 0 {
		err = fmt.Errorf("%d is no length", n)
	}
	return n, err
}

// entryHashes is hashes for a target.
func (r *reader) entryHashes() (all Hashes, err error) {
	if r.null() {
		return all, nil
	}
	err = r.object(func(name []byte) error {
		sum, err := r.base64()
		if string(name) == hashSHA256 {
			all.SHA256 = sum
			return named(name, err)
		}
		if all.More == nil {
			all.More = map[string][]byte{}
		}
		if err := within(len(all.More), maxHashes, "hashes of one target"); err != nil {
			return err
		}
		all.More[string(name)] = sum
		return named(name, err)
	})
	return all, err
}

func (r *reader) hashes() (map[string][]byte, error) {
	if r.null() {
		return nil, nil
	}
	all := make(map[string][]byte, 2)
	err := r.object(func(name []byte) error {
		if err := within(len(all), maxHashes, "hashes of one file"); err != nil {
			return err
		}
		sum, err := r.base64()
		switch string(name) { // constants cost no allocation
		case hashSHA256:
			all[hashSHA256] = sum
		case hashSHA512:
			all[hashSHA512] = sum
		default:
			all[string(name)] = sum
		}
		return named(name, err)
	})
	return all, err
}

func (r *reader) delegations(parent trustdata.Role, b *Targets) error {
	if r.null() {
		return nil
	}
	return r.object(func(name []byte) error {
		switch string(name) {
		case "keys":
			return named(name, r.keys(b.Keys))
		case "roles":
			if r.null() {
				return nil
			}
			have := map[trustdata.Role]bool{}
			return r.array(func() error {
				if err := within(len(b.Delegations), maxDelegations, "delegations"); err != nil {
					return err
				}
				d, err := r.delegation(parent)
				if have[d.Role] && err == nil {
					err = fmt.Errorf("delegation %q stands twice", d.Role)
				}
				have[d.Role] = true
				b.Delegations = append(b.Delegations, d)
				return err
			})
		}
		return r.other("delegations.", name)
	})
}

// delegation reads one delegation, whose name must be a direct child of the file's role.
// It may list fewer keys than its threshold, even none: the reference client leaves such
// a role behind when its last key is removed. Then no file of it can verify.
func (r *reader) delegation(parent trustdata.Role) (d Delegation, err error) {
	err = r.object(func(name []byte) (err error) {
		switch string(name) {
		case "name":
			var text []byte
			if text, err = r.str(); err == nil {
				d.Role, err = trustdata.ParseRole(string(text))
			}
		case "paths":
			d.Paths, err = r.paths()
		default:
			return r.roleKeys("delegations.roles.", name, &d.RoleKeys)
		}
		return named(name, err)
	})
	switch {
	case err != nil:
		return d, err
	case !d.Role.IsDelegation() || d.Role.Parent() != parent:
		return d, fmt.Errorf("delegation %q is not a direct child of %q", d.Role, parent)
	}
	return d, checkThreshold(string(d.Role), d.Threshold)
}

func checkThreshold(role string, n int) error {
	if n < 1 {
		return fmt.Errorf("role %q has the threshold %d", role, n)
	}
	return nil
}

func (r *reader) paths() (all []string, err error) {
	if r.null() {
		return nil, nil
	}
	err = r.array(func() error {
		text, err := r.str()
		all = append(all, string(text))
		return errors.Join(err, r.list())
	})
	return all, err
}

// roleKeys reads a member of a role: its key IDs or its threshold.
func (r *reader) roleKeys(where string, name []byte, into *RoleKeys) error {
	switch string(name) {
	case "keyids":
		if r.null() {
			return nil
		}
		return named(name, r.array(func() error {
			id, err := r.listedID()
			into.KeyIDs = append(into.KeyIDs, id)
			return errors.Join(err, r.list())
		}))
	case "threshold":
		n, err := r.integer()
		if n > maxThreshold {
			n = maxThreshold // no role has as many keys
		}
		into.Threshold = int(n)
		return named(name, err)
	}
	return r.other(where, name)
}

// maxThreshold stands for every threshold that is too high to be met, so that an int
// holds it on any machine.
const maxThreshold = 1 << 30

func (r *reader) keys(into map[trustdata.ListedID]trustdata.PublicKey) error {
	if r.null() {
		return nil
	}
	return r.object(func(name []byte) error {
		if err := within(len(into), maxKeys, "keys"); err != nil {
			return err
		}
		id, err := trustdata.ParseListedID(string(name))
		if err != nil {
			return err
		}
		into[id], err = r.key()
		return named(name, err)
	})
}

// key reads a public key. Its type may be unknown: then it cannot verify anything.
func (r *reader) key() (k trustdata.PublicKey, err error) {
	err = r.object(func(name []byte) error {
		switch string(name) {
		case "keytype":
			text, err := r.str()
			k.Type = trustdata.KeyType(text)
			return named(name, err)
		case "keyval":
			return r.object(func(name []byte) error { return r.keyValue(name, &k) })
		}
		return r.other("keys.", name)
	})
	if err == nil && (k.Type == "" || len(k.Value) == 0) {
		err = fmt.Errorf("a key lacks its type or its public value")
	}
	return k, err
}

func (r *reader) keyValue(name []byte, k *trustdata.PublicKey) (err error) {
	switch string(name) {
	case "public":
		k.Value, err = r.base64()
		return named(name, err)
	case "private":
		if r.null() {
			return nil
		}
		if text, err := r.str(); err != nil || len(text) > 0 {
			return fmt.Errorf("a key has a private value, which no metadata may hold")
		}
		return nil
	}
	return r.other("keys.", name)
}

// The hash algorithms that the dialect knows.
const (
	hashSHA256 = "sha256"
	hashSHA512 = "sha512"
)

// known checks that m can identify a file: the SHA-256 is there, as in every file that
// the reference implementation accepts, and known hashes have their length.
func (m Meta) known() error {
	if m.Hashes[hashSHA256] == nil {
		return fmt.Errorf("it has no %s hash", hashSHA256)
	}
	for name, size := range map[string]int{hashSHA256: sha256.Size, hashSHA512: sha512.Size} {
		if sum, ok := m.Hashes[name]; ok && len(sum) != size {
			return fmt.Errorf("its %s hash is of %d bytes", name, len(sum))
		}
	}
	return nil
}
