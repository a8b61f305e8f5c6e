package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// verbs are the verbs below another that help lists, without the topics.
func verbs(of *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(of.Commands()), func(sub *cobra.Command) bool {
		return !sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand()
	})
}

// pageName is the name of a verb's page: keyrite-backup-create.
func pageName(of *cobra.Command) string { return strings.ReplaceAll(of.CommandPath(), " ", "-") }

// exitStatus is what every page says of the exit code.
const exitStatus = "0 done; 1 failed; 2 wrong usage; 3 metadata does not verify or has expired, a backup is damaged, or there are findings; " +
	"4 a passphrase, a confirmation or a required backup is missing and there is no terminal to ask on; 130 interrupted."

// manual is the page of a verb in section 1, in the macros that man(7) describes. It is made
// here since the generator that comes with cobra brings a reader of Markdown, whose
// initialization every start of the program would pay for.
func manual(of *cobra.Command, now time.Time) []byte {
	var p roff
	p.macro("TH", strings.ToUpper(pageName(of)), "1", now.UTC().Format(time.DateOnly), "keyrite "+version(), "keyrite")
	p.macro("SH", "NAME")
	p.text(pageName(of) + " \\- " + escape(of.Short))
	p.macro("SH", "SYNOPSIS")
	p.text(`\fB` + escape(of.UseLine()) + `\fR`)
	p.macro("SH", "DESCRIPTION")
	about := of.Long
	if about == "" {
		about = of.Short + "."
	}
	p.paragraphs(about)
	p.flags("OPTIONS", of.NonInheritedFlags())
	if subs := verbs(of); len(subs) > 0 {
		p.macro("SH", "VERBS")
		for _, sub := range subs {
			p.item(strings.TrimPrefix(sub.CommandPath(), "keyrite "), sub.Short+". See "+pageName(sub)+"(1).")
		}
	}
	p.macro("SH", "EXIT STATUS")
	p.paragraphs(exitStatus)
	if of.HasParent() {
		p.macro("SH", "SEE ALSO")
		p.text(pageName(of.Parent()) + "(1); the options of every verb are in keyrite(1).")
	}
	return p.Bytes()
}

// roff is a manual page as it grows.
type roff struct{ bytes.Buffer }

func (p *roff) macro(name string, args ...string) {
	fmt.Fprintf(p, ".%s", name)
	for _, a := range args {
		fmt.Fprintf(p, ` "%s"`, strings.ReplaceAll(escape(a), `"`, `\(dq`))
	}
	fmt.Fprintln(p)
}

// text writes a line that is escaped already.
func (p *roff) text(line string) { fmt.Fprintln(p, line) }

// paragraphs writes plain text: a blank line begins a paragraph, an indented line stays as
// it is.
func (p *roff) paragraphs(text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.TrimSpace(line) == "":
			p.macro("PP")
		case strings.HasPrefix(line, " "):
			p.macro("br")
			p.text(escape(line))
			p.macro("br")
		default:
			p.text(escape(line))
		}
	}
}

func (p *roff) item(name, about string) {
	p.macro("TP")
	p.text(`\fB` + escape(name) + `\fR`)
	p.paragraphs(about)
}

func (p *roff) flags(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	p.macro("SH", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, about := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		p.item(strings.TrimSpace(name+" "+value), about)
	})
}

// escape keeps text from being taken for macros and escapes; a hyphen stays one that can be
// copied into a shell.
func escape(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
