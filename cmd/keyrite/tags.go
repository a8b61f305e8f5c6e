package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
	"keyrite/ui"
	"keyrite/ui/tags"
)

type tagsJSON struct {
	GUN      trustdata.GUN    `json:"gun"`
	Server   string           `json:"server"`
	Source   trustdata.Source `json:"source"`
	Verified bool             `json:"verified"`
	Expires  *time.Time       `json:"expires"`
	Tags     []tagJSON        `json:"tags"`
	Problems []string         `json:"problems,omitempty"`
}

type tagJSON struct {
	Name           string           `json:"name"`
	Digest         string           `json:"digest"`
	Length         int64            `json:"length"`
	Roles          []trustdata.Role `json:"roles"`
	Signers        []string         `json:"signers"`
	Pulled         bool             `json:"pulled"`
	RegistryDigest string           `json:"registry_digest"`
	State          registry.State   `json:"state"`
	Reason         string           `json:"reason,omitempty"`
	othersJSON
}

// compareWorkers bounds the requests that a comparison has under way at once.
const compareWorkers = 24

func (c *cli) tagsCommand() *cobra.Command {
	var compare, others bool
	var states, from string
	cmd := &cobra.Command{
		Use: "tags GUN", Short: "List the verified signed tags of a repository",
		Args: c.oneGUN,
		RunE: func(cmd *cobra.Command, args []string) error {
			wanted, err := parseStates(states)
			if err != nil {
				return err
			}
			return c.tags(cmd.Context(), first(args), from, compare || others || len(wanted) > 0, others, wanted)
		},
	}
	cmd.Flags().BoolVar(&compare, "compare", false, "ask the registry what each tag serves now, and show signed, moved, gone and unsigned")
	cmd.Flags().StringVar(&states, "state", "", "only tags in these `STATES`, such as unsigned,moved (implies --compare)")
	cmd.Flags().BoolVar(&others, "signatures", false, "show what notation and cosign signed of it, present and not verified (implies --compare)")
	cmd.Flags().StringVar(&from, "from-archive", "", "read the archive in `DIR` instead of asking a server")
	return cmd
}

func parseStates(list string) ([]registry.State, error) {
	if list == "" {
		return nil, nil
	}
	var out []registry.State
	for s := range strings.SplitSeq(list, ",") {
		if !slices.Contains(registry.States, registry.State(s)) {
			return nil, usagef("--state %q is none of %s", s, stateNames())
		}
		out = append(out, registry.State(s))
	}
	return out, nil
}

func stateNames() string {
	var names []string
	for _, s := range registry.States {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

func (c *cli) tags(ctx context.Context, typed, from string, compare, others bool, wanted []registry.State) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	s, err := c.openView()
	if err != nil {
		return err
	}
	gun, err := s.resolve(ctx, typed)
	if err != nil {
		return err
	}
	if compare && c.flags.tuf != "" {
		return usagef("what a TUF repository signs is in no registry to compare it with")
	}
	if compare && c.flags.offline {
		return usagef("comparing with the registry is not possible with --offline")
	}
	col, err := s.view(ctx, gun, from)
	if err != nil {
		return c.unverified(gun, err)
	}
	var rows []registry.Compared
	if compare {
		if rows, err = s.compare(ctx, col); err != nil && !slices.ContainsFunc(rows, established) {
			return err
		}
		if err != nil {
			c.say("tags without a signature may be missing: %s", trustdata.VisibleError(err))
		}
	}
	if len(wanted) > 0 {
		rows = slices.DeleteFunc(rows, func(r registry.Compared) bool { return !slices.Contains(wanted, r.State) })
	}
	if others {
		if err := s.lookForOthers(ctx, gun, rows); err != nil {
			return err
		}
	}
	if err := c.emitTags(gun, col, rows, compare); err != nil {
		return err
	}
	for _, p := range col.Problems {
		c.say("%s", trustdata.Visible(p.String()))
	}
	return c.verdict(col)
}

// emitTags makes only the form that is asked for: there may be very many rows.
func (c *cli) emitTags(gun trustdata.GUN, col *trustdata.Collection, rows []registry.Compared, compared bool) error {
	if !compared && !c.flags.json && !c.flags.plain {
		page, rest := tags.SignedTable(col)
		return ui.WriteRows(c.out, page, rest)
	}
	if !compared {
		rows = signedRows(col)
	}
	switch {
	case c.flags.json:
		out := tagsJSON{GUN: gun, Server: col.Server, Source: col.Source, Verified: col.Verified(), Expires: stamp(col.Expires()),
			Tags: make([]tagJSON, len(rows)), Problems: problems(col)}
		for i, r := range rows {
			out.Tags[i] = newTagJSON(r)
		}
		return c.emitJSON(out)
	case c.flags.plain:
		return ui.WritePlain(c.out, tags.PlainPage(col, rows, compared))
	}
	page, rest := tags.Table(col, rows)
	return ui.WriteRows(c.out, page, rest)
}

// established reports whether the registry said what a tag serves.
func established(r registry.Compared) bool { return r.State != registry.Unknown }

// signedRows are the rows of a collection that was compared with nothing.
func signedRows(col *trustdata.Collection) []registry.Compared {
	rows := make([]registry.Compared, len(col.Tags))
	for i, t := range col.Tags {
		rows[i].Tag = t
	}
	return rows
}

func (s *session) compare(ctx context.Context, col *trustdata.Collection) ([]registry.Compared, error) {
	client, err := s.registryOf(col.GUN)
	if err != nil {
		return nil, err
	}
	rows, err := registry.Compare(ctx, client, col, compareWorkers)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return rows, err
}

func newTagJSON(r registry.Compared) tagJSON {
	return tagJSON{Name: r.Name, Digest: digest(r.Digest), Length: r.Length, Roles: list(r.Roles), Signers: list(r.Signers),
		Pulled: r.Pulled, RegistryDigest: digest(r.RegistryDigest), State: r.State, Reason: r.Reason, othersJSON: newOthersJSON(r.Others)}
}

// list is s, and [] in JSON where it is empty.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
