package tags

import (
	"context"
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata/remote"
	"keyrite/ui"
)

// Signers is the screen of who may sign a repository's tags.
type Signers struct {
	*ui.List
	opt                  Options
	loader               *ui.Loader[*ui.Listing]
	add, remove, refresh key.Binding
}

func newSigners(opt Options) *Signers {
	s := &Signers{List: ui.NewList(opt.Styles, "key", "keys"), opt: opt, loader: ui.NewLoader[*ui.Listing](opt.Context, opt.Clock),
		add: ui.Bind("A", "add a signer", "A"), remove: ui.Bind("X", "remove the signer", "X"), refresh: ui.Bind("r", "refresh", "r")}
	s.add.SetEnabled(opt.AddSigner != nil)
	s.remove.SetEnabled(opt.RemoveSigner != nil)
	s.Set(ui.NewListing(ui.Page{Title: "Signers", Columns: []ui.Column{{Title: "SIGNER", Priority: 1}}, Empty: "Nothing was read yet."}))
	return s
}

// Init reads the repository.
func (s *Signers) Init() tea.Cmd { return s.load() }

func (s *Signers) load() tea.Cmd {
	opt := s.opt
	s.loader.Doing(opt.asking())
	return s.loader.Reads(s).Get(func(ctx context.Context) (*ui.Listing, error) {
		read := opt.Source.Fetch
		if opt.Offline {
			read = opt.Source.Cached
		}
		col, err := read(ctx, opt.GUN)
		switch {
		case err != nil:
			return nil, err
		case col == nil:
			return nil, fmt.Errorf("%q %w", opt.GUN, remote.ErrNotCached)
		}
		held, err := opt.Source.Held(ctx)
		page := SignersPage(col, held)
		page.Empty, page.EmptyKey = "It has no signers: whoever holds the repository key signs.", "A lets somebody sign."
		return ui.NewListing(page), err
	})
}

// Title is the screen's name.
func (s *Signers) Title() string { return "signers" }

// Freshness is that of the metadata.
func (s *Signers) Freshness() ui.Freshness { return s.Page().Freshness }

// Busy reports whether the server is being asked.
func (s *Signers) Busy() bool { _, on := s.loader.Running(); return on }

// Cancel stops asking.
func (s *Signers) Cancel() { s.loader.Cancel() }

// Status says what is being waited for, and else what the list has to say.
func (s *Signers) Status() string {
	if waiting := s.loader.Waiting(); waiting != "" && !s.CapturesInput() {
		return waiting
	}
	return s.List.Status()
}

// Update takes keys and what was read.
func (s *Signers) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := s.loader.Take(msg); ok {
		return tea.Batch(cmd, got.Each(func(l *ui.Listing) tea.Cmd {
			s.Set(l)
			return nil
		}))
	}
	if cmd, mine := s.List.Update(msg); mine {
		return cmd
	}
	switch msg := msg.(type) {
	case ui.DoneMsg:
		return s.load()
	case tea.KeyPressMsg:
		return s.press(msg)
	}
	return nil
}

func (s *Signers) press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, s.refresh):
		return s.load()
	case key.Matches(k, s.add):
		return s.askName()
	case key.Matches(k, s.remove):
		if s.ID() == "" {
			return ui.Say("No signer is selected.")
		}
		// A signer's name has no space; an ID of a key may follow it.
		name, _, _ := strings.Cut(s.ID(), " ")
		return ui.PushOr(s.opt.RemoveSigner(s.opt.GUN, name))
	}
	return nil
}

// askName asks for the new signer's name, and then for the file of a public key.
func (s *Signers) askName() tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewInput(s.opt.Styles, ui.Input{Title: "LET SOMEBODY SIGN TAGS OF " + ui.Name(string(s.opt.GUN), ""), Prompt: "Signer:", Do: "next",
		Check:   ui.Needed("type the signer's name: lower-case letters, digits, - and _"),
		Explain: "It names the role: targets/NAME. Somebody who signs already gets one key more."}),
		Answer: func(r any) tea.Cmd {
			name, ok := r.(string)
			if !ok {
				return nil
			}
			return s.askFile(name)
		}})
}

func (s *Signers) askFile(name string) tea.Cmd {
	return ui.Send(ui.AskMsg{Dialog: ui.NewInput(s.opt.Styles, ui.Input{Title: "THE PUBLIC KEY OF " + ui.Name(name, ""), Prompt: "File:", Do: "next",
		Check:   ui.Needed("type the path of a public key or a certificate, as PEM"),
		Explain: "A public key or a certificate, as PEM: docker trust key generate writes NAME.pub. The private half stays with the signer."}),
		Answer: func(r any) tea.Cmd {
			file, ok := r.(string)
			if !ok {
				return nil
			}
			return ui.PushOr(s.opt.AddSigner(s.opt.GUN, name, []string{file}))
		}})
}

// ShortHelp are the keys of the footer.
func (s *Signers) ShortHelp() []key.Binding {
	return append([]key.Binding{s.add, s.remove}, append(s.Short(), s.refresh, ui.Bind("Esc", "back", "esc"))...)
}

// FullHelp are all keys of this screen.
func (s *Signers) FullHelp() [][]key.Binding {
	return [][]key.Binding{{s.add, s.remove, s.refresh}, s.Moves()}
}

var (
	_ ui.Screen  = (*Signers)(nil)
	_ ui.Worker  = (*Signers)(nil)
	_ ui.Sourced = (*Signers)(nil)
)
