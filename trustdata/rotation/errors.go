package rotation

import (
	"errors"
	"fmt"

	"keyrite/trustdata"
)

// ErrUsage is what a request that can never work Is, such as a timestamp key held locally.
var ErrUsage = errors.New("not possible")

// ErrMoved is returned where the server no longer has what the plan was made for.
var ErrMoved = errors.New("the repository has changed since the plan was made")

// ErrRefused is returned where the server did not take the change, and a look at it with
// an empty cache found the old state whole. Every key is where it was.
var ErrRefused = errors.New("the server did not take the change; nothing has changed")

// ErrUnsent is returned where no connection was made, so that nothing can have arrived.
// Every key is where it was.
var ErrUnsent = errors.New("nothing was sent, because the server could not be reached; nothing has changed")

// ErrLanded is returned, beside a result that is not verified, where the server has the
// change and what has to follow went wrong. No key is lost: the new ones are in private/
// or, as the error then says, in pending/, and the old ones are where they were.
var ErrLanded = errors.New("the change has landed")

// ErrLeftPending joins an error of an operation that was given up where its new key could
// not be moved to the trash. Nobody uses that key.
var ErrLeftPending = errors.New("unused, it stays in pending/")

// ErrUnknown is returned where neither an answer nor a look at the server could tell
// whether the change has landed. The new key stays in pending/ until that is known.
var ErrUnknown = errors.New("it is not known whether the change has landed")

// ErrConflict is returned where the server has another next version than the one sent.
var ErrConflict = errors.New("somebody else published first; nothing of this change has landed")

// ErrNothing is returned where what was asked for is so already.
var ErrNothing = errors.New("there is nothing to change")

// ErrEnded is returned for a repository whose root certificates have all ended. Servers
// then refuse every upload, a renewal too, and clients every root (notary-v1.md 9.4.11).
var ErrEnded = errors.New("its root certificate has ended, and nothing can renew it any more")

type usageError struct{ msg string }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

func (e *usageError) Error() string        { return e.msg }
func (e *usageError) Is(target error) bool { return target == ErrUsage }

// MissingKeyError says that too few private keys of a role are on this machine.
type MissingKeyError struct {
	GUN              trustdata.GUN
	Role             trustdata.Role
	Listed           []trustdata.KeyID
	Threshold, Found int
}

func (e *MissingKeyError) Error() string {
	return fmt.Sprintf("changing %q needs %s out of %s; %d on this machine",
		e.GUN, trustdata.Plural(e.Threshold, "private "+e.Role.Title()+" key", "private "+e.Role.Title()+" keys"), shortIDs(e.Listed), e.Found)
}
