package rotation

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"keyrite/trustdata/rotation/ceremony"
	"keyrite/trustdata/state"
)

// ErrCeremony is what a ceremony's file is refused with that is sound in itself and is not
// for now, not for here, or not for what was prepared.
var ErrCeremony = errors.New("this file is not to be used here")

// bundleFile has the file of a ceremony's part, in the folder of its operation.
const bundleFile = "ceremony.tar"

// keepBundle makes the file of a part durable before anything of it leaves this machine.
func (r *run) keepBundle(raw []byte) error {
	dir, err := state.OpenDir(r.journal.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	return state.WriteFile(dir, path.Join(openFolder, r.op.ID, bundleFile), raw)
}

// bundle reads back the file of an operation that is a part of a ceremony.
func (j *Journal) bundle(op *Operation) (*ceremony.Bundle, error) {
	folder := openFolder
	if op.Closed {
		folder = endedFolder
	}
	return ceremony.ReadFile(filepath.Join(j.dir, folder, op.ID, bundleFile))
}

// lookUp is an operation, ended or not, or nil where there is none of this ID.
func (j *Journal) lookUp(id string) (*Operation, error) {
	for _, folder := range []string{openFolder, endedFolder} {
		if _, err := os.Lstat(filepath.Join(j.dir, folder, id)); err != nil {
			continue
		}
		if op, err := j.read(folder, id); err != nil || op != nil {
			return op, err
		}
	}
	return nil, nil
}

// unprepared reports whether a ceremony was not prepared to its end. Its file leaves this
// machine only once every unit names it, so then it has not.
func (o *Operation) unprepared() bool {
	return o.Ceremony == OnlineSide && slices.ContainsFunc(o.Units, func(u *Unit) bool { return u.Bundle == "" })
}

// Online is the ceremony of this ID that was prepared here, ended or not, or nil where none
// was.
func (j *Journal) Online(id string) (*Operation, error) {
	op, err := j.lookUp(id)
	if op != nil && op.Ceremony != OnlineSide {
		op = nil
	}
	return op, err
}

// EndedAs says in the past tense how a ceremony came to its end here; "" while it has not.
func (o *Operation) EndedAs() string {
	switch {
	case !o.Ended():
		return ""
	case o.State() == StateDone:
		return "was published"
	case o.State() == StateAbandoned:
		return "was given up"
	}
	return "has ended (" + string(o.State()) + ")"
}

// handedOut reports whether a file that was signed here may be with somebody else already.
func (o *Operation) handedOut() bool {
	return o.Ceremony == OfflineSide && slices.ContainsFunc(o.Units, func(u *Unit) bool { return u.State == StateSigned })
}

// atCeremony is what there is to resume of a part of a ceremony: nothing that can be
// planned again without the file.
func (o *Operation) atCeremony() *Batch {
	b := &Batch{ID: o.ID, Kind: o.Kind, resumes: o}
	for _, u := range o.Units {
		if !u.State.Ended() && !u.State.Sent() {
			b.Left = append(b.Left, LeftOut{u.GUN, errors.New(o.ceremonyNext())})
		}
	}
	return b
}

// ceremonyNext says how a part of a ceremony goes on.
func (o *Operation) ceremonyNext() string {
	if o.Ceremony == OfflineSide {
		return "keyrite ceremony sign goes on with it, from the same file"
	}
	return fmt.Sprintf("keyrite ceremony publish goes on with it once the file is signed, and ceremony prepare --again %s writes that file once more", o.ID)
}

// ceremonyOutcome says how a part of a ceremony stands that has not ended.
func (o *Operation) ceremonyOutcome() string {
	return fmt.Sprintf("is unfinished: %s. %s; rotate --abandon %s gives it up", o.counts(), o.ceremonyNext(), o.ID)
}
