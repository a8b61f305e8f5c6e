package registry

import (
	"context"
	"fmt"
	"mime"
	"net/http"
)

// Describe reads the manifest of a digest, 64 lower-case hex digits, and says what its bytes
// are: unlike Resolve, it takes no word of the registry's for length or digest. The kind is
// without parameters.
func (c *Client) Describe(ctx context.Context, digest string) (Descriptor, error) {
	resp, err := c.do(ctx, http.MethodGet, c.base.JoinPath("manifests", "sha256:"+digest))
	if err != nil {
		return Descriptor{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return Descriptor{}, c.refusal(resp)
	}
	d, err := c.hash(resp)
	if err != nil {
		return Descriptor{}, err
	}
	if d.Digest != digest {
		return Descriptor{}, fmt.Errorf("%q %w of sha256:%s", c.Server(), errOtherBytes, digest)
	}
	if kind, _, err := mime.ParseMediaType(d.MediaType); err == nil {
		d.MediaType = kind
	}
	return d, nil
}

// Manifest and Blob read what a signature consists of, at most 4 MiB, by its digest of 64
// lower-case hex digits. Other bytes than the digest's are an error.
func (c *Client) Manifest(ctx context.Context, digest string) ([]byte, error) {
	return c.content(ctx, c.base.JoinPath("manifests", "sha256:"+digest), digest)
}

// Blob is for content that is no manifest; see Manifest.
func (c *Client) Blob(ctx context.Context, digest string) ([]byte, error) {
	return c.content(ctx, c.base.JoinPath("blobs", "sha256:"+digest), digest)
}
