package notary

import (
	"cmp"
	"maps"
	"slices"
)

// Entries are the targets of one file in ascending order of their names as bytes, as they
// stand in its canonical form. Each name is there once. There may be a hundred thousand,
// which is why they are no map: a file is read from its beginning to its end, and hardly
// any name is ever looked up.
type Entries []NamedEntry

// NamedEntry is one target with its name.
type NamedEntry struct {
	Name string
	Entry
}

// EntriesOf are the entries of a map.
func EntriesOf(byName map[string]Entry) Entries {
	all := make(Entries, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, NamedEntry{name, byName[name]})
	}
	return all
}

func (e Entries) find(name string) (int, bool) {
	return slices.BinarySearchFunc(e, name, func(one NamedEntry, name string) int { return cmp.Compare(one.Name, name) })
}

// Get is the entry of a name.
func (e Entries) Get(name string) (Entry, bool) {
	at, ok := e.find(name)
	if !ok {
		return Entry{}, false
	}
	return e[at].Entry, true
}

// Put sets the entry of a name, whether it is there or not.
func (e *Entries) Put(name string, entry Entry) {
	at, ok := e.find(name)
	if !ok {
		*e = slices.Insert(*e, at, NamedEntry{Name: name})
	}
	(*e)[at].Entry = entry
}

// Delete takes a name out, if it is there.
func (e *Entries) Delete(name string) {
	if at, ok := e.find(name); ok {
		*e = slices.Delete(*e, at, at+1)
	}
}

// clone is a copy that shares only the bytes of hashes and custom data.
func (e Entries) clone() Entries {
	all := slices.Clone(e)
	for i := range all {
		all[i].Hashes.More = maps.Clone(all[i].Hashes.More)
	}
	return all
}
