package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"keyrite/trustdata/access"
)

// Parts are the digests of the images in an index, one for each platform: 64 lower-case hex
// digits each. A manifest that is no index has none. Digest is 64 lower-case hex digits, and
// an answer with other bytes is an error.
func (c *Client) Parts(ctx context.Context, digest string) ([]string, error) {
	resp, err := c.do(ctx, http.MethodGet, c.base.JoinPath("manifests", "sha256:"+digest))
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
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != digest {
		return nil, fmt.Errorf("%q sent other bytes than those of sha256:%s", c.Server(), digest)
	}
	var index struct {
		Manifests []struct {
			Digest string `json:"digest"`
		} `json:"manifests"`
	}
	if err := json.Unmarshal(body, &index); err != nil {
		return nil, c.notRegistry("answered with something that is not a manifest")
	}
	var parts []string
	for _, m := range index.Manifests {
		if part, ok := strings.CutPrefix(m.Digest, "sha256:"); ok {
			parts = append(parts, part)
		}
	}
	return parts, nil
}
