package backup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"keyrite/backup"
	"keyrite/trustdata"
	"keyrite/ui"
)

// sheet is the paper of the set.
type sheet struct {
	text  []byte
	saved string
}

type (
	waivedMsg  struct{ err error }
	sheetRead  struct{ text []byte }
	sheetSaved struct {
		file string
		err  error
	}
)

// goOn leads to the next copy, and after the last one to the sheet.
func (m *Create) goOn() tea.Cmd {
	if len(m.made) >= m.copies() {
		return m.Advance()
	}
	m.wish.Folder, m.plan, m.said = "", nil, ""
	m.Return(0)
	return m.scan()
}

func (m *Create) cannotWaive() string {
	switch {
	case m.busy() != "":
		return m.busy()
	case len(m.made) >= m.copies():
		return "The set has all its copies."
	case m.operation() == "":
		return "This backup stands alone, so there is no other copy to do without."
	}
	return ""
}

// waive asks before it is recorded that the set gets no other copy.
func (m *Create) waive() tea.Cmd {
	next := NextCopy(m.made)
	title := fmt.Sprintf("DO WITHOUT COPY %d?", next)
	return ui.Send(ui.AskMsg{Dialog: ui.NewChoice(m.opt.Styles, title, []string{fmt.Sprintf("make copy %d", next), "do without; that is recorded"}),
		Answer: func(r any) tea.Cmd {
			if r != 1 {
				return nil
			}
			sheets, set := m.opt.Sheets, m.operation()
			m.loader.Doing("recording it")
			return m.loader.Get(func(ctx context.Context) (event, error) { return waivedMsg{sheets.Waive(ctx, set)}, nil })
		}})
}

func (m *Create) endWaiver(e waivedMsg) tea.Cmd {
	if e.err != nil {
		return ui.Send(ui.ErrorMsg{Err: e.err})
	}
	m.waived = true
	if !slices.Contains(m.result.Waived, backup.WaiverCopies) {
		m.result.Waived = append(m.result.Waived, backup.WaiverCopies)
	}
	return tea.Batch(ui.Send(ui.DoneMsg{Action: "waived"}), m.Advance())
}

// readSheet makes the sheet. The set is done, so what it was locked with is forgotten.
func (m *Create) readSheet() tea.Cmd {
	m.forget()
	sheets, set := m.opt.Sheets, m.operation()
	m.sheet = sheet{}
	m.loader.Doing("making the sheet")
	defer m.Refresh()
	return m.loader.Get(func(ctx context.Context) (event, error) {
		text, err := sheets.Sheet(ctx, set)
		return sheetRead{text}, err
	})
}

// SheetPage is a set's sheet, line by line.
func SheetPage(text []byte) ui.Page {
	p := ui.Page{Title: "Sheet", Order: "as it is printed", Columns: []ui.Column{{Title: "PRINT THIS, AND KEEP IT APART FROM THE COPIES", Priority: 1, Min: 20}}}
	for i, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		p.Rows = append(p.Rows, ui.Row{ID: fmt.Sprint(i), Cells: []string{trustdata.Visible(line)}})
	}
	return p
}

func (m *Create) sheetPage() ui.Page {
	if m.sheet.text == nil {
		return ui.Page{Title: "Sheet"}
	}
	p := SheetPage(m.sheet.text)
	p.Summary = "The paper that belongs to this set. Nothing on it is secret. w writes it to a file."
	return p
}

func (m *Create) leavingSheet() string {
	if m.sheet.saved != "" {
		return "Written to " + trustdata.Visible(m.sheet.saved) + " and read back. Leaving changes nothing."
	}
	return "The set is done. Leaving changes nothing; keyrite backup sheet prints this any day."
}

func (m *Create) noSheet() string {
	if m.sheet.text == nil {
		return "There is no sheet to write."
	}
	return m.busy()
}

func (m *Create) askSheet() tea.Cmd {
	return askSheetFile(m.opt.Styles, func(file string) tea.Cmd {
		sheets, text := m.opt.Sheets, m.sheet.text
		m.loader.Doing("writing the sheet")
		return m.loader.Get(func(ctx context.Context) (event, error) { return sheetSaved{file, sheets.Save(ctx, text, file)}, nil })
	})
}

// askSheetFile asks where a sheet goes.
func askSheetFile(st *ui.Styles, then func(file string) tea.Cmd) tea.Cmd {
	in := ui.Input{Title: "WRITE THE SHEET TO A FILE", Prompt: "File:", Do: "write", Check: ui.Needed("type a path, for example sheet.txt"),
		Explain: "A new file, to print it. Nothing on it is secret, and nothing is replaced by it."}
	return ui.Send(ui.AskMsg{Dialog: ui.NewPublicInput(st, in), Answer: func(r any) tea.Cmd {
		if file, ok := r.(string); ok {
			return then(file)
		}
		return nil
	}})
}

func (m *Create) endSheet(e sheetSaved) tea.Cmd {
	if e.err != nil {
		return ui.Send(ui.ErrorMsg{Err: e.err})
	}
	m.sheet.saved = e.file
	return ui.Send(ui.DoneMsg{Action: "wrote the sheet"})
}
