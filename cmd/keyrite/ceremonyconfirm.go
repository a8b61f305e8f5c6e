package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/rotation/ceremony"
	"keyrite/ui"
	shown "keyrite/ui/ceremony"
)

// planSigning plans, and asks for the roots of repositories of which nothing is known here.
func (c *cli) planSigning(ctx context.Context, r *rotation.Rotator, b *ceremony.Bundle, trust rotation.CeremonyTrust) (*rotation.SigningPlan, error) {
	plan, err := r.PlanSigning(ctx, b, trust)
	if err != nil || len(plan.Unknown) == 0 {
		return plan, err
	}
	if !c.canPrompt() || c.flags.yes {
		return nil, fmt.Errorf("nothing is known here of %q, so nothing says that the roots in the file are the right ones: name one with --root-sha256 GUN=HEX, or believe the file with --tofu: %w", plan.Unknown[0], errUnanswered)
	}
	in := bufio.NewReader(c.in)
	for _, gun := range plan.Unknown {
		repo := b.Repository(gun)
		newest := ceremony.Sum(repo.Roots()[len(repo.Roots())-1])
		typed, err := c.ask(ctx, in, fmt.Sprintf("NOTHING IS KNOWN HERE of %s. Type the first sixteen digits of the SHA-256 of its root.json, version %d, as somebody whom you trust reads them to you: ", gun, repo.Last))
		if err != nil {
			return nil, err
		}
		if typed = digits(typed); len(typed) < 16 || !strings.HasPrefix(newest, typed) {
			return nil, fmt.Errorf("those are not the digits of version %d of %q in the file; nothing has changed: %w", repo.Last, gun, errUnanswered)
		}
		trust.Given[gun] = newest
	}
	return r.PlanSigning(ctx, b, trust)
}

// digits are hex digits as somebody types them.
func digits(typed string) string { return strings.ToLower(strings.ReplaceAll(typed, " ", "")) }

// confirmSigning shows in words what will be signed and asks for the first digits of the
// file's SHA-256, which stand nowhere on this screen: only the other machine's can be
// typed. It gives what is waived.
func (c *cli) confirmSigning(ctx context.Context, plan *rotation.SigningPlan, f signFlags) (waived []string, err error) {
	backedUp := f.backupTo != "" || !plan.MakesRoot()
	if c.flags.requireBackup && !backedUp {
		return nil, fmt.Errorf("making a root key without a backup of the old and the new one: %w: name a folder with --backup-to and a recipient with -r", errRequired)
	}
	for _, gun := range plan.FirstUse {
		c.say("NOTHING IS KNOWN HERE of %s: the file is believed, as --tofu says", trustdata.Visible(string(gun)))
		waived = append(waived, "first use: "+string(gun))
	}
	if c.flags.yes {
		if f.sum == "" {
			waived = append(waived, "sha256")
		}
		if !backedUp {
			waived = append(waived, "backup")
		}
		return waived, nil
	}
	if !c.canPrompt() {
		return nil, fmt.Errorf("signing wants a confirmation; --yes answers it, and --sha256 names the file: %w", errUnanswered)
	}
	for _, line := range append(plan.Changes, plan.WillNotFollow...) {
		fmt.Fprintf(c.err, "  %s\n", trustdata.Visible(line))
	}
	in := bufio.NewReader(c.in)
	if !backedUp {
		reason, err := c.ask(ctx, in, "The old and the new root key would not be backed up. Type why, or nothing to stop: ")
		if err != nil || reason == "" {
			return nil, errors.Join(fmt.Errorf("stopped before anything changed: %w", errUnanswered), err)
		}
		waived = append(waived, "backup: "+reason)
	}
	typed, err := c.ask(ctx, in, "Type the first eight digits of the file's SHA-256, as the machine that prepared it showed them: ")
	if err != nil {
		return nil, err
	}
	if typed = digits(typed); len(typed) < 8 || !strings.HasPrefix(plan.Bundle.SHA256, typed) {
		return nil, fmt.Errorf("those are not this file's digits: it is not the one that was prepared, or they were read wrongly; nothing has changed: %w", errUnanswered)
	}
	return waived, nil
}

// signedJSON is a file that was signed, with its record.
type signedJSON struct {
	File       string            `json:"file"`
	SHA256     string            `json:"sha256"`
	Record     string            `json:"record"`
	RecordText string            `json:"record_text"`
	Ceremony   string            `json:"ceremony"`
	Kind       string            `json:"kind"`
	GUNs       []trustdata.GUN   `json:"guns"`
	NewKeys    []trustdata.KeyID `json:"new_root_keys"`
	Waived     []string          `json:"waived"`
}

// ceremonyRecord is the record of a ceremony: what was signed, and the file that has it.
type ceremonyRecord struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	*ceremony.Signed
}

// writeSigned writes the signed file and its record, for machines and to print, and reads
// all of it back. All of it follows from the file, so it can be written again.
func (c *cli) writeSigned(b *ceremony.Bundle, dir string, out *signedJSON) error {
	name := ceremony.FileName(ceremony.StageSigned, b.ID)
	record, err := json.MarshalIndent(ceremonyRecord{name, digest(b.SHA256), b.Signed}, "", "  ")
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := ui.WriteTable(&text, shown.RecordPage(name, b)); err != nil {
		return err
	}
	*out = signedJSON{SHA256: digest(b.SHA256), Ceremony: b.ID, Kind: b.Kind, GUNs: b.GUNs(), NewKeys: newRootKeys(b), Waived: list(b.Signed.Waived)}
	base := strings.TrimSuffix(name, ".signed.tar")
	for _, f := range []struct {
		name string
		data []byte
		path *string
	}{{name, b.Raw, &out.File}, {base + ".record.json", append(trustdata.VisibleJSON(record), '\n'), &out.Record}, {base + ".record.txt", text.Bytes(), &out.RecordText}} {
		if *f.path, err = ceremony.WriteFile(absolute(dir), f.name, f.data); err != nil {
			return err
		}
	}
	c.progress("written and read back: " + trustdata.Visible(filepath.Base(out.File)))
	return nil
}

// newRootKeys are the root keys that the ceremony has made.
func newRootKeys(b *ceremony.Bundle) []trustdata.KeyID {
	out := []trustdata.KeyID{}
	for i := range b.Repositories {
		r, signed := &b.Repositories[i], b.Signed.Root(b.Repositories[i].GUN)
		if r.Role != trustdata.RoleRoot || r.Change != ceremony.NewKey {
			continue
		}
		for _, id := range signed.NewKeys {
			if !slices.Contains(signed.OldKeys, id) && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}
