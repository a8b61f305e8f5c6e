package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"keyrite/trustdata/access"
)

// manifestKinds asks for the manifest that a tag stands for as it is: without the list
// kinds a registry would choose one platform's image, whose digest nobody signed.
const manifestKinds = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, " +
	"application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, " +
	"application/vnd.oci.artifact.manifest.v1+json"

// maxManifest is the usual limit of registries, in bytes.
const maxManifest = 4 << 20

// validTag is the grammar of tags in the distribution specification.
var validTag = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)
})

// ValidTag reports whether a registry can have a tag of that name.
func ValidTag(name string) bool { return validTag().MatchString(name) }

// Descriptor is what a tag stands for.
type Descriptor struct {
	// Digest is the SHA-256 of the manifest: 64 lower-case hex digits.
	Digest string
	// Length is the manifest's size in bytes, and -1 where the registry does not say.
	Length int64
	// MediaType is the manifest's kind as the registry names it.
	MediaType string
}

// Resolve asks what a tag stands for: by HEAD, and where that does not tell, by reading
// the manifest and hashing it. A tag that is not there is ErrNotFound, for which a mere
// status without a registry's words is not enough.
func (c *Client) Resolve(ctx context.Context, tag string) (Descriptor, error) {
	if !ValidTag(tag) {
		return Descriptor{}, fmt.Errorf("%q cannot be a tag of a registry", tag)
	}
	return c.resolve(ctx, tag)
}

// Has asks whether a registry has the manifest of a digest, 64 lower-case hex digits. It is
// ErrNotFound where it does not.
func (c *Client) Has(ctx context.Context, digest string) error {
	found, err := c.resolve(ctx, "sha256:"+digest)
	if err == nil && found.Digest != digest {
		err = fmt.Errorf("%q was asked for sha256:%s and names it sha256:%s", c.Server(), digest, found.Digest)
	}
	return err
}

// resolve asks what a tag or a digest stands for.
func (c *Client) resolve(ctx context.Context, name string) (Descriptor, error) {
	at := c.base.JoinPath("manifests", name)
	resp, err := c.do(ctx, http.MethodHead, at)
	if err != nil {
		return Descriptor{}, err
	}
	switch resp.StatusCode {
	case http.StatusOK:
		if digest, ok := digestOf(resp.Header); ok {
			resp.Body.Close()
			return Descriptor{Digest: digest, Length: resp.ContentLength, MediaType: resp.Header.Get("Content-Type")}, nil
		}
		resp.Body.Close()
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		// A HEAD has no body to say why.
		resp.Body.Close()
	default:
		return Descriptor{}, c.refusal(resp)
	}
	if resp, err = c.do(ctx, http.MethodGet, at); err != nil {
		return Descriptor{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return Descriptor{}, c.refusal(resp)
	}
	return c.hash(resp)
}

// hash reads a manifest. What is none, such as a web page, must not get a digest that
// then differs from the signed one.
func (c *Client) hash(resp *http.Response) (Descriptor, error) {
	kind, header := resp.Header.Get("Content-Type"), resp.Header
	body, err := access.ReadBody(resp, maxManifest)
	if err != nil {
		return Descriptor{}, err
	}
	var manifest struct {
		SchemaVersion int `json:"schemaVersion"`
	}
	if json.Unmarshal(body, &manifest) != nil || manifest.SchemaVersion != 2 {
		return Descriptor{}, c.notRegistry("answered with something that is not a manifest")
	}
	digest := sumOf(body)
	if named, ok := digestOf(header); ok && named != digest {
		return Descriptor{}, fmt.Errorf("%q sent a manifest with the digest %s and named it %s", c.Server(), digest, named)
	}
	return Descriptor{Digest: digest, Length: int64(len(body)), MediaType: kind}, nil
}

// digestOf reads Docker-Content-Digest where it is a well-formed SHA-256.
func digestOf(h http.Header) (string, bool) {
	digest, ok := strings.CutPrefix(h.Get("Docker-Content-Digest"), "sha256:")
	return digest, ok && isHash(digest)
}

// IsDigest reports whether s is "sha256:" with 64 lower-case hex digits.
func IsDigest(s string) bool {
	hash, ok := strings.CutPrefix(s, "sha256:")
	return ok && isHash(hash)
}

func isHash(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }
