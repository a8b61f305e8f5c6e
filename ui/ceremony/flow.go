package ceremony

import (
	"cmp"
	"context"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// Options are what every screen of a ceremony is given.
type Options struct {
	Context context.Context
	Styles  *ui.Styles
	Clock   ui.Clock
	// Profile is the profile's word and name, for the danger dialogs.
	Profile string
	Service Service
	// Readers reads the recipients of a backup; nil knows no names.
	Readers ui.Readers
	// NoServer says why no server may be asked, and Fixed why nothing may be changed here;
	// both "" where it may.
	NoServer, Fixed string
}

type stepBegan struct{ step string }

// flow is what every wizard of this package has besides its work: the rows of its progress,
// and what became of an earlier attempt.
type flow struct {
	*ui.Work
	opt    Options
	tasks  *ui.Tasks
	failed error
	said   string
}

func newFlow(opt Options, keys ui.CustodyOptions, take func(event any) tea.Cmd) *flow {
	keys.Context, keys.Styles, keys.Clock = opt.Context, opt.Styles, opt.Clock
	return &flow{Work: ui.NewWork(keys, take), opt: opt}
}

func harmless() string { return "Leaving now changes nothing." }

// arm makes the rows of the progress.
func (f *flow) arm(steps, names []string) {
	f.tasks, f.failed = ui.NewTasks(f.opt.Clock, steps, names), nil
}

// ended takes how the work came to its end.
func (f *flow) ended(err error) {
	f.failed = err
	if err == nil {
		f.tasks.End(ui.TaskDone)
		return
	}
	f.tasks.End(ui.TaskFailed)
	f.tasks.PassOver()
}

// afresh forgets an attempt that has failed.
func (f *flow) afresh() { f.said, f.failed, f.tasks = "", nil, nil }

// mustFinish says why the wizard cannot be left while it works.
func (f *flow) mustFinish() string {
	if !f.Sending() {
		return ""
	}
	return "Finishing this step. It cannot be left half way."
}

// notStopped says why nothing can be begun anew yet.
func (f *flow) notStopped() string {
	if f.Sending() || f.failed == nil {
		return "Finishing this step."
	}
	return f.Occupied()
}

// unplanned is the first step's page while there is no plan. Who has what it is made from
// stands in from.
func (f *flow) unplanned(title, from string) ui.Page {
	help := func(err error) string {
		t := ui.Explain(err)
		return cmp.Or(t.Means, "Nothing has changed.") + " " + cmp.Or(t.Do, "r tries again.")
	}
	return f.told(ui.Page{Title: title, Sections: []ui.Section{{Title: "NOTHING IS CHANGED IN THIS STEP", Facts: f.NoPlan(from, help)}}})
}

// told puts what became of an earlier attempt before a page.
func (f *flow) told(p ui.Page) ui.Page {
	if f.said != "" {
		p.Sections = append([]ui.Section{{Facts: []ui.Fact{{Value: f.said, Mark: ui.MarkNote}}}}, p.Sections...)
	}
	return p
}

// working is the page of what is being carried out.
func (f *flow) working(title, headline string) ui.Page {
	return ui.Page{Title: title, Sections: []ui.Section{{Facts: []ui.Fact{{Value: headline, Mark: ui.MarkRunning}}}}}.Progress(f.tasks.Rows())
}

// failure says first what the world is like, then what happened and what can be done.
func (f *flow) failure(title, headline, means, do string) ui.Page {
	t := ui.Explain(f.failed)
	return ui.Page{Title: title, Sections: []ui.Section{
		{Facts: []ui.Fact{{Value: headline, Mark: ui.MarkNow}}},
		{Facts: []ui.Fact{{Label: "What happened", Value: t.What}, {Label: "What it means", Value: means}, {Label: "What you can do", Value: do}}}},
		Copy: []ui.Copyable{{What: "the error", Text: headline + "\n" + t.Text()}}}.Progress(f.tasks.Rows())
}

// askFolder asks where a file goes.
func (f *flow) askFolder(title, now string, take func(string)) tea.Cmd {
	return f.Held.Ask(ui.NewInput(f.opt.Styles, ui.Input{Title: title, Prompt: "Folder:", Do: "take", Text: now, Check: ui.Needed("type a folder, for example that of a stick"),
		Explain: "On the stick, for example /media/stick. It is made if it is not there; nothing in it is replaced."}), func(r any) tea.Cmd {
		if folder, ok := r.(string); ok {
			take(folder)
			f.Refresh()
		}
		return nil
	})
}

// name is a ceremony's repository, or how many there are: what is typed to confirm.
func name(guns []trustdata.GUN) string {
	if len(guns) == 1 {
		return trustdata.Visible(string(guns[0]))
	}
	return trustdata.Plural(len(guns), "repository", "repositories")
}
