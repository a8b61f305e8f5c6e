package rotation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/state"
)

// run is an operation under way: each of its steps is durable when the call returns.
type run struct {
	journal *Journal
	log     *state.Log

	mu sync.Mutex
	op *Operation

	// coming are the new keys that were to be brought in so far.
	coming map[trustdata.KeyID]*coming
}

// coming is a new key on its way from pending/ to its place, or there.
type coming struct {
	mu sync.Mutex
	in bool
}

// begin opens an operation on these units. A unit whose repository has something sent and
// not settled is refused with ErrUnfinished. A plan that was given up and is taken up again
// is another operation, with an ID of its own.
func (j *Journal) begin(op *Operation) (*run, error) {
	if err := j.blocked(op.Units); err != nil {
		return nil, err
	}
	if j.knows(op.ID) {
		op.ID = operationID(j.now())
	}
	for _, u := range op.Units {
		u.State = StatePlanned
	}
	op.Started = j.now().UTC()
	if err := j.folder(op.ID); err != nil {
		return nil, fmt.Errorf("nothing was done, because it could not be recorded: %w", err)
	}
	r, err := j.resume(op)
	if err != nil {
		return nil, err
	}
	if err := r.log.Append(recordIntent, op); err != nil {
		return nil, errors.Join(fmt.Errorf("nothing was done, because it could not be recorded: %w", err), r.close())
	}
	return r, nil
}

// knows reports whether there was an operation of that ID.
func (j *Journal) knows(id string) bool {
	for _, folder := range []string{openFolder, endedFolder} {
		if _, err := os.Lstat(filepath.Join(j.dir, folder, id)); err == nil {
			return true
		}
	}
	return false
}

// folder makes the folder of an operation, durably.
func (j *Journal) folder(id string) error {
	dir, err := state.OpenDir(j.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	return state.MakeDir(dir, path.Join(openFolder, id))
}

// resume opens the journal of an operation to go on writing it.
func (j *Journal) resume(op *Operation) (*run, error) {
	log, err := state.OpenLog(filepath.Join(j.dir, openFolder, op.ID, stepsFile), j.now)
	if err != nil {
		return nil, err
	}
	return &run{journal: j, log: log, op: op}, nil
}

func (r *run) close() error { return r.log.Close() }

// stored notes a new key that is in pending/ and was opened there.
func (r *run) stored(staged keyring.Staged, role trustdata.Role, gun trustdata.GUN) error {
	return note(r, recordKey, &r.op.Keys, Stored{KeyID: staged.KeyID, Role: role, GUN: gun})
}

// saved notes a backup, waived what was done without.
func (r *run) saved(s Saved) error        { return note(r, recordBackup, &r.op.Backups, s) }
func (r *run) waived(reason string) error { return note(r, recordWaived, &r.op.Waived, reason) }

// note appends a record and adds it to the operation.
func note[T any](r *run, kind string, list *[]T, one T) error {
	if err := r.log.Append(kind, one); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	*list = append(*list, one)
	return nil
}

// signed makes the exact bytes of a unit's upload durable, and then notes them.
func (r *run) signed(u *Unit, files map[trustdata.Role][]byte) error {
	data, err := json.Marshal(files)
	if err != nil {
		return err
	}
	dir, err := os.OpenRoot(filepath.Join(r.journal.dir, openFolder, r.op.ID))
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := state.WriteFile(dir, payloadName(u.GUN), data); err != nil {
		return err
	}
	u.Payload = hash(data)
	return r.step(u, StateSigned, "")
}

// payload reads back what was signed for a unit, and checks that it is that.
func (j *Journal) payload(op *Operation, u *Unit) (map[trustdata.Role][]byte, error) {
	return readPayload(filepath.Join(j.dir, openFolder, op.ID, payloadName(u.GUN)), u)
}

func readPayload(path string, u *Unit) (map[trustdata.Role][]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var files map[trustdata.Role][]byte
	if hash(data) != u.Payload || json.Unmarshal(data, &files) != nil {
		return nil, fmt.Errorf("%q is not what was sent for %q: %w", path, u.GUN, state.ErrBroken)
	}
	return files, nil
}

func payloadName(gun trustdata.GUN) string {
	sum := sha256.Sum256([]byte(gun))
	return hex.EncodeToString(sum[:]) + ".json"
}

// submitting notes that a unit's upload is about to be sent, once more.
func (r *run) submitting(u *Unit) error {
	r.mu.Lock()
	u.Tries++
	r.mu.Unlock()
	return r.step(u, StateSubmitting, "")
}

// made are the new keys of a unit that were made here.
func (r *run) made(u *Unit) (ids []trustdata.KeyID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.op.Keys {
		if slices.Contains(u.NewKeys, k.KeyID) {
			ids = append(ids, k.KeyID)
		}
	}
	return ids
}

// bringIn calls promote for a new key, unless that has succeeded for another unit: then the
// key is where it can sign, and durably so.
func (r *run) bringIn(id trustdata.KeyID, promote func() error) error {
	r.mu.Lock()
	if r.coming == nil {
		r.coming = map[trustdata.KeyID]*coming{}
	}
	key := r.coming[id]
	if key == nil {
		key = &coming{}
		r.coming[id] = key
	}
	r.mu.Unlock()
	key.mu.Lock()
	defer key.mu.Unlock()
	if key.in {
		return nil
	}
	err := promote()
	key.in = err == nil
	return err
}

// step notes that a unit has come to a state.
func (r *run) step(u *Unit, to State, why string) error {
	next := *u
	next.State, next.Why, next.Since = to, why, r.journal.now().UTC()
	if err := r.log.Append(recordUnit, next); err != nil {
		return fmt.Errorf("the step %q of %q could not be recorded: %w", to, u.GUN, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	u.State, u.Why, u.Since = next.State, next.Why, next.Since
	return nil
}

// end closes the journal of an operation whose units have all ended, enters it into the
// list of past ones, and puts its folder beside theirs. Any other stays open.
func (r *run) end() error {
	r.mu.Lock()
	open := !r.op.Ended()
	r.op.Closed = !open
	if r.op.Closed {
		r.op.Finished = r.journal.now().UTC()
	}
	r.mu.Unlock()
	if open {
		return r.close()
	}
	if err := errors.Join(r.log.Append(recordEnded, struct{}{}), r.close()); err != nil {
		return err
	}
	return r.journal.archive(r.op)
}

// archive is the rest of end, and can be done twice: a crash in the middle leaves it to the
// next start.
func (j *Journal) archive(op *Operation) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	past, err := j.Past()
	if err != nil {
		return err
	}
	known := false
	for _, p := range past {
		known = known || p.ID == op.ID
	}
	if !known {
		if err := j.ended.Append(recordEnded, op); err != nil {
			return err
		}
	}
	dir, err := state.OpenDir(j.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := state.MakeDir(dir, endedFolder); err != nil {
		return err
	}
	return state.Rename(dir, path.Join(openFolder, op.ID), path.Join(endedFolder, op.ID))
}
