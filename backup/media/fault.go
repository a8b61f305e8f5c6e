package media

import (
	"errors"
	"io/fs"
	"syscall"
)

// fault is an error on its way from the helper: what it says, and what it Is.
type fault struct {
	Text string `json:"text"`
	// Op and Path are those of the fs.PathError in it, if there is one.
	Op    string        `json:"op,omitempty"`
	Path  string        `json:"path,omitempty"`
	Errno syscall.Errno `json:"errno,omitempty"`
	// Kind names the error of the standard library or of this package that it Is, where no
	// number of the system says so.
	Kind string `json:"kind,omitempty"`
}

// kinds are the errors without a number that callers test for.
var kinds = map[string]error{
	"exist": fs.ErrExist, "not_exist": fs.ErrNotExist, "permission": fs.ErrPermission, "invalid": fs.ErrInvalid, "closed": fs.ErrClosed, "token": ErrToken,
}

func newFault(err error) *fault {
	f := &fault{Text: err.Error()}
	var at *fs.PathError
	if errors.As(err, &at) {
		f.Op, f.Path = at.Op, at.Path
	}
	if errors.As(err, &f.Errno) {
		return f
	}
	for kind, is := range kinds {
		if errors.Is(err, is) {
			f.Kind = kind
		}
	}
	return f
}

// err is the error as the helper had it, as far as callers can tell.
func (f *fault) err() error {
	if f == nil {
		return nil
	}
	var under error
	switch {
	case f.Errno != 0:
		under = f.Errno
	case kinds[f.Kind] != nil:
		under = kinds[f.Kind]
	case f.Op != "":
		under = errors.New(f.Text)
	default:
		return errors.New(f.Text)
	}
	if f.Op != "" {
		under = &fs.PathError{Op: f.Op, Path: f.Path, Err: under}
	}
	return &farError{f.Text, under}
}

// farError says what another process's error said.
type farError struct {
	text  string
	under error
}

func (e *farError) Error() string { return e.text }
func (e *farError) Unwrap() error { return e.under }
