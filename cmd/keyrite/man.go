package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// manVerb needs to see every other verb.
const manVerb = "man"

// manCommand prints manual pages. They are made of what --help says, so they cannot tell
// anything else.
func (c *cli) manCommand() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use: manVerb + " [VERB...]", Short: "Print the manual page of keyrite or of a verb, or write all of them",
		Long: "Prints a manual page: keyrite man | man -l -, or keyrite man backup create | man -l -.\nWith --to the pages of all verbs are written, for example to ~/.local/share/man/man1; a file that is there is not replaced.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if to != "" {
				return c.writeManual(to, args)
			}
			of, rest, err := c.root.Find(args)
			if err != nil || len(rest) > 0 {
				return usagef("%q is no verb of keyrite", strings.Join(args, " "))
			}
			_, err = c.out.Write(manual(of, c.now()))
			return err
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "write the pages of all verbs into `DIR`")
	return cmd
}

// writeManual writes the page of every verb that help lists.
func (c *cli) writeManual(dir string, args []string) error {
	if len(args) > 0 {
		return usagef("--to writes the pages of all verbs: leave %q away", strings.Join(args, " "))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	n := 0
	var write func(of *cobra.Command) error
	write = func(of *cobra.Command) error {
		if err := writeNew(filepath.Join(dir, pageName(of)+".1"), manual(of, c.now())); err != nil {
			return err
		}
		n++
		for _, sub := range verbs(of) {
			if err := write(sub); err != nil {
				return err
			}
		}
		return nil
	}
	if err := write(c.root); err != nil {
		return err
	}
	c.say("%d pages written to %q: man -M shows them from the folder above", n, dir)
	return nil
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return fmt.Errorf("%q: %w", path, err)
	}
	return f.Close()
}
