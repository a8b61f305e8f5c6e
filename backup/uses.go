package backup

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/notary"
)

// Use is one role that a key signs for, by the metadata in the backup.
type Use struct {
	GUN  trustdata.GUN `json:"gun"`
	Role string        `json:"role"`
	// Expires is the end of the role's metadata, zero where its file is not in the backup.
	Expires time.Time `json:"expires,omitzero"`
	// CertificateExpires is the end of a root key's certificate in this repository.
	CertificateExpires time.Time `json:"certificate_expires,omitzero"`
	// Verified says that the metadata verified when the backup was made, by the word of
	// whoever made it. All else is read from the metadata in the backup.
	Verified bool `json:"verified"`
}

// Repositories are those that the key signs for, by the metadata in the backup, sorted.
func (k Key) Repositories() []trustdata.GUN {
	var guns []trustdata.GUN
	for _, u := range k.SignsFor {
		guns = append(guns, u.GUN)
	}
	return slices.Compact(guns)
}

// use is a Use to compare, without the writer's word.
type use struct {
	gun        trustdata.GUN
	role       string
	ends, cert int64
}

func (u Use) plain() use {
	return use{u.GUN, u.Role, u.Expires.Unix(), u.CertificateExpires.Unix()}
}

// maxUses bounds what metadata can have a reader remember.
const maxUses = 1 << 20

// ledger collects from metadata what the keys of a backup sign for. It keeps nothing of
// other keys, so that metadata cannot make it grow.
type ledger struct {
	files iter.Seq[*File]
	keys  map[trustdata.KeyID]bool // of them, once metadata lists any key
	views map[viewOf]*view
	n     int // of listings
}

// viewOf names the metadata of one repository: keyrite's own, or what docker or notary
// had cached. The two may differ, and then keyrite's counts.
type viewOf struct {
	gun  trustdata.GUN
	kind Kind
}

// view is what one repository's files list.
type view struct {
	rooted bool
	ends   map[trustdata.Role]time.Time
	listed []listing
}

type listing struct {
	key  trustdata.KeyID
	role trustdata.Role
	cert time.Time
}

func newLedger(files iter.Seq[*File]) *ledger {
	return &ledger{files: files, views: map[viewOf]*view{}}
}

// holds reports whether a key is in the backup.
func (l *ledger) holds(id trustdata.KeyID) bool {
	if l.keys == nil {
		l.keys = map[trustdata.KeyID]bool{}
		for f := range l.files {
			if f.isKey() && f.KeyID != "" {
				l.keys[f.KeyID] = true
			}
		}
	}
	return l.keys[id]
}

// reads reports whether a file says what keys sign for now: older roots do not.
func (l *ledger) reads(f File) bool {
	switch f.Kind {
	case KindMetadata:
		return true
	case KindArchive:
		is, err := splitArchive(f.Path[len(archiveDir)+1:])
		return err == nil && is.version == ""
	}
	return false
}

// note reads one metadata file. One that cannot be read lists nothing.
func (l *ledger) note(f File, data []byte) {
	at := viewOf{f.GUN, f.Kind}
	v := l.views[at]
	if v == nil {
		v = &view{ends: map[trustdata.Role]time.Time{}}
		l.views[at] = v
	}
	switch role := trustdata.Role(f.Role); role {
	case trustdata.RoleRoot:
		if root, err := notary.ParseRoot(data); err == nil {
			v.rooted, v.ends[role] = true, root.Body.Expires
			for of, list := range root.Body.Roles {
				l.list(v, of, list.KeyIDs, root.Body.Keys)
			}
		}
	case trustdata.RoleSnapshot:
		if snapshot, err := notary.ParseSnapshot(data); err == nil {
			v.ends[role] = snapshot.Body.Expires
		}
	case trustdata.RoleTimestamp:
		if timestamp, err := notary.ParseTimestamp(data); err == nil {
			v.ends[role] = timestamp.Body.Expires
		}
	default:
		if targets, err := notary.ParseTargets(role, data); err == nil {
			v.ends[role] = targets.Body.Expires
			for _, d := range targets.Body.Delegations {
				l.list(v, d.Role, d.KeyIDs, targets.Body.Keys)
			}
		}
	}
}

// list notes the keys of a role that are in the backup.
func (l *ledger) list(v *view, role trustdata.Role, ids []trustdata.ListedID, keys map[trustdata.ListedID]trustdata.PublicKey) {
	for _, listed := range ids {
		public, ok := keys[listed]
		if !ok {
			continue
		}
		id, err := public.KeyID()
		if err != nil || !l.holds(id) || l.n >= maxUses {
			continue
		}
		l.n++
		at := listing{key: id, role: role}
		if chain, err := public.Certificates(); err == nil {
			at.cert = chain[0].NotAfter.UTC()
		}
		v.listed = append(v.listed, at)
	}
}

// uses are what each key signs for, sorted.
func (l *ledger) uses() map[trustdata.KeyID][]Use {
	all := map[trustdata.KeyID][]Use{}
	for at, v := range l.views {
		if own := l.views[viewOf{at.gun, KindArchive}]; at.kind == KindMetadata && own != nil && own.rooted {
			continue
		}
		for _, is := range v.listed {
			all[is.key] = append(all[is.key], Use{GUN: at.gun, Role: string(is.role), Expires: v.ends[is.role].UTC(), CertificateExpires: is.cert})
		}
	}
	for id, uses := range all {
		slices.SortFunc(uses, func(a, b Use) int {
			return cmp.Or(cmp.Compare(a.GUN, b.GUN), cmp.Compare(a.Role, b.Role), a.CertificateExpires.Compare(b.CertificateExpires))
		})
		all[id] = slices.CompactFunc(uses, func(a, b Use) bool { return a.plain() == b.plain() })
	}
	return all
}

// settle puts what the metadata says in the place of what the manifest says, which is
// damage where it says more.
func (l *ledger) settle(m *Manifest) error {
	uses := l.uses()
	known := make(map[trustdata.KeyID]map[use]*Use, len(uses))
	for id, list := range uses {
		known[id] = make(map[use]*Use, len(list))
		for i := range list {
			known[id][list[i].plain()] = &list[i]
		}
	}
	for i := range m.Files {
		f := &m.Files[i]
		for _, said := range f.SignsFor {
			is := known[f.KeyID][said.plain()]
			if is == nil || !f.isKey() {
				return disowned(f, said, uses[f.KeyID])
			}
			is.Verified = is.Verified || said.Verified
		}
		f.use(uses)
	}
	return nil
}

// use gives a key file what its key signs for.
func (f *File) use(uses map[trustdata.KeyID][]Use) {
	f.SignsFor = nil
	if f.isKey() && f.KeyID != "" {
		f.SignsFor = uses[f.KeyID]
	}
}

// disowned says what is wrong with a use that the metadata does not confirm.
func disowned(f *File, said Use, uses []Use) error {
	role, gun := shorten(said.Role), shorten(string(said.GUN))
	if slices.ContainsFunc(uses, func(u Use) bool { return u.GUN == said.GUN && u.Role == said.Role }) {
		return damage("%q is said to sign for %q of %q until another day than the metadata in the backup says", f.Path, role, gun)
	}
	return damage("%q is said to sign for %q of %q, and the metadata in the backup does not list it there", f.Path, role, gun)
}

// signsFor fills in what the keys of a planned backup sign for, from the very bytes that
// go in.
func (c *collection) signsFor(verified map[trustdata.GUN]bool) error {
	l := newLedger(func(yield func(*File) bool) {
		for _, e := range c.entries {
			if !yield(e.File) {
				return
			}
		}
	})
	for _, e := range c.entries {
		if !l.reads(*e.File) {
			continue
		}
		data, err := e.bytes()
		if err != nil {
			return err
		}
		l.note(*e.File, data)
	}
	uses := l.uses()
	for _, list := range uses {
		for i := range list {
			list[i].Verified = verified[list[i].GUN]
		}
	}
	for i := range c.entries {
		c.entries[i].use(uses)
	}
	return nil
}
