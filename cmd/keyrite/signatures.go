package main

import (
	"context"
	"slices"

	"keyrite/trustdata"
	"keyrite/trustdata/registry"
)

// othersJSON is what other systems signed; both are absent where nobody looked.
type othersJSON struct {
	Signatures *[]signatureJSON `json:"signatures,omitempty"`
	// Uncounted says what was not counted as a signature, and why nothing more is known.
	Uncounted []string `json:"signature_problems,omitempty"`
}

// signatureJSON is a signature that is present. It was not verified.
type signatureJSON struct {
	Kind         string   `json:"kind"`
	Form         string   `json:"form"`
	Digest       string   `json:"digest"`
	On           string   `json:"on"`
	Certificates []string `json:"certificates"`
}

func newOthersJSON(f *registry.Found) othersJSON {
	if f == nil {
		return othersJSON{}
	}
	out := othersJSON{Signatures: &[]signatureJSON{}, Uncounted: f.Problems}
	for _, s := range f.Signatures {
		one := signatureJSON{s.Kind, s.Form, digest(s.Digest), digest(s.On), []string{}}
		for _, c := range s.Certificates {
			one.Certificates = append(one.Certificates, digest(c))
		}
		*out.Signatures = append(*out.Signatures, one)
	}
	if f.Err != nil {
		out.Uncounted = append(out.Uncounted, trustdata.VisibleError(f.Err))
	}
	return out
}

// signedDigestJSON is a signed digest, with what other systems signed of it.
type signedDigestJSON struct {
	Digest string   `json:"digest"`
	Tags   []string `json:"tags"`
	othersJSON
}

// newSignedDigestsJSON has each digest of rows once, where it comes first.
func newSignedDigestsJSON(rows []registry.Compared) *[]signedDigestJSON {
	out, at := []signedDigestJSON{}, map[string]int{}
	for _, r := range rows {
		i, known := at[r.Digest]
		if !known {
			i = len(out)
			at[r.Digest] = i
			out = append(out, signedDigestJSON{Digest: digest(r.Digest), othersJSON: newOthersJSON(r.Others)})
		}
		out[i].Tags = append(out[i].Tags, r.Name)
	}
	return &out
}

// othersOfSigned are the signed tags that docker resolves, with what other systems signed of
// what they are signed for. Where none of them could be looked at, it is an error.
func (s *session) othersOfSigned(ctx context.Context, col *trustdata.Collection) ([]registry.Compared, error) {
	rows := slices.DeleteFunc(signedRows(col), func(r registry.Compared) bool { return !r.Pulled })
	if err := s.lookForOthers(ctx, col.GUN, rows); err != nil {
		return nil, err
	}
	looked := func(r registry.Compared) bool { return r.Others.Err == nil || len(r.Others.Signatures) > 0 }
	if len(rows) > 0 && !slices.ContainsFunc(rows, looked) {
		return nil, rows[0].Others.Err
	}
	return rows, nil
}

// lookForOthers adds to rows what other systems signed.
func (s *session) lookForOthers(ctx context.Context, gun trustdata.GUN, rows []registry.Compared) error {
	client, err := s.registryOf(gun)
	if err != nil {
		return err
	}
	registry.LookForOthers(ctx, client, rows, compareWorkers)
	return ctx.Err()
}

// otherSignatures looks for what other systems signed of one digest. What went wrong is
// an error only where nothing was found.
func (s *session) otherSignatures(ctx context.Context, gun trustdata.GUN, digest string) (registry.Found, error) {
	client, err := s.registryOf(gun)
	if err != nil {
		return registry.Found{}, err
	}
	found := client.Signatures(ctx, digest)
	if len(found.Signatures) == 0 {
		return found, found.Err
	}
	return found, nil
}
