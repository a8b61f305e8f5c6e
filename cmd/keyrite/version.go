package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"keyrite/ui"
)

// version is what the build says of itself: the module's version, or the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if c.flags.json || c.flags.plain {
				return c.emit(map[string]string{"version": version()}, ui.Page{Title: "version",
					Sections: []ui.Section{{Facts: []ui.Fact{{Label: "Version", Value: version()}}}}})
			}
			_, err := fmt.Fprintf(c.out, "keyrite %s\n", version())
			return err
		},
	}
}
