package demo

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// step is one command of the walk, with the sentence that introduces it.
type step struct {
	why  string
	args []string
}

// Walk goes through the main job in plain text: it prints each command line and lets run
// carry it out. Run is keyrite itself, set up for world, and prints to where Walk does.
// Walk ends at the first command that fails.
func Walk(ctx context.Context, out io.Writer, world *World, run func(args ...string) error) error {
	if err := world.Banner(out); err != nil {
		return err
	}
	if err := walkSteps(ctx, out, run, world.stepsToBackup()); err != nil {
		return err
	}
	// The name of the backup says when it was made, so it is known only now.
	found, err := filepath.Glob(filepath.Join(world.BackupDir, "*.age"))
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("%q holds %d backups, not the one that was just made", world.BackupDir, len(found))
	}
	if err := walkSteps(ctx, out, run, world.stepsFromBackup(found[0])); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\nThat was the main job: the keys seen, the tags compared, a repository key rotated, and a backup made, verified and restored.\n")
	return err
}

func walkSteps(ctx context.Context, out io.Writer, run func(args ...string) error, steps []step) error {
	for _, s := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		line := commandLine(s.args)
		if _, err := fmt.Fprintf(out, "\n# %s\n$ %s\n", s.why, line); err != nil {
			return err
		}
		if err := run(s.args...); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}

// stepsToBackup see, rotate and back up. They use the first repository, which has a tag
// in every state.
func (w *World) stepsToBackup() []step {
	main := string(w.GUNs[0])
	return []step{
		{"The repositories that are known here. One has expired.", []string{"repos", "--check"}},
		{"What needs somebody, the worst first, each with its next step. In a script its exit code would be 3.", []string{"audit"}},
		{"The private keys on this machine. One file is damaged, one does not say what it is for.", []string{"keys", "list"}},
		{"What is signed, beside what the registry serves.", []string{"tags", main, "--compare"}},
		{"Who may sign, and until when.", []string{"inspect", main}},
		{"A gate for CI: is this tag signed, and for what?", []string{"verify", main + ":2026.10.2"}},
		{"A new repository key. The root key signs for it.", []string{
			"rotate", main, "targets", "--yes",
			"--passphrase-file", "root=" + w.PassphraseFiles["root"],
			"--passphrase-file", "targets=" + w.PassphraseFiles["targets"],
			"--passphrase-file", "targets-new=" + w.PassphraseFiles["targets"],
		}},
		{"The signed tags are what they were.", []string{"tags", main, "--compare"}},
		{"A backup of all keys and metadata.", []string{"backup", "create", "--to", w.BackupDir, "-r", w.Recipient, "-i", w.IdentityFile, "--yes"}},
	}
}

func (w *World) stepsFromBackup(file string) []step {
	return []step{
		{"The backup opens, and every key in it is what it says.", []string{"backup", "verify", file, "-i", w.IdentityFile}},
		{"It is restored into an empty folder.", []string{"backup", "restore", file, "-i", w.IdentityFile, "--to", w.RestoreDir, "--yes"}},
		{"The keys that came out of it.", []string{"keys", "list", "--trust-dir", w.RestoreDir}},
	}
}

// commandLine is args as a person would type them.
func commandLine(args []string) string {
	words := []string{"keyrite"}
	for _, a := range args {
		if strings.ContainsAny(a, " '\"\\$&|;()<>*?`") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
