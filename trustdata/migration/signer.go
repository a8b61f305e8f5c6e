package migration

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
)

// Signer is the system that is to sign, and what its command is told.
type Signer struct {
	// For is registry.Notation or registry.Cosign.
	For string
	// Key is passed on as --key: Notation's name of a key, or cosign's reference to one.
	Key string
	// KeyID and Plugin are passed on to Notation as --id and --plugin, in the place of Key.
	KeyID, Plugin string
}

// Check says what is wrong with a signer, before anything is asked.
func (s Signer) Check() error {
	switch {
	case !slices.Contains(registry.SignatureKinds, s.For):
		return fmt.Errorf("%q is neither %s", s.For, strings.Join(registry.SignatureKinds, " nor "))
	case s.For == registry.Cosign && s.KeyID+s.Plugin != "":
		return errors.New("cosign takes a key in a KMS or on hardware as a reference, and neither the ID of a key nor a plugin")
	case s.Key != "" && s.KeyID != "":
		return errors.New("a key is named either by its name or by its ID with a plugin")
	case trustdata.Visible(s.Key+s.KeyID+s.Plugin) != s.Key+s.KeyID+s.Plugin:
		return errors.New("the name of a key or of a plugin has characters that nobody can see")
	case (s.KeyID == "") != (s.Plugin == ""):
		return errors.New("the ID of a key and the name of a plugin go together")
	}
	return nil
}

// line is the command that signs a digest, 64 hex digits, of a repository.
func (s Signer) line(gun trustdata.GUN, digest string) string {
	words := []string{s.For, "sign"}
	for _, flag := range [][2]string{{"--key", s.Key}, {"--id", s.KeyID}, {"--plugin", s.Plugin}} {
		if flag[1] != "" {
			words = append(words, flag[0], trustdata.ShellWord(flag[1]))
		}
	}
	if reference := string(trustdata.ExpandGUN(gun)) + "@" + sha(digest); strings.HasPrefix(reference, "-") {
		words = append(words, "--", trustdata.ShellWord(reference))
	} else {
		words = append(words, trustdata.ShellWord(reference))
	}
	return strings.Join(words, " ")
}

// Script is the plan's lines as a file for a POSIX shell, which stops at the first that
// fails. The tags stand beside each as a comment.
func (p *Plan) Script() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n# What %s is to sign anew, as planned by %s at %s.\nset -eu\n", p.For, p.Tool, p.Made.Format("2006-01-02 15:04:05 UTC"))
	for _, w := range p.Warnings {
		fmt.Fprintf(&b, "# %s\n", w)
	}
	for _, r := range p.Repositories {
		fmt.Fprintf(&b, "\n# %s: %d to sign, %d signed already\n", trustdata.Visible(string(r.GUN)), len(r.Sign), len(r.Done))
		for _, it := range r.Sign {
			fmt.Fprintf(&b, "%s   # %s\n", it.Line, it.names())
		}
	}
	return b.String()
}

// names are the tags of an item, fit for a comment on one line.
func (it Item) names() string {
	var names []string
	for _, t := range it.Tags {
		names = append(names, trustdata.Visible(t))
	}
	return strings.Join(names, ", ")
}
