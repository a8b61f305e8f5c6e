package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/trustdata/state"
	"keyrite/ui"
)

// activityCheckJSON says whether the logs are whole.
type activityCheckJSON struct {
	OK       bool     `json:"ok"`
	Lines    int      `json:"lines"`
	Head     string   `json:"sha256"`
	Journals int      `json:"journals"`
	Problems []string `json:"problems"`
}

// errNotWhole is the finding that a log was changed.
var errNotWhole = errors.New("what was recorded on this machine is not whole")

func (c *cli) activityVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check that no line of what was recorded here was changed or taken out",
		Long: "Check the chains of the activity log and of every rotation's journal. The hash that it prints vouches for\n" +
			"every line before it: whoever writes it down can tell later whether the log was replaced as a whole.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return c.activityVerify() },
	}
}

func (c *cli) activityVerify() error {
	s, err := c.open()
	if err != nil {
		return err
	}
	out := activityCheckJSON{OK: true, Problems: []string{}}
	broken := func(err error) error {
		if errors.Is(err, state.ErrBroken) {
			out.OK, out.Problems = false, append(out.Problems, err.Error())
			return nil
		}
		return err
	}
	out.Lines, out.Head, err = s.state.Activity().Verify()
	if err := broken(err); err != nil {
		return err
	}
	journal, err := s.journal()
	if err == nil {
		defer journal.Close()
		out.Journals, err = journal.Verify()
	}
	if err := broken(err); err != nil {
		return err
	}
	if err := c.emit(out, activityCheckPage(out)); err != nil || out.OK {
		return err
	}
	return errNotWhole
}

func activityCheckPage(r activityCheckJSON) ui.Page {
	s := ui.Section{Title: "WHAT WAS RECORDED HERE"}
	for _, p := range r.Problems {
		s.Facts = append(s.Facts, ui.Fact{Label: "Broken", Value: trustdata.Visible(p), Mark: ui.MarkNow})
	}
	if r.OK {
		s.Facts = append(s.Facts, ui.Fact{Label: "Whole", Value: fmt.Sprintf("%d acts and %d journals, each line following from the one before", r.Lines, r.Journals), Mark: ui.MarkOK},
			ui.Fact{Label: "sha256", Value: ui.Fours(r.Head)})
	}
	return ui.Page{Title: "What was recorded on this machine", Sections: []ui.Section{s}}
}
