package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"keyrite/trustdata"
)

// ErrBackwards is what Remember returns for a root that is older than the one
// remembered, or that has its version and other bytes.
var ErrBackwards = errors.New("older than what was seen before")

// RootSeen names one root.json: its version, and the SHA-256 of the whole file in
// lower-case hex.
type RootSeen struct {
	Version int64  `json:"version"`
	SHA256  string `json:"sha256"`
}

// Seen is what must not be forgotten of one repository: the server that it was read
// from, the newest root, and the highest version of every other role.
type Seen struct {
	GUN      trustdata.GUN            `json:"gun"`
	Server   string                   `json:"server"`
	Root     RootSeen                 `json:"root"`
	Versions map[trustdata.Role]int64 `json:"versions"`
	// Chained are other roots that Root was found to follow from: those remembered before
	// it, and those that docker or notary hold. Only the newest maxChained are kept.
	Chained []RootSeen `json:"chained,omitempty"`
	// Renewed are roles that Root lists other keys for than the root remembered before: what
	// was seen of their versions ends there. It counts only with a newer root.
	Renewed []trustdata.Role `json:"renewed,omitempty"`
	// At is when this was noted.
	At time.Time `json:"-"`
}

// maxChained bounds Seen.Chained. What is dropped is only to be followed once more.
const maxChained = 64

// Follows reports whether Root is the one with this hash, or was found to follow from it.
func (s Seen) Follows(sha256hex string) bool {
	return s.Root.SHA256 == sha256hex || slices.ContainsFunc(s.Chained, func(r RootSeen) bool { return r.SHA256 == sha256hex })
}

// Store is the folder of everything remembered:
//
//	seen/<SHA-256 of the GUN>.jsonl   a Log of kind "seen" per repository
//	activity.jsonl                    a Log of what was changed from here
//	snoozed.jsonl                     a Log of the findings that were put off
//	orders.json                       how lists were ordered last, which may be lost
type Store struct {
	dir string
	now func() time.Time

	mu       sync.Mutex
	inHand   map[string]*sync.Mutex // by a log's path
	activity *Log                   // open for appending, from the first act on
}

// OpenStore is the store at dir, which need not exist. A folder that cannot be written
// can be read: only what notes something fails.
func OpenStore(dir string, now func() time.Time) (*Store, error) {
	if dir == "" {
		return nil, fmt.Errorf("the state folder has no name")
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("state folder %q is not a folder", dir)
	}
	return &Store{dir: dir, now: now}, nil
}

// take locks the log at path against the other goroutines, each repository's by itself, so
// that they wait for the disk side by side.
func (s *Store) take(path string) (release func()) {
	s.mu.Lock()
	if s.inHand == nil {
		s.inHand = map[string]*sync.Mutex{}
	}
	one := s.inHand[path]
	if one == nil {
		one = new(sync.Mutex)
		s.inHand[path] = one
	}
	s.mu.Unlock()
	one.Lock()
	return one.Unlock
}

// Seen is what is remembered of gun; ok is false where that is nothing.
func (s *Store) Seen(gun trustdata.GUN) (seen Seen, ok bool, err error) {
	defer s.take(s.seenPath(gun))()
	log, err := OpenLog(s.seenPath(gun), s.now)
	if err != nil {
		return Seen{}, false, err
	}
	return lastSeen(log, gun)
}

// Remember notes what was seen, if it says anything new. The version of a role never
// goes down: the higher one stays, and a role that next does not name stays as it was,
// unless a newer root has renewed it. A root that goes back is ErrBackwards, and nothing is noted.
func (s *Store) Remember(next Seen) error {
	defer s.take(s.seenPath(next.GUN))()
	log, err := OpenLog(s.seenPath(next.GUN), s.now)
	if err != nil {
		return err
	}
	defer log.Close()
	return log.update("seen", func() (any, error) { return merge(log, next) })
}

// Forget notes that gun is to be met as for the first time, because its root key is lost
// or its server was reset, and somebody who knows has founded it anew. What was seen
// before stays in the log.
func (s *Store) Forget(gun trustdata.GUN) error {
	defer s.take(s.seenPath(gun))()
	log, err := OpenLog(s.seenPath(gun), s.now)
	if err != nil {
		return err
	}
	defer log.Close()
	return log.update(forgotten, func() (any, error) {
		if _, ok, err := lastSeen(log, gun); err != nil || !ok {
			return nil, err
		}
		return Seen{GUN: gun, Versions: map[trustdata.Role]int64{}}, nil
	})
}

// forgotten is the kind of the record that ends what was remembered before it.
const forgotten = "forgotten"

// merge gives the record to add, or nil where next says nothing new.
func merge(log *Log, next Seen) (any, error) {
	old, ok, err := lastSeen(log, next.GUN)
	if err != nil {
		return nil, err
	}
	if next.Root.Version < old.Root.Version || ok && next.Root.Version == old.Root.Version && next.Root.SHA256 != old.Root.SHA256 {
		return nil, fmt.Errorf("root version %d of %q: %w (version %d)", next.Root.Version, next.GUN, ErrBackwards, old.Root.Version)
	}
	versions := maps.Clone(old.Versions)
	if versions == nil {
		versions = map[trustdata.Role]int64{}
	}
	if next.Root.Version == old.Root.Version {
		next.Renewed = nil
	}
	for _, role := range next.Renewed {
		delete(versions, role)
	}
	for role, v := range next.Versions {
		versions[role] = max(v, versions[role])
	}
	next.Versions = versions
	next.Chained = chained(old, next)
	if ok && next.Server == old.Server && next.Root == old.Root && maps.Equal(next.Versions, old.Versions) && slices.Equal(next.Chained, old.Chained) {
		return nil, nil
	}
	return next, nil
}

// chained are the roots that next's follows from, the newest last.
func chained(old, next Seen) []RootSeen {
	all := slices.Clone(old.Chained)
	add := func(r RootSeen) {
		if r.Version > 0 && r != next.Root && !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	add(old.Root)
	for _, r := range next.Chained {
		add(r)
	}
	return all[max(0, len(all)-maxChained):]
}

func lastSeen(log *Log, gun trustdata.GUN) (Seen, bool, error) {
	if len(log.records) == 0 {
		return Seen{}, false, nil
	}
	seen, err := decodeSeen(log)
	if err != nil {
		return Seen{}, false, err
	}
	if seen.GUN != gun {
		return Seen{}, false, fmt.Errorf("%q, last line is not about %q: %w", log.path, gun, ErrBroken)
	}
	if log.records[len(log.records)-1].Kind == forgotten {
		return Seen{}, false, nil
	}
	return seen, true, nil
}

// decodeSeen reads the last record of a log that has one.
func decodeSeen(log *Log) (Seen, error) {
	last := log.records[len(log.records)-1]
	seen := Seen{At: last.Time}
	if err := json.Unmarshal(last.Data, &seen); err != nil || seen.GUN == "" {
		return Seen{}, fmt.Errorf("%q, last line is about no repository: %w", log.path, ErrBroken)
	}
	return seen, nil
}

func (s *Store) seenPath(gun trustdata.GUN) string {
	sum := sha256.Sum256([]byte(gun))
	return filepath.Join(s.dir, "seen", hex.EncodeToString(sum[:])+".jsonl")
}
