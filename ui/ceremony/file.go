package ceremony

import (
	"cmp"
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// File is the screen of a file that was brought here: what it is, and which step comes next
// on this machine.
type File struct {
	*ui.List
	opt         Options
	path        string
	loader      *ui.Loader[*Brought]
	brought     *Brought
	err         error
	screen      finisher // the step that it led to last
	next, other key.Binding
}

// NewFile makes the screen of a file; with "" it asks which one.
func NewFile(opt Options, path string) *File {
	f := &File{List: ui.NewList(opt.Styles, "line", "lines"), opt: opt, path: path, loader: ui.NewLoader[*Brought](opt.Context, opt.Clock),
		next: ui.Bind("Enter", "next step", "enter"), other: ui.Bind("f", "another file", "f")}
	f.redraw()
	return f
}

// Init reads the file, or asks for it.
func (f *File) Init() tea.Cmd {
	if f.path == "" {
		return f.ask()
	}
	return f.read()
}

func (f *File) ask() tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewPublicInput(f.opt.Styles, ui.Input{Title: "A FILE THAT WAS BROUGHT HERE", Prompt: "Path:", Do: "look at it", Text: f.path, Check: ui.Needed("type the path of the file"),
		Explain: "keyrite-ceremony-....prepared.tar or ....signed.tar, on the stick. It is only read."}), Answer: func(r any) tea.Cmd {
		path, ok := r.(string)
		if !ok {
			return nil
		}
		f.path = path
		return f.read()
	}})
}

func (f *File) read() tea.Cmd {
	f.brought, f.err = nil, nil
	defer f.redraw()
	service, path := f.opt.Service, f.path
	f.loader.Doing("reading and verifying the file")
	return f.loader.Get(func(ctx context.Context) (*Brought, error) { return service.Read(ctx, path) })
}

// Title is the screen's name.
func (f *File) Title() string { return "ceremony file" }

// Freshness is when something was read last.
func (f *File) Freshness() ui.Freshness { return f.loader.Disk() }

// Busy reports whether the file is being read, Cancel stops that.
func (f *File) Busy() bool { return f.loader.Busy() != "" }
func (f *File) Cancel()    { f.loader.Cancel() }

// Status says what runs, and else that looking is harmless.
func (f *File) Status() string {
	if s := f.List.Status(); f.CapturesInput() {
		return s
	}
	return cmp.Or(f.loader.Waiting(), "Leaving changes nothing. The stick may be taken out.")
}

// Finished and Over report whether the step that the file led to is done.
func (f *File) Finished() bool { return f.screen != nil && f.screen.Finished() }
func (f *File) Over() bool     { return f.Finished() }

// Update takes keys and what the loader sends.
func (f *File) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := f.loader.Take(msg); ok {
		for _, b := range got.Values {
			f.brought = b
		}
		f.err = got.Err
		f.redraw()
		return cmd
	}
	if cmd, mine := f.List.Update(msg); mine {
		return cmd
	}
	if done, ok := msg.(ui.DoneMsg); ok && done.Action != "" && f.brought != nil && f.screen != nil && !f.screen.Finished() {
		return f.read() // what is next may be another step now
	}
	k, ok := msg.(tea.KeyPressMsg)
	switch {
	case !ok:
		return nil
	case key.Matches(k, f.other):
		return f.ask()
	case key.Matches(k, f.next):
		return f.goOn()
	}
	return nil
}

// goOn opens the next step, or says why there is none here.
func (f *File) goOn() tea.Cmd {
	if f.brought == nil {
		return ui.Say(cmp.Or(f.loader.Busy(), "There is no file to go on with. f names one."))
	}
	n := nextOf(f.brought)
	switch {
	case n.open == nil:
		return ui.Say(n.why)
	case f.opt.Fixed != "":
		return ui.Say(f.opt.Fixed)
	case n.online && f.opt.NoServer != "":
		return ui.Say(f.opt.NoServer)
	}
	f.screen = n.open(f.opt, f.brought)
	return ui.Send(ui.PushMsg{Screen: f.screen})
}

func (f *File) redraw() {
	f.Set(ui.NewListing(f.page()))
}

func (f *File) page() ui.Page {
	p := ui.Page{Title: "A ceremony's file"}
	switch {
	case f.brought != nil:
		return broughtPage(f.brought)
	case f.err != nil:
		t := ui.Explain(f.err)
		p.Sections = []ui.Section{{Title: "THIS IS NO FILE TO GO ON WITH", Facts: []ui.Fact{{Label: "File", Value: trustdata.Visible(f.path)}, {Label: "What happened", Value: t.What, Mark: ui.MarkNow},
			{Label: "What it means", Value: cmp.Or(t.Means, "Nothing of it was used.")}, {Label: "What you can do", Value: cmp.Or(t.Do, "Write it to the stick once more, or name another one: f.")}}}}
		p.Copy = []ui.Copyable{{What: "the error", Text: t.Text()}}
	case f.path != "":
		p.Sections = []ui.Section{{Facts: []ui.Fact{{Label: "File", Value: trustdata.Visible(f.path), Mark: ui.MarkRunning}}}}
	default:
		p.Sections = []ui.Section{{Title: "NO FILE YET", Facts: []ui.Fact{{Value: "f names one: keyrite-ceremony-....prepared.tar or ....signed.tar."}}}}
	}
	return p
}

// ShortHelp are the keys of the footer.
func (f *File) ShortHelp() []key.Binding {
	keys := append([]key.Binding{f.other}, append(f.Short(), ui.Bind("Esc", "leave", "esc"))...)
	if f.brought != nil && nextOf(f.brought).open != nil {
		return append([]key.Binding{f.next}, keys...)
	}
	return keys
}

// FullHelp are all keys of this screen.
func (f *File) FullHelp() [][]key.Binding { return [][]key.Binding{{f.next, f.other}, f.Moves()} }

var (
	_ ui.Screen  = (*File)(nil)
	_ ui.Sourced = (*File)(nil)
	_ ui.Worker  = (*File)(nil)
	_ ui.Passer  = (*File)(nil)
)
