package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/ui/keys"
)

// changedKey is a key after a change, in JSON: the fields of keys list and what was done.
type changedKey struct {
	keyRow
	State      string          `json:"state"`
	PublicFile string          `json:"public_file,omitempty"`
	From       string          `json:"from,omitempty"`
	To         string          `json:"to,omitempty"`
	Trashed    []string        `json:"trashed,omitempty"`
	ListedBy   []trustdata.GUN `json:"listed_by,omitempty"`
}

// keyPlan begins the plan of a change to key files.
func keyPlan(kind, id string, steps ...string) planJSON {
	return planJSON{ID: id, Kind: kind, Steps: steps, Needs: []rotation.Need{}, Changes: []string{}, WillNotFollow: []string{}}
}

func (c *cli) emitKeyPlan(title string, p planJSON) error {
	page := keys.Plan{Title: title, Changes: p.Changes, Steps: p.Steps, Follows: p.WillNotFollow}
	for _, n := range p.Needs {
		page.Needs = append(page.Needs, needSentence(n))
	}
	return c.emitPlan(p, keys.PlanPage(page))
}

func needSentence(n rotation.Need) string {
	switch {
	case n.New:
		return fmt.Sprintf("a passphrase for the %s key, typed twice: %s", n.Role, n.Why)
	case n.KeyID == "":
		return fmt.Sprintf("the passphrase of a %s key: %s", n.Role, n.Why)
	}
	return fmt.Sprintf("the passphrase of %s key %s: %s", n.Role, n.KeyID.Short(), n.Why)
}

// changeKeys opens a session for a verb that changes key files. Adds says that the first
// trust directory may be made; others that are not there hold no key.
func (c *cli) changeKeys(adds bool) (*session, error) {
	if c.flags.readOnly && !c.flags.dryRun {
		return nil, fmt.Errorf("this changes keys: %w", keyring.ErrReadOnly)
	}
	s, err := c.open()
	if err != nil {
		return nil, err
	}
	for i, path := range s.paths.trust {
		made := adds && i == 0
		if missing(path) && !made {
			if c.flags.trustDirGiven {
				return nil, fmt.Errorf("trust directory %q: %w", path, fs.ErrNotExist)
			}
			continue
		}
		dir, err := keyring.OpenDir(path, keyring.DirOptions{ReadOnly: c.flags.dryRun, Create: made})
		if err != nil {
			return nil, err
		}
		s.dirs = append(s.dirs, dir)
		s.keys = append(s.keys, dir)
	}
	return s, nil
}

// The operations under which keys wait in pending/ while a verb here works.
const (
	opGenerate = "generate"
	opPasswd   = "passwd"
)

// underLock makes a change while no other program can. First it finishes or undoes what a
// run that was cut short has left: a generated key, which is whole and nobody's yet, comes
// in; a file with a new passphrase, whose key is in its place, goes to the trash.
func (c *cli) underLock(ctx context.Context, s *session, do func() error) error {
	unlock, err := s.keys.Lock(ctx)
	if err != nil {
		return err
	}
	err = c.settle(ctx, s)
	if err == nil {
		err = do()
	}
	return errors.Join(err, unlock())
}

func (c *cli) settle(ctx context.Context, s *session) error {
	waiting, err := s.keys.Pending(ctx)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		switch w.Op {
		case opGenerate:
			if err := s.keys.Promote(ctx, w.Op, w.KeyID); err != nil {
				return err
			}
			c.say("key %s of a run that was cut short was moved from pending/ into private/", w.KeyID.Short())
			s.act("generate key", string(w.KeyID), "finished after a run that was cut short")
		case opPasswd:
			path, err := s.keys.Discard(ctx, w.Op, w.KeyID, c.now())
			if err != nil {
				return err
			}
			c.say("a change of passphrase of key %s was cut short before it took effect; the unused file is now %s", w.KeyID.Short(), trustdata.Visible(path))
		case keyring.ReplaceOp:
			path, err := s.keys.Discard(ctx, w.Op, w.KeyID, c.now())
			if err != nil {
				return err
			}
			c.say("a restore was cut short before key %s was replaced; the file from the backup is now %s", w.KeyID.Short(), trustdata.Visible(path))
		}
	}
	return nil
}

// act notes a change of keys in the activity log. That it cannot be noted undoes nothing,
// so it is said and no error.
func (s *session) act(what, on, detail string) {
	if err := s.state.Activity().Append(state.Act{What: what, On: on, Result: "done", Detail: detail}); err != nil {
		s.note("this could not be recorded: " + trustdata.VisibleError(err))
	}
}

// rowOf is how a key is listed now, in the first store that has it.
func rowOf(ctx context.Context, s *session, id trustdata.KeyID) (keyring.Info, error) {
	infos, err := s.keys.List(ctx)
	if err != nil {
		return keyring.Info{}, err
	}
	at := slices.IndexFunc(infos, func(i keyring.Info) bool { return i.KeyID == id })
	if at < 0 {
		return keyring.Info{}, fmt.Errorf("key %s is not listed after it was written: %w", id, fs.ErrNotExist)
	}
	return infos[at], nil
}

// pickKey finds the one key that was typed and all its files.
func (s *session) pickKey(ctx context.Context, typed string) (keyring.Info, []keyring.Info, error) {
	infos, err := s.keys.List(ctx)
	if err != nil {
		return keyring.Info{}, nil, err
	}
	info, err := pick(infos, typed)
	if err != nil {
		return info, nil, err
	}
	return info, slices.DeleteFunc(infos, func(i keyring.Info) bool { return i.KeyID != info.KeyID }), nil
}

// errLegacy refuses to change a file in an old layout.
func errLegacy(i keyring.Info, deed string) error {
	return fmt.Errorf("key %q lies in a layout of old clients, which keyrite reads and never changes, so it cannot be %s: %q", i.KeyID.Short(), deed, i.Path)
}
