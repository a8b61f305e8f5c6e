package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"keyrite/trustdata"
)

// Known lists the repositories that something is remembered of, sorted. It fails with
// ErrBroken where a log cannot be read: leaving a repository out would hide it.
func (s *Store) Known() ([]trustdata.GUN, error) {
	dir := filepath.Join(s.dir, "seen")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var guns []trustdata.GUN
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".jsonl") {
			continue
		}
		gun, ok, err := s.knownIn(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if ok {
			guns = append(guns, gun)
		}
	}
	slices.Sort(guns)
	return guns, nil
}

// knownIn is the GUN that the log at path is about; ok is false for an empty log.
func (s *Store) knownIn(path string) (trustdata.GUN, bool, error) {
	defer s.take(path)()
	log, err := OpenLog(path, s.now)
	if err != nil || len(log.records) == 0 {
		return "", false, err
	}
	seen, err := decodeSeen(log)
	if err != nil {
		return "", false, err
	}
	if s.seenPath(seen.GUN) != path {
		return "", false, fmt.Errorf("%q is about %q, whose log has another name: %w", path, seen.GUN, ErrBroken)
	}
	return seen.GUN, true, nil
}
