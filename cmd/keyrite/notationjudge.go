package main

import (
	"context"

	"keyrite/trustdata"
	"keyrite/trustdata/notation"
	"keyrite/trustdata/registry"
	"keyrite/ui"
	page "keyrite/ui/notation"
)

// judge asks a policy about what a tag stands for now, or about a digest.
func (s *session) judge(ctx context.Context, policy *notation.Policy, gun trustdata.GUN, tag, hex string, revocation bool) (page.Result, error) {
	client, err := s.registryOf(gun)
	if err != nil {
		return page.Result{}, err
	}
	if tag != "" {
		found, err := client.Resolve(ctx, tag)
		if err != nil {
			return page.Result{}, err
		}
		hex = found.Digest
	}
	d, err := client.Describe(ctx, hex)
	if err != nil {
		return page.Result{}, err
	}
	opts := notation.Options{Now: s.cli.now}
	if revocation {
		opts.Asker = s.cli.asker()
	}
	subject := notation.Subject{Repository: string(trustdata.ExpandGUN(gun)), Digest: d.Digest, Size: d.Length, MediaType: d.MediaType}
	v, err := policy.Verify(ctx, signatureSource{client}, subject, opts)
	return page.Result{Verdict: v, Policy: policy, Tag: tag, At: s.cli.now()}, err
}

// signatureSource is a registry as the judge of signatures reads it.
type signatureSource struct{ *registry.Client }

var _ notation.Source = signatureSource{}

// Signatures implements notation.Source: what is attached to the subject itself. A signature of an index says nothing of its parts, nor they of it.
func (s signatureSource) Signatures(ctx context.Context, subject string) (digests, problems []string, err error) {
	found := s.Client.SignaturesOn(ctx, subject)
	for _, sig := range found.On(subject, registry.Notation) {
		digests = append(digests, sig.Digest)
	}
	if len(digests) == 0 {
		return nil, found.Problems, found.Err
	}
	if found.Err != nil {
		found.Problems = append(found.Problems, trustdata.VisibleError(found.Err))
	}
	return digests, found.Problems, nil
}

// notationScreen shows what the policy in Notation's own place says of a digest.
func (d *desk) notationScreen(gun trustdata.GUN, digest string) (ui.Screen, string) {
	switch {
	case d.session.cli.flags.offline:
		return nil, "Offline: the registry is not asked."
	case digest == "":
		return nil, "It is not known what the registry serves, so there is no digest to look at."
	}
	return page.New(page.Options{Context: d.ctx, Styles: d.styles, Clock: d.clock, Judge: func(ctx context.Context, revocation bool) (page.Result, error) {
		policy, err := d.session.cli.notationPolicy(notationFlags{})
		if err != nil {
			return page.Result{}, err
		}
		return d.session.judge(ctx, policy, gun, "", digest, revocation)
	}}), ""
}
