package rotate

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/ui"
)

// kind is one sort of rotation.
type kind struct {
	name, follows string
	role          trustdata.Role
	to            rotation.Manager
	sameKey       bool
	// part, threshold and key are the request's; wants asks for one of them first.
	part      rotation.Part
	threshold int
	key       string
	wants     *want
}

// want is what a kind asks for before its wizard begins.
type want struct {
	input ui.Input
	// set puts what was typed, and was checked, into the kind.
	set func(k *kind, typed string)
}

// kinds begin with the ones that are wanted most, and end with the gravest.
var kinds = []kind{
	{name: "new repository key", follows: "signs all tags anew; the old key goes to the trash; clients follow by themselves", role: trustdata.RoleTargets},
	{name: "snapshot key to the server", follows: "the server makes and holds it; publishing needs one key less; the old key goes to the trash", role: trustdata.RoleSnapshot, to: rotation.Server},
	{name: "snapshot key here", follows: "made on this machine; from then on publishing needs it", role: trustdata.RoleSnapshot, to: rotation.Local},
	{name: "timestamp key", follows: "the server makes itself a new one; nobody here has to do anything afterwards", role: trustdata.RoleTimestamp},
	renewal,
	{name: "new root key", follows: "whom everybody trusts: both keys are backed up first; cannot be undone", role: trustdata.RoleRoot},
}

// away is the choice of whoever has the root key elsewhere.
const away = "the root key is not here"

// chooser asks what kind of rotation it is to be.
type chooser struct {
	*ui.List
	styles *ui.Styles
	kinds  []kind
	begin  func(kind) wizard
	open   key.Binding
	// elsewhere opens what there is for a root key on another machine; nil for nothing.
	elsewhere func() (ui.Screen, string)
	// wizard is what was chosen last.
	wizard wizard
	read   ui.Freshness
}

// wizard is what a kind leads to. Finished says that its change has landed.
type wizard interface {
	ui.Screen
	Finished() bool
}

// newKinds asks for one of these kinds for what is named on. They are those of what this
// machine knows now; the wizard asks the server.
func newKinds(st *ui.Styles, clock ui.Clock, on string, kinds []kind, begin func(kind) wizard, elsewhere func() (ui.Screen, string)) *chooser {
	c := &chooser{List: ui.NewList(st, "kind", "kinds"), styles: st, kinds: kinds, begin: begin, elsewhere: elsewhere, open: ui.Bind("Enter", "open", "enter", "l", "right"),
		read: ui.Freshness{Disk: true, At: clock.Now()}}
	p := ui.Page{Title: "Rotate a key of " + on, Summary: "What kind of rotation? Nothing is changed by choosing.",
		Columns: []ui.Column{{Title: "KIND", Priority: 1}, {Title: "WHAT FOLLOWS", Priority: 2, Min: 20}}, Order: "the gravest last"}
	if elsewhere != nil {
		kinds = slices.Insert(slices.Clone(kinds), len(kinds)-1, kind{name: away, follows: "a ceremony: a file goes to that machine and back, and the key never comes here"})
	}
	for _, k := range kinds {
		p.Rows = append(p.Rows, ui.Row{ID: k.name, Mark: ui.MarkNone, Cells: []string{k.name, k.follows}, Detail: []string{k.name + ": " + k.follows + "."}})
	}
	c.Set(ui.NewListing(p))
	return c
}

// Init has nothing to load.
func (c *chooser) Init() tea.Cmd { return nil }

// Title is the screen's name.
func (c *chooser) Title() string { return "rotate" }

// Freshness is when it was opened.
func (c *chooser) Freshness() ui.Freshness { return c.read }

// Status says that choosing is harmless.
func (c *chooser) Status() string {
	if s := c.List.Status(); c.CapturesInput() {
		return s
	}
	return "Leaving now changes nothing."
}

// Update takes keys.
func (c *chooser) Update(msg tea.Msg) tea.Cmd {
	if cmd, mine := c.List.Update(msg); mine {
		return cmd
	}
	if k, ok := msg.(tea.KeyPressMsg); !ok || !key.Matches(k, c.open) {
		return nil
	}
	if c.ID() == away {
		return ui.PushOr(c.elsewhere())
	}
	for _, k := range c.kinds {
		switch {
		case k.name != c.ID():
		case k.wants != nil:
			return c.ask(k)
		default:
			return c.enter(k)
		}
	}
	return ui.Say("No kind is selected.")
}

func (c *chooser) enter(k kind) tea.Cmd {
	c.wizard = c.begin(k)
	return ui.Send(ui.PushMsg{Screen: c.wizard})
}

// ask asks for what a kind wants, and then enters its wizard.
func (c *chooser) ask(k kind) tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewInput(c.styles, k.wants.input), Answer: func(r any) tea.Cmd {
		typed, ok := r.(string)
		if !ok {
			return nil
		}
		k.wants.set(&k, typed)
		return c.enter(k)
	}})
}

// Over reports whether what was chosen has landed: then there is nothing left to choose.
func (c *chooser) Over() bool { return c.wizard != nil && c.wizard.Finished() }

// ShortHelp are the keys of the footer.
func (c *chooser) ShortHelp() []key.Binding {
	return []key.Binding{c.open, ui.Bind("Esc", "leave", "esc")}
}

// FullHelp are all keys of this screen.
func (c *chooser) FullHelp() [][]key.Binding { return [][]key.Binding{{c.open}, c.Moves()} }

var (
	_ ui.Screen  = (*chooser)(nil)
	_ ui.Passer  = (*chooser)(nil)
	_ ui.Sourced = (*chooser)(nil)
)

// NewSeveral makes the screen that asks what kind of rotation it is to be, for several
// repositories at once. With a role it asks for the kinds of that role only. begin opens
// the operation that a request asks for.
func NewSeveral(opt SeveralOptions, begin func(rotation.Request) Operation) ui.Screen {
	var some []kind
	for _, k := range kinds {
		if opt.Role == "" || opt.Role == k.role {
			some = append(some, k)
		}
	}
	return newKinds(opt.Styles, opt.Clock, repositoriesOf(len(opt.GUNs)), some, func(k kind) wizard {
		chosen := opt
		chosen.Role, chosen.SameKey = k.role, k.sameKey
		chosen.Operation = begin(rotation.Request{Role: k.role, To: k.to, SameKey: k.sameKey})
		return NewOperation(chosen)
	}, opt.Elsewhere)
}
