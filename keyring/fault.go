package keyring

import (
	"errors"
	"fmt"
)

// fault is a clause about a file, such as "the file is empty", that Is kind.
type fault struct {
	clause string
	kind   error
}

func (f *fault) Error() string { return f.clause }
func (f *fault) Unwrap() error { return f.kind }

func damage(format string, args ...any) error {
	return &fault{fmt.Sprintf(format, args...), ErrDamaged}
}

func unsupported(what string, args ...any) error {
	return &fault{fmt.Sprintf(what, args...) + " is none that docker and notary read", errors.ErrUnsupported}
}
