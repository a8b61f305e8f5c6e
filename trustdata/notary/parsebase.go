package notary

import (
	"fmt"
	"slices"

	"keyrite/trustdata"
)

// ParseRoot reads root.json. All four base roles must be there, each with keys that the
// file lists and a threshold that they can meet. Further roles, which the reference
// implementation tolerates, are named in Unknown.
func ParseRoot(raw []byte) (*File[Root], error) {
	return parse(trustdata.RoleRoot, raw, func(r *reader) (b Root, err error) {
		b.Keys = map[trustdata.ListedID]trustdata.PublicKey{}
		b.Roles = map[trustdata.Role]RoleKeys{}
		err = r.body("Root", &b.Version, &b.Expires, func(name []byte) (err error) {
			switch string(name) {
			case "keys":
				return r.keys(b.Keys)
			case "roles":
				return r.rootRoles(b.Roles)
			case "consistent_snapshot":
				b.ConsistentSnapshot, err = r.boolean()
				return err
			}
			return r.other("", name)
		})
		b.Unknown = r.unknown
		if err == nil {
			err = b.check()
		}
		return b, err
	})
}

func (r *reader) rootRoles(into map[trustdata.Role]RoleKeys) error {
	return r.object(func(name []byte) error {
		role := trustdata.Role(name)
		if !role.IsBase() {
			return r.other("roles.", name)
		}
		var keys RoleKeys
		err := r.object(func(name []byte) error { return r.roleKeys("roles.", name, &keys) })
		into[role] = keys
		return named(name, err)
	})
}

func (b Root) check() error {
	for _, role := range trustdata.BaseRoles {
		keys, ok := b.Roles[role]
		if !ok {
			return fmt.Errorf("it does not list the role %q", role)
		}
		if err := checkThreshold(string(role), keys.Threshold); err != nil {
			return err
		}
		for _, id := range keys.KeyIDs {
			if _, ok := b.Keys[id]; !ok {
				return fmt.Errorf("role %q lists the key %q, which is not among the keys", role, id)
			}
		}
		if n := distinct(keys.KeyIDs); n < keys.Threshold {
			return fmt.Errorf("role %q has the threshold %d with %d keys", role, keys.Threshold, n)
		}
	}
	return nil
}

// ParseSnapshot reads snapshot.json. It must name root and targets, each with its
// SHA-256. What it names must be roles.
func ParseSnapshot(raw []byte) (*File[Snapshot], error) {
	return parse(trustdata.RoleSnapshot, raw, func(r *reader) (b Snapshot, err error) {
		b.Meta = map[trustdata.Role]Meta{}
		err = r.body("Snapshot", &b.Version, &b.Expires, func(name []byte) error {
			if string(name) != "meta" {
				return r.other("", name)
			}
			return r.metas(b.Meta)
		})
		b.Unknown = r.unknown
		if err == nil {
			err = requireMeta(b.Meta, trustdata.RoleRoot, trustdata.RoleTargets)
		}
		return b, err
	})
}

// ParseTimestamp reads timestamp.json. It must name the snapshot with its SHA-256.
func ParseTimestamp(raw []byte) (*File[Timestamp], error) {
	return parse(trustdata.RoleTimestamp, raw, func(r *reader) (b Timestamp, err error) {
		meta := map[trustdata.Role]Meta{}
		err = r.body("Timestamp", &b.Version, &b.Expires, func(name []byte) error {
			if string(name) != "meta" {
				return r.other("", name)
			}
			return r.metas(meta)
		})
		if err == nil {
			err = requireMeta(meta, trustdata.RoleSnapshot)
		}
		b.Snapshot = meta[trustdata.RoleSnapshot]
		delete(meta, trustdata.RoleSnapshot)
		for role := range meta {
			r.unknown = append(r.unknown, "meta."+string(role))
		}
		b.Unknown = r.unknown
		return b, err
	})
}

func requireMeta(meta map[trustdata.Role]Meta, roles ...trustdata.Role) error {
	for _, role := range roles {
		m, ok := meta[role]
		if !ok {
			return fmt.Errorf("it does not name the file of %q", role)
		}
		if err := m.known(); err != nil {
			return fmt.Errorf("entry of %q: %w", role, err)
		}
	}
	return nil
}

func (r *reader) metas(into map[trustdata.Role]Meta) error {
	return r.object(func(name []byte) error {
		if err := within(len(into), maxFiles, "files"); err != nil {
			return err
		}
		role, err := trustdata.ParseRole(string(name))
		if err != nil {
			return err
		}
		into[role], err = r.meta()
		return named(name, err)
	})
}

func (r *reader) meta() (m Meta, err error) {
	m.Length = -1
	err = r.object(func(name []byte) (err error) {
		switch string(name) {
		case "hashes":
			m.Hashes, err = r.hashes()
		case "length":
			m.Length, err = r.length()
		default:
			return r.other("meta.", name)
		}
		return named(name, err)
	})
	if err == nil && m.Length < 0 {
		err = fmt.Errorf("a file has no length")
	}
	return m, err
}

func distinct(ids []trustdata.ListedID) int {
	return len(slices.Compact(slices.Sorted(slices.Values(ids))))
}
