package change

import (
	"cmp"
	"errors"
	"fmt"

	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// outcome is how keys and server stand after a change that did not go well.
type outcome struct {
	mark                  ui.Mark
	headline, do, leaving string
}

// partly is a change of several repositories that was not done to all of them.
type partly struct {
	done, of int
	first    error  // that went wrong
	rest     string // the command that does what is left
}

func (p *partly) Error() string { return p.first.Error() }

func (p *partly) Unwrap() error { return p.first }

func outcomeOf(err error) outcome {
	const anew = "Enter makes a new plan from what the server has now."
	var some *partly
	switch {
	case errors.As(err, &some):
		return outcome{ui.MarkNow, fmt.Sprintf("%d OF %d REPOSITORIES ARE DONE. What became of the others stands below.", some.done, some.of),
			"Enter plans what is still to do.", "Leaving is safe: what is done stays done."}
	case errors.Is(err, rotation.ErrUnknown):
		return outcome{ui.MarkNow, "IT IS NOT KNOWN WHETHER THE CHANGE HAS LANDED. NO KEY WAS CHANGED.",
			"Look at the tags as soon as the server answers: they are signed as before, or as you meant.", "Leaving is safe."}
	case errors.Is(err, rotation.ErrConflict):
		return outcome{ui.MarkSoon, "SOMEBODY ELSE PUBLISHED FIRST. NOTHING OF THIS CHANGE HAS LANDED.", anew, harmless()}
	case errors.Is(err, rotation.ErrMoved):
		return outcome{ui.MarkSoon, "THE REPOSITORY HAS CHANGED SINCE THE PLAN. NOTHING WAS SENT.", anew, harmless()}
	case errors.Is(err, rotation.ErrRefused):
		return outcome{ui.MarkNow, "THE SERVER DID NOT TAKE THE CHANGE. NOTHING HAS CHANGED.", "See what the server says; often a right is missing. Enter makes a new plan.", harmless()}
	case errors.Is(err, rotation.ErrLanded):
		return outcome{ui.MarkNow, "THE CHANGE HAS LANDED, AND WHAT WAS READ BACK IS NOT AS IT SHOULD BE.", "Look at the repository's tags and roles. Sign nothing more before it is clear why.", "The change has landed. Leaving changes nothing."}
	}
	return outcome{ui.MarkNow, "NOTHING WAS SENT. NOTHING HAS CHANGED.", "See what happened. Enter makes a new plan.", harmless()}
}

// tryAgain is what can be done where no plan could be made.
func tryAgain(err error) string {
	if errors.Is(err, ErrListed) && !errors.Is(err, rotation.ErrUnfinished) {
		return UnlistFirst + " r asks again."
	}
	return cmp.Or(ui.Hint(err), "r tries again.")
}
