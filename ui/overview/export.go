package overview

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrite/trustdata/audit"
	"keyrite/ui"
)

// Report is what an export states.
type Report struct {
	Page     ui.Page
	Findings []audit.Finding
	// Keys, Repositories and Tags count what was looked at, At says when.
	Keys, Repositories, Tags int
	At                       time.Time
}

// Forms are the endings of the names of reports.
var Forms = []string{".txt", ".json", ".csv"}

// askExport asks for the name of the file; its ending says which form it has.
func (m *Model) askExport() tea.Cmd {
	name := "keyrite-" + m.opt.Clock.Now().UTC().Format("20060102") + ".txt"
	check := func(text string) error {
		if !slices.Contains(Forms, filepath.Ext(text)) {
			return errors.New("end the name with .txt, .json or .csv: that says which form the report has")
		}
		return nil
	}
	return ui.Send(ui.AskMsg{
		Dialog: ui.NewPublicInput(m.opt.Styles, ui.Input{Title: "EXPORT A REPORT", Prompt: "File:", Text: name, Do: "write it", Check: check,
			Explain: "The ending is the form: .txt, .json or .csv. A file that is there is not overwritten; only you can read the new one."}),
		Answer: func(r any) tea.Cmd {
			if path, ok := r.(string); ok {
				return m.export(path)
			}
			return nil
		}})
}

func (m *Model) export(path string) tea.Cmd {
	source, report := m.opt.Source, m.report()
	m.local.Doing("writing the report")
	return m.local.Get(func(ctx context.Context) (done, error) {
		err := source.Export(ctx, path, report)
		return done{said: "The report is in " + path + "."}, err
	})
}

func (m *Model) report() Report {
	r := Report{Page: Page(m.news, true), Keys: m.news.Keys, Repositories: m.news.Repositories, Tags: m.news.Tags, At: m.news.Now}
	for _, all := range [][]audit.Item{m.news.Items, m.news.PutOff} {
		for _, i := range all {
			r.Findings = append(r.Findings, i.Findings...)
		}
	}
	return r
}
