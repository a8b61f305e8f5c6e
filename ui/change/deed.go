package change

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// deed is one kind of change, as the wizard leads through it.
type deed interface {
	words() words
	// planning copies what the making of a plan takes, and gives the work.
	planning() func(context.Context) (plan, error)
	// nothing says what is so already, where there is nothing to do.
	nothing(error) string
}

// The optional powers of a deed, found by assertion.
type (
	// choosing has keys of its own at the first step, and says what Enter does there.
	choosing interface {
		acts(*Model) []ui.Act
		next(*Model) tea.Cmd
	}
	// lessening has less to do after an attempt that was done in part.
	lessening interface{ less(done) }
	// stepping has steps of its own before the review, whose work sends it events.
	stepping interface {
		between(*Model) []ui.Step
		taken(event any)
	}
)

// words name a deed.
type words struct {
	title string    // of the wizard
	about []ui.Fact // what is known of it before there is a plan
	asks  string    // what is said while the plan is made
	from  string    // who has what it is made from: "the trust server has"
	// rows are what the rows of the progress are, "" for the steps of one upload.
	rows string
	// keyless deeds open no key.
	keyless bool
	// publishing names what is done to what, while it is done.
	publishing ui.Section
}

// plan is a change before it happens.
type plan interface {
	needs() []rotation.Need
	// page is the plan, whole.
	page() ui.Page
	question() ui.Question
	// wayBack ends the sentence that begins "Way back: ".
	wayBack() string
	// steps are what the doing reports, and how they are named.
	steps() (steps, names []string)
	// carrying copies what the doing takes, and gives the work. Several repositories are
	// told apart by their names; told is else given "".
	carrying() func(ctx context.Context, keys rotation.Keys, told func(at trustdata.GUN, step string)) (done, error)
}

// done is what came of a change.
type done struct {
	page ui.Page // of the last step, once everything is done
	// action is for the screens that show what was changed, "" where nothing was.
	action string
	// rows settle the progress where that does not tell by itself.
	rows []settled
}

type settled struct {
	step  string
	state ui.TaskState
	note  string
}

// once adds the only repository's name to what a rotator reports.
func once(told func(trustdata.GUN, string)) rotation.Progress {
	return func(step string) { told("", step) }
}

// theSteps are those of one upload.
func theSteps() (steps, names []string) {
	return []string{"sign", "send", "confirm"}, []string{"sign and verify as a client would", "send", "read back with an empty cache"}
}

// toOne says that one repository is published to.
func toOne(gun trustdata.GUN) ui.Section {
	return ui.Section{Title: "PUBLISHING TO 1 REPOSITORY", Facts: []ui.Fact{{Value: ui.Name(string(gun), "")}}}
}
