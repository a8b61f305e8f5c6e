package main

import (
	"strings"

	"github.com/spf13/cobra"

	"keyrite/ui"
	"keyrite/ui/help"
)

// topicWidth is where a help topic's lines are broken.
const topicWidth = 96

// lostRootTopic is "keyrite help lost-root". A command without a Run is a topic. Its text is
// made only when it is asked for: each start would pay for it.
func lostRootTopic() *cobra.Command {
	cmd := &cobra.Command{Use: "lost-root", Short: "What can be done when a root key is lost, and what cannot"}
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		cmd.Long = topic(help.LostRoot())
		cmd.Root().HelpFunc()(cmd, args)
	})
	return cmd
}

// topic is a page of sentences as text.
func topic(p ui.Page) string {
	var b strings.Builder
	for i, s := range p.Sections {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(s.Title + "\n")
		for _, f := range s.Facts {
			text := f.Value
			if f.Label != "" {
				text = f.Label + ": " + text
			}
			for n, line := range ui.Wrap(text, topicWidth-4) {
				if n > 0 {
					line = "  " + line
				}
				b.WriteString("  " + line + "\n")
			}
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
