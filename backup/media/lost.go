package media

import (
	"errors"
	"fmt"
)

// ErrLost is what every LostError Is: the folder is not on the medium that was chosen.
var ErrLost = errors.New("the medium is not there any more")

// Loss is how a medium was lost.
type Loss string

// The losses.
const (
	// TakenOut: the kernel has no such disk now. The mount may still look fine.
	TakenOut Loss = "taken_out"
	// Exchanged: another medium has the disk's place and name.
	Exchanged Loss = "exchanged"
	// Unmounted: the folder is one of this computer's own disk now.
	Unmounted Loss = "unmounted"
	// Overmounted: a path to the folder leads to another file system now.
	Overmounted Loss = "overmounted"
	// TurnedReadOnly: the kernel takes no more writes, as after an error of the medium.
	TurnedReadOnly Loss = "turned_read_only"
)

var losses = map[Loss]string{
	TakenOut:       "%s at %q was taken out; put it in again, and begin again",
	Exchanged:      "%s at %q was exchanged for another medium",
	Unmounted:      "%s is not mounted at %q any more: what is written there now stays on this computer",
	Overmounted:    "%s at %q is covered by another file system",
	TurnedReadOnly: "%s at %q turned read-only, as after an error of the medium; try another one",
}

// LostError says what became of a medium.
type LostError struct {
	// Title and Mount name it.
	Title, Mount string
	Why          Loss
}

func (e *LostError) Error() string { return fmt.Sprintf(losses[e.Why], e.Title, e.Mount) }

// Is makes it ErrLost.
func (e *LostError) Is(target error) bool { return target == ErrLost }
