package rotation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// ErrUnfinished is what a new operation Is refused with on a repository of which it is not
// settled what became of an earlier one.
var ErrUnfinished = errors.New("an earlier change of it is unfinished")

// Journal keeps every operation, so that any moment can be the last one before a power
// cut. Its folder has
//
//	rotations.jsonl                       a line for each operation that has ended
//	rotations/<ID>/journal.jsonl          the steps of one, each durable before the next begins
//	rotations/<ID>/<SHA-256 of GUN>.json  the exact bytes of an upload
//	rotations/<ID>/ceremony.tar           the file that was prepared, or signed, for a ceremony
//	ended/<ID>/                           the same once it has ended
//
// None of it is secret. A new private key is never here: it waits in the trust directory.
type Journal struct {
	dir string
	now func() time.Time

	mu    sync.Mutex
	ended *state.Log
}

const (
	openFolder  = "rotations"
	endedFolder = "ended"
	stepsFile   = "journal.jsonl"
)

// OpenJournal is the journal in the state folder dir, which need not exist.
func OpenJournal(dir string, now func() time.Time) (*Journal, error) {
	ended, err := state.OpenLog(filepath.Join(dir, "rotations.jsonl"), now)
	if err != nil {
		return nil, err
	}
	return &Journal{dir: dir, now: now, ended: ended}, nil
}

// Close gives its file back.
func (j *Journal) Close() error { return j.ended.Close() }

// Unfinished are the operations that have not ended, oldest first.
func (j *Journal) Unfinished() ([]*Operation, error) {
	entries, err := os.ReadDir(filepath.Join(j.dir, openFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []*Operation
	for _, e := range entries { // sorted, and an ID begins with its time
		op, err := j.read(openFolder, e.Name())
		if err != nil {
			return nil, err
		}
		if op != nil {
			all = append(all, op)
		}
	}
	return all, nil
}

// Past are the operations that have ended, oldest first.
func (j *Journal) Past() ([]*Operation, error) {
	var all []*Operation
	for _, rec := range j.ended.Records() {
		op := &Operation{}
		if rec.Kind != recordEnded {
			continue
		}
		if err := json.Unmarshal(rec.Data, op); err != nil {
			return nil, fmt.Errorf("line %d of the list of rotations: %w", rec.Seq, state.ErrBroken)
		}
		all = append(all, op)
	}
	return all, nil
}

// HeldByServer reports whether the last finished change of a role's key here gave it to
// the server.
func (j *Journal) HeldByServer(gun trustdata.GUN, role trustdata.Role) (bool, error) {
	past, err := j.Past()
	return heldByServer(past, gun, role), err
}

func heldByServer(past []*Operation, gun trustdata.GUN, role trustdata.Role) bool {
	held := false
	for _, op := range past {
		if u := op.Unit(gun); u != nil && u.Role == role && u.State == StateDone {
			held = u.To == Server
		}
	}
	return held
}

// Find is an unfinished operation by its ID or the beginning of it.
func (j *Journal) Find(id string) (*Operation, error) {
	all, err := j.Unfinished()
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(all, func(o *Operation) bool { return !strings.HasPrefix(o.ID, id) })
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("no unfinished operation %q: keyrite rotations lists them", id)
	case 1:
		return found[0], nil
	}
	return nil, usagef("%d unfinished operations begin with %q", len(found), id)
}

// Reload is an operation as its journal has it now, ended or not.
func (j *Journal) Reload(id string) (*Operation, error) {
	op, err := j.lookUp(id)
	if err == nil && op == nil {
		err = fmt.Errorf("no operation %q", id)
	}
	return op, err
}

// Record is an operation, ended or not, by its ID or the beginning of it, with the SHA-256
// of the last line of its journal: that vouches for every step before it.
func (j *Journal) Record(id string) (op *Operation, head string, err error) {
	for _, folder := range []string{openFolder, endedFolder} {
		entries, err := os.ReadDir(filepath.Join(j.dir, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, "", err
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), id) {
				continue
			}
			if op != nil {
				return nil, "", usagef("several operations begin with %q", id)
			}
			log, err := j.steps(folder, e.Name())
			if err != nil {
				return nil, "", err
			}
			if op, err = replay(log.Records()); err != nil {
				return nil, "", err
			}
			head = log.Head()
		}
	}
	if op == nil {
		return nil, "", fmt.Errorf("no operation %q: keyrite rotations lists them", id)
	}
	return op, head, nil
}

// Verify replays every journal and gives how many there are. ErrBroken says that one was
// changed.
func (j *Journal) Verify() (int, error) {
	n := 0
	for _, folder := range []string{openFolder, endedFolder} {
		entries, err := os.ReadDir(filepath.Join(j.dir, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return n, err
		}
		for _, e := range entries {
			if _, err := j.read(folder, e.Name()); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

func (j *Journal) steps(folder, id string) (*state.Log, error) {
	return state.OpenLog(filepath.Join(j.dir, folder, id, stepsFile), j.now)
}

// blocked is ErrUnfinished where something that was sent for one of these repositories is
// not settled.
func (j *Journal) blocked(units []*Unit) error {
	all, err := j.Unfinished()
	if err != nil {
		return err
	}
	for _, op := range all {
		sent := op.sent()
		for _, u := range units {
			if sent[u.GUN] {
				return fmt.Errorf("%q: %w (%s of %s): keyrite rotate --resume %s asks the server what became of it", u.GUN, ErrUnfinished,
					op.Kind, op.Started.UTC().Format("2006-01-02 15:04"), op.ID)
			}
		}
	}
	return nil
}

// read replays the journal of an operation. A folder without a first step is what a
// crash has left that came before it: there is nothing to it, and the result is nil.
func (j *Journal) read(folder, id string) (*Operation, error) {
	log, err := j.steps(folder, id)
	if err != nil {
		return nil, err
	}
	return replay(log.Records())
}
