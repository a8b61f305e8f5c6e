package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/ui"
)

func (c *cli) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify GUN:TAG | NAME --tuf URL|DIR --tuf-root FILE", Short: "Exit 0 with repository@digest if the tag is signed, 3 if not: a gate for CI",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.verify(cmd.Context(), args[0]) },
	}
}

type verifyJSON struct {
	GUN       trustdata.GUN `json:"gun"`
	Tag       string        `json:"tag"`
	Digest    string        `json:"digest"`
	Reference string        `json:"reference"`
	Signers   []string      `json:"signers"`
	Verified  bool          `json:"verified"`
	Problems  []string      `json:"problems,omitempty"`
}

func (c *cli) verify(ctx context.Context, typed string) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	name, tag := c.splitTag(typed)
	if tag == "" {
		return usagef("%q names no tag: write GUN:TAG", typed)
	}
	s, err := c.openView()
	if err != nil {
		return err
	}
	gun, err := s.resolve(ctx, name)
	if err != nil {
		return err
	}
	col, err := s.collection(ctx, gun)
	if err != nil {
		return c.unverified(gun, err)
	}
	out := verifyJSON{GUN: gun, Tag: tag, Signers: []string{}}
	releases, _ := col.Role(trustdata.RoleReleases)
	for _, t := range col.Tags {
		// docker looks into targets/releases first: while that does not verify, what
		// targets says of a tag may not be what was released.
		if t.Name != tag || !t.Pulled || releases.Problem != "" {
			continue
		}
		out.Digest, out.Signers, out.Verified = digest(t.Digest), t.Signers, true
		out.Reference = c.reference(gun, tag) + "@" + out.Digest
	}
	if out.Verified {
		return c.emitVerify(out)
	}
	refused := notSigned(col, gun, tag)
	out.Problems = []string{trustdata.VisibleError(refused)}
	if c.flags.json {
		if err := c.emitJSON(out); err != nil {
			return err
		}
	}
	return refused
}

// splitTag gives the repository and the tag of what was typed; a target of a TUF
// repository is named alone, and may have a colon.
func (c *cli) splitTag(typed string) (name, tag string) {
	if c.flags.tuf != "" {
		return "", typed
	}
	return trustdata.SplitTag(typed)
}

// reference is what a digest is put behind: a repository that can be pulled from, and in a
// TUF repository the target's name.
func (c *cli) reference(gun trustdata.GUN, tag string) string {
	if c.flags.tuf != "" {
		return tag
	}
	return string(gun)
}

// errNotSigned is what the answer Is that nobody vouches for a tag. The metadata itself
// verifies.
var errNotSigned = errors.New("not signed")

// notSigned says why a tag has no verified signature: a delegation that does not count
// may hide it, and then "not signed" would be a lie.
func notSigned(col *trustdata.Collection, gun trustdata.GUN, tag string) error {
	for _, role := range col.Roles {
		if role.Problem != "" {
			return fmt.Errorf("tag %q of %q is not vouched for by any role that verifies: %w", tag, gun, refusal(col, role))
		}
	}
	return fmt.Errorf("tag %q of %q is %w", tag, gun, errNotSigned)
}

func (c *cli) emitVerify(out verifyJSON) error {
	if c.flags.json {
		return c.emitJSON(out)
	}
	facts := []ui.Fact{{Label: "Verified", Value: trustdata.Visible(out.Reference), Mark: ui.MarkOK}}
	if c.flags.plain {
		return ui.WritePlain(c.out, ui.Page{Title: "verify", Sections: []ui.Section{{Facts: facts}}})
	}
	_, err := c.out.Write([]byte(trustdata.Visible(out.Reference) + "\n"))
	return err
}
