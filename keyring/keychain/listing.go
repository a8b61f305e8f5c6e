package keychain

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// Listing knows which keys were given to the keychain. It is a chained log of lines of the
// kind "remembered" or "forgotten", each with {"key_id": ...}; the last one counts.
type Listing struct {
	log  *state.Log
	path string
}

const (
	remembered = "remembered"
	forgotten  = "forgotten"
)

type entry struct {
	KeyID trustdata.KeyID `json:"key_id"`
}

// OpenListing reads the listing at path, which need not be there yet.
func OpenListing(path string, now func() time.Time) (*Listing, error) {
	log, err := state.OpenLog(path, now)
	if err != nil {
		return nil, err
	}
	l := &Listing{log: log, path: path}
	_, err = l.Keys()
	return l, err
}

// Keys are the keys that are remembered, sorted.
func (l *Listing) Keys() ([]trustdata.KeyID, error) {
	set := map[trustdata.KeyID]bool{}
	for _, rec := range l.log.Records() {
		var e entry
		err := json.Unmarshal(rec.Data, &e)
		if err == nil {
			_, err = trustdata.ParseKeyID(string(e.KeyID))
		}
		switch {
		case err == nil && rec.Kind == remembered:
			set[e.KeyID] = true
		case err == nil && rec.Kind == forgotten:
			delete(set, e.KeyID)
		default:
			return nil, fmt.Errorf("%q, line %d says of no key that it is remembered: %w", l.path, rec.Seq, state.ErrBroken)
		}
	}
	return slices.Sorted(maps.Keys(set)), nil
}

// Note writes down, durably, whether a key is remembered, if that is news.
func (l *Listing) Note(id trustdata.KeyID, is bool) error {
	keys, err := l.Keys()
	if err != nil || slices.Contains(keys, id) == is {
		return err
	}
	kind := forgotten
	if is {
		kind = remembered
	}
	return l.log.Append(kind, entry{id})
}

// Close gives the file back.
func (l *Listing) Close() error { return l.log.Close() }
