package media

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"keyrite/trustdata"
)

// Ejector has the system's disk service take drives out. It never unmounts by itself: who
// may do that, and what must be done first, is the system's to decide.
type Ejector struct {
	// Bus is the address of the system bus, "" for none.
	Bus   string
	Roots Roots
	// Patience bounds the whole; 0 is DefaultEjectPatience.
	Patience time.Duration
}

// DefaultEjectPatience leaves time to write out what a slow stick has not taken yet.
const DefaultEjectPatience = 2 * time.Minute

// Ejected is what became of a drive.
type Ejected struct {
	// Unmounted is read back from the kernel and not what the service says.
	Unmounted bool `json:"unmounted"`
	// Off says that the kernel does not see the medium any more.
	Off bool `json:"off"`
	// Note is a sentence about what was left, "" if nothing was.
	Note string `json:"note"`
}

var (
	// ErrNoService is returned where nobody can unmount the drive for us.
	ErrNoService = errors.New("there is no disk service that could unmount it")
	// ErrDenied is returned where the service wants an administrator.
	ErrDenied = errors.New("the disk service does not allow it")
	// ErrBusy is what a BusyError Is.
	ErrBusy = errors.New("it is in use")
)

// byHand says what a person can do instead.
func byHand(d Drive, why error) error {
	return fmt.Errorf("%s is still mounted at %q: %w; do not pull it: unmount it by hand (the file manager's eject, or umount), and wait until that is done", d.Title(), d.Mount, why)
}

// Holder is a process that has something on a medium open.
type Holder struct {
	PID  int
	Name string
}

// BusyError says who keeps a medium from being unmounted.
type BusyError struct {
	Title, Mount string
	// Holders are those that could be seen; another user's processes cannot.
	Holders []Holder
}

func (e *BusyError) Error() string {
	who := "a process of another user"
	if len(e.Holders) > 0 {
		var all []string
		for _, h := range e.Holders {
			all = append(all, fmt.Sprintf("%s (process %d)", trustdata.Visible(h.Name), h.PID))
		}
		who = strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s at %q is in use by %s: close it there, and do not pull it", e.Title, e.Mount, who)
}

// Is makes it ErrBusy.
func (e *BusyError) Is(target error) bool { return target == ErrBusy }
