package main

import (
	"time"

	"github.com/spf13/cobra"

	"keyrite/ui/activity"
)

func (c *cli) activityCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "activity", Short: "List what was changed from this machine",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return c.activity() },
	}
	cmd.AddCommand(c.activityVerifyCommand())
	return cmd
}

func (c *cli) activity() error {
	s, err := c.open()
	if err != nil {
		return err
	}
	acts, err := s.state.Activity().List()
	if err != nil {
		return err
	}
	type row struct {
		Seq    int64     `json:"seq"`
		Time   time.Time `json:"time"`
		What   string    `json:"what"`
		On     string    `json:"on"`
		Result string    `json:"result"`
		Detail string    `json:"detail"`
	}
	out := make([]row, len(acts))
	for i, a := range acts {
		out[i] = row{a.Seq, a.Time.UTC(), a.What, a.On, a.Result, a.Detail}
	}
	return c.emit(out, activity.Page(acts, c.now()))
}
