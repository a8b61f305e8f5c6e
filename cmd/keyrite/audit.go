package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/trustdata/audit"
	"keyrite/ui/doctor"
)

// auditFlags are those of keyrite audit, as they were typed.
type auditFlags struct {
	failOn, failWithin string
	compare, all, csv  bool
	images, olderThan  string
}

func (c *cli) auditCommand() *cobra.Command {
	var f auditFlags
	cmd := &cobra.Command{
		Use: "audit [GUN...]", Short: "Say what needs somebody: ends, backups, unfinished changes, tags; with an exit code for cron",
		Long: "audit looks at every key and every known repository, or at the ones that are named and the keys that they\n" +
			"list, and says what is wrong or soon will be, the worst first, each with its next step. It asks the trust\n" +
			"servers, with --offline the cache alone, and with --compare the registries too. It changes nothing.\n" +
			"Exit code 3 means findings at --fail-on or worse. What was put off (audit snooze) is listed and not counted,\n" +
			"until its day comes or it has become worse; --all counts it.\n\n" +
			"--images reads references of images, one a line, and says of each: signed, moved, gone, unsigned or unknown,\n" +
			"and when what is served says that it was built. The audit is then about the repositories of these images.\n\n" +
			"--json prints {\"findings\":[{\"severity\",\"code\",\"gun\",\"role\",\"key_id\",\"path\",\"message\",\"remedy\",\"due\",\"tags\",\"snoozed\":{\"until\",\"reason\"}}],\n" +
			"\"checked\":{\"keys\",\"repositories\",\"tags\"}}; due, tags and snoozed are left out where there are none.\n" +
			"With --images it has \"images\":[{\"reference\",\"gun\",\"tag\",\"digest\",\"signed_digest\",\"served_digest\",\"state\",\n" +
			"\"reason\",\"created\",\"age_days\"}] too.",
		RunE: func(cmd *cobra.Command, args []string) error { return c.audit(cmd.Context(), args, f) },
	}
	cmd.Flags().StringVar(&f.failOn, "fail-on", string(audit.Warning), "the least `SEVERITY` for exit code 3: error, warning or info")
	cmd.Flags().StringVar(&f.failWithin, "fail-within", usualWithin, "warn of what ends within `DURATION`, such as 90d, 2w or 36h")
	cmd.Flags().BoolVar(&f.compare, "compare", false, "ask the registries too: tags that moved, are gone or unsigned")
	cmd.Flags().StringVar(&f.images, "images", "", "look at the deployed images that `FILE` lists, - for standard input")
	cmd.Flags().BoolVar(&f.csv, "csv", false, "print the findings as CSV, for a spreadsheet")
	cmd.Flags().BoolVar(&f.all, "all", false, "count what was put off too")
	cmd.Flags().StringVar(&f.olderThan, "older-than", "", "with --images, warn of images that were built longer than `DURATION` ago")
	cmd.AddCommand(c.snoozeCommand(), c.unsnoozeCommand())
	return cmd
}

// usualWithin is how far ahead an audit warns where nothing else is said.
const usualWithin = "90d"

type auditJSON struct {
	Findings []audit.Finding `json:"findings"`
	Checked  doctor.Checked  `json:"checked"`
	Images   []imageJSON     `json:"images,omitempty"`
}

// limits of an audit, as they were meant.
type auditLimits struct {
	least             audit.Severity
	within, olderThan time.Duration
}

func (f auditFlags) read(offline bool) (l auditLimits, err error) {
	if l.least, err = parseSeverity(f.failOn); err != nil {
		return l, err
	}
	if l.within, err = parseDays("--fail-within", f.failWithin); err != nil {
		return l, err
	}
	switch {
	case f.olderThan == "":
	case f.images == "":
		return l, usagef("--older-than is about deployed images: name their list with --images")
	case offline:
		return l, usagef("--older-than asks the registry, which is not possible with --offline")
	default:
		l.olderThan, err = parseDays("--older-than", f.olderThan)
	}
	if f.csv && f.images != "" {
		return l, usagef("--csv is a table of findings alone: --json has the images too")
	}
	if f.compare && offline {
		return l, usagef("comparing with the registry is not possible with --offline")
	}
	return l, err
}

func (c *cli) audit(ctx context.Context, args []string, f auditFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if f.csv && (c.flags.json || c.flags.plain) {
		return usagef("--csv, --json and --plain exclude each other")
	}
	limits, err := f.read(c.flags.offline)
	if err != nil {
		return err
	}
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	about := &scope{compare: f.compare}
	look, err := s.look(ctx, args, f.images, about)
	if err != nil {
		return err
	}
	look.Within = limits.within
	findings := look.Findings()
	if len(about.named) > 0 {
		findings = look.About(findings, about.named)
	}
	findings = audit.WorstFirst(append(findings, audit.Images(look.Now, about.images, limits.olderThan)...))
	if err := s.putOff(findings); err != nil {
		c.say("%s", trustdata.VisibleError(err))
	}
	out := auditJSON{Findings: list(findings), Checked: checkedBy(look, about.named)}
	for _, i := range about.images {
		out.Images = append(out.Images, newImageJSON(i, look.Now))
	}
	if err := c.emitAudit(out, findings, about.images, look.Now, f.csv); err != nil {
		return err
	}
	return attention(c.counted(findings, f.all), limits.least)
}

// emitAudit prints an audit in the form that is asked for.
func (c *cli) emitAudit(out auditJSON, findings []audit.Finding, images []audit.Image, now time.Time, asCSV bool) error {
	if asCSV {
		return writeCSV(c.out, findings)
	}
	return c.emit(out, doctor.AuditPage(findings, out.Checked, images, now))
}

// counted are the findings that an audit's exit code is about.
func (c *cli) counted(findings []audit.Finding, all bool) []audit.Finding {
	awake := audit.Awake(findings)
	if n := len(findings) - len(awake); n > 0 && !all {
		c.say("%s put off and not counted; --all counts what is put off", trustdata.Plural(n, "finding is", "findings are"))
		return awake
	}
	return findings
}

// attentionError ends an audit with exit code 3, after its result was printed in full.
type attentionError struct {
	findings int
	least    audit.Severity
}

// errAttention is what every attentionError Is.
var errAttention = errors.New("findings")

func (e attentionError) Error() string {
	return fmt.Sprintf("%s at %s or worse", trustdata.Plural(e.findings, "finding", "findings"), e.least)
}

func (e attentionError) Is(target error) bool { return target == errAttention }

// attention is the error for findings that are as bad as least or worse.
func attention(findings []audit.Finding, least audit.Severity) error {
	n := 0
	for _, f := range findings {
		if f.Severity.Rank() >= least.Rank() {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return attentionError{n, least}
}

// checkedBy counts what was looked at: of named repositories those alone.
func checkedBy(look audit.Look, named []trustdata.GUN) doctor.Checked {
	checked := doctor.Checked{Keys: len(look.Keys)}
	for _, r := range look.Repositories {
		if len(named) == 0 || slices.Contains(named, r.GUN) {
			checked.Repositories++
			checked.Tags += r.Tags
		}
	}
	return checked
}

func parseSeverity(typed string) (audit.Severity, error) {
	s := audit.Severity(typed)
	if !slices.Contains(audit.Severities, s) {
		return "", usagef("--fail-on %q is none of error, warning, info", typed)
	}
	return s, nil
}

// parseDays reads a length of time, in days or weeks too.
func parseDays(flag, typed string) (time.Duration, error) {
	const day = 24 * time.Hour
	wrong := usagef("%s %q is no length of time: write 90d, 2w or 36h", flag, typed)
	for unit, length := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if number, ok := strings.CutSuffix(typed, unit); ok {
			n, err := strconv.Atoi(number)
			if err != nil || n < 0 || n > 100_000 {
				return 0, wrong
			}
			return time.Duration(n) * length, nil
		}
	}
	d, err := time.ParseDuration(typed)
	if err != nil || d < 0 {
		return 0, wrong
	}
	return d, nil
}
