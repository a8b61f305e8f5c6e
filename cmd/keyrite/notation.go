package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keyrite/trustdata"
	"keyrite/trustdata/notation"
	page "keyrite/ui/notation"
)

// errNotAccepted is what the answer Is that a trust policy refuses a digest.
var errNotAccepted = errors.New("is not accepted by the trust policy")

// askFor is how long a host that certificates name for revocation may take.
const askFor = 5 * time.Second

// notationFlags say where the policy is and what may be asked.
type notationFlags struct {
	dir, ratify string
	revocation  bool
}

func (c *cli) notationCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "notation", Short: "What a Notation trust policy says of a digest, and whom it trusts", Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return usagef("notation what? verify or policy") }}
	cmd.AddCommand(c.notationVerifyCommand(), c.notationPolicyCommand())
	return cmd
}

func (f *notationFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "notation-config", "", "Notation's configuration `DIR` with trust policy and trust store (default $NOTATION_CONFIG, else notation in the settings folder)")
	cmd.Flags().StringVar(&f.ratify, "ratify", "", "take the policy out of the Ratify configuration in `FILE`, as a cluster has it")
}

func (c *cli) notationVerifyCommand() *cobra.Command {
	var f notationFlags
	cmd := &cobra.Command{
		Use: "verify REPO:TAG|REPO@DIGEST", Short: "Exit 0 if the trust policy accepts the digest's Notation signatures, 3 if not",
		Long: "verify judges the Notation signatures of what a tag stands for, or of a digest, under the operator's own trust\n" +
			"policy: trustpolicy.oci.json, else trustpolicy.json, with truststore/x509 beside it, or under that of a Ratify\n" +
			"configuration (--ratify). Exit code 0 means what it means with notation: the policy accepts it. A signature that\n" +
			"the policy lets through although a check failed, as the level audit does, is never called verified: \"verified\"\n" +
			"in the JSON is then false. What needs a plugin is not verified. Up to 100 signatures are judged.\n\n" +
			"Whether certificates were revoked is asked only with --revocation, at the hosts that trusted certificates name;\n" +
			"without it the result says that it was not.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return c.notationVerify(cmd.Context(), args[0], f) },
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.revocation, "revocation", false, "ask the hosts that trusted certificates name (OCSP, CRL) whether they were revoked")
	return cmd
}

func (c *cli) notationVerify(ctx context.Context, typed string, f notationFlags) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	if c.flags.offline {
		return usagef("notation verify asks the registry, which --offline forbids")
	}
	name, tag, hex, err := splitReference(typed)
	if err != nil {
		return err
	}
	s, err := c.openView()
	if err != nil {
		return err
	}
	gun, err := s.resolve(ctx, name)
	if err != nil {
		return err
	}
	policy, err := c.notationPolicy(f)
	if err != nil {
		return err
	}
	r, err := s.judge(ctx, policy, gun, tag, hex, f.revocation)
	if err != nil {
		return err
	}
	if err := c.emit(newVerdictJSON(r), page.VerdictPage(r)); err != nil {
		return err
	}
	if !r.Accepted {
		return fmt.Errorf("%q %w: %s", string(gun)+"@sha256:"+r.Subject.Digest, errNotAccepted, r.Why)
	}
	return nil
}

// splitReference takes REPO:TAG or REPO@sha256:DIGEST apart.
func splitReference(typed string) (name, tag, hex string, err error) {
	name, digest, pinned := strings.Cut(typed, "@")
	repository, tag := trustdata.SplitTag(name)
	hex, sha := strings.CutPrefix(digest, "sha256:")
	switch {
	case !pinned && tag != "":
		return repository, tag, "", nil
	case pinned && tag == "" && sha && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == "":
		return name, "", hex, nil
	}
	return "", "", "", usagef("%q is neither REPO:TAG nor REPO@sha256:DIGEST", typed)
}

// notationPolicy reads the policy that the flags or the environment name.
func (c *cli) notationPolicy(f notationFlags) (*notation.Policy, error) {
	switch {
	case f.ratify != "" && f.dir != "":
		return nil, usagef("--ratify and --notation-config exclude each other")
	case f.ratify != "":
		return notation.OpenRatify(f.ratify)
	}
	dir := absolute(f.dir)
	if dir == "" {
		if dir = c.notationDir(); dir == "" {
			return nil, usagef("HOME is not set: say where Notation's configuration is with --notation-config")
		}
	}
	return notation.Open(dir)
}

// asker sends questions about revocation.
func (c *cli) asker() *http.Client {
	return &http.Client{Timeout: askFor, Transport: &http.Transport{Proxy: c.proxy(), DisableKeepAlives: true}}
}
