package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"keyrite/keyring"
	"keyrite/trustdata"
	"keyrite/ui/tags"
)

type inspectJSON struct {
	GUN      trustdata.GUN    `json:"gun"`
	Server   string           `json:"server"`
	Source   trustdata.Source `json:"source"`
	Verified bool             `json:"verified"`
	Roles    []roleJSON       `json:"roles"`
	Problems []string         `json:"problems,omitempty"`
	Report   *reportJSON      `json:"report,omitempty"`
	// Others is absent where nobody looked.
	Others *[]signedDigestJSON `json:"signed_digests,omitempty"`
}

type roleJSON struct {
	Role      trustdata.Role `json:"role"`
	Version   int64          `json:"version"`
	Expires   *time.Time     `json:"expires"`
	Threshold int            `json:"threshold"`
	Keys      []roleKeyJSON  `json:"keys"`
	ManagedBy string         `json:"managed_by"`
	Problem   string         `json:"problem,omitempty"`
}

type roleKeyJSON struct {
	KeyID              trustdata.KeyID         `json:"key_id"`
	CertificateID      trustdata.CertificateID `json:"certificate_id"`
	Algorithm          string                  `json:"algorithm"`
	Held               bool                    `json:"held"`
	CertificateExpires *time.Time              `json:"certificate_expires"`
}

// inspecting is what inspect is told.
type inspecting struct {
	from, conflict string
	// others looks for other systems' signatures too.
	others bool
}

func (c *cli) inspectCommand() *cobra.Command {
	var opt inspecting
	cmd := &cobra.Command{
		Use: "inspect GUN", Short: "Show a repository's roles, keys, thresholds, versions and end dates",
		Args: c.oneGUN,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.inspect(cmd.Context(), first(args), opt)
		},
	}
	cmd.Flags().BoolVar(&opt.others, "signatures", false, "say on how many of the signed digests notation and cosign have a signature, present and not verified")
	cmd.Flags().StringVar(&opt.from, "from-archive", "", "read the archive in `DIR` instead of asking a server")
	cmd.Flags().StringVar(&opt.conflict, "export-conflict", "", "if the server contradicts what this machine has seen, write both copies into `DIR`, a new folder")
	return cmd
}

func (c *cli) inspect(ctx context.Context, typed string, opt inspecting) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if opt.others && (c.flags.tuf != "" || c.flags.offline) {
		return usagef("--signatures asks the registry, and is not possible with --offline or --tuf")
	}
	s, err := c.openKeys()
	if err != nil {
		return err
	}
	gun, err := s.resolve(ctx, typed)
	if err != nil {
		return err
	}
	col, err := s.view(ctx, gun, opt.from)
	if err != nil {
		return c.unverified(gun, c.exportConflict(err, opt.conflict))
	}
	if opt.conflict != "" {
		c.say("what is served follows from what this machine has seen, so nothing was exported")
	}
	held, err := s.held(ctx)
	if err != nil {
		return err
	}
	journal, err := s.journal()
	if err != nil {
		return err
	}
	defer journal.Close()
	moved, err := journal.HeldByServer(gun, trustdata.RoleSnapshot)
	if err != nil {
		return err
	}
	out := inspectJSON{GUN: gun, Server: col.Server, Source: col.Source, Verified: col.Verified(), Problems: problems(col), Report: newReportJSON(col.Report)}
	for _, role := range col.Roles {
		out.Roles = append(out.Roles, newRoleJSON(role, held, moved))
	}
	page := tags.InspectPage(col, held, c.now())
	if opt.others {
		rows, err := s.othersOfSigned(ctx, col)
		if err != nil {
			return err
		}
		out.Others = newSignedDigestsJSON(rows)
		tags.AddOthers(&page, rows)
	}
	if err := c.emit(out, page); err != nil {
		return err
	}
	return c.verdict(col)
}

func newRoleJSON(v trustdata.RoleView, held map[trustdata.KeyID]keyring.Info, movedToServer bool) roleJSON {
	out := roleJSON{Role: v.Role, Version: v.Version, Expires: stamp(v.Expires), Threshold: v.Threshold,
		Keys: []roleKeyJSON{}, ManagedBy: "unknown", Problem: v.Problem}
	if v.Role == trustdata.RoleTimestamp || v.Role == trustdata.RoleSnapshot && movedToServer {
		out.ManagedBy = "server"
	}
	for _, k := range v.Keys {
		_, here := held[k.KeyID]
		if here {
			out.ManagedBy = "client"
		}
		out.Keys = append(out.Keys, roleKeyJSON{k.KeyID, k.CertificateID, k.Algorithm, here, stamp(k.CertificateExpires)})
	}
	return out
}

// unverified names the repository in the error of one whose metadata was refused as a
// whole, and prints what exit code 3 promises to JSON readers.
func (c *cli) unverified(gun trustdata.GUN, err error) error {
	code, _ := classify(context.Background(), err)
	if code != exitUnverified {
		return err
	}
	err = fmt.Errorf("%q: %w", gun, err)
	if !c.flags.json {
		return err
	}
	if printing := c.emitJSON(struct {
		GUN      trustdata.GUN `json:"gun"`
		Verified bool          `json:"verified"`
		Problems []string      `json:"problems"`
	}{gun, false, []string{trustdata.VisibleError(err)}}); printing != nil {
		return printing
	}
	return err
}

// verdict is the error for a collection that can be shown and does not verify whole.
func (c *cli) verdict(col *trustdata.Collection) error {
	for _, role := range col.Roles {
		if role.Problem != "" {
			return fmt.Errorf("%q: %w", col.GUN, refusal(col, role))
		}
	}
	return nil
}

// refusal is why a role of a collection does not count.
func refusal(col *trustdata.Collection, role trustdata.RoleView) error {
	why := trustdata.ReasonSignature
	for _, p := range col.Problems {
		if p.Role == role.Role {
			why = p.Reason
		}
	}
	return trustdata.Refuse(role.Role, why, "%s", role.Problem)
}

func problems(col *trustdata.Collection) []string {
	var out []string
	for _, p := range col.Problems {
		out = append(out, trustdata.Visible(p.String()))
	}
	return out
}
