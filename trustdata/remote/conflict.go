package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// ErrHistory is what every Conflict Is.
var ErrHistory = errors.New("does not follow from what this machine has seen")

// Conflict is the one alarm: a server gives out a version older than one that this machine
// has seen, or a root that the one it trusts does not vouch for. An old copy that was
// restored by mistake looks like this, and so does an attack. Nothing was stored.
type Conflict struct {
	// Refused is the *trustdata.VerifyError with role and reason.
	Refused error
	GUN     trustdata.GUN
	Server  string
	// At is when the server was asked, SeenAt when something new was last remembered of the
	// repository; zero where only docker or notary remember it.
	At, SeenAt time.Time
	// Known are the files that this machine has, Served those that the server gave out
	// before it was refused.
	Known, Served map[trustdata.Role][]byte
}

func (e *Conflict) Error() string { return e.Refused.Error() }

// Unwrap gives the refusal.
func (e *Conflict) Unwrap() error { return e.Refused }

// Is makes errors.Is(err, ErrHistory) true.
func (e *Conflict) Is(target error) bool { return target == ErrHistory }

// conflict is err as the alarm that it is, if it is one.
func (s *session) conflict(f *Fetcher, server string, err error) error {
	var refused *trustdata.VerifyError
	from, online := s.from.(*live)
	if !online || s.reached != nil || !errors.As(err, &refused) || refused.Reason != trustdata.ReasonRollback && refused.Reason != trustdata.ReasonChain {
		return err
	}
	e := &Conflict{Refused: err, GUN: s.policy.GUN, Server: server, At: s.now, SeenAt: s.seen.At,
		Known: map[trustdata.Role][]byte{}, Served: from.served}
	for _, l := range s.local {
		maps.Copy(e.Known, l.Files)
	}
	if f.Cache != nil {
		if files, err := f.Cache.Files(s.policy.GUN); err == nil {
			maps.Copy(e.Known, files)
		}
	}
	return e
}

// conflictFile is conflict.json of an export.
type conflictFile struct {
	Format int                                  `json:"format"`
	GUN    trustdata.GUN                        `json:"gun"`
	Server string                               `json:"server"`
	At     time.Time                            `json:"at"`
	SeenAt time.Time                            `json:"seen_at"`
	Detail string                               `json:"detail"`
	SHA256 map[string]map[trustdata.Role]string `json:"sha256"`
}

// Export writes both copies into dir, which must not be there or be empty: known/ and
// served/ with the raw files, and conflict.json with what was refused and every file's
// SHA-256. Nothing is replaced.
func (e *Conflict) Export(dir string) error {
	about := conflictFile{Format: 1, GUN: e.GUN, Server: e.Server, At: e.At.UTC(), SeenAt: e.SeenAt.UTC(),
		Detail: trustdata.VisibleError(e.Refused), SHA256: map[string]map[trustdata.Role]string{}}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("folder %q is not empty: %w", dir, os.ErrExist)
	}
	for name, files := range map[string]map[trustdata.Role][]byte{"known": e.Known, "served": e.Served} {
		about.SHA256[name] = map[trustdata.Role]string{}
		folder, err := state.OpenDir(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		defer folder.Close()
		for _, role := range slices.Sorted(maps.Keys(files)) {
			about.SHA256[name][role] = hexSum(files[role])
			if err := state.CreateFile(folder, fileName(role), files[role]); err != nil {
				return err
			}
		}
	}
	text, err := json.MarshalIndent(about, "", "  ")
	if err != nil {
		return err
	}
	folder, err := state.OpenDir(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	return state.CreateFile(folder, "conflict.json", append(text, '\n'))
}
