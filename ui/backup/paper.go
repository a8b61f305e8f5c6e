package backup

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata"
	"keyrite/ui"
)

// paper is the sheet of a set, to be read and written to a file.
type paper struct {
	*ui.List
	opt    Options
	set    string
	text   []byte
	loader *ui.Loader[event]
	write  key.Binding
}

func newPaper(opt Options, set string) *paper {
	return &paper{List: ui.NewList(opt.Styles, "line", "lines"), opt: opt, set: set, loader: ui.NewLoader[event](opt.Context, opt.Clock),
		write: ui.Bind("w", "write it to a file", "w")}
}

// Init makes the sheet.
func (p *paper) Init() tea.Cmd {
	sheets, set := p.opt.Sheets, p.set
	p.loader.Doing("making the sheet")
	return p.loader.Get(func(ctx context.Context) (event, error) {
		text, err := sheets.Sheet(ctx, set)
		return sheetRead{text}, err
	})
}

// Title names it.
func (p *paper) Title() string { return "sheet" }

// Freshness is when something was read last.
func (p *paper) Freshness() ui.Freshness { return p.loader.Disk() }

// Update takes keys and the loader's messages.
func (p *paper) Update(msg tea.Msg) tea.Cmd {
	if got, cmd, ok := p.loader.Take(msg); ok {
		return tea.Batch(got.Each(p.take), cmd)
	}
	if k, ok := msg.(tea.KeyPressMsg); ok && !p.CapturesInput() && key.Matches(k, p.write) {
		return p.ask()
	}
	cmd, _ := p.List.Update(msg)
	return cmd
}

func (p *paper) take(e event) tea.Cmd {
	switch e := e.(type) {
	case sheetRead:
		p.text = e.text
		p.Set(ui.NewListing(SheetPage(e.text)))
	case sheetSaved:
		if e.err != nil {
			return ui.Send(ui.ErrorMsg{Err: e.err})
		}
		return ui.Say("Written to " + trustdata.Visible(e.file) + " and read back.")
	}
	return nil
}

func (p *paper) ask() tea.Cmd {
	if p.text == nil {
		return ui.Say("There is no sheet to write.")
	}
	return askSheetFile(p.opt.Styles, func(file string) tea.Cmd {
		sheets, text := p.opt.Sheets, p.text
		p.loader.Doing("writing the sheet")
		return p.loader.Get(func(ctx context.Context) (event, error) { return sheetSaved{file, sheets.Save(ctx, text, file)}, nil })
	})
}

// ShortHelp are the keys of the footer.
func (p *paper) ShortHelp() []key.Binding {
	return append(append([]key.Binding{p.write}, p.Short()...), ui.Bind("Esc", "close", "esc"))
}

// FullHelp are all keys of this screen.
func (p *paper) FullHelp() [][]key.Binding { return [][]key.Binding{{p.write}, p.Moves()} }

var (
	_ ui.Screen  = (*paper)(nil)
	_ ui.Sourced = (*paper)(nil)
)
