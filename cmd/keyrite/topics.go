package main

import (
	"strings"

	"github.com/spf13/cobra"

	"keyrite/ui"
	"keyrite/ui/help"
)

// topicWidth is where a help topic's lines are broken.
const topicWidth = 96

// topics are "keyrite help NAME". A command without a Run is a topic.
func topics() []*cobra.Command {
	return []*cobra.Command{
		newTopic("lost-root", "What can be done when a root key is lost, and what cannot", help.LostRoot),
		newTopic("leaving", "The order of the steps when you leave Docker Content Trust", help.Leaving),
	}
}

// newTopic makes a topic. Its text is made only when it is asked for: each start would pay
// for it.
func newTopic(name, short string, page func() ui.Page) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short}
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		cmd.Long = topic(page())
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
