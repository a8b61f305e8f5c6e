package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/trustdata/state"
	"keyrite/ui"
)

// snoozeFlags are those of keyrite audit snooze, as they were typed.
type snoozeFlags struct {
	until, length, reason string
	compare               bool
}

func (c *cli) snoozeCommand() *cobra.Command {
	var f snoozeFlags
	cmd := &cobra.Command{
		Use: "snooze [CODE [SUBJECT]]", Short: "Put findings off until a day, with a reason",
		Long: "snooze puts the findings with a code off, of everything or of one subject: a repository, the beginning of a\n" +
			"key ID (7 digits or more), or a path. It looks as audit does. They come back when the day has come, and\n" +
			"before that when they become worse. What may be an attack, has expired or is unfinished cannot be put off.\n" +
			"Without a code it lists what is put off.\n\n" +
			"--json prints {\"snoozed\":[{\"code\",\"gun\",\"role\",\"key_id\",\"path\",\"until\",\"reason\"}]}.",
		Args: usageArgs(cobra.MaximumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.snoozes()
			}
			return c.snooze(cmd.Context(), args[0], rest(args), f)
		},
	}
	cmd.Flags().StringVar(&f.until, "until", "", "the `DATE` on which it comes back, such as 2026-12-31")
	cmd.Flags().StringVar(&f.length, "for", "7d", "how long, as a `DURATION`, in place of --until")
	cmd.Flags().StringVar(&f.reason, "reason", "", "why: it is shown beside the finding and kept in the log")
	cmd.Flags().BoolVar(&f.compare, "compare", false, "ask the registries too")
	return cmd
}

func (c *cli) unsnoozeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "unsnooze CODE [SUBJECT]", Short: "Take up again what was put off",
		Long: "unsnooze takes up again what audit snooze has put off; CODE and SUBJECT are as there.\n\n--json prints what is put off still, as audit snooze does.",
		Args: usageArgs(cobra.RangeArgs(1, 2)),
		RunE: func(_ *cobra.Command, args []string) error { return c.unsnooze(args[0], rest(args)) },
	}
}

// rest is the second of at most two arguments, "" where there is none.
func rest(args []string) string {
	if len(args) < 2 {
		return ""
	}
	return args[1]
}

// snooze puts off what an audit finds.
func (c *cli) snooze(ctx context.Context, code, subject string, f snoozeFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	until, err := f.end(c.now())
	if err != nil {
		return err
	}
	if err := c.snoozable(); err != nil {
		return err
	}
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	look, err := s.look(ctx, nil, "", &scope{compare: f.compare})
	if err != nil {
		return err
	}
	if look.Within, err = parseDays("--fail-within", usualWithin); err != nil {
		return err
	}
	all := look.Findings()
	findings := slices.DeleteFunc(slices.Clone(all), func(f audit.Finding) bool { return !about(f.Subject(), code, subject) })
	if len(findings) == 0 {
		return noFinding(all, code, subject)
	}
	put, err := audit.Snooze(findings, look.Now, until, f.reason)
	if err != nil {
		return fmt.Errorf("%q is not put off: %w", code, err)
	}
	if err := s.state.Snoozes().Put(put); err != nil {
		return err
	}
	return c.emitSnoozes(put)
}

// end reads until when something is put off, and wants a reason.
func (f snoozeFlags) end(now time.Time) (time.Time, error) {
	if strings.TrimSpace(f.reason) == "" {
		return time.Time{}, usagef("say why it is put off: --reason TEXT")
	}
	if f.until != "" {
		until, err := audit.ParseUntil(f.until)
		return until, usageOr(err)
	}
	length, err := parseDays("--for", f.length)
	return now.Add(length), err
}

// usageOr is usage for an error, and nil for none.
func usageOr(err error) error {
	if err == nil {
		return nil
	}
	return usage(err)
}

// snoozable refuses to put anything off where nothing may be changed.
func (c *cli) snoozable() error {
	if c.flags.readOnly || c.flags.dryRun {
		return fmt.Errorf("nothing is put off: %w", keyring.ErrReadOnly)
	}
	return nil
}

// about reports whether a finding has a code and is about what was typed; "" is anything.
func about(f state.Subject, code, typed string) bool {
	const least = 7 // digits of a key ID
	return f.Code == code && (typed == "" || string(f.GUN) == typed || f.GUN != "" && trustdata.ExpandGUN(trustdata.GUN(typed)) == f.GUN ||
		len(typed) >= least && strings.HasPrefix(string(f.KeyID), typed) || f.Path != "" && (f.Path == absolute(typed) || filepath.Base(f.Path) == typed))
}

// unsnooze takes up again what was put off.
func (c *cli) unsnooze(code, subject string) error {
	if err := c.snoozable(); err != nil {
		return err
	}
	s, err := c.open()
	if err != nil {
		return err
	}
	all, err := s.state.Snoozes().List()
	if err != nil {
		return err
	}
	var lift []state.Subject
	for _, put := range all {
		if about(put.Subject, code, subject) {
			lift = append(lift, put.Subject)
		}
	}
	if len(lift) == 0 {
		return usagef("nothing with the code %q is put off that is about %q: keyrite audit snooze lists what is", code, subject)
	}
	if err := s.state.Snoozes().Lift(lift); err != nil {
		return err
	}
	return c.emitSnoozes(slices.DeleteFunc(all, func(put state.Snooze) bool { return slices.Contains(lift, put.Subject) }))
}

// snoozes lists what is put off.
func (c *cli) snoozes() error {
	s, err := c.open()
	if err != nil {
		return err
	}
	all, err := s.state.Snoozes().List()
	if err != nil {
		return err
	}
	return c.emitSnoozes(slices.DeleteFunc(all, func(put state.Snooze) bool { return !put.Until.After(c.now()) }))
}

// snoozeJSON is one finding that is put off.
type snoozeJSON struct {
	Code   string          `json:"code"`
	GUN    trustdata.GUN   `json:"gun"`
	Role   trustdata.Role  `json:"role"`
	KeyID  trustdata.KeyID `json:"key_id"`
	Path   string          `json:"path"`
	Until  time.Time       `json:"until"`
	Reason string          `json:"reason"`
}

func (c *cli) emitSnoozes(all []state.Snooze) error {
	out := []snoozeJSON{}
	page := ui.Page{Title: "put off", Columns: []ui.Column{{Title: "UNTIL", Priority: 1}, {Title: "CODE", Priority: 1}, {Title: "SUBJECT", Priority: 1}, {Title: "REASON", Priority: 1}}, Empty: "Nothing is put off."}
	for _, s := range all {
		out = append(out, snoozeJSON{s.Code, s.GUN, s.Role, s.KeyID, s.Path, s.Until, s.Reason})
		page.Rows = append(page.Rows, ui.Row{Mark: ui.MarkNone, Cells: []string{ui.Day(s.Until), s.Code, subjectName(s.Subject), trustdata.Visible(s.Reason)}})
	}
	return c.emit(struct {
		Snoozed []snoozeJSON `json:"snoozed"`
	}{out}, page)
}

// subjectName is what a finding is about, in a few words.
func subjectName(s state.Subject) string {
	switch {
	case s.KeyID != "":
		return s.KeyID.Short()
	case s.GUN != "":
		return ui.Name(string(s.GUN), "")
	case s.Path != "":
		return trustdata.Visible(s.Path)
	}
	return "this machine"
}

// putOff marks the findings that somebody has put off. Where that cannot be read nothing
// counts as put off, and the error says why: nothing is hidden by a file that was changed.
func (s *session) putOff(findings []audit.Finding) error {
	put, err := s.state.Snoozes().List()
	if err != nil {
		return fmt.Errorf("nothing counts as put off: %w", err)
	}
	audit.PutOff(findings, put, s.cli.now())
	return nil
}

// noFinding says that there is nothing to put off, and which codes there would be.
func noFinding(all []audit.Finding, code, subject string) error {
	codes := map[string]bool{}
	for _, f := range all {
		codes[string(f.Code)] = true
	}
	there := strings.Join(slices.Sorted(maps.Keys(codes)), ", ")
	if subject == "" {
		return usagef("there is no finding %q now, but there are: %s", code, cmp.Or(there, "none"))
	}
	return usagef("no finding %q is about %q now. There are: %s; keyrite audit --json says about what", code, subject, cmp.Or(there, "none"))
}
