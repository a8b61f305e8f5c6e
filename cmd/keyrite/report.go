package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"keyrite/backup"
	"keyrite/backup/media"
	"keyrite/keyring"
	"keyrite/keyring/keychain"
	"keyrite/trustdata"
	"keyrite/trustdata/archive"
	"keyrite/trustdata/notation"
	"keyrite/trustdata/remote"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/trustdata/state"
	"keyrite/ui"
	"keyrite/ui/change"
)

// Exit codes are a promise to scripts: DESIGN's table.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnverified  = 3
	exitUnanswered  = 4
	exitInterrupted = 130
)

// errUsage is what wrong usage Is.
var errUsage = errors.New("wrong usage")

// errUnanswered is what a question Is that nobody is there to answer.
var errUnanswered = errors.New("no terminal to ask on")

// errRequired is what the lack of a backup Is where --require-backup asks for it.
var errRequired = errors.New("--require-backup forbids it")

// errFindings ends a run with exit code 3 after its result was printed in full.
var errFindings = errors.New("findings")

type usageErr struct{ error }

func (usageErr) Is(target error) bool { return target == errUsage }
func (e usageErr) Unwrap() error      { return e.error }

func usage(err error) error { return usageErr{err} }

func usagef(format string, args ...any) error { return usageErr{fmt.Errorf(format, args...)} }

// usageArgs makes a cobra argument check answer with exit code 2 and with what the verb
// takes.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		switch {
		case err == nil:
			return nil
		case cmd.HasSubCommands() && len(args) > 0:
			return usagef("%s has no verb %q", cmd.CommandPath(), args[0])
		}
		takes := strings.TrimPrefix(cmd.Use, cmd.Name())
		if takes == "" {
			takes = " no arguments"
		}
		return usagef("%s takes%s; arguments given: %d", cmd.CommandPath(), takes, len(args))
	}
}

// report prints err, if it has not been, and gives the exit code for it.
func (c *cli) report(ctx context.Context, err error) int {
	code, name := classify(ctx, err)
	if code == exitDone || errors.Is(err, errFindings) || errors.Is(err, syscall.EPIPE) {
		return code
	}
	remedy := cmp.Or(ui.Hint(err), remedies[name])
	if own := new(advised); errors.As(err, &own) {
		remedy = own.remedy
	}
	if c.flags.json {
		c.reportJSON(name, err, remedy)
		return code
	}
	text := said(err)
	fmt.Fprintf(c.err, "keyrite: %s\n", text)
	if remedy != "" {
		fmt.Fprintf(c.err, "  %s\n", remedy)
	}
	return code
}

// said is an error as a person reads it.
func said(err error) string {
	if stop := ui.Alarm(err); stop != "" {
		return stop
	}
	return backup.HideSecrets(trustdata.VisibleError(err))
}

func (c *cli) reportJSON(name string, err error, remedy string) {
	type body struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Remedy  string `json:"remedy"`
	}
	text := said(err)
	enc, _ := json.Marshal(struct { // strings alone always encode
		Error body `json:"error"`
	}{body{name, text, remedy}})
	fmt.Fprintf(c.err, "%s\n", trustdata.VisibleJSON(enc))
}

// remedies are by the error's name, for errors of the command line itself.
var remedies = map[string]string{
	"usage":        "keyrite --help lists the verbs and flags.",
	"unanswered":   "Without a terminal --passphrase-file ROLE=FILE gives a passphrase, and --yes confirms.",
	"not_served":   "Push it first, or say what to sign with --digest and --length.",
	"in_use":       change.UnlistFirst,
	"incomplete":   "Sign, decide or archive what is listed, then check again. Disable content trust nowhere before that.",
	"not_accepted": "Do not use it before somebody whom the policy trusts has signed it.",
	"crashed":      "No key file is lost by it. keyrite rotations lists what was begun and is not finished.",
	"unsigned":     "Do not use it. Whoever signs for this repository must sign the tag.",
}

// classes are looked through in order: the first match decides.
var classes = []struct {
	target error
	code   int
	name   string
}{
	{errFindings, exitUnverified, "findings"},
	{errAttention, exitUnverified, "findings"},
	{errCrashed, exitFailed, "crashed"},
	{errUsage, exitUsage, "usage"},
	{rotation.ErrUsage, exitUsage, "usage"},
	{errUnanswered, exitUnanswered, "unanswered"},
	{errRequired, exitUnanswered, "backup_required"},
	{errNotWhole, exitUnverified, "broken_log"},
	{errIncomplete, exitUnverified, "incomplete"},
	{errNotSigned, exitUnverified, "unsigned"},
	{errNotAccepted, exitUnverified, "not_accepted"},
	{notation.ErrPolicy, exitFailed, "no_policy"},
	{remote.ErrHistory, exitUnverified, "contradiction"},
	{trustdata.ErrVerify, exitUnverified, "unverified"},
	{rotation.ErrLanded, exitFailed, "landed"},
	{backup.ErrDamaged, exitUnverified, "damaged"},
	{archive.ErrDamaged, exitUnverified, "damaged"},
	{archive.ErrNewer, exitFailed, "newer_format"},
	{ceremony.ErrDamaged, exitUnverified, "damaged"},
	{ceremony.ErrNewer, exitFailed, "newer_format"},
	{rotation.ErrCeremony, exitFailed, "not_for_here"},
	{backup.ErrIdentity, exitFailed, "identity"},
	{backup.ErrNewer, exitFailed, "newer_format"},
	{backup.ErrOtherSet, exitFailed, "other_set"},
	{backup.ErrDiffers, exitFailed, "differs"},
	{keyring.ErrPassphrase, exitFailed, "passphrase"},
	{errNotServed, exitFailed, "not_served"},
	{remote.ErrUnauthorized, exitFailed, "unauthorized"},
	{remote.ErrNotFound, exitFailed, "not_found"},
	{remote.ErrNotTrustServer, exitFailed, "not_a_trust_server"},
	{rotation.ErrRefused, exitFailed, "refused"},
	{rotation.ErrUnsent, exitFailed, "unsent"},
	{rotation.ErrConflict, exitFailed, "conflict"},
	{rotation.ErrUnknown, exitFailed, "unknown"},
	{rotation.ErrMoved, exitFailed, "moved"},
	{rotation.ErrUnfinished, exitFailed, "unfinished"},
	{change.ErrListed, exitFailed, "in_use"},
	{errPartly, exitFailed, "partly"},
	{keychain.ErrNoService, exitFailed, "no_keychain"},
	{keychain.ErrLocked, exitFailed, "keychain_locked"},
	{keychain.ErrDenied, exitFailed, "keychain_denied"},
	{keychain.ErrHung, exitFailed, "keychain_hung"},
	{media.ErrNotFound, exitFailed, "no_drives"},
	{media.ErrLost, exitFailed, "medium_lost"},
	{media.ErrHung, exitFailed, "medium_hung"},
	{media.ErrBusy, exitFailed, "medium_busy"},
	{media.ErrNoService, exitFailed, "no_disk_service"},
	{media.ErrDenied, exitFailed, "permission"},
	{state.ErrLocked, exitFailed, "locked"},
	{syscall.ENOSPC, exitFailed, "disk_full"},
	{syscall.EROFS, exitFailed, "read_only_disk"},
	{fs.ErrPermission, exitFailed, "permission"},
	{fs.ErrExist, exitFailed, "exists"},
	{context.DeadlineExceeded, exitFailed, "deadline"},
}

func classify(ctx context.Context, err error) (int, string) {
	if err == nil {
		return exitDone, ""
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitInterrupted, "interrupted"
	}
	for _, c := range classes {
		if errors.Is(err, c.target) {
			return c.code, c.name
		}
	}
	return exitFailed, "failed"
}
