package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keyrite/trustdata/access"
)

const (
	indexType = "application/vnd.oci.image.index.v1+json"
	emptyType = "application/vnd.oci.empty.v1+json"
)

// Bounds of what refers to one digest: pages, and the bytes of each.
const (
	maxReferrerPages = 50
	maxReferrerPage  = 4 << 20
)

// referrer is one entry of a list of referrers.
type referrer struct {
	descriptor
	ArtifactType string            `json:"artifactType"`
	Annotations  map[string]string `json:"annotations"`
}

// mayBeSignature reports whether an entry must be looked at. Many registries and libraries
// write the type of a signature wrongly or not at all, so only a type that says of itself
// that it is something else is passed over.
func (r referrer) mayBeSignature() bool {
	switch t := r.ArtifactType; {
	case t == "", t == emptyType, t == notationType, t == cosignSigType:
		return true
	case strings.HasPrefix(t, bundleType):
		predicate := r.Annotations[bundlePredicate]
		return predicate == "" || predicate == cosignPredicate
	}
	return false
}

// referrers lists the manifests that refer to a digest, 64 hex digits, and may be signatures:
// by the referrers API, page by page, and where a registry does not have that, from the tag
// that stands in for it (distribution specification, "Listing Referrers"). The API is never
// asked to filter, since a registry may ignore that. There are at most maxSignatures; more is
// true where a bound cut the list off.
func (c *Client) referrers(ctx context.Context, digest string) (all []string, more bool, err error) {
	visited := map[string]bool{}
	for next := c.base.JoinPath("referrers", "sha256:"+digest); next != nil; {
		if visited[next.String()] {
			return nil, false, fmt.Errorf("%q leads in a circle where it lists what refers to sha256:%s: %w", c.Server(), digest, ErrPages)
		}
		if len(visited) == maxReferrerPages || len(all) > maxSignatures {
			break
		}
		visited[next.String()] = true
		page, following, err := c.referrerPage(ctx, next)
		if errors.Is(err, errNoReferrers) && len(visited) == 1 {
			page, err = c.referrersTag(ctx, digest)
		}
		if err != nil {
			return nil, false, err
		}
		all = append(all, slices.DeleteFunc(page, func(d string) bool { return slices.Contains(all, d) })...)
		next, more = following, following != nil
	}
	more = more || len(all) > maxSignatures
	return all[:min(len(all), maxSignatures)], more, nil
}

// errNoReferrers is an answer of a registry that does not have the referrers API.
var errNoReferrers = errors.New("has no list of referrers")

func (c *Client) referrerPage(ctx context.Context, at *url.URL) ([]string, *url.URL, error) {
	resp, err := c.do(ctx, http.MethodGet, at)
	if err != nil {
		return nil, nil, err
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch resp.StatusCode {
	case http.StatusOK:
		if kind == indexType {
			break
		}
		resp.Body.Close() // such as the page that a web front has for every address
		return nil, nil, fmt.Errorf("%q %w", c.Server(), errNoReferrers)
	case http.StatusNotFound, http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusNotImplemented:
		return nil, nil, fmt.Errorf("%q %w: %w", c.Server(), errNoReferrers, access.NewStatusError(resp))
	default:
		return nil, nil, c.refusal(resp)
	}
	next, err := c.nextPage(at, resp.Header.Values("Link"))
	if err != nil {
		resp.Body.Close()
		return nil, nil, err
	}
	body, err := access.ReadBody(resp, maxReferrerPage)
	if err != nil {
		return nil, nil, err
	}
	entries, err := c.candidates(body)
	return entries, next, err
}

// referrersTag reads the index under the tag that stands in for the referrers API. Anything
// but an index is no list, and no such tag an empty one.
func (c *Client) referrersTag(ctx context.Context, digest string) ([]string, error) {
	body, _, err := c.tagged(ctx, "sha256-"+digest)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m struct {
		MediaType string `json:"mediaType"`
	}
	if json.Unmarshal(body, &m) != nil || m.MediaType != "" && m.MediaType != indexType {
		return nil, nil
	}
	return c.candidates(body)
}

// candidates are the digests of those entries of an index that may be signatures.
func (c *Client) candidates(body []byte) ([]string, error) {
	var index struct {
		Manifests []referrer `json:"manifests"`
	}
	if json.Unmarshal(body, &index) != nil {
		return nil, c.notRegistry("answered a request for referrers with something else")
	}
	var digests []string
	for _, r := range index.Manifests {
		if digest, ok := r.hex(); ok && r.mayBeSignature() {
			digests = append(digests, digest)
		}
	}
	slices.Sort(digests)
	return slices.Compact(digests), nil
}

// tagged reads the manifest under a tag, and gives its digest.
func (c *Client) tagged(ctx context.Context, tag string) (body []byte, digest string, err error) {
	resp, err := c.do(ctx, http.MethodGet, c.base.JoinPath("manifests", tag))
	if err != nil {
		return nil, "", err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, "", c.refusal(resp)
	}
	header := resp.Header
	if body, err = access.ReadBody(resp, maxManifest); err != nil {
		return nil, "", err
	}
	digest = sumOf(body)
	if named, ok := digestOf(header); ok && named != digest {
		return nil, "", fmt.Errorf("%q sent a manifest with the digest %s and named it %s", c.Server(), digest, named)
	}
	return body, digest, nil
}
