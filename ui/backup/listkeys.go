package backup

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/ui"
)

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.folder):
		return m.askFolder()
	case key.Matches(k, m.keys.refresh):
		return m.load()
	case key.Matches(k, m.keys.create):
		return ui.Send(ui.PushMsg{Screen: m.opt.Create(m.folder)})
	case key.Matches(k, m.keys.missing):
		return m.add()
	case key.Matches(k, m.keys.restore):
		return m.located(func(file string) tea.Cmd { return ui.Send(ui.PushMsg{Screen: m.opt.Restore(file)}) }, true)
	case key.Matches(k, m.keys.verify):
		return m.located(func(file string) tea.Cmd { return m.askOpening(file) }, false)
	case key.Matches(k, m.keys.drill):
		return m.located(func(file string) tea.Cmd { return m.askDrill(file) }, false)
	case key.Matches(k, m.keys.open):
		return m.open()
	case key.Matches(k, m.keys.sheet):
		return m.paper()
	}
	return nil
}

// located does something with the file of the selected row, once that is found. none lets
// it be done without a file.
func (m *Model) located(do func(file string) tea.Cmd, none bool) tea.Cmd {
	c, reader := m.copy(), m.opt.Reader
	switch {
	case m.loader.Busy() != "":
		return ui.Say(m.loader.Busy())
	case c == nil && m.folder != "" && m.ID() != "":
		return do(m.ID())
	case c == nil && none:
		return do("")
	case c == nil:
		return ui.Say("No backup is selected. f names a folder that has some.")
	}
	one := *c
	m.verifying = false
	m.loader.Doing("looking for the medium")
	return m.loader.Get(func(ctx context.Context) (event, error) {
		file, err := reader.Find(ctx, one)
		return located{file, do}, err
	})
}

// open shows everything about a remembered copy; a file in a folder is verified.
func (m *Model) open() tea.Cmd {
	c := m.copy()
	if c == nil {
		return m.located(func(file string) tea.Cmd { return m.askOpening(file) }, false)
	}
	return ui.Send(ui.PushMsg{Screen: newReport(m.opt.Styles, "copy", CopyPage(*c, m.copies, m.opt.Clock.Now()), m.opt.Clock)})
}

// add leads to the next copy of the selected copy's set.
func (m *Model) add() tea.Cmd {
	c := m.copy()
	switch {
	case c == nil:
		return ui.Say("No copy is selected. Esc leaves the folder for the copies that are remembered.")
	case c.Operation == "":
		return ui.Say("This backup belongs to no set. b writes a new one.")
	case c.Missing == 0:
		return ui.Say("The set has all its copies. b writes a new set.")
	}
	set, _ := backup.SetOf(c.Operation, m.copies)
	if len(set.Copies) == 0 {
		return ui.Say("Every copy of this set is damaged. b writes a new set.")
	}
	return ui.Send(ui.PushMsg{Screen: m.opt.Add(set)})
}

// paper shows the sheet of the selected copy's set.
func (m *Model) paper() tea.Cmd {
	c := m.copy()
	switch {
	case c == nil:
		return ui.Say("No copy is selected. Esc leaves the folder for the copies that are remembered.")
	case c.Operation == "":
		return ui.Say("This backup belongs to no set, so it has no sheet.")
	}
	return ui.Send(ui.PushMsg{Screen: newPaper(m.opt, c.Operation)})
}

func (m *Model) askFolder() tea.Cmd {
	in := ui.Input{Title: "WHERE THE BACKUPS ARE", Prompt: "Folder:", Do: "look", Text: m.folder, Check: ui.Needed("type a folder, for example that of a stick"), Explain: "It is only read."}
	return ui.Send(ui.AskMsg{Dialog: ui.NewPublicInput(m.opt.Styles, in), Answer: func(r any) tea.Cmd {
		folder, ok := r.(string)
		if !ok {
			return nil
		}
		m.folder, m.all, m.known = folder, nil, false
		m.show()
		return m.load()
	}})
}

// ShortHelp are the keys of the footer.
func (m *Model) ShortHelp() []key.Binding {
	return append([]key.Binding{m.keys.open, m.keys.drill, m.keys.verify, m.keys.create, m.keys.missing, m.keys.sheet, m.keys.restore, m.keys.folder}, append(m.Short(), m.keys.refresh)...)
}

// FullHelp are all keys of this screen.
func (m *Model) FullHelp() [][]key.Binding {
	return [][]key.Binding{{m.keys.open, m.keys.drill, m.keys.verify, m.keys.create, m.keys.missing, m.keys.sheet, m.keys.restore, m.keys.folder, m.keys.refresh}, m.Moves()}
}
