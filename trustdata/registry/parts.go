package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"keyrite/trustdata/access"
)

// descriptor is how a manifest names content.
type descriptor struct {
	Digest   string `json:"digest"`
	Platform struct {
		OS string `json:"os"`
	} `json:"platform"`
}

// hex is the descriptor's SHA-256; ok is false for any other hash.
func (d descriptor) hex() (string, bool) {
	digest, ok := strings.CutPrefix(d.Digest, "sha256:")
	return digest, ok && isHash(digest)
}

// contents are what a manifest names: the images of an index, or an image's configuration.
type contents struct {
	Manifests []descriptor `json:"manifests"`
	Config    descriptor   `json:"config"`
}

// Parts are the digests of the images in an index, one for each platform: 64 lower-case hex
// digits each. A manifest that is no index has none. Digest is 64 lower-case hex digits, and
// an answer with other bytes is an error.
func (c *Client) Parts(ctx context.Context, digest string) ([]string, error) {
	m, err := c.manifest(ctx, digest)
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, d := range m.Manifests {
		if part, ok := d.hex(); ok {
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// Created is when an image says of itself that it was built; of an index, its first part
// for a system. It is zero where the image does not say, as builds that are to be the same
// every time do not.
func (c *Client) Created(ctx context.Context, digest string) (time.Time, error) {
	m, err := c.manifest(ctx, digest)
	if err != nil {
		return time.Time{}, err
	}
	// What vouches for a build is listed beside its images, for no system.
	system := func(d descriptor) bool { return d.Platform.OS != "" && d.Platform.OS != "unknown" }
	if i := slices.IndexFunc(m.Manifests, system); i >= 0 {
		part, ok := m.Manifests[i].hex()
		if !ok {
			return time.Time{}, nil
		}
		if m, err = c.manifest(ctx, part); err != nil {
			return time.Time{}, err
		}
	}
	config, ok := m.Config.hex()
	if !ok {
		return time.Time{}, nil
	}
	body, err := c.content(ctx, c.base.JoinPath("blobs", "sha256:"+config), config)
	if err != nil {
		return time.Time{}, err
	}
	var image struct {
		Created string `json:"created"`
	}
	if err := json.Unmarshal(body, &image); err != nil {
		return time.Time{}, fmt.Errorf("the configuration of image sha256:%s is no JSON", digest)
	}
	return built(image.Created), nil
}

// built reads a build's time. The first day of Unix, which stands for none, and what is no
// time at all are none.
func built(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Unix() <= 0 {
		return time.Time{}
	}
	return at.UTC()
}

// manifest reads what has a digest.
func (c *Client) manifest(ctx context.Context, digest string) (contents, error) {
	var m contents
	body, err := c.content(ctx, c.base.JoinPath("manifests", "sha256:"+digest), digest)
	if err != nil {
		return m, err
	}
	if json.Unmarshal(body, &m) != nil {
		return m, c.notRegistry("answered with something that is not a manifest")
	}
	return m, nil
}

// content reads at most maxManifest bytes that have a digest.
func (c *Client) content(ctx context.Context, at *url.URL, digest string) ([]byte, error) {
	resp, err := c.do(ctx, http.MethodGet, at)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, c.refusal(resp)
	}
	body, err := access.ReadBody(resp, maxManifest)
	if err != nil {
		return nil, err
	}
	if sumOf(body) != digest {
		return nil, fmt.Errorf("%q %w of sha256:%s", c.Server(), errOtherBytes, digest)
	}
	return body, nil
}

// errOtherBytes is an answer to a request by digest with something else.
var errOtherBytes = errors.New("sent other bytes than those")
