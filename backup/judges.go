package backup

import (
	"crypto/sha256"

	"keyrite/trustdata"
)

// judges look into key files while the next ones are read, some at a time and in their
// order, or only compare their hashes where the manifest is a known one. What they find
// wrong comes at a later call, or at the end.
type judges struct {
	take   take
	roll   *roll
	next   []keyMember
	bytes  int64
	ahead  []keyMember   // is being looked into
	looked chan struct{} // is closed when that is done; nil if there is nothing
	failed error         // what the first file that is wrong was wrong with
}

// keyMember is a key file that was read, and what is wrong with it.
type keyMember struct {
	at   int // in the roll
	data []byte
	err  error
}

// A turn of the judges ends with so many files or bytes.
const (
	turnFiles = 64
	turnBytes = 256 << 10
)

func (j *judges) add(at int, data []byte) error {
	j.next = append(j.next, keyMember{at: at, data: data})
	if j.bytes += int64(len(data)); len(j.next) < turnFiles && j.bytes < turnBytes {
		return nil
	}
	return j.turn()
}

// turn ends the turn before and begins one.
func (j *judges) turn() error {
	if err := j.wait(); err != nil {
		return err
	}
	j.ahead, j.next, j.bytes = j.next, j.ahead[:0], 0
	turn, looked := j.ahead, make(chan struct{})
	j.looked = looked
	go trustdata.Guarded(func() {
		defer close(looked)
		for i := range turn {
			m := &turn[i]
			if m.err = j.judge(&j.roll.files[m.at], m.data); m.err != nil {
				return
			}
		}
	})()
	return nil
}

func (j *judges) judge(f *File, data []byte) error {
	if j.take.known == nil {
		return f.judge(data)
	}
	sum := sha256.Sum256(data)
	return sameHash(f, sum[:])
}

// wait waits for the turn that is under way, and hands on its files up to one that is wrong.
func (j *judges) wait() error {
	if j.looked == nil {
		return nil
	}
	<-j.looked
	j.looked = nil
	for _, m := range j.ahead {
		if f := &j.roll.files[m.at]; m.err == nil && j.take.wants != nil && j.take.wants(*f) {
			m.err = j.take.given(*f, m.data)
		}
		if m.err != nil {
			j.failed = m.err
			return m.err
		}
		j.roll.whole[m.at] = true
	}
	return nil
}

// end looks into what is left, and gives the error of the first file that was wrong.
func (j *judges) end() error {
	if j.failed != nil {
		return j.failed
	}
	if err := j.turn(); err != nil {
		return err
	}
	return j.wait()
}
