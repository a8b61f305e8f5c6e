package main

import (
	"context"
	"fmt"
	"strings"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/trustdata/rotation"
	"keyrite/trustdata/state"
	"keyrite/trustdata/tufrepo"
	"keyrite/ui"
)

// tufExport are the flags of archive that make a TUF 1.0 repository.
type tufExport struct {
	dir  string
	keys []string
}

type exportedJSON struct {
	GUN         trustdata.GUN `json:"gun"`
	Path        string        `json:"path"`
	Version     int64         `json:"version"`
	Tags        int           `json:"tags"`
	LeftOut     int           `json:"left_out"`
	Delegations []string      `json:"delegations"`
	Verified    bool          `json:"verified"`
}

// parse gives the folder and the key that each role names.
func (f tufExport) parse() (string, map[trustdata.Role]trustdata.KeyID, error) {
	if f.dir == "" || len(f.keys) == 0 {
		return "", nil, usagef("--as-tuf DIR and --tuf-keys ROLE=KEYID,... go together")
	}
	chosen := map[trustdata.Role]trustdata.KeyID{}
	for _, pair := range f.keys {
		role, typed, _ := strings.Cut(pair, "=")
		id, err := trustdata.ParseKeyID(typed)
		if err != nil {
			return "", nil, usage(fmt.Errorf("--tuf-keys: %w", err))
		}
		if !trustdata.Role(role).IsBase() || chosen[trustdata.Role(role)] != "" {
			return "", nil, usagef("--tuf-keys: %q is none of the base roles, or named twice", role)
		}
		chosen[trustdata.Role(role)] = id
	}
	for _, role := range trustdata.BaseRoles {
		if chosen[role] == "" && role != trustdata.RoleRoot {
			return "", nil, usagef("--tuf-keys names no key for %s", role)
		}
	}
	return absolute(f.dir), chosen, nil
}

// archiveAsTUF signs what docker resolves of one repository anew as TUF 1.0.
func (c *cli) archiveAsTUF(ctx context.Context, typed []string, to string, f tufExport) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	base, chosen, err := f.parse()
	switch {
	case err != nil:
		return err
	case to != "" || len(typed) != 1:
		return usagef("--as-tuf takes one GUN and no --to: the evidence is archived by itself")
	case c.flags.offline:
		return usagef("archiving asks the server, and is not possible with --offline")
	}
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	gun, err := s.resolve(ctx, typed[0])
	if err != nil {
		return err
	}
	res, err := s.fetcher().Fetch(ctx, gun)
	if err != nil {
		return c.unverified(gun, err)
	}
	if err := c.verdict(res.Collection); err != nil {
		return err
	}
	needs := exportNeeds(gun, chosen)
	if c.flags.dryRun {
		plan := planJSON{ID: base, Kind: "archive as TUF", Needs: needs, WillNotFollow: []string{}, Changes: []string{base + ": a TUF 1.0 repository of what docker resolves"},
			Steps: []string{"sign, and verify with go-tuf", "write the files, timestamp last", "read the repository back from its first root and compare it"}}
		return c.emitPlan(plan, ui.Page{Title: "Archive " + trustdata.Visible(string(gun)) + " as TUF 1.0", Summary: "Nothing is changed by looking at this."})
	}
	if c.flags.readOnly {
		return fmt.Errorf("archiving as TUF signs: %w", keyring.ErrReadOnly)
	}
	open, err := c.satisfy(ctx, s, needs)
	if err != nil {
		return err
	}
	defer open.wipe()
	keys := tufrepo.Keys{}
	for role, id := range chosen {
		keys[role] = open.keys[id]
	}
	return s.export(ctx, base, gun, func() (*tufrepo.Export, error) {
		return tufrepo.NewExport(ctx, base, res.Repo, res.Collection, keys, c.now())
	})
}

func exportNeeds(gun trustdata.GUN, chosen map[trustdata.Role]trustdata.KeyID) []rotation.Need {
	var needs []rotation.Need
	for _, role := range trustdata.BaseRoles {
		if id := chosen[role]; id != "" {
			needs = append(needs, rotation.Need{KeyID: id, Role: role, GUN: gun, Why: fmt.Sprintf("it signs %s of the TUF repository", role)})
		}
	}
	return needs
}

// export finishes what an earlier run left, makes the next version, writes and reads it back.
func (s *session) export(ctx context.Context, base string, gun trustdata.GUN, make func() (*tufrepo.Export, error)) error {
	c := s.cli
	if done, err := tufrepo.Finish(base); err != nil {
		return fmt.Errorf("what an earlier run left in %q cannot be finished: %w", base, err)
	} else if done {
		c.say("an earlier run was cut short; it is finished now")
	}
	x, err := make()
	if err != nil {
		return err
	}
	if _, err := x.Write(ctx, c.now()); err != nil {
		return fmt.Errorf("%q: %w", base, err)
	}
	if err := s.state.Activity().Append(state.Act{What: "archive as TUF", On: string(gun), Result: "done", Detail: base}); err != nil {
		c.say("this could not be recorded: %s", trustdata.VisibleError(err))
	}
	out := exportedJSON{GUN: gun, Path: base, Version: x.Version, Tags: x.Tags, LeftOut: x.LeftOut, Delegations: list(x.Roles), Verified: true}
	return c.emit(out, ui.Page{
		Title:   trustdata.Visible(string(gun)) + " as a TUF 1.0 repository",
		Summary: "It was read back from its first root, and gives every tag the digest that docker resolves.",
		Sections: []ui.Section{{Facts: []ui.Fact{
			{Label: "Folder", Value: trustdata.Visible(base)}, {Label: "Version", Value: fmt.Sprint(x.Version)}, {Label: "Tags", Value: fmt.Sprint(x.Tags)},
			{Label: "Left out", Value: fmt.Sprintf("%d that docker does not resolve", x.LeftOut)},
			{Label: "First root", Value: trustdata.Visible(base) + "/1.root.json: give it to clients by a way that you trust"},
			{Label: "Again", Value: "within two weeks, or its timestamp ends"}}}},
	})
}
